#include "builder/inputs/registry_bases.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "builder/inputs/pull_blob.h"
#include "oci/index.h"
#include "oci/media_type.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kMaxDocument = 4U << 20U;

/// The key of a base's manifest and config, by the manifest's digest.
Digest texts_key(const Digest& manifest) {
  return Digest::of(
      canonical_json({{"digest", manifest.hex()}, {"kind", "base-image"}, {"version", 1}}));
}

/// What to do when a registry cannot be reached.
std::string reach_hint(const oci::Reference& image) {
  return fmt::format("reach {} once: what came from it stays in the cache", image.host);
}

/// What to do when an image is gone.
std::string gone_hint(const oci::Reference& image) {
  return image.tag.empty()
             ? "name an image in 'from' that is there, or publish this one again"
             : fmt::format(
                   "stamp lock --update, which takes what '{}' names now; or publish the "
                   "image again",
                   image.tag);
}

/// The platforms that an index has images for.
std::string platforms_of(const oci::Index& index) {
  std::vector<std::string> names;
  for (const oci::Descriptor& image : index.manifests) {
    if (!image.platform || !oci::is_manifest(image.media_type)) continue;
    if (image.platform->os == "unknown") continue;  // attestations
    std::string name = image.platform->str();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return names.empty() ? "no platform" : fmt::format("{}", fmt::join(names, ", "));
}

/// The manifests in `index` for the recipe's platforms, in their order. Errors: invalid, with
/// caret.
std::vector<Digest> manifests_for(const workspace::Recipe& recipe, const oci::Reference& image,
                                  const oci::Index& index) {
  std::vector<Digest> manifests;
  std::vector<std::string> lacking;
  for (const oci::Platform& platform : recipe.platforms) {
    const oci::Descriptor* found = index.find(platform);
    if (found == nullptr) {
      lacking.push_back(platform.str());
    } else {
      manifests.push_back(found->digest);
    }
  }
  if (!lacking.empty()) {
    throw_if_any({recipe.problem(recipe.from.position,
                                 fmt::format("'{}' is not for {}: it is for {}", image.str(),
                                             fmt::join(lacking, ", "), platforms_of(index)))});
  }
  return manifests;
}

/// A part of an image that no place has.
Error gone(const registry::Repository& repository, const oci::Reference& image,
           std::string_view what) {
  return Error(ErrorKind::network,
               fmt::format("cannot pull the base image '{}': {} is gone", image.str(), what),
               {.input = fmt::format("tried {}", fmt::join(repository.places(), ", ")),
                .hint = gone_hint(image)});
}

Error no_image(const oci::Reference& image, std::string_view media_type) {
  return Error(ErrorKind::corrupt,
               fmt::format("cannot build on '{}': it is no image for containers but of type '{}'",
                           image.str(), printable(media_type, 100)));
}

}  // namespace

std::map<std::string, workspace::LockedBase> RegistryBases::resolve(const workspace::Recipe& recipe,
                                                                    const oci::Reference& image) {
  return during(fmt::format("asking for the base image '{}'", image.str()), [&] {
    const registry::Repository repository = client_.repository(image, registry::Access::pull);
    const std::optional<registry::ManifestText> top =
        hinting(ErrorKind::network, reach_hint(image), [&] {
          return image.digest ? repository.pull_manifest(*image.digest)
                              : repository.pull_manifest(std::string_view(image.tag));
        });
    if (!top) {
      throw_if_any({recipe.problem(recipe.from.position,
                                   fmt::format("{} has no image '{}'", image.host, image.str()))});
    }
    oci::Reference pinned = image;
    pinned.digest = top->digest();
    std::vector<Digest> manifests;
    if (oci::is_index(top->media_type)) {
      manifests = manifests_for(recipe, pinned,
                                during("reading its index", ErrorKind::corrupt,
                                       [&] { return oci::Index::parse(top->text); }));
    } else {
      // Its config says for which platform it is.
      static_cast<void>(keep_texts(pinned, *top));
      manifests.assign(recipe.platforms.size(), *pinned.digest);
    }
    std::map<std::string, workspace::LockedBase> locked;
    for (std::size_t i = 0; i < manifests.size(); ++i) {
      const oci::Platform& platform = recipe.platforms[i];
      const BaseImage base = read_platform(recipe, pinned, manifests[i], platform);
      locked.emplace(platform.str(), to_locked(recipe.from, base));
    }
    cache_.flush();
    return locked;
  });
}

