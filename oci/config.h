#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "oci/descriptor.h"
#include "oci/platform.h"

namespace stamp::oci {

/// How a container of the image is started: the member `config` of an image's config.
struct RunConfig {
  std::string user;                     ///< empty: not there
  std::set<std::string> exposed_ports;  ///< "80/tcp"
  std::vector<std::string> env;         ///< "NAME=value", in order
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> cmd;
  std::set<std::string> volumes;
  std::string working_dir;  ///< empty: not there
  Annotations labels;
  std::string stop_signal;  ///< empty: not there
  /// Members that image-spec does not have (Healthcheck, Shell, OnBuild, …) as canonical JSON by
  /// name: an image built on another keeps them.
  std::map<std::string, std::string> other;

  friend auto operator<=>(const RunConfig&, const RunConfig&) = default;
};

/// One line of the story of how an image came to be.
struct HistoryEntry {
  std::string created;  ///< RFC 3339; empty: not there, like the others
  std::string author;
  std::string created_by;
  std::string comment;
  bool empty_layer = false;  ///< it made no layer

  friend auto operator<=>(const HistoryEntry&, const HistoryEntry&) = default;
};

/// An image's configuration. Spec: OCI image-spec 1.1 config.md.
struct ImageConfig {
  std::string created;  ///< RFC 3339; empty: not there
  std::string author;   ///< empty: not there
  Platform platform;
  RunConfig config;
  std::vector<Digest> diff_ids;  ///< bottom to top, one for each layer
  std::vector<HistoryEntry> history;

  /// Parses strictly; of unknown members those of `config` are kept, the others ignored.
  /// Errors: invalid, with the path of the offending field ("rootfs.diff_ids[0]").
  static ImageConfig parse(std::string_view text);
  /// The canonical bytes: keys sorted, no white space, absent members left out.
  std::string serialize() const;

  friend auto operator<=>(const ImageConfig&, const ImageConfig&) = default;
};

}  // namespace stamp::oci
