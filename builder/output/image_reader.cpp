#include "builder/output/image_reader.h"

#include <map>
#include <utility>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/temp_file.h"
#include "builder/output/docker_archive_image.h"
#include "builder/output/repository_push.h"
#include "oci/archive_reader.h"
#include "oci/document.h"
#include "oci/index.h"
#include "oci/layout.h"
#include "oci/manifest.h"
#include "oci/referrers_tag.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kDocumentLimit = 4U << 20U;

/// Errors: corrupt, when a document is too large to be read whole.
void check_size(const oci::Descriptor& document) {
  if (document.size <= kDocumentLimit) return;
  throw Error(ErrorKind::corrupt,
              fmt::format("cannot read {}: it has {} bytes, more than {}", document.digest.brief(),
                          document.size, kDocumentLimit));
}

/// Writes to a file that is synced at its end: the disk begins while more bytes come.
class EagerSink final : public Sink {
 public:
  EagerSink(const Fd& file, std::string path) : file_(file), sink_(file, std::move(path)) {}
  void write(Bytes in) override {
    constexpr std::size_t kAtOnce = std::size_t{8} << 20U;
    sink_.write(in);
    waiting_ += in.size();
    if (waiting_ < kAtOnce) return;
    waiting_ = 0;
    // From where on does not matter to the kernel, which knows what is not written. A hint: the
    // sync finds what went wrong.
    static_cast<void>(::sync_file_range(file_.get(), 0, 0, SYNC_FILE_RANGE_WRITE));
  }

 private:
  const Fd& file_;
  FdSink sink_;
  std::size_t waiting_ = 0;
};

/// An image in a registry.
class RegistryImage final : public ImageReader {
 public:
  RegistryImage(const ImagePlace& place, registry::RegistryClient& client)
      : place_(place), repository_(client.repository(place.reference, registry::Access::pull)) {}

  registry::ManifestText top() override {
    const oci::Reference& wanted = place_.reference;
    std::optional<registry::ManifestText> found = wanted.digest
                                                      ? repository_.pull_manifest(*wanted.digest)
                                                      : repository_.pull_manifest(wanted.tag);
    if (found) return *std::move(found);
    throw Error(ErrorKind::invalid,
                fmt::format("cannot find '{}': the registry has no such image", place_.text));
  }
  std::optional<registry::ManifestText> document(const oci::Descriptor& named) override {
    return repository_.pull_manifest(named.digest);
  }
  std::string text(const oci::Descriptor& blob) override {
    check_size(blob);
    std::optional<StringSink> sink;
    const auto anew = [&](std::uint64_t) -> Sink& { return sink.emplace(); };
    if (!repository_.pull_blob({.digest = blob.digest, .size = blob.size}, anew)) lacks(blob);
    return sink->take();
  }
  bool is_here() const override { return false; }
  std::unique_ptr<Source> open(const oci::Descriptor& blob) override {
    throw Error(ErrorKind::internal, fmt::format("blob {} is not here", blob.digest.brief()));
  }
  void fetch(const oci::Descriptor& blob, const Fd& file, const std::string& path) override {
    EagerSink sink(file, path);
    const auto rewound = [&](std::uint64_t offset) -> Sink& {
      if (::ftruncate(file.get(), static_cast<off_t>(offset)) != 0 ||
          ::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
        throw system_error("rewind", path, errno);
      }
      return sink;
    };
    if (!repository_.pull_blob({.digest = blob.digest, .size = blob.size}, rewound)) lacks(blob);
  }
  std::vector<oci::Descriptor> referrers(const Digest& subject) override {
    return repository_.referrers(subject);
  }

 private:
  [[noreturn]] void lacks(const oci::Descriptor& blob) const {
    throw Error(ErrorKind::corrupt,
                fmt::format("cannot read '{}': the registry does not have blob {}, which a "
                            "manifest names",
                            place_.text, blob.digest.str()));
  }

  ImagePlace place_;
  registry::Repository repository_;
};

