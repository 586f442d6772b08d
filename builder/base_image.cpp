#include "builder/base_image.h"

#include <fmt/core.h>

#include "base/error.h"
#include "oci/layout.h"
#include "oci/manifest.h"

namespace stamp::build {
namespace {

/// The descriptor of the manifest for `platform`: the layout's only image, or the platform's in its
/// index.
oci::Descriptor find_manifest(const oci::LayoutReader& layout, const workspace::Recipe& recipe,
                              const oci::Platform& platform) {
  const oci::Descriptor& top = layout.find("");
  if (!oci::is_index(top.media_type)) return top;
  const oci::Index index = during("reading the base's index", ErrorKind::corrupt,
                                  [&] { return oci::Index::parse(layout.read(top)); });
  const oci::Descriptor* found = index.find(platform);
  if (found == nullptr) {
    throw_if_any({recipe.problem(recipe.from.position,
                                 fmt::format("the layout '{}' has no image for {}",
                                             recipe.from.layout.text, platform.str()))});
  }
  return *found;
}

}  // namespace

BaseImage read_base_image(const workspace::Recipe& recipe, const oci::Platform& platform) {
  const std::filesystem::path& folder = recipe.from.layout.path;
  const oci::LayoutReader layout(folder);
  const oci::Descriptor descriptor = find_manifest(layout, recipe, platform);
  const oci::Manifest manifest = during("reading the base's manifest", ErrorKind::corrupt, [&] {
    return oci::Manifest::parse(layout.read(descriptor));
  });
  BaseImage image;
  image.manifest = descriptor.digest;
  image.config = during("reading the base's config", ErrorKind::corrupt,
                        [&] { return oci::ImageConfig::parse(layout.read(manifest.config)); });
  if (image.config.platform != platform) {
    throw_if_any({recipe.problem(
        recipe.from.position,
        fmt::format("the image in layout '{}' is for {}, not for {}", recipe.from.layout.text,
                    image.config.platform.str(), platform.str()))});
  }
  if (image.config.diff_ids.size() != manifest.layers.size()) {
    throw Error(ErrorKind::corrupt,
                fmt::format("the base image has {} layers but {} diff_ids", manifest.layers.size(),
                            image.config.diff_ids.size()),
                {.input = folder.string()});
  }
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    image.layers.push_back({folder, manifest.layers[i], image.config.diff_ids[i]});
  }
  return image;
}

}  // namespace stamp::build
