#pragma once
// Images in one file: a tar of a layout, and the form that `docker load` reads. The tar is
// deterministic: fixed order, mode 0644, owner 0, time 0.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"

namespace stamp::oci {

/// Gives the bytes of a blob. The writers check size and digest of what it gives.
using OpenBlob = std::function<std::unique_ptr<Source>(const Descriptor& blob)>;

/// Writes a layout as a tar: oci-layout, index.json with `image` under `tag` (may be empty), then
/// `blobs` in byte order of their digests, each once. Finishes `out`.
/// Errors: corrupt (a blob's bytes are not those announced); those of `open` and `out`.
void write_oci_archive(std::string_view tag, const Descriptor& image,
                       std::span<const Descriptor> blobs, const OpenBlob& open, Sink& out);

/// The same with several entries of index.json, as tagged() makes them.
void write_oci_archive(std::span<const Descriptor> entries, std::span<const Descriptor> blobs,
                       const OpenBlob& open, Sink& out);

/// One image of a docker archive.
struct DockerImage {
  std::vector<std::string> tags;  ///< "repository:tag"; may be empty
  Descriptor config;
  std::vector<Descriptor> layers;  ///< bottom to top; docker reads them compressed or not
};

/// The bytes of a docker archive's manifest.json, which name config and layers by their digests.
std::string docker_archive_manifest(std::span<const DockerImage> images);

/// Writes images as `docker save` does: config and layers named by their digests, and
/// manifest.json. Blobs that images share are written once. Finishes `out`.
/// Errors: as write_oci_archive().
void write_docker_archive(std::span<const DockerImage> images, const OpenBlob& open, Sink& out);

}  // namespace stamp::oci
