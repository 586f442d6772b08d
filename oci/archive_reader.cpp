#include "oci/archive_reader.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "oci/json_field.h"
#include "oci/layout_text.h"
#include "oci/reference.h"

namespace stamp::oci {
namespace {

constexpr std::uint64_t kDocumentLimit = 4U << 20U;
constexpr std::string_view kDockerManifest = "manifest.json";

std::string blob_name(const Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

/// A blob in a tar, verified while it is read.
class VerifiedMember final : public Source {
 public:
  VerifiedMember(const TarIndex& tar, const Descriptor& blob)
      : member_(tar.open(blob_name(blob.digest))),
        verified_(*member_, blob.digest, blob.size,
                  fmt::format("blob {} of '{}'", blob.digest.brief(), tar.path())) {}
  std::size_t read(std::span<std::byte> out) override { return verified_.read(out); }

 private:
  std::unique_ptr<Source> member_;
  VerifySource verified_;
};

void check_layout(const TarIndex& tar) {
  if (!tar.contains("oci-layout") || !tar.contains("index.json")) {
    throw Error(
        ErrorKind::invalid,
        fmt::format("cannot read '{}': it is not an archive of an OCI image layout", tar.path()),
        {.hint = tar.contains(kDockerManifest) ? "docker-archive:" + tar.path() : ""});
  }
  const std::string text = tar.read("oci-layout", kDocumentLimit);
  read_document(text, "layout", [](const JsonFieldView& document) {
    const JsonFieldView version = document.required("imageLayoutVersion");
    if (version.text() == "1.0.0") return;
    throw version.wrong(
        fmt::format("'{}' is not known, only 1.0.0", printable(version.text(), 40)));
  });
}

DockerArchiveImage read_image(const JsonFieldView& field) {
  DockerArchiveImage image;
  image.config = field.required("Config").text();
  image.layers = field.required("Layers").texts();
  if (const auto tags = field.optional("RepoTags")) image.tags = tags->texts();
  return image;
}

/// A name in full, or as it is when it is none: names in archives are foreign text.
bool is_same_name(const std::string& known, const Reference& wanted) {
  const std::string full = wanted.str();
  if (known == full) return true;
  const std::string_view library = "docker.io/library/";
  const std::string_view hub = "docker.io/";
  return (full.starts_with(library) && known == full.substr(library.size())) ||
         (full.starts_with(hub) && known == full.substr(hub.size()));
}

}  // namespace

OciArchiveReader::OciArchiveReader(TarIndex tar) : tar_(std::move(tar)) {
  during(fmt::format("reading '{}'", tar_.path()), [&] {
    check_layout(tar_);
    index_ = Index::parse(tar_.read("index.json", kDocumentLimit));
  });
}

const Descriptor& OciArchiveReader::find(std::string_view tag) const {
  return find_image(index_, tag, fmt::format("archive '{}'", tar_.path()));
}

bool OciArchiveReader::contains(const Digest& digest, std::uint64_t size) const {
  const std::string name = blob_name(digest);
  return tar_.contains(name) && tar_.size(name) == size;
}

std::unique_ptr<Source> OciArchiveReader::open(const Descriptor& blob) const {
  const std::uint64_t size = tar_.size(blob_name(blob.digest));
  if (size == blob.size) return std::make_unique<VerifiedMember>(tar_, blob);
  throw Error(ErrorKind::corrupt,
              fmt::format("cannot read blob {} of '{}': it has {} bytes instead of {}",
                          blob.digest.brief(), tar_.path(), size, blob.size));
}

DockerArchiveReader::DockerArchiveReader(TarIndex tar) : tar_(std::move(tar)) {
  if (!tar_.contains(kDockerManifest)) {
    throw Error(ErrorKind::invalid,
                fmt::format("cannot read '{}': it is not a docker archive", tar_.path()),
                {.hint = tar_.contains("oci-layout") ? "oci-archive:" + tar_.path() : ""});
  }
  manifest_ = tar_.read(kDockerManifest, kDocumentLimit);
  during(fmt::format("reading '{}'", tar_.path()), [&] {
    read_document(manifest_, kDockerManifest, [&](const JsonFieldView& document) {
      for (const JsonFieldView& image : document.items()) images_.push_back(read_image(image));
    });
  });
}

const DockerArchiveImage& DockerArchiveReader::find(std::string_view name) const {
  if (name.empty() && images_.size() == 1) return images_.front();
  std::string tags;
  const Reference wanted = name.empty() ? Reference() : Reference::parse(name);
  for (const DockerArchiveImage& image : images_) {
    for (const std::string& tag : image.tags) {
      if (!name.empty() && is_same_name(tag, wanted)) return image;
      tags += (tags.empty() ? "" : ", ") + printable(tag, 200);
    }
  }
  const std::string cause = name.empty() ? fmt::format("it holds {} images", images_.size())
                                         : fmt::format("it has no image '{}'", name);
  throw Error(ErrorKind::invalid,
              fmt::format("cannot find the image in archive '{}': {}", tar_.path(), cause),
              {.hint = tags.empty() ? "" : "name one of them: " + tags});
}

}  // namespace stamp::oci
