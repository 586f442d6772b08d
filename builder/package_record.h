#pragma once

#include <string>
#include <string_view>

#include "debian/dpkg_database.h"

namespace stamp::build {

/// What dpkg's database needs to know of an unpacked package, as one blob: a tar of the control
/// archive's members and of the list of files.
std::string serialize_package_record(const debian::UnpackedPackage& package);

/// Reads it. Errors: corrupt.
debian::UnpackedPackage parse_package_record(std::string_view bytes);

}  // namespace stamp::build
