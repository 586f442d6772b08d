#pragma once
// Keys of steps: canonical JSON of everything that decides a step's bytes. The documents are
// normative: docs/formats/step-keys.md. A change of what a step does to its bytes counts its
// version up.

#include <span>
#include <string>
#include <vector>

#include "base/digest.h"
#include "builder/plan/plan.h"

namespace stamp::build {

/// What maintainer scripts made of an entry of a package.
struct PackageOverride {
  EntryPath path;        ///< the entry
  bool removed = false;  ///< it is not in the image
  layer::Entry now;      ///< otherwise: as it is there

  friend bool operator==(const PackageOverride&, const PackageOverride&) = default;
};

/// What is left out of a package's segment, or changed in it, because of the packages beside it.
/// The same package without any of that is the usual case and is shared by all images.
struct PackageVariant {
  std::vector<EntryPath> given_up;  ///< another package's now (Replaces); sorted
  std::vector<EntryPath> shared;  ///< another package brings them, this one lists them too; sorted
  std::optional<std::int64_t> newest_mtime;     ///< later times become this one
  std::vector<PackageOverride> overrides = {};  ///< by path

  bool is_plain() const {
    return given_up.empty() && shared.empty() && !newest_mtime && overrides.empty();
  }
};

/// The keys of packages' segments that have everything but the package in common: a project has
/// thousands of packages, and asks for all their keys each time.
class PackageKeys final {
 public:
  PackageKeys(const std::vector<Glob>& exclude, const debian::MergedUsr& merged,
              const Encoding& encoding);

  Digest of(const workspace::LockedPackage& package, const PackageVariant& variant = {}) const;

 private:
  std::string encoding_;
  std::string exclude_;
  std::string merged_;
};

/// The key of a package's segment.
Digest package_key(const PackageSegment& package, const Encoding& encoding,
                   const PackageVariant& variant = {});
/// The key of a segment of entries.
Digest entries_key(const EntriesSegment& segment, const Encoding& encoding);
/// The key of an archive's segment.
Digest archive_key(const ArchiveSegment& segment, const Encoding& encoding);
/// The key of a copy; `layers` are the keys of the other image's layers.
Digest copy_key(const CopySegment& segment, std::span<const Digest> layers,
                const Encoding& encoding);
/// The key of accounts; `layers` are the keys of the image's layers below.
Digest accounts_key(const AccountsSegment& segment, std::span<const Digest> layers,
                    const Encoding& encoding);
/// The key of a layer, from those of its segments and of the layer below.
Digest layer_key(const LayerPlan& layer, const Plan& plan);
/// The key of an image, from those of its layers.
Digest image_key(const ImagePlan& image, const Plan& plan);

}  // namespace stamp::build
