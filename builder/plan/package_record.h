#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "debian/dpkg_database.h"

namespace stamp::build {

/// The record of a package as a blob. Its head is all that maintainer scripts can ask for; large
/// members that they cannot come behind it.
struct PackageRecord {
  std::string text;
  std::size_t head = 0;  ///< bytes of it
};

/// Whether scripts cannot ask for a member of a control archive: "md5sums", "symbols", "shlibs".
bool is_data_member(std::string_view member);

/// What dpkg's database needs to know of an unpacked package, as one blob: a tar of the control
/// archive's members and of the list of files.
PackageRecord serialize_package_record(const debian::UnpackedPackage& package);

/// Reads it, or its head alone. Errors: corrupt.
debian::UnpackedPackage parse_package_record(std::string_view bytes);
debian::UnpackedPackage parse_package_head(std::string head);

}  // namespace stamp::build
