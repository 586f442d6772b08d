#include "builder/plan/base_image.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "base/time.h"
#include "oci/index.h"
#include "oci/layout.h"

namespace stamp::build {
namespace {

constexpr std::string_view kLayout = "layout:";
constexpr std::string_view kImage = "image:";

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

std::string describe(const workspace::From& from) {
  const bool in_layout = from.kind == workspace::From::Kind::layout;
  return in_layout ? fmt::format("the image in layout '{}'", from.layout.text)
                   : fmt::format("'{}'", from.image.str());
}

std::string describe(const BasePlace& place) {
  const auto* reference = std::get_if<oci::Reference>(&place);
  return reference != nullptr ? reference->str() : std::get<std::filesystem::path>(place).string();
}

BaseImage make_base_image(BasePlace place, const Digest& digest, const oci::Manifest& manifest,
                          std::string_view config) {
  BaseImage image;
  image.manifest = digest;
  image.config = during("reading the base's config", ErrorKind::corrupt,
                        [&] { return oci::ImageConfig::parse(config); });
  if (image.config.diff_ids.size() != manifest.layers.size()) {
    throw Error(ErrorKind::corrupt,
                fmt::format("the base image has {} layers but {} diff_ids", manifest.layers.size(),
                            image.config.diff_ids.size()),
                {.input = describe(place)});
  }
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    image.layers.push_back({place, manifest.layers[i], image.config.diff_ids[i]});
  }
  image.place = std::move(place);
  return image;
}

void check_platform(const BaseImage& image, const workspace::Recipe& recipe,
                    const oci::Platform& platform) {
  if (image.config.platform == platform) return;
  throw_if_any({recipe.problem(recipe.from.position,
                               fmt::format("{} is for {}, not for {}", describe(recipe.from),
                                           image.config.platform.str(), platform.str()))});
}

BaseImage read_base_image(const workspace::Recipe& recipe, const oci::Platform& platform) {
  const std::filesystem::path& folder = recipe.from.layout.path;
  const oci::LayoutReader layout(folder);
  const oci::Descriptor descriptor = find_manifest(layout, recipe, platform);
  const oci::Manifest manifest = during("reading the base's manifest", ErrorKind::corrupt, [&] {
    return oci::Manifest::parse(layout.read(descriptor));
  });
  BaseImage image =
      make_base_image(folder, descriptor.digest, manifest, layout.read(manifest.config));
  check_platform(image, recipe, platform);
  return image;
}

workspace::LockedBase to_locked(const workspace::From& from, const BaseImage& image) {
  const auto* reference = std::get_if<oci::Reference>(&image.place);
  return {.reference = reference != nullptr ? std::string(kImage) + reference->str()
                                            : std::string(kLayout) + from.layout.text,
          .digest = image.manifest,
          .created = read_rfc3339(image.config.created)};
}

std::optional<oci::Reference> locked_reference(const workspace::LockedBase& base) {
  if (!base.reference.starts_with(kImage)) return std::nullopt;
  oci::Reference reference =
      oci::Reference::parse(std::string_view(base.reference).substr(kImage.size()));
  if (reference.digest) return reference;
  throw Error(ErrorKind::invalid,
              fmt::format("the lock has no digest of '{}'", printable(reference.str(), 300)));
}

const workspace::LockedBase* find_base(const workspace::Recipe& recipe,
                                       const std::vector<workspace::LockedBase>& bases) {
  const oci::Reference& wanted = recipe.from.image;
  const auto found =
      std::find_if(bases.begin(), bases.end(), [&](const workspace::LockedBase& base) {
        std::optional<oci::Reference> image = locked_reference(base);
        if (!image) return false;
        if (!wanted.digest) image->digest.reset();
        return *image == wanted;
      });
  return found == bases.end() ? nullptr : &*found;
}

std::string name_of(oci::Reference image) {
  if (!image.tag.empty()) image.digest.reset();
  return image.str();
}

}  // namespace stamp::build
