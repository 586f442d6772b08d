#include "builder/output/docker_archive_image.h"

#include <array>
#include <map>
#include <optional>
#include <utility>

#include <errno.h>
#include <sys/stat.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/temp_file.h"
#include "layer/codec.h"
#include "oci/config.h"
#include "oci/document.h"
#include "oci/manifest.h"
#include "oci/media_type.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kDocumentLimit = 4U << 20U;

layer::Format format_of(Source& source) {
  std::array<std::byte, layer::kFormatMagic> magic{};
  return layer::detect_format(std::span(magic).first(read_full(source, magic)));
}

std::string_view media_type_of(layer::Format format) {
  if (format == layer::Format::gzip) return oci::kMediaTypeLayerGzip;
  return format == layer::Format::zstd ? oci::kMediaTypeLayerZstd : oci::kMediaTypeLayer;
}

/// The digest and the number of a source's bytes.
oci::Descriptor measured(Source& source, std::string_view media_type) {
  HashSink hash;
  copy(source, hash);
  oci::Descriptor descriptor;
  descriptor.media_type = media_type;
  descriptor.digest = hash.digest();
  descriptor.size = hash.size();
  return descriptor;
}

/// Gives config and layers of one image of an archive under the digests that they have.
class DockerImage final : public ImageReader {
 public:
  DockerImage(const ImagePlace& place, oci::DockerArchiveReader archive)
      : archive_(std::move(archive)) {
    const std::string name = place.reference.tag.empty() ? "" : place.reference.str();
    during(fmt::format("reading '{}'", archive_.tar().path()),
           [&] { add_image(archive_.find(name)); });
  }

  registry::ManifestText top() override {
    const std::string text = manifest_.serialize();
    return {manifest_.media_type, text};
  }
  std::optional<registry::ManifestText> document(const oci::Descriptor&) override {
    return std::nullopt;
  }
  std::string text(const oci::Descriptor& blob) override {
    return read_all(*open(blob), kDocumentLimit, blob.digest.brief());
  }
  bool is_here() const override { return true; }
  std::unique_ptr<Source> open(const oci::Descriptor& blob) override {
    const auto name = names_.find(blob.digest);
    if (name == names_.end()) {
      throw Error(ErrorKind::internal,
                  fmt::format("blob {} is not in the archive", blob.digest.brief()));
    }
    return std::make_unique<Member>(archive_.tar(), name->second, blob);
  }
  std::vector<oci::Descriptor> referrers(const Digest&) override { return {}; }

 private:
  /// A file of the archive, still the one that was hashed.
  class Member final : public Source {
   public:
    Member(const oci::TarIndex& tar, const std::string& name, const oci::Descriptor& blob)
        : member_(tar.open(name)),
          verified_(*member_, blob.digest, blob.size, fmt::format("'{}'", name)) {}
    std::size_t read(std::span<std::byte> out) override { return verified_.read(out); }

   private:
    std::unique_ptr<Source> member_;
    VerifySource verified_;
  };

  void add_image(const oci::DockerArchiveImage& image) {
    const std::string text = archive_.tar().read(image.config, kDocumentLimit);
    const auto config =
        during(fmt::format("reading '{}'", printable(image.config, 200)), ErrorKind::corrupt,
               [&] { return oci::Document<oci::ImageConfig>::parse(text); });
    const std::vector<Digest>& diff_ids = config.value().diff_ids;
    if (diff_ids.size() != image.layers.size()) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("cannot read '{}': the image has {} layers and its config {}",
                              archive_.tar().path(), image.layers.size(), diff_ids.size()));
    }
    manifest_.config = config.descriptor(oci::kMediaTypeConfig);
    names_.emplace(config.digest(), image.config);
    for (std::size_t i = 0; i < diff_ids.size(); ++i) add_layer(image.layers[i], diff_ids[i]);
  }

  void add_layer(const std::string& name, const Digest& diff_id) {
    const oci::TarIndex& tar = archive_.tar();
    const layer::Format format = format_of(*tar.open(name));
    const oci::Descriptor layer = measured(*tar.open(name), media_type_of(format));
    Digest found = layer.digest;
    if (layer.media_type != oci::kMediaTypeLayer) {
      found = measured(*open_uncompressed(tar.open(name), layer), "").digest;
    }
    if (found != diff_id) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("cannot read '{}': layer '{}' is {}, and the config says {}",
                              tar.path(), printable(name, 200), found.str(), diff_id.str()));
    }
    names_.emplace(layer.digest, name);
    manifest_.layers.push_back(layer);
  }

  oci::DockerArchiveReader archive_;
  oci::Manifest manifest_;
  std::map<Digest, std::string> names_;
};

}  // namespace

Fd open_archive(const std::filesystem::path& path, const std::filesystem::path& scratch) {
  Fd file = open_for_reading(path);
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) throw system_error("examine", path.string(), errno);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::invalid, fmt::format("cannot read '{}': it is no file", path.string()));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  FilePartSource beginning(file.get(), 0, size, path.string());
  const layer::Format format = format_of(beginning);
  if (format == layer::Format::none) return file;
  FilePartSource whole(file.get(), 0, size, path.string());
  const auto decoder = layer::make_decoder(format, whole, path.string());
  Fd unpacked = nameless_file(scratch);
  FdSink sink(unpacked, path.string());
  copy(*decoder, sink);
  return unpacked;
}

std::unique_ptr<ImageReader> open_docker_archive(const ImagePlace& place,
                                                 oci::DockerArchiveReader archive) {
  return std::make_unique<DockerImage>(place, std::move(archive));
}

std::unique_ptr<Source> open_uncompressed(std::unique_ptr<Source> blob,
                                          const oci::Descriptor& layer) {
  const oci::LayerCompression compression = oci::layer_compression(layer.media_type);
  if (compression == oci::LayerCompression::none) return blob;
  const bool gzip = compression == oci::LayerCompression::gzip;
  return layer::make_decoder(gzip ? layer::Format::gzip : layer::Format::zstd, std::move(blob),
                             fmt::format("layer {}", layer.digest.brief()));
}

}  // namespace stamp::build
