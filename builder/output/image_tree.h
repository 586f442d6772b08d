#pragma once

#include <optional>
#include <vector>

#include "builder/output/image_reader.h"
#include "oci/descriptor.h"
#include "oci/platform.h"
#include "registry-client/client.h"

namespace stamp::build {

/// The manifest or index that is copied.
struct TreeTop {
  oci::Descriptor descriptor;  ///< with its platform, where that is known
  registry::ManifestText manifest;
};

/// How many platforms the destination can hold.
enum class Platforms { any, one };

/// What of an image is copied: what its place names, or the manifest for `platform`.
/// Errors: invalid (no image for the platform; several, and the destination holds one); those of
/// the reader.
TreeTop choose_top(ImageReader& reader, const std::optional<oci::Platform>& platform,
                   Platforms platforms);

/// Something that refers to a part of an image.
struct Referrer {
  Digest subject;
  oci::Descriptor descriptor;
};

/// Whether what refers to an image is copied with it.
enum class WithReferrers { no, yes };

/// All that an image consists of, blobs by name only.
struct ImageTree {
  oci::Descriptor top;
  /// Each once, after what it names and after what it refers to.
  std::vector<registry::ManifestText> manifests;
  std::vector<oci::Descriptor> layers;   ///< each once
  std::vector<oci::Descriptor> configs;  ///< each once, and none that is a layer
  std::vector<oci::Descriptor> foreign;  ///< layers that only their own servers may give out
  std::vector<Referrer> referrers;

  /// One of the manifests, which must be there.
  const registry::ManifestText& manifest(const Digest& digest) const;
};

/// The bytes of blobs.
std::uint64_t total_size(const std::vector<oci::Descriptor>& blobs);

/// Reads all manifests below one, and what refers to them. Errors: corrupt (a manifest that the
/// place does not have); invalid (one whose blobs are not known); those of the reader.
ImageTree read_tree(ImageReader& reader, const TreeTop& top, WithReferrers referrers);

}  // namespace stamp::build
