#include "oci/layout_text.h"

#include "oci/index.h"

namespace stamp::oci {

std::string index_json(std::span<const Descriptor> images) {
  Index index;
  index.manifests.assign(images.begin(), images.end());
  return index.serialize();
}

Descriptor tagged(Descriptor image, std::string_view tag) {
  image.annotations.erase(std::string(kRefNameAnnotation));
  if (!tag.empty()) image.annotations.emplace(kRefNameAnnotation, tag);
  return image;
}

}  // namespace stamp::oci
