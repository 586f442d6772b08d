#pragma once
// What sources say at the moment: InRelease files and Packages indexes, fetched, verified and kept.
//
// The folder holds plain files that are trusted no more than the network is: releases/NAME is the
// InRelease file that was had last for an archive and a suite (NAME is a digest of both), with
// releases/NAME.json telling where it came from; packages/HEX is the text of an index with that
// digest.

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "builder/lock/locker.h"
#include "debian/inrelease.h"
#include "debian/resolver.h"
#include "workspace/lock.h"
#include "workspace/stamp_yaml.h"

namespace stamp::build {

/// A suite's InRelease file, verified and fit for a new lock.
struct CurrentRelease {
  workspace::LockedRelease locked;
  debian::VerifiedRelease verified;
};

/// Fetches indexes. One thread.
class LockIndexes final {
 public:
  /// What `services` refers to must outlive this.
  explicit LockIndexes(const LockServices& services);

  /// The InRelease file of a suite as it is now; asked for once in the life of this object.
  /// `before`: the one in the lock, or null. Places are tried in order until one has a file that
  /// may be used. Errors: those of the last place, with what was wrong at the others; invalid, with
  /// caret (no keyring).
  const CurrentRelease& release(const workspace::Settings& settings,
                                const workspace::PackageSource& source, const std::string& suite,
                                const workspace::LockedRelease* before);

  /// The Packages indexes of a suite for an architecture, as files that resolve() can read.
  std::vector<debian::ResolveIndex> packages(const workspace::PackageSource& source,
                                             const CurrentRelease& release,
                                             const std::string& architecture);

 private:
  CurrentRelease fetch(const workspace::PackageSource& source, const std::string& suite,
                       const std::string& keyring, const workspace::LockedRelease* before) const;
  std::string fetch_from(const std::string& place, const std::filesystem::path& kept,
                         const std::string& what) const;
  CurrentRelease verify(const workspace::PackageSource& source, const std::string& suite,
                        const std::string& keyring, const std::string& text,
                        const workspace::LockedRelease* before) const;
  std::filesystem::path index_text(const workspace::PackageSource& source,
                                   const CurrentRelease& release, const debian::IndexFile& index);

  LockServices services_;
  std::map<std::pair<std::string, std::string>, CurrentRelease> releases_;
  std::set<std::filesystem::path> checked_;  ///< indexes that were seen to be right
};

/// How sources and suites are told apart in a Resolution.
std::string source_key(const std::string& source, const std::string& suite);

}  // namespace stamp::build
