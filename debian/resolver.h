#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/digest.h"
#include "debian/resolver_program.h"

namespace stamp::debian {

/// A Packages index on disk, not compressed, verified by the caller.
struct ResolveIndex {
  std::string source;  ///< the source's name, for Resolution
  std::filesystem::path path;
};

/// A package and its version.
struct PackageVersion {
  std::string name;
  std::string architecture;
  std::string version;

  friend auto operator<=>(const PackageVersion&, const PackageVersion&) = default;
};

/// What to resolve: a closure that is complete in itself, or with what is installed already.
struct ResolveRequest {
  std::string architecture;                        ///< Debian's name: "amd64"
  std::vector<std::string> foreign_architectures;  ///< others that packages may have
  std::vector<ResolveIndex> indexes;  ///< where several have a version, the first one gives it
  std::vector<std::string> install;   ///< "name" or "name:architecture"
  bool essential = true;              ///< the essential packages and `usr-is-merged` belong to it
  bool recommends = false;
  std::vector<PackageVersion> keep;  ///< versions to stay with where the indexes still have them
  std::string status;  ///< dpkg's status file, with what is installed; empty: nothing is
};

/// A package of a closure.
struct ResolvedPackage {
  std::string name;
  std::string version;
  std::string architecture;  ///< "all" for packages of every architecture
  std::string filename;      ///< below the archive's root
  std::uint64_t size = 0;
  Digest digest;
  std::string source;
  std::string why;  ///< "named", "essential" or "needed by X" ("recommended by X")

  friend auto operator<=>(const ResolvedPackage&, const ResolvedPackage&) = default;
};

/// A name that was asked for and stands for no package.
struct UnknownName {
  std::string name;     ///< as it was asked for
  std::string problem;  ///< "no source has such a package; did you mean 'restic'?"

  friend auto operator<=>(const UnknownName&, const UnknownName&) = default;
};

/// An installed package that would have to change.
struct ChangedPackage {
  std::string name;
  std::string architecture;
  std::string installed;  ///< version
  std::string wanted;     ///< version; empty: it would have to go
  std::string why;        ///< as that of ResolvedPackage; may be empty

  friend auto operator<=>(const ChangedPackage&, const ChangedPackage&) = default;
};

/// A closure, without what is installed already.
struct Resolution {
  std::vector<ResolvedPackage> packages;  ///< in byte order of name, then architecture
  std::vector<UnknownName> unknown;       ///< if there are any, there are no packages
  std::vector<ChangedPackage> changed;    ///< of what is installed; the same order
};

/// Resolves with libapt-pkg, in the helper program: the set that `apt-get install` would choose. A
/// name that is installed stays as it is.
/// Errors: invalid (what cannot be satisfied, naming both sides); corrupt (an index that is
/// malformed); unavailable (the helper is missing).
Resolution resolve(const ResolverProgram& program, const ResolveRequest& request);

}  // namespace stamp::debian
