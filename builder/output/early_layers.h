#pragma once

#include <filesystem>
#include <map>
#include <memory>

#include "base/guarded.h"
#include "builder/image/layer_copies.h"
#include "oci/layout.h"
#include "oci/unnamed_blob.h"

namespace stamp::build {

/// Layers that are written to layouts while they are hashed: the disk then works while the
/// processors do. What is not taken out with put() was never there.
class EarlyLayers final : public LayerCopies {
 public:
  /// Forgets what was wanted: the ids that follow are those of another plan.
  void begin_plan();
  /// A layer is wanted in a layout. The first layout that wants it gets it early.
  void want(LayerId id, const std::filesystem::path& layout);

  Sink* begin(LayerId id, std::uint64_t size) override;
  void end(LayerId id, const Digest& digest) override;

  /// Puts the layer into the layout in `folder` if it was written for it. Returns whether it is
  /// there now. Errors: io.
  bool put(const Digest& digest, const std::filesystem::path& folder, oci::LayoutWriter& writer);

 private:
  struct Copy {
    std::filesystem::path layout;
    std::unique_ptr<oci::UnnamedBlob> blob;
  };
  struct State {
    std::map<LayerId, std::filesystem::path> wanted;
    std::map<LayerId, Copy> begun;
    std::map<Digest, Copy> whole;
  };
  Guarded<State> state_;
};

}  // namespace stamp::build
