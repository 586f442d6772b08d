#include "builder/output/output.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "builder/output/output_file.h"
#include "oci/archive.h"
#include "oci/layout.h"
#include "oci/reference.h"
#include "workspace/published_repositories.h"

namespace stamp::build {
namespace {

struct KindName {
  std::string_view prefix;
  OutputSpec::Kind kind;
};
constexpr std::array<KindName, 3> kKinds = {
    {{"oci:", OutputSpec::Kind::layout},
     {"oci-archive:", OutputSpec::Kind::oci_archive},
     {"docker-archive:", OutputSpec::Kind::docker_archive}}};

/// The layer with that digest out of the cache, where the executor put it or found it.
StoredLayer layer_of(const ImageLayer& layer, cache::Cache& cache) {
  std::optional<StoredLayer> stored = LayerStore(cache).find_by_digest(layer.descriptor.digest);
  if (!stored) {
    throw Error(ErrorKind::internal,
                fmt::format("layer {} is not in the cache", layer.descriptor.digest.brief()));
  }
  return std::move(*stored);
}

/// The layer's pieces as files, each open until the next is asked for.
oci::NextPiece pieces_of(const StoredLayer& layer, cache::Cache& cache) {
  struct Opened {
    std::size_t next = 0;
    std::unique_ptr<FileSource> file;
  };
  // Shared with the copies that std::function makes of itself.
  const auto opened = std::make_shared<Opened>();
  return [&layer, &cache, opened]() -> std::optional<oci::FilePiece> {
    if (opened->next == layer.pieces.size()) return std::nullopt;
    const cache::Blob& blob = layer.pieces[opened->next++].segment.blob;
    opened->file = cache.open_unchecked(blob);
    return oci::FilePiece{opened->file->fd(), 0, blob.size};
  };
}

void write_layout(const OutputSpec& output, const FinishedImage& image, EarlyLayers& early,
                  cache::Cache& cache) {
  oci::LayoutWriter writer(output.path);
  for (const StoredImage& platform : image.images) {
    for (const ImageLayer& layer : platform.layers) {
      const oci::Descriptor& blob = layer.descriptor;
      if (writer.contains(blob.digest, blob.size)) continue;
      if (early.put(blob.digest, output.path, writer)) continue;
      const StoredLayer stored = layer_of(layer, cache);
      writer.put(blob.digest, blob.size, pieces_of(stored, cache));
    }
    writer.put(platform.config.digest, platform.config_text);
    writer.put(platform.manifest.digest, platform.manifest_text);
  }
  if (!image.index_text.empty()) writer.put(image.top.digest, image.index_text);
  writer.tag(output.tag, image.top);
}

/// Gives the blobs of an image from the cache or from its texts.
class Blobs {
 public:
  Blobs(const FinishedImage& image, cache::Cache& cache) : cache_(cache) {
    if (!image.index_text.empty()) add_text(image.top, image.index_text);
    for (const StoredImage& platform : image.images) {
      add_text(platform.manifest, platform.manifest_text);
      add_text(platform.config, platform.config_text);
      for (const ImageLayer& layer : platform.layers) {
        if (layers_.emplace(layer.descriptor.digest, &layer).second) {
          all_.push_back(layer.descriptor);
        }
      }
    }
  }

  const std::vector<oci::Descriptor>& all() const { return all_; }

  std::unique_ptr<Source> open(const oci::Descriptor& blob) const {
    const auto text = texts_.find(blob.digest);
    if (text != texts_.end()) return std::make_unique<StringSource>(text->second);
    return LayerStore(cache_).open(layer_of(*layers_.at(blob.digest), cache_));
  }

 private:
  void add_text(const oci::Descriptor& blob, const std::string& text) {
    if (texts_.emplace(blob.digest, text).second) all_.push_back(blob);
  }

