#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "builder/image/image.h"
#include "builder/image/layer_copies.h"
#include "builder/inputs/fetch.h"
#include "builder/inputs/registry_bases.h"
#include "builder/plan/plan.h"
#include "builder/plan/step_key.h"
#include "builder/progress.h"
#include "builder/steps/configure_packages.h"
#include "builder/steps/package_set.h"
#include "builder/steps/schedule.h"
#include "builder/store/codec_contexts.h"
#include "builder/store/layer_store.h"
#include "builder/store/segment_store.h"
#include "cache/cache.h"

namespace stamp::build {

/// What the steps of a plan gave, by their positions in the plan. Empty: not needed, or not yet
/// there.
struct Results {
  std::vector<std::optional<StoredSegment>> segments;
  std::vector<std::optional<StoredLayer>> layers;
  std::vector<std::optional<StoredImage>> images;
  std::vector<bool> reused_layers;  ///< whether a layer was in the cache
  std::size_t steps_run = 0;
  std::size_t steps_reused = 0;
};

/// What must be run.
struct Missing {
  std::vector<SegmentId> segments;
  std::vector<LayerId> layers;
  std::vector<ImageId> images;

  bool empty() const { return segments.empty() && layers.empty() && images.empty(); }
};

/// Which layers of an image somebody reads.
enum class LayersWanted {
  none,
  made,  ///< all but those of a base that is in a registry
  all,
};

/// Says which layers of an image are read, given the image when it is in the cache, else null.
using WantsLayers = std::function<LayersWanted(ImageId id, const StoredImage* image)>;

/// Asks the cache for a plan's results and runs the steps that are missing.
class Executor final {
 public:
  /// The references must outlive this. `scratch` is a folder for temporary files.
  struct Services {
    cache::Cache& cache;
    const Fetcher& fetcher;
    RegistryBases& bases;
    Progress& progress;
    std::filesystem::path scratch;
    std::size_t threads = 1;
    LayerCopies* copies = nullptr;  ///< who wants layers while they are made; may be null
  };
  Executor(const Plan& plan, const Services& services);

  /// Asks the cache, from the images backwards: what is there is not visited further, unless its
  /// layers are wanted. Of an image that is not there all layers are needed but those of a base in
  /// a registry, which are when something reads them.
  Missing ask_cache(const WantsLayers& wants_layers);
  /// Runs what is missing, in parallel. Errors: those of the steps.
  void run(const Missing& missing);

  const Results& results() const { return results_; }

  /// Remembers what came of an image under the keys that it has in `other`, a plan of the same
  /// steps that differs in keys only.
  void record_also(ImageId id, const Plan& other);
  /// Tells what the maintainer scripts of a package do, the one at `position` of a layer of
  /// packages; the layer and those below must be there. Errors: those of configuring.
  ConfiguredPackages explain(LayerId id, std::size_t position, const Journal& journal);
  /// Asks for what explain() needs of a layer of packages.
  void need_packages(LayerId id, Missing& missing);

 private:
  void need_layer(LayerId id, Missing& missing);
  void need_segments(const std::vector<SegmentId>& ids, Missing& missing);
  std::vector<Task> tasks_for(const Missing& missing);
  void add_pulls(const Missing& missing, const std::map<Digest, std::size_t>& pulls,
                 std::vector<Task>& tasks);
  void run_segment(SegmentId id);
  StoredSegment run_package(const SegmentPlan& segment, const PackageVariant& variant);
  StoredSegment remake_package(const SegmentPlan& segment, const PackageVariant& variant);
  void run_layer(LayerId id);
  std::vector<LayerOfImage> layers_of_image(const ImagePlan& image) const;
  std::vector<const StoredLayer*> layers_of(const std::vector<LayerId>& ids) const;
  std::vector<PackagePiece> package_pieces(const std::vector<SegmentId>& ids) const;
  PackageLayerInput package_input(LayerId id) const;

  const Plan& plan_;
  Services services_;
  SegmentStore segments_;
  LayerStore layers_;
  CodecContextPool contexts_;
  Results results_;
  std::vector<bool> asked_segments_;
  std::vector<bool> asked_layers_;
};

}  // namespace stamp::build
