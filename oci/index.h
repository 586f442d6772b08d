#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/descriptor.h"
#include "oci/media_type.h"

namespace stamp::oci {

/// A list of manifests, one for each platform. Spec: OCI image-spec 1.1 image-index.md.
struct Index {
  /// The most entries that an index may have.
  static constexpr std::size_t kMaxManifests = 10'000;

  std::string media_type{kMediaTypeIndex};  ///< OCI's or Docker's
  std::string artifact_type;                ///< empty: not there
  std::vector<Descriptor> manifests;
  std::optional<Descriptor> subject;
  Annotations annotations;

  /// Parses strictly; unknown members are ignored. Errors: invalid, with the path of the offending
  /// field ("manifests[2].digest").
  static Index parse(std::string_view text);
  /// The canonical bytes: keys sorted, no white space, absent members left out.
  std::string serialize() const;
  /// The first image for `platform`, or null. Attestations ("unknown/unknown") never match.
  const Descriptor* find(const Platform& platform) const;

  friend auto operator<=>(const Index&, const Index&) = default;
};

}  // namespace stamp::oci
