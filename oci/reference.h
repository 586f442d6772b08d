#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace stamp::oci {

/// The name of an image in a registry: "registry.example:5000/home/app:1.4@sha256:…".
///
/// Always in full: "debian" is docker.io/library/debian. A tag is never made up.
struct Reference {
  std::string host;        ///< name or address, with the port that was written: "docker.io"
  std::string repository;  ///< "library/debian"
  std::string tag;         ///< empty: none
  std::optional<Digest> digest;

  /// Parses what users write. A first part with a dot or a port, or "localhost", is the host; what
  /// names none is on docker.io, whose other name index.docker.io means the same, and whose images
  /// without a folder are in "library". Errors: invalid, with the part that is wrong.
  /// Spec: OCI distribution-spec 1.1 "Pulling manifests" for repository and tag.
  static Reference parse(std::string_view text);

  /// Like parse(), for a repository alone. Errors: invalid, also when there is a tag or digest.
  static Reference parse_repository(std::string_view text);

  /// "host/repository[:tag][@digest]"; parse() gives the same back.
  std::string str() const;
  /// "host/repository"
  std::string repository_str() const { return host + "/" + repository; }

  friend auto operator<=>(const Reference&, const Reference&) = default;
};

/// Whether `text` can be a tag: a word character, and up to 127 more with dots and dashes.
bool is_tag(std::string_view text);

/// Whether `text` can be a repository: "a/b_c/d.e-f", lower case.
bool is_repository(std::string_view text);

}  // namespace stamp::oci
