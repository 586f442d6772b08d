#pragma once
// Reading images out of one file: a tar of a layout, and the form that `docker load` reads.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "oci/descriptor.h"
#include "oci/index.h"
#include "oci/tar_index.h"

namespace stamp::oci {

/// Reads a layout in a tar. What it gives is verified against the descriptor it was asked for.
class OciArchiveReader final {
 public:
  /// Errors: invalid (no layout, or an index that does not parse); corrupt.
  explicit OciArchiveReader(TarIndex tar);

  const Index& index() const { return index_; }
  /// The entry with this tag; with an empty `tag` the only entry. Errors: invalid, with the tags
  /// that there are.
  const Descriptor& find(std::string_view tag) const;
  /// Whether a blob of this size is there. Its bytes are not read.
  bool contains(const Digest& digest, std::uint64_t size) const;
  /// A blob's bytes; the last one is given only after size and digest matched. Errors: io; corrupt.
  std::unique_ptr<Source> open(const Descriptor& blob) const;

 private:
  TarIndex tar_;
  Index index_;
};

/// An image of a docker archive: names of files in it, and its own names.
struct DockerArchiveImage {
  std::string config;
  std::vector<std::string> layers;  ///< bottom to top
  std::vector<std::string> tags;    ///< "repository:tag"
};

/// Reads what `docker save` writes.
class DockerArchiveReader final {
 public:
  /// Errors: invalid (no docker archive); corrupt.
  explicit DockerArchiveReader(TarIndex tar);

  const TarIndex& tar() const { return tar_; }
  /// The bytes of manifest.json.
  const std::string& manifest() const { return manifest_; }
  const std::vector<DockerArchiveImage>& images() const { return images_; }
  /// The image with this name ("debian:12" is "docker.io/library/debian:12"); with an empty `name`
  /// the only one. Errors: invalid, with the names that there are.
  const DockerArchiveImage& find(std::string_view name) const;

 private:
  TarIndex tar_;
  std::string manifest_;
  std::vector<DockerArchiveImage> images_;
};

}  // namespace stamp::oci
