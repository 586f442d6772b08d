#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "debian/control_archive.h"

namespace stamp::debian {

/// A file below /var/lib/dpkg.
struct DatabaseFile {
  std::string path;  ///< "var/lib/dpkg/status"
  std::string text;
  std::uint32_t mode = 0644;

  friend bool operator==(const DatabaseFile&, const DatabaseFile&) = default;
};

/// What became of an entry of a package's data archive.
struct ShippedFile {
  std::string path;  ///< as the package names it: "/bin/ls", "/." for the root
  std::string md5;   ///< 32 digits, of regular files for which wants_md5() holds; else empty
};

/// A package as it was unpacked.
struct UnpackedPackage {
  ControlArchive control;
  std::vector<ShippedFile> files;  ///< in the order of the data archive, without those that went to
                                   ///< another package by Replaces
};

/// The name in `.list` of a data archive's member: "./usr/bin/" → "/usr/bin", "./" → "/.".
std::string list_name(std::string_view member);

/// Whether the MD5 of a regular file of the package is needed: it is a conffile, or the package has
/// no md5sums of its own. `path` is as list_name() gives it.
bool wants_md5(const ControlArchive& control, std::string_view path);

/// How far a package is.
enum class PackageStatus { unpacked, installed };

/// The package's stanza in /var/lib/dpkg/status, with the state "install ok unpacked" or "install
/// ok installed", ended by an empty line.
std::string status_stanza(const UnpackedPackage& package,
                          PackageStatus status = PackageStatus::unpacked);

/// The name that the package's files in /var/lib/dpkg/info have: "libc6:amd64", "bash".
std::string info_name(const ControlArchive& control);

/// The package's files below /var/lib/dpkg/info, in byte order: list, md5sums and the control
/// members.
std::vector<DatabaseFile> info_files(const UnpackedPackage& package);

/// What the database's common files say of a package.
struct RegisteredPackage {
  std::string name;      ///< as info_name() gives it
  std::string stanza;    ///< as status_stanza() gives it
  std::string triggers;  ///< its control member "triggers"; "" when it has none
};

/// The record of a package for dpkg_database().
RegisteredPackage registered(const UnpackedPackage& package,
                             PackageStatus status = PackageStatus::unpacked);

/// Common files of a database by name below /var/lib/dpkg: "status", "triggers/File".
using DatabaseTexts = std::map<std::string, std::string>;

/// The database's common files, in byte order of path: status, arch, available, diversions,
/// statoverride, info/format and what triggers/ holds. `packages` are in the order in which they
/// were unpacked; `architectures` has the image's own first, then foreign ones. `before`: the files
/// as they are, to which the packages are added. Errors: invalid (a malformed triggers file).
std::vector<DatabaseFile> dpkg_database(std::span<const RegisteredPackage> packages,
                                        std::span<const std::string> architectures,
                                        DatabaseTexts before = {});

/// The folders that belong to the database, even empty: "var/lib/dpkg/updates", …; parents first.
std::vector<std::string> dpkg_folders();

/// Which parts of configuring were left undone, for people: "postinst", "triggers", …; empty when
/// the package has nothing to configure.
std::vector<std::string> left_unconfigured(const ControlArchive& control);

}  // namespace stamp::debian
