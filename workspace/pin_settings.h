#pragma once

#include <string>
#include <vector>

namespace stamp::workspace {

/// A place that a user declares to hold references: an item of `pin.paths` of stamp.yaml.
struct PinPath {
  std::string file;  ///< glob of the file's name, or of its last part; empty: any
  std::string kind;  ///< `kind:` of the document; empty: any
  std::string path;  ///< to a scalar or to a mapping of parts; syntax: workspace/pin_path.h

  friend bool operator==(const PinPath&, const PinPath&) = default;
};

/// `pin:` of stamp.yaml.
struct PinSettings {
  std::vector<std::string> manifests;  ///< paths, relative to the workspace
  std::vector<PinPath> paths;

  friend bool operator==(const PinSettings&, const PinSettings&) = default;
};

}  // namespace stamp::workspace