BaseImage RegistryBases::read(const workspace::Recipe& recipe, const workspace::LockedBase& locked,
                              const oci::Platform& platform) {
  const std::optional<oci::Reference> image = locked_reference(locked);
  if (!image) throw Error(ErrorKind::internal, "a base that is in no registry was asked for");
  return during(fmt::format("reading the base image '{}' for {}", image->str(), platform.str()),
                [&] { return read_platform(recipe, *image, locked.digest, platform); });
}

BaseImage RegistryBases::read_platform(const workspace::Recipe& recipe, const oci::Reference& image,
                                       const Digest& manifest, const oci::Platform& platform) {
  std::optional<Texts> texts = find_texts(manifest);
  if (!texts) texts = pull_texts(image, manifest);
  const oci::Manifest parsed = during("reading its manifest", ErrorKind::corrupt,
                                      [&] { return oci::Manifest::parse(texts->manifest); });
  BaseImage base = make_base_image(image, manifest, parsed, texts->config);
  check_platform(base, recipe, platform);
  return base;
}

std::optional<RegistryBases::Texts> RegistryBases::find_texts(const Digest& manifest) {
  const std::optional<cache::Result> result = cache_.find(texts_key(manifest));
  if (!result || result->outputs.size() != 2) return std::nullopt;
  return Texts{cache_.read(result->outputs[0].blob, kMaxDocument),
               cache_.read(result->outputs[1].blob, kMaxDocument)};
}

RegistryBases::Texts RegistryBases::pull_texts(const oci::Reference& image, const Digest& digest) {
  const registry::Repository repository = client_.repository(image, registry::Access::pull);
  const std::optional<registry::ManifestText> manifest = hinting(
      ErrorKind::network, reach_hint(image), [&] { return repository.pull_manifest(digest); });
  if (!manifest) throw gone(repository, image, fmt::format("manifest {}", digest.str()));
  return keep_texts(image, *manifest);
}

RegistryBases::Texts RegistryBases::keep_texts(const oci::Reference& image,
                                               const registry::ManifestText& manifest) {
  if (!oci::is_manifest(manifest.media_type)) throw no_image(image, manifest.media_type);
  const oci::Manifest parsed = during("reading its manifest", ErrorKind::corrupt,
                                      [&] { return oci::Manifest::parse(manifest.text); });
  if (!oci::is_config(parsed.config.media_type)) throw no_image(image, parsed.config.media_type);
  if (parsed.config.size > kMaxDocument) {
    throw Error(ErrorKind::corrupt, fmt::format("the config of '{}' has {} bytes, more than {}",
                                                image.str(), parsed.config.size, kMaxDocument));
  }
  const cache::Blob config = pull_blob(image, parsed.config);
  cache::Result result;
  result.outputs = {{"manifest", cache_.put(manifest.text)}, {"config", config}};
  cache_.record(texts_key(manifest.digest()), std::move(result));
  return {manifest.text, cache_.read(config, kMaxDocument)};
}

cache::Blob RegistryBases::pull_layer(const BaseLayer& layer) {
  const auto& image = std::get<oci::Reference>(layer.place);
  if (const std::optional<cache::Blob> there = cache_.find_blob(layer.descriptor.digest)) {
    return *there;
  }
  return during(fmt::format("pulling a layer of the base image '{}'", image.str()),
                [&] { return pull_blob(image, layer.descriptor); });
}

cache::Blob RegistryBases::pull_blob(const oci::Reference& image, const oci::Descriptor& blob) {
  const registry::Repository repository = client_.repository(image, registry::Access::pull);
  const std::optional<cache::Blob> pulled = hinting(ErrorKind::network, reach_hint(image), [&] {
    return build::pull_blob(repository, {.digest = blob.digest, .size = blob.size}, cache_,
                            progress_);
  });
  if (!pulled) throw gone(repository, image, fmt::format("blob {}", blob.digest.str()));
  return *pulled;
}

}  // namespace stamp::build
