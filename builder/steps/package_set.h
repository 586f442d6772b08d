#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "builder/plan/plan.h"
#include "builder/plan/step_key.h"
#include "builder/store/layer_store.h"
#include "builder/store/segment_store.h"
#include "debian/dpkg_database.h"

namespace stamp::build {

/// A package's segment, planned and stored.
struct PackagePiece {
  const SegmentPlan* plan = nullptr;
  StoredSegment stored;
  /// Of one of the layers below.
  debian::PackageStatus status = debian::PackageStatus::unpacked;
};

/// Unpacks a package again, differently.
using Remake =
    std::function<StoredSegment(const SegmentPlan& package, const PackageVariant& variant)>;

/// What a layer of packages is put together from.
struct PackageLayerInput {
  const LayerPlan* layer = nullptr;
  std::vector<PackagePiece> packages;   ///< of the layer, in its order
  std::vector<PackagePiece> installed;  ///< of the layers below
  /// All layers below, bottom to top, where packages are configured.
  std::vector<const StoredLayer*> below = {};
  std::size_t threads = 1;  ///< on which packages are read
};

/// The pieces of a layer of packages, dpkg's database last.
struct PackageLayerPieces {
  std::vector<LayerPiece> pieces;
  /// Names of the layer's packages that have something to configure, and are not configured.
  std::vector<std::string> unconfigured;
  std::map<std::string, std::string> reasons;  ///< why, where scripts are evaluated
  std::vector<layer::Entry> folders;           ///< as scripts left them
  std::vector<EntryPath> removed_folders;      ///< that scripts took away
  SystemIdTable new_ids;
  std::vector<std::string> unused_answers;  ///< to questions that nobody asked
};

/// Applies dpkg's rules for paths that several packages ship, has the packages that lose some made
/// again, and writes dpkg's database of all packages of the image so far. Errors: invalid (a path
/// of two packages of which neither replaces the other; all of them); those of `remake` and the
/// store.
PackageLayerPieces settle_packages(const PackageLayerInput& input, SegmentStore& store,
                                   const Remake& remake);

}  // namespace stamp::build
