#pragma once
// `stamp lock`: from recipes and the world as it is now to locks.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "builder/lock/lock_summary.h"
#include "cache/cache.h"
#include "debian/resolver_program.h"
#include "registry-client/downloader.h"
#include "workspace/lock.h"
#include "workspace/workspace.h"

namespace stamp::build {

class Places;
class Progress;
class RegistryBases;
struct RecipeSources;

/// What is to be looked for anew although a lock has it.
struct LockUpdate {
  enum class Kind {
    none,      ///< nothing: what is locked stays, as far as it can be had
    packages,  ///< the versions of `packages`
    all,       ///< all versions, archives and base images
  };
  Kind kind = Kind::none;
  std::vector<std::string> packages;  ///< names of packages, and of base images in registries
};

/// What locking needs of the world. The references must outlive the Locker.
struct LockServices {
  const registry::Downloader& downloader;
  const Places& places;
  const debian::ResolverProgram& resolver;
  const Clock& clock;
  RegistryBases& bases;
  cache::Cache& cache;
  Progress& progress;
  std::filesystem::path indexes;      ///< folder where indexes are kept: "indexes" in the cache
  std::filesystem::path scratch;      ///< folder for temporary files
  std::optional<std::int64_t> epoch;  ///< SOURCE_DATE_EPOCH, where it is set
};

/// What became of a lock.
enum class LockState {
  unchanged,  ///< it is right as it is
  changed,
  created,
};

/// A lock and how it differs from the one before.
struct LockOutcome {
  LockState state = LockState::unchanged;
  workspace::Lock lock;
  std::vector<LockChange> changes;
};

/// Makes locks. One thread.
///
/// A lock that matches its recipe, and of which nothing is to be updated, is left alone without
/// asking any server. One of which only files or configuration changed is made to match without
/// resolving. Else the sources' InRelease files are asked for (once each, and only whether they
/// changed), verified and checked, packages resolved for each platform, and new archives fetched
/// once and hashed. Versions that are locked stay, unless they are to be updated or cannot be had;
/// so do the digests of base images in registries.
/// Where nothing that decides an image changed, the lock keeps its releases too.
class Locker final {
 public:
  /// `workspace` must outlive this.
  Locker(const workspace::Workspace& workspace, LockServices services);
  ~Locker();
  Locker(const Locker&) = delete;
  Locker& operator=(const Locker&) = delete;

  /// Makes the lock of a recipe; nothing is written. Locks of recipes that it is built on are taken
  /// from this Locker's earlier calls, else from their files.
  /// Errors: invalid (a package that no source has, what cannot be satisfied; with caret where the
  /// recipe says so); corrupt (signatures, digests, dates); network, unavailable; stale (a base
  /// that has no lock); io.
  LockOutcome lock(const workspace::Recipe& recipe, const LockUpdate& update);

  /// Refuses packages and base images to update that no lock of `recipes` has. Errors: usage, with
  /// the nearest name.
  void check_update(std::span<const workspace::Recipe* const> recipes,
                    const LockUpdate& update) const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// A recipe that another one needs (its base, or one that it copies from), and its lock.
struct NeededLock {
  const workspace::Recipe* recipe = nullptr;
  const workspace::Lock* lock = nullptr;
};

/// The checksum by which a lock knows what its image is made from: the recipe's text and sources,
/// and what the locks of the recipes that it needs say of theirs. `needed`: in order of
/// Recipe::needs().
Digest content_checksum(const workspace::Recipe& recipe, const RecipeSources& sources,
                        std::span<const NeededLock> needed);

/// The checksum by which a lock knows whether packages and archives must be resolved anew: over
/// what of the recipe and stamp.yaml decides them, and the packages of `base`, the lock of the
/// recipe that it is built on (null: none).
Digest inputs_checksum(const workspace::Workspace& workspace, const workspace::Recipe& recipe,
                       const workspace::Lock* base);

/// Writes a recipe's lock, whole or not at all. Errors: io.
void write_lock(const workspace::Recipe& recipe, const workspace::Lock& lock);

}  // namespace stamp::build
