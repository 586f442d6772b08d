// Archives, which are written whole.

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/guarded.h"
#include "base/pool.h"
#include "builder/output/docker_archive_image.h"
#include "builder/output/image_writer.h"
#include "builder/output/output_file.h"
#include "builder/output/referrer_lists.h"
#include "oci/archive.h"
#include "oci/archive_reader.h"
#include "oci/config.h"
#include "oci/layout_text.h"
#include "oci/manifest.h"

namespace stamp::build {
namespace {

/// Blobs on this machine.
class BroughtBlobs {
 public:
  /// Brings them, several at a time.
  BroughtBlobs(const std::vector<oci::Descriptor>& blobs, ImageReader& from,
               const ImagePlace& place, const CopyTools& tools) {
    if (blobs.empty()) return;
    const Phase phase(tools.progress, "copying to " + place.text, blobs.size(), total_size(blobs));
    Pool pool(std::min(kMovedAtOnce, blobs.size()));
    for (const oci::Descriptor& blob : blobs) {
      pool.add([this, &blob, &from, &tools] {
        tools.progress.started(blob.digest.brief());
        registry::OpenSource open = bring(from, blob, tools.scratch);
        brought_.lock()->insert_or_assign(blob.digest, std::move(open));
        tools.progress.moved(blob.size);
        tools.progress.finished(blob.digest.brief());
      });
    }
    pool.wait();
  }

  std::unique_ptr<Source> open(const Digest& blob) { return brought_.lock()->at(blob)(0); }

 private:
  Guarded<std::map<Digest, registry::OpenSource>> brought_;
};

/// The archive that is there already; nothing when there is none. Errors: what is there is another
/// thing.
template <typename Reader>
std::optional<Reader> existing(const ImagePlace& place, const CopyTools& tools) {
  std::error_code code;
  const auto type = std::filesystem::status(place.path, code).type();
  if (type != std::filesystem::file_type::regular) return std::nullopt;
  if (std::filesystem::file_size(place.path) == 0) return std::nullopt;
  return during(
      fmt::format("looking at what is in '{}', which would be replaced", place.path.string()),
      [&] { return Reader(oci::TarIndex(open_archive(place.path, tools.scratch), place.path)); });
}

std::vector<oci::Descriptor> all_blobs(const ImageTree& tree) {
  std::vector<oci::Descriptor> blobs = tree.layers;
  blobs.insert(blobs.end(), tree.configs.begin(), tree.configs.end());
  return blobs;
}

/// The one image that a docker archive can hold of a tree.
class DockerArchive {
 public:
  DockerArchive(const ImageTree& tree, ImageReader& from, const ImagePlace& place) : place_(place) {
    if (!oci::is_manifest(tree.top.media_type)) throw cannot("a docker archive holds one platform");
    const oci::Manifest manifest = during("reading the image's manifest", ErrorKind::corrupt, [&] {
      return oci::Manifest::parse(tree.manifest(tree.top.digest).text);
    });
    if (!oci::is_config(manifest.config.media_type)) {
      throw cannot(fmt::format("a docker archive holds images, and this is '{}'",
                               printable(manifest.config.media_type, 100)));
    }
    config_text_ = from.text(manifest.config);
    const oci::ImageConfig config = during("reading the image's config", ErrorKind::corrupt,
                                           [&] { return oci::ImageConfig::parse(config_text_); });
    if (config.diff_ids.size() != manifest.layers.size()) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("cannot read the image: its manifest has {} layers and its config {}",
                              manifest.layers.size(), config.diff_ids.size()));
    }
    image_.config = manifest.config;
    if (!place.reference.tag.empty()) image_.tags.push_back(place.reference.str());
    for (std::size_t i = 0; i < config.diff_ids.size(); ++i) {
      add_layer(manifest.layers[i], config.diff_ids[i]);
    }
  }

  /// Whether an archive holds exactly this.
  bool is(const oci::DockerArchiveReader& archive) const {
    if (archive.manifest() != oci::docker_archive_manifest({&image_, 1})) return false;
    const oci::DockerArchiveImage& there = archive.images().front();
    return archive.tar().contains(there.config) &&
           std::ranges::all_of(there.layers, [&](const std::string& layer) {
             return archive.tar().contains(layer);
           });
  }

  std::vector<oci::Descriptor> blobs() const {
    std::vector<oci::Descriptor> out;
    for (const auto& [diff_id, stored] : stored_) out.push_back(stored);
    return out;
  }

