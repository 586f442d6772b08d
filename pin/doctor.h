#pragma once
// Whether what manifests pin by digest is still in its registry, whole.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "pin/ask_all.h"
#include "pin/own_image.h"
#include "registry-client/client.h"

namespace stamp::pin {

/// Where a reference stands.
struct FileLine {
  std::string file;
  std::size_t line = 0;

  std::string str() const { return file + ":" + std::to_string(line); }
  friend auto operator<=>(const FileLine&, const FileLine&) = default;
};

/// A reference with a digest, and where it stands.
struct PinnedReference {
  oci::Reference reference;
  FileLine place;
};

/// A part of an image that is not in the registry.
struct MissingPart {
  enum class Kind {
    top,       ///< what the digest itself names
    platform,  ///< the index has no image for it
    manifest,  ///< of a platform
    config,
    layer,
  };
  Kind kind = Kind::top;
  std::string platform;          ///< "linux/arm64"; empty where there is no index
  std::size_t number = 0;        ///< of a layer, from 1
  std::optional<Digest> digest;  ///< nothing for a platform
  /// The size of a blob that is there with another size than its manifest says: it is damaged.
  std::optional<std::uint64_t> found;

  /// "layer 2 of linux/arm64 (sha256:3a7bd3e2360a)"
  std::string str() const;
  friend bool operator==(const MissingPart&, const MissingPart&) = default;
};

/// What is known of an image that is pinned.
struct ExaminedImage {
  oci::Reference image;          ///< by digest; with the tag that stands beside it
  std::vector<FileLine> places;  ///< by file and line, each once
  std::vector<MissingPart> missing;
  std::vector<std::string> warnings;
  std::string restore;           ///< what can be done about what is missing, or empty
  std::optional<Error> unknown;  ///< why the registry could not be asked
};

/// What is asked of the images.
struct Examination {
  /// What the cluster's nodes are, for all images; empty: the recipe's platforms for images of the
  /// workspace, and `defaults` for others.
  std::vector<oci::Platform> platforms;
  std::vector<oci::Platform> defaults;
  std::span<const OwnImage> own;
  std::size_t threads = kQuestionsAtOnce;
};

/// Looks for every image, each once: its manifest or index, in an index the images for the
/// platforms, their manifests, configs and layers. Nothing is pulled but manifests. An image whose
/// registry cannot be asked does not keep others from being looked for. The result is by first
/// place. Errors: interrupted, unavailable, internal.
std::vector<ExaminedImage> examine(const std::vector<PinnedReference>& pinned,
                                   const Examination& examination,
                                   registry::RegistryClient& client);

}  // namespace stamp::pin
