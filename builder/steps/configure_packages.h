#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "builder/plan/plan.h"
#include "builder/plan/step_key.h"
#include "builder/steps/package_set.h"
#include "builder/store/layer_store.h"
#include "debian/dpkg_database.h"
#include "layer/segment_list.h"
#include "maintainer-scripts/dpkg/evaluate.h"

namespace stamp::build {

/// What configuring the packages of a layer starts from. Everything must outlive the call.
struct ConfigureInput {
  const PackageLayerInput& set;
  /// Those of the layers below first. explain_configuration() takes away their files and members.
  std::span<debian::UnpackedPackage> packages;
  std::span<const layer::SegmentList> lists;     ///< of the layer's own packages
  std::span<const PackageVariant> variants;      ///< of all packages
  std::span<const debian::PackageStatus> below;  ///< of those of the layers below
};

/// What came of it.
struct ConfiguredPackages {
  /// What scripts made of the entries of each package; of those below nothing.
  std::vector<std::vector<PackageOverride>> overrides;
  std::optional<LayerPiece> made;                   ///< what scripts made
  std::vector<std::string> database_files;          ///< those of dpkg's database that are in `made`
  std::vector<layer::Entry> folders;                ///< folders whose mode or owner scripts decided
  std::vector<EntryPath> removed_folders;           ///< of this layer
  std::vector<debian::PackageStatus> states;        ///< of the layer's own packages
  std::map<std::string, std::string> unconfigured;  ///< names of packages, with the reason
  SystemIdTable new_ids;
  std::vector<std::string> unused_answers;
  std::vector<scripts::LeftOut> left_out;
};

/// Hears of everything that scripts do.
using Journal = std::function<void(const scripts::JournalEntry&)>;

/// Evaluates the maintainer scripts of a layer's packages. Errors: those of scripts::evaluate().
ConfiguredPackages configure_packages(const ConfigureInput& input, SegmentStore& store);
/// Evaluates them and tells of it: of the result only what became of the packages, what was left
/// out, the ids and the answers. Errors: the same.
ConfiguredPackages explain_configuration(const ConfigureInput& input, SegmentStore& store,
                                         const Journal& journal);

/// The same for a layer whose file conflicts are not settled yet: what the scripts of the package
/// at `position` of the layer do, and nothing is written for the image. Errors: those of both.
ConfiguredPackages explain_packages(const PackageLayerInput& input, std::size_t position,
                                    SegmentStore& store, const Journal& journal);

}  // namespace stamp::build
