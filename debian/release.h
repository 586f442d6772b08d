#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace stamp::debian {

/// Size and digest that a Release file gives of an index.
struct ReleaseEntry {
  std::uint64_t size = 0;
  Digest digest;

  friend bool operator==(const ReleaseEntry&, const ReleaseEntry&) = default;
};

/// A Release file: what a suite is and which indexes it has.
struct Release {
  std::string origin;
  std::string label;
  std::string suite;
  std::string codename;
  std::string version;
  std::int64_t date = 0;                    ///< seconds since 1970
  std::optional<std::int64_t> valid_until;  ///< after this it must not be taken as new
  bool acquire_by_hash = false;
  bool separate_all = false;  ///< architecture "all" has indexes of its own
  std::vector<std::string> architectures;
  std::vector<std::string> components;
  std::map<std::string, ReleaseEntry> entries;  ///< by path below dists/SUITE/; SHA256 only
};

/// Parses the verified text of a Release file. Errors: invalid (no SHA256 entries, a path that
/// leaves its folder, two entries for one path, no date, …).
Release parse_release(std::string_view text);

/// What a fresh Release file must be.
struct ReleaseExpectation {
  std::string suite;                        ///< as the source declares it: a suite or a codename
  std::vector<std::string> components;      ///< that it must have
  std::int64_t now = 0;                     ///< today
  std::optional<std::int64_t> locked_date;  ///< date of the one in the lock, if there is one
  std::string locked_origin;                ///< origin in the lock; empty: any
  std::string locked_codename;              ///< codename in the lock; empty: any
};

/// Refuses a Release file that must not be used for a new lock: dated in the future (more than 10
/// s), older than the locked one, expired, another suite, origin or codename, a component missing.
/// Errors: corrupt; the message says which rule.
void check_release(const Release& release, const ReleaseExpectation& expected);

/// How an index is compressed.
enum class IndexCompression { none, gzip, xz };

/// A Packages index: where it is and what its bytes must be.
struct IndexFile {
  std::string path;     ///< below dists/SUITE/: "main/binary-amd64/Packages.xz"
  std::string by_hash;  ///< "main/binary-amd64/by-hash/SHA256/…"; empty when not offered
  IndexCompression compression = IndexCompression::none;
  ReleaseEntry packed;    ///< of the file at `path`
  ReleaseEntry unpacked;  ///< of the text; the Release file's word
};

/// The Packages indexes of one component that hold packages for `architecture`: its own and,
/// unless the suite's own one holds those too, that of architecture "all". The best compression
/// that there is: xz, gzip, none. Errors: corrupt, when the suite has none for that architecture or
/// component.
std::vector<IndexFile> packages_indexes(const Release& release, std::string_view component,
                                        std::string_view architecture);

/// The URL of a file of an archive: "ARCHIVE/dists/SUITE/PATH", slashes put right.
std::string dists_url(std::string_view archive, std::string_view suite, std::string_view path);

/// The URL of a package: "ARCHIVE/FILENAME".
std::string pool_url(std::string_view archive, std::string_view filename);

}  // namespace stamp::debian
