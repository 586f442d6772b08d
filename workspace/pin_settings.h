#pragma once

#include <string>
#include <vector>

namespace stamp::workspace {

/// A place that a user declares to hold references: `pin.paths` of stamp.yaml.
struct PinPath {
  std::string file;  ///< glob of the file's name, relative to the workspace; empty: any
  std::string kind;  ///< `kind:` of the document; empty: any
  std::string
      path;  ///< "spec.images.*.image", "spec.args[*]"; to a scalar or to a mapping of parts

  friend bool operator==(const PinPath&, const PinPath&) = default;
};

/// `pin:` of stamp.yaml.
struct PinSettings {
  std::vector<std::string> manifests;  ///< paths, relative to the workspace
  std::vector<PinPath> paths;

  friend bool operator==(const PinSettings&, const PinSettings&) = default;
};

}  // namespace stamp::workspace
