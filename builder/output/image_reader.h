#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/stream.h"
#include "builder/output/image_place.h"
#include "oci/descriptor.h"
#include "registry-client/client.h"

namespace stamp::build {

/// Where an image is copied from. What it gives has the digest and the size that were asked for.
/// Safe from many threads.
class ImageReader {
 public:
  ImageReader() = default;
  ImageReader(const ImageReader&) = delete;
  ImageReader& operator=(const ImageReader&) = delete;
  virtual ~ImageReader() = default;

  /// What the place names. Errors: invalid (it names nothing that is there), and like all below
  /// those of the place: io, corrupt, network, denied.
  virtual registry::ManifestText top() = 0;
  /// A manifest or an index that another one names; nothing when the place does not have it.
  virtual std::optional<registry::ManifestText> document(const oci::Descriptor& named) = 0;
  /// The text of a blob, at most 4 MiB: an image's config. Errors also: corrupt (a larger one).
  virtual std::string text(const oci::Descriptor& blob) = 0;
  /// Whether blobs are on this machine, so that they may be read more than once.
  virtual bool is_here() const = 0;
  /// A blob, if blobs are here. The last byte is given only after size and digest matched.
  virtual std::unique_ptr<Source> open(const oci::Descriptor& blob) = 0;
  /// Writes a blob into an empty file; `path` names the file in messages. When it returns, the file
  /// holds exactly the blob. By itself it copies what open() gives: a place whose blobs are not
  /// here has a way of its own.
  virtual void fetch(const oci::Descriptor& blob, const Fd& file, const std::string& path);
  /// What refers to a manifest.
  virtual std::vector<oci::Descriptor> referrers(const Digest& subject) = 0;
};

/// Opens the image at a place. `client` must outlive what is returned; `scratch` is a folder for
/// temporary files. Errors: those of ImageReader.
///
/// A docker archive has no manifest: the one that is made for it depends on the archive's bytes
/// only, names its config as it is and its layers as they are in it.
std::unique_ptr<ImageReader> open_image(const ImagePlace& place, registry::RegistryClient& client,
                                        const std::filesystem::path& scratch);

/// Brings a blob to this machine, into a nameless file in `scratch` unless it is here. What is
/// returned opens it from any offset, as often as wanted, and keeps it; it refers to `reader`, and
/// the streams that it opens to itself.
registry::OpenSource bring(ImageReader& reader, const oci::Descriptor& blob,
                           const std::filesystem::path& scratch);

}  // namespace stamp::build