  /// Finds out how large the layers are, and that they are what the config says.
  void measure(BroughtBlobs& brought) {
    for (oci::Descriptor& layer : image_.layers) {
      HashSink hash;
      const oci::Descriptor& stored = stored_.at(layer.digest);
      copy(*open_uncompressed(brought.open(stored.digest), stored), hash);
      layer.size = hash.size();
      const Digest found = hash.digest();
      if (found == layer.digest) continue;
      throw Error(ErrorKind::corrupt,
                  fmt::format("cannot read layer {}: uncompressed it is {}, and the config says {}",
                              stored.digest.brief(), found.str(), layer.digest.str()));
    }
  }

  void write(BroughtBlobs& brought, Sink& out) const {
    const auto open = [&](const oci::Descriptor& blob) -> std::unique_ptr<Source> {
      const auto stored = stored_.find(blob.digest);
      if (stored == stored_.end()) return std::make_unique<StringSource>(config_text_);
      return open_uncompressed(brought.open(stored->second.digest), stored->second);
    };
    oci::write_docker_archive({&image_, 1}, open, out);
  }

 private:
  Error cannot(std::string_view why) const {
    return Error(ErrorKind::invalid, fmt::format("cannot write '{}': {}", place_.text, why));
  }

  void add_layer(const oci::Descriptor& stored, const Digest& diff_id) {
    if (oci::layer_compression(stored.media_type) == oci::LayerCompression::unknown) {
      throw cannot(fmt::format("layers of type '{}' cannot be uncompressed",
                               printable(stored.media_type, 100)));
    }
    oci::Descriptor uncompressed;
    uncompressed.media_type = oci::kMediaTypeDockerLayer;
    uncompressed.digest = diff_id;
    image_.layers.push_back(uncompressed);
    stored_.emplace(diff_id, stored);
  }

  const ImagePlace& place_;
  oci::DockerImage image_;
  std::string config_text_;
  std::map<Digest, oci::Descriptor> stored_;  ///< the layers as they are in the source, by diff_id
};

}  // namespace

WrittenImage write_to_oci_archive(const ImageTree& tree, ImageReader& from, const ImagePlace& place,
                                  const CopyTools& tools) {
  std::vector<oci::Descriptor> entries = {oci::tagged(tree.top, place.tag)};
  std::map<Digest, std::string> texts;
  std::vector<oci::Descriptor> blobs = all_blobs(tree);
  const std::uint64_t bytes = total_size(blobs);
  const auto add_text = [&](const std::string& text) {
    oci::Descriptor blob;
    blob.digest = Digest::of(text);
    blob.size = text.size();
    blobs.push_back(blob);
    texts.emplace(blob.digest, text);
  };
  for (const registry::ManifestText& manifest : tree.manifests) add_text(manifest.text);
  for (const ReferrerList& list : referrer_lists(tree, {})) {
    add_text(list.index.text());
    entries.push_back(oci::tagged(list.index.descriptor(oci::kMediaTypeIndex), list.tag));
  }
  const auto there = existing<oci::OciArchiveReader>(place, tools);
  const bool unchanged = there && there->index().manifests == entries &&
                         std::ranges::all_of(blobs, [&](const oci::Descriptor& blob) {
                           return there->contains(blob.digest, blob.size);
                         });
  if (unchanged) return {.unchanged = true};
  BroughtBlobs brought(all_blobs(tree), from, place, tools);
  const auto open = [&](const oci::Descriptor& blob) -> std::unique_ptr<Source> {
    const auto text = texts.find(blob.digest);
    if (text != texts.end()) return std::make_unique<StringSource>(text->second);
    return brought.open(blob.digest);
  };
  write_output_file(place.path,
                    [&](Sink& sink) { oci::write_oci_archive(entries, blobs, open, sink); });
  return {.sent = bytes};
}

WrittenImage write_to_docker_archive(const ImageTree& tree, ImageReader& from,
                                     const ImagePlace& place, const CopyTools& tools) {
  DockerArchive archive(tree, from, place);
  const auto there = existing<oci::DockerArchiveReader>(place, tools);
  if (there && archive.is(*there)) return {.unchanged = true};
  const std::vector<oci::Descriptor> blobs = archive.blobs();
  BroughtBlobs brought(blobs, from, place, tools);
  archive.measure(brought);
  write_output_file(place.path, [&](Sink& sink) { archive.write(brought, sink); });
  return {.sent = total_size(blobs) + total_size(tree.configs)};
}

}  // namespace stamp::build
