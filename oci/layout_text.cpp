#include "oci/layout_text.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "oci/referrers_tag.h"

namespace stamp::oci {
namespace {

std::string tag_of(const Descriptor& entry) {
  const auto found = entry.annotations.find(std::string(kRefNameAnnotation));
  return found == entry.annotations.end() ? std::string() : found->second;
}

}  // namespace

std::string index_json(std::span<const Descriptor> images) {
  Index index;
  index.manifests.assign(images.begin(), images.end());
  return index.serialize();
}

const Descriptor& find_image(const Index& index, std::string_view tag, std::string_view what) {
  std::vector<const Descriptor*> images;
  std::string tags;
  for (const Descriptor& entry : index.manifests) {
    const std::string other = tag_of(entry);
    if (!tag.empty() && other == tag) return entry;
    if (is_referrers_tag(other)) continue;
    images.push_back(&entry);
    if (!other.empty()) tags += (tags.empty() ? "" : ", ") + printable(other, 80);
  }
  if (tag.empty() && images.size() == 1) return *images.front();
  const std::string cause = tag.empty() ? fmt::format("it holds {} images", images.size())
                                        : fmt::format("it has no tag '{}'", tag);
  throw Error(ErrorKind::invalid, fmt::format("cannot find the image in {}: {}", what, cause),
              {.hint = tags.empty() ? "" : "name one of its tags: " + tags});
}

Descriptor tagged(Descriptor image, std::string_view tag) {
  image.annotations.erase(std::string(kRefNameAnnotation));
  if (!tag.empty()) image.annotations.emplace(kRefNameAnnotation, tag);
  return image;
}

}  // namespace stamp::oci
