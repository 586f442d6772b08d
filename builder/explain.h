#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "builder/build.h"
#include "oci/platform.h"
#include "workspace/workspace.h"

namespace stamp::build {

/// Which package of which image.
struct ExplainRequest {
  std::string recipe;
  std::string package;
  std::optional<oci::Platform> platform;  ///< none: the recipe's first
};

/// Something that a maintainer script did to the image's tree.
struct ExplainedEvent {
  std::string script;  ///< "redis-server.postinst"
  std::size_t line = 0;
  std::string event;  ///< "made", "wrote", "removed", "moved", "mode", "owner" or "time"
  std::string path;
  std::string detail;    ///< "0755 → 2755"; may be empty
  std::string left_out;  ///< the class by which it is not in the image; empty: it is
};

/// What the maintainer scripts of a package did.
struct Explanation {
  std::string recipe;
  oci::Platform platform;
  std::string package;
  std::string version;
  std::string architecture;
  bool installed = false;
  std::string reason;                  ///< why it is not
  std::vector<ExplainedEvent> events;  ///< in their order
};

/// Evaluates the scripts of the layer that brings a package, and tells what the package's did; what
/// lies below is built where it is not there. Errors: those of build(); usage: an image or package
/// that is not there, or is not configured.
Explanation explain(const workspace::Workspace& workspace, const ExplainRequest& request,
                    const BuildServices& services);

}  // namespace stamp::build