  cache::Cache& cache_;
  std::map<Digest, std::string> texts_;
  std::map<Digest, const ImageLayer*> layers_;
  std::vector<oci::Descriptor> all_;
};

void write_archive(const OutputSpec& output, const FinishedImage& image, const Blobs& blobs) {
  write_output_file(output.path, [&](Sink& sink) {
    oci::write_oci_archive(
        output.tag, image.top, blobs.all(),
        [&](const oci::Descriptor& blob) { return blobs.open(blob); }, sink);
  });
}

void write_docker(const OutputSpec& output, const FinishedImage& image, const Blobs& blobs) {
  if (image.images.size() != 1) {
    throw Error(
        ErrorKind::usage,
        fmt::format("cannot write '{}': a docker archive holds one platform, and '{}' is "
                    "built for {}",
                    output.text, image.name, image.images.size()),
        {.hint = fmt::format("--platform {}", image.images.front().manifest.platform->str())});
  }
  const StoredImage& platform = image.images.front();
  oci::DockerImage docker;
  const std::string& repository = image.repository.empty() ? image.name : image.repository;
  docker.tags = {repository + ":latest"};
  docker.config = platform.config;
  for (const ImageLayer& layer : platform.layers) docker.layers.push_back(layer.descriptor);
  write_output_file(output.path, [&](Sink& sink) {
    oci::write_docker_archive(
        {&docker, 1}, [&](const oci::Descriptor& blob) { return blobs.open(blob); }, sink);
  });
}

}  // namespace

OutputSpec OutputSpec::parse(std::string_view text) {
  for (const KindName& name : kKinds) {
    if (!text.starts_with(name.prefix)) continue;
    OutputSpec output;
    output.kind = name.kind;
    output.text = text;
    std::string_view rest = text.substr(name.prefix.size());
    const std::size_t colon = rest.rfind(':');
    if (output.kind == Kind::layout && colon != std::string_view::npos &&
        rest.find('/', colon) == std::string_view::npos) {
      output.tag = rest.substr(colon + 1);
      rest = rest.substr(0, colon);
      if (!oci::is_tag(workspace::fill_name(output.tag, "name"))) {
        throw Error(ErrorKind::usage, fmt::format("cannot write '{}': '{}' is not a tag",
                                                  printable(text, 200), printable(output.tag, 80)));
      }
    }
    // Some tools find an image in a layout by its tag only, and ask for this one when none is
    // named.
    if (output.kind == Kind::layout && output.tag.empty()) output.tag = "latest";
    output.path = rest;
    if (!rest.empty()) return output;
  }
  throw Error(ErrorKind::usage,
              fmt::format("cannot write '{}': an output is oci:DIR[:TAG], oci-archive:FILE or "
                          "docker-archive:FILE",
                          printable(text, 200)));
}

OutputSpec OutputSpec::for_recipe(std::string_view name) const {
  OutputSpec output = *this;
  output.path = workspace::fill_name(path.string(), name);
  output.tag = workspace::fill_name(tag, name);
  return output;
}

bool has_layers(const OutputSpec& output, const StoredImage& image) {
  if (output.kind != OutputSpec::Kind::layout) return false;
  const oci::LayoutWriter writer(output.path);
  return std::all_of(image.layers.begin(), image.layers.end(), [&](const ImageLayer& layer) {
    return writer.contains(layer.descriptor.digest, layer.descriptor.size);
  });
}

void write_output(const OutputSpec& output, const FinishedImage& image, EarlyLayers& early,
                  cache::Cache& cache) {
  during(fmt::format("writing '{}' to {}", image.name, output.text), [&] {
    switch (output.kind) {
      case OutputSpec::Kind::layout:
        write_layout(output, image, early, cache);
        break;
      case OutputSpec::Kind::oci_archive:
        write_archive(output, image, Blobs(image, cache));
        break;
      case OutputSpec::Kind::docker_archive:
        write_docker(output, image, Blobs(image, cache));
        break;
    }
  });
}

}  // namespace stamp::build
