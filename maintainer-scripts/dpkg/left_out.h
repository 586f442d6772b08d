#pragma once
// What an image never wants of what maintainer scripts make. docs/left-out.md is this table.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tree/changes.h"

namespace stamp::scripts {

/// A class of paths that are left out of the image.
struct LeftOutClass {
  std::string_view name;      ///< "caches"
  std::string_view patterns;  ///< globs, a blank between two
  std::string_view reason;
  enum class What {
    everything,  ///< folders too
    no_folders,  ///< what is no folder: the folders are kept
    filled,      ///< files that are not empty
  };
  What what = What::everything;
};

/// The classes, in the order in which they are asked.
std::span<const LeftOutClass> left_out_classes();

/// Something that was left out.
struct LeftOut {
  std::string path;         ///< "/etc/machine-id"
  std::string_view reason;  ///< the name of its class
};

/// Takes what is left out from `changes` and returns it. Errors: invalid: a private key that is
/// left.
std::vector<LeftOut> take_left_out(Changes& changes);

}  // namespace stamp::scripts
