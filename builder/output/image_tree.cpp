#include "builder/output/image_tree.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "oci/config.h"
#include "oci/document.h"
#include "oci/index.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace stamp::build {
namespace {

/// Manifests are kept in memory; an image has a few kilobytes of them.
constexpr std::uint64_t kMostManifestBytes = std::uint64_t{64} << 20U;
constexpr int kMostNesting = 4;

oci::Descriptor describe(const registry::ManifestText& manifest) {
  oci::Descriptor descriptor;
  descriptor.media_type = manifest.media_type;
  descriptor.digest = manifest.digest();
  descriptor.size = manifest.text.size();
  return descriptor;
}

oci::Index parse_index(const registry::ManifestText& text) {
  return during(fmt::format("reading index {}", text.digest().brief()), ErrorKind::corrupt, [&] {
    return oci::Document<oci::Index>::parse(text.text, text.media_type).value();
  });
}

oci::Manifest parse_manifest(const registry::ManifestText& text) {
  return during(fmt::format("reading manifest {}", text.digest().brief()), ErrorKind::corrupt, [&] {
    return oci::Document<oci::Manifest>::parse(text.text, text.media_type).value();
  });
}

/// A manifest that another document names. Errors: corrupt.
registry::ManifestText read_named(ImageReader& reader, const oci::Descriptor& named) {
  const std::string platform = named.platform ? " for " + named.platform->str() : "";
  std::optional<registry::ManifestText> text = reader.document(named);
  if (!text) {
    throw Error(ErrorKind::corrupt,
                fmt::format("cannot find manifest {}{}: the index names it and the place does not "
                            "have it",
                            named.digest.str(), platform),
                {.hint = platform.empty() ? "" : "--platform takes one of the others"});
  }
  if (text->media_type == named.media_type && text->text.size() == named.size) {
    return *std::move(text);
  }
  throw Error(ErrorKind::corrupt,
              fmt::format("cannot read manifest {}{}: it is {} of {} bytes, and was announced as "
                          "{} of {}",
                          named.digest.brief(), platform, text->media_type, text->text.size(),
                          named.media_type, named.size));
}

/// Whether an index' entry is an image that can run somewhere: attestations are "unknown/unknown".
bool is_image(const oci::Descriptor& entry) {
  return oci::is_manifest(entry.media_type) && !(entry.platform && entry.platform->os == "unknown");
}

std::string platforms_of(const oci::Index& index) {
  std::string text;
  for (const oci::Descriptor& entry : index.manifests) {
    if (!is_image(entry) || !entry.platform) continue;
    text += (text.empty() ? "" : ", ") + entry.platform->str();
  }
  return text;
}

/// The entry of an index for a platform, or the only one.
const oci::Descriptor& choose_entry(const oci::Index& index,
                                    const std::optional<oci::Platform>& platform) {
  const std::string known = platforms_of(index);
  if (platform) {
    if (const oci::Descriptor* found = index.find(*platform)) return *found;
    throw Error(ErrorKind::invalid,
                fmt::format("cannot copy the image for {}: there is none", platform->str()),
                {.hint = known.empty() ? "" : "it is there for " + known});
  }
  std::vector<const oci::Descriptor*> images;
  for (const oci::Descriptor& entry : index.manifests) {
    if (is_image(entry)) images.push_back(&entry);
  }
  if (images.size() == 1) return *images.front();
  const std::string first =
      images.empty() || !images.front()->platform ? "" : images.front()->platform->str();
  throw Error(ErrorKind::invalid,
              fmt::format("cannot choose an image: a docker archive holds one platform, and this "
                          "is there for {}",
                          known.empty() ? std::to_string(images.size()) : known),
              {.hint = first.empty() ? "" : "--platform " + first});
}

/// Errors: invalid, when a manifest is not for a platform.
void check_platform(ImageReader& reader, const oci::Manifest& manifest,
                    const oci::Platform& platform) {
  if (!oci::is_config(manifest.config.media_type)) {
    throw Error(ErrorKind::invalid,
                fmt::format("cannot copy the image for {}: it is no image but {}", platform.str(),
                            manifest.artifact_type.empty() ? manifest.config.media_type
                                                           : manifest.artifact_type));
  }
  const std::string text = reader.text(manifest.config);
  const oci::ImageConfig config = during("reading the image's config", ErrorKind::corrupt,
                                         [&] { return oci::ImageConfig::parse(text); });
  if (config.platform == platform) return;
  throw Error(ErrorKind::invalid,
              fmt::format("cannot copy the image for {}: there is none", platform.str()),
              {.hint = fmt::format("it is there for {}", config.platform.str())});
}

bool is_foreign(std::string_view media_type) {
  return media_type.starts_with("application/vnd.oci.image.layer.nondistributable.") ||
         media_type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
}

/// Walks from a manifest to everything below it.
class TreeReading {
 public:
  explicit TreeReading(ImageReader& reader) : reader_(reader) {}

