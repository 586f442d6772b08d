#pragma once

#include <vector>

#include "builder/image/image_files.h"
#include "debian/dpkg_database.h"

namespace stamp::build {

/// A package of an image's dpkg database.
struct InstalledPackage {
  /// Without what scripts cannot ask for, but for the md5sums of one that is Multi-Arch: same.
  debian::UnpackedPackage unpacked;
  debian::PackageStatus status = debian::PackageStatus::unpacked;
};

/// dpkg's database as it is in an image.
struct ImageDatabase {
  std::vector<InstalledPackage> packages;  ///< in the order of the status file
  debian::DatabaseTexts texts;             ///< the common files that are there
};

/// Reads it; each layer that has some of it is read once. Errors: invalid: there is none, or a
/// status file that is malformed; those of ImageFiles::visit().
ImageDatabase read_image_database(const ImageFiles& image);

}  // namespace stamp::build