/// An image in a layout, in a folder or a file.
template <typename Reader>
class LayoutImage final : public ImageReader {
 public:
  LayoutImage(Reader reader, std::string tag) : reader_(std::move(reader)), tag_(std::move(tag)) {}

  registry::ManifestText top() override { return read(reader_.find(tag_)); }
  std::optional<registry::ManifestText> document(const oci::Descriptor& named) override {
    if (!reader_.contains(named.digest, named.size)) return std::nullopt;
    return read(named);
  }
  std::string text(const oci::Descriptor& blob) override {
    check_size(blob);
    return read_all(*reader_.open(blob), kDocumentLimit, blob.digest.brief());
  }
  bool is_here() const override { return true; }
  std::unique_ptr<Source> open(const oci::Descriptor& blob) override { return reader_.open(blob); }

  /// A layout lists them under a tag, as registries without the API do, or has them as entries
  /// without a tag.
  std::vector<oci::Descriptor> referrers(const Digest& subject) override {
    std::map<Digest, oci::Descriptor> found;
    const std::string list = oci::referrers_tag(subject);
    for (const oci::Descriptor& entry : reader_.index().manifests) {
      const auto tag = entry.annotations.find(std::string(oci::kRefNameAnnotation));
      if (tag != entry.annotations.end() && tag->second == list) {
        const auto index = oci::Document<oci::Index>::parse(read(entry).text, entry.media_type);
        for (const oci::Descriptor& each : index.value().manifests) {
          found.emplace(each.digest, each);
        }
      }
      if (tag == entry.annotations.end() && refers_to(entry, subject)) {
        found.emplace(entry.digest, entry);
      }
    }
    std::vector<oci::Descriptor> out;
    for (auto& [digest, each] : found) out.push_back(std::move(each));
    return out;
  }

 private:
  registry::ManifestText read(const oci::Descriptor& document) {
    return {document.media_type, text(document)};
  }
  bool refers_to(const oci::Descriptor& entry, const Digest& subject) {
    if (!oci::is_manifest(entry.media_type)) return false;
    const oci::Manifest manifest = oci::Manifest::parse(text(entry));
    return manifest.subject && manifest.subject->digest == subject;
  }

  Reader reader_;
  std::string tag_;
};

}  // namespace

void ImageReader::fetch(const oci::Descriptor& blob, const Fd& file, const std::string& path) {
  const std::unique_ptr<Source> source = open(blob);
  FdSink sink(file, path);
  copy(*source, sink);
}

std::unique_ptr<ImageReader> open_image(const ImagePlace& place, registry::RegistryClient& client,
                                        const std::filesystem::path& scratch) {
  const auto tar = [&] { return oci::TarIndex(open_archive(place.path, scratch), place.path); };
  switch (place.kind) {
    case ImagePlace::Kind::layout:
      return std::make_unique<LayoutImage<oci::LayoutReader>>(oci::LayoutReader(place.path),
                                                              place.tag);
    case ImagePlace::Kind::oci_archive:
      return std::make_unique<LayoutImage<oci::OciArchiveReader>>(oci::OciArchiveReader(tar()),
                                                                  place.tag);
    case ImagePlace::Kind::docker_archive:
      return open_docker_archive(place, oci::DockerArchiveReader(tar()));
    case ImagePlace::Kind::registry:
      break;
  }
  return std::make_unique<RegistryImage>(place, client);
}

registry::OpenSource bring(ImageReader& reader, const oci::Descriptor& blob,
                           const std::filesystem::path& scratch) {
  if (reader.is_here()) {
    return [&reader, blob](std::uint64_t offset) {
      std::unique_ptr<Source> source = reader.open(blob);
      skip_sent(*source, offset);
      return source;
    };
  }
  const std::string name = fmt::format("blob {}", blob.digest.brief());
  // Shared by the copies that std::function makes of itself.
  const auto file = std::make_shared<Fd>(nameless_file(scratch));
  reader.fetch(blob, *file, name);
  return [file, name, size = blob.size](std::uint64_t offset) {
    return std::make_unique<FilePartSource>(file->get(), offset, size - offset, name);
  };
}

}  // namespace stamp::build
