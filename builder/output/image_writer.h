#pragma once
// Writing a copied image to each kind of place. Whatever fails, nothing names half an image.

#include <cstdint>
#include <filesystem>

#include "builder/output/image_place.h"
#include "builder/output/image_reader.h"
#include "builder/output/image_tree.h"
#include "builder/progress.h"
#include "registry-client/client.h"

namespace stamp::build {

/// What copying works with. All must outlive it.
struct CopyTools {
  registry::RegistryClient& client;
  Progress& progress;
  std::filesystem::path scratch;  ///< a folder for temporary files
};

/// What copying wrote.
struct WrittenImage {
  bool unchanged = false;     ///< all of it was there
  std::uint64_t sent = 0;     ///< bytes of blobs that were written
  std::uint64_t mounted = 0;  ///< bytes of blobs that the registry took from the source
};

/// Blobs that are moved at the same time.
inline constexpr std::size_t kMovedAtOnce = 4;

/// Whether a place in a registry names a manifest already. Errors: those of registry::Repository.
bool registry_names(const ImagePlace& place, const Digest& digest,
                    registry::RegistryClient& client);

/// Writes an image that `from`, at `source`, gives. Blobs of a registry's other repositories are
/// mounted. Errors: those of RepositoryPush.
WrittenImage write_to_registry(const ImageTree& tree, ImageReader& from, const ImagePlace& source,
                               const ImagePlace& place, const CopyTools& tools);
/// Adds an image to a layout; what is in it stays. Referrers are listed under their subject's tag.
WrittenImage write_to_layout(const ImageTree& tree, ImageReader& from, const ImagePlace& place,
                             const CopyTools& tools);
/// Writes a file with the one image. Errors: invalid (a file that is no such archive is there).
WrittenImage write_to_oci_archive(const ImageTree& tree, ImageReader& from, const ImagePlace& place,
                                  const CopyTools& tools);
/// The same, with uncompressed layers. Errors also: invalid (no image, or of layers that cannot be
/// uncompressed); corrupt (layers that are not those of the config).
WrittenImage write_to_docker_archive(const ImageTree& tree, ImageReader& from,
                                     const ImagePlace& place, const CopyTools& tools);

}  // namespace stamp::build
