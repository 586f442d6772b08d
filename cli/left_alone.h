#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "builder/progress.h"
#include "pin/plan.h"

namespace stamp::cli {

/// A place in a manifest that stays as it is.
struct LeftAlone {
  std::string file;
  std::size_t line = 0;
  std::string path;  ///< empty: the whole file, or a text where no rule looks
  std::string reason;
};

/// What was found and cannot be looked into: templates, and files that are not what their names
/// say.
std::vector<LeftAlone> left_alone_in(const pin::Findings& findings);

/// The same, and then the places that a plan leaves as they are.
std::vector<LeftAlone> left_alone_by(const pin::PinPlan& plan, const pin::Findings& findings);

/// Says each, with its reason.
void tell(const std::vector<LeftAlone>& all, build::Progress& progress);

}  // namespace stamp::cli