  void add(const registry::ManifestText& text, int nesting) {
    throw_if_interrupted();
    if (!seen_.insert(text.digest()).second) return;
    count(text);
    if (oci::is_index(text.media_type)) {
      if (nesting == kMostNesting) throw unreadable(text, "indexes are nested too deeply");
      for (const oci::Descriptor& entry : parse_index(text).manifests) {
        if (!seen_.contains(entry.digest)) add(read_named(reader_, entry), nesting + 1);
      }
    } else if (oci::is_manifest(text.media_type)) {
      add_blobs(parse_manifest(text));
    } else {
      throw unreadable(text, fmt::format("what belongs to a '{}' is not known",
                                         printable(text.media_type, 100)));
    }
    tree_.manifests.push_back(text);
  }

  /// What refers to the manifests so far, and to those that this adds.
  void add_referrers() {
    for (std::size_t i = 0; i < tree_.manifests.size(); ++i) {
      const Digest subject = tree_.manifests[i].digest();
      for (const oci::Descriptor& each : reader_.referrers(subject)) {
        tree_.referrers.push_back({subject, each});
        if (!seen_.contains(each.digest)) add(read_named(reader_, each), 0);
      }
    }
  }

  ImageTree take() {
    std::erase_if(configs_, [&](const auto& each) { return layers_.contains(each.first); });
    const auto values = [](auto& map) {
      std::vector<oci::Descriptor> out;
      for (auto& [digest, blob] : map) out.push_back(std::move(blob));
      return out;
    };
    tree_.layers = values(layers_);
    tree_.configs = values(configs_);
    tree_.foreign = values(foreign_);
    return std::move(tree_);
  }

 private:
  using Blobs = std::map<Digest, oci::Descriptor>;

  static Error unreadable(const registry::ManifestText& text, std::string_view problem) {
    return Error(ErrorKind::invalid,
                 fmt::format("cannot copy manifest {}: {}", text.digest().brief(), problem));
  }

  void count(const registry::ManifestText& text) {
    bytes_ += text.text.size();
    if (bytes_ > kMostManifestBytes) {
      throw unreadable(
          text, fmt::format("the image's manifests have more than {} bytes", kMostManifestBytes));
    }
  }

  void add_blobs(const oci::Manifest& manifest) {
    add_once(configs_, manifest.config);
    for (const oci::Descriptor& layer : manifest.layers) {
      add_once(is_foreign(layer.media_type) ? foreign_ : layers_, layer);
    }
  }

  void add_once(Blobs& blobs, const oci::Descriptor& blob) {
    const auto [size, is_new] = sizes_.emplace(blob.digest, blob.size);
    if (!is_new && size->second != blob.size) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("cannot copy blob {}: one manifest says that it has {} bytes, "
                              "another {}",
                              blob.digest.brief(), size->second, blob.size));
    }
    blobs.emplace(blob.digest, blob);
  }

  ImageReader& reader_;
  ImageTree tree_;
  std::set<Digest> seen_;
  std::map<Digest, std::uint64_t> sizes_;
  Blobs layers_;
  Blobs configs_;
  Blobs foreign_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

TreeTop choose_top(ImageReader& reader, const std::optional<oci::Platform>& platform,
                   Platforms platforms) {
  TreeTop top;
  top.manifest = reader.top();
  top.descriptor = describe(top.manifest);
  if (oci::is_index(top.manifest.media_type)) {
    if (!platform && platforms == Platforms::any) return top;
    const oci::Index index = parse_index(top.manifest);
    const oci::Descriptor& entry = choose_entry(index, platform);
    top.manifest = read_named(reader, entry);
    top.descriptor = describe(top.manifest);
    top.descriptor.platform = entry.platform;
  } else if (platform && oci::is_manifest(top.manifest.media_type)) {
    check_platform(reader, parse_manifest(top.manifest), *platform);
    top.descriptor.platform = *platform;
  }
  return top;
}

const registry::ManifestText& ImageTree::manifest(const Digest& digest) const {
  const auto found = std::ranges::find_if(
      manifests, [&](const registry::ManifestText& each) { return each.digest() == digest; });
  if (found == manifests.end()) {
    throw Error(ErrorKind::internal, fmt::format("manifest {} was not read", digest.brief()));
  }
  return *found;
}

std::uint64_t total_size(const std::vector<oci::Descriptor>& blobs) {
  std::uint64_t bytes = 0;
  for (const oci::Descriptor& blob : blobs) bytes += blob.size;
  return bytes;
}

ImageTree read_tree(ImageReader& reader, const TreeTop& top, WithReferrers referrers) {
  TreeReading reading(reader);
  reading.add(top.manifest, 0);
  if (referrers == WithReferrers::yes) reading.add_referrers();
  ImageTree tree = reading.take();
  tree.top = top.descriptor;
  return tree;
}

}  // namespace stamp::build
