#pragma once
// Finished images that hold one small layer.

#include <string>
#include <vector>

#include "builder/output/output.h"
#include "oci/document.h"
#include "tests/builder/builder_fixture.h"

namespace stamp::build {

/// Makes images in its cache.
class FinishedImageTest : public BuilderTest {
 protected:
  /// An image of one layer for each of these platforms.
  FinishedImage image(const std::vector<std::string>& platforms) {
    const StoredLayer layer = make_layer({file("/usr/x", std::string(3000, 'x'))});
    LayerStore(cache_).record(layer.diff_id, layer);
    FinishedImage image;
    image.name = "app";
    for (const std::string& text : platforms) {
      ImagePlan plan;
      plan.key = Digest::of(text);
      plan.platform = oci::Platform::parse(text);
      plan.config.platform = plan.platform;
      image.images.push_back(store_image(plan, {LayerOfImage(&layer)}, cache_));
    }
    if (platforms.size() == 1) {
      image.top = image.images[0].manifest;
    } else {
      const auto index = oci::Document<oci::Index>::of(make_index(image.images, {}));
      image.top = index.descriptor(oci::kMediaTypeIndex);
      image.index_text = index.text();
    }
    layer_ = layer;
    return image;
  }
  StoredLayer layer_;
};

}  // namespace stamp::build
