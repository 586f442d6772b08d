// dpkg-trigger(1).

#include <algorithm>

#include <fmt/core.h>

#include "maintainer-scripts/dpkg/triggers.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/debian_common.h"
#include "maintainer-scripts/tools/debian_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts {

int dpkg_trigger(Process& process) {
  constexpr std::string_view kHelp = "Type dpkg-trigger --help for help about this utility.";
  constexpr LongOption kLong[] = {
      {"check-supported"}, {"by-package", Argument::required, "f"}, {"await"}, {"no-await"},
      {"no-act"},          {"admindir", Argument::required},
  };
  const Options options = parse_options(process, "+f:", kLong);
  if (options.has("check-supported")) return 0;
  constexpr std::string_view kAwait[] = {"await", "no-await"};
  const bool awaits = options.last_of(kAwait) != "no-await";
  const bool in_script = !process.variable("DPKG_MAINTSCRIPT_PACKAGE").empty() &&
                         !process.variable("DPKG_MAINTSCRIPT_ARCH").empty();
  if (options.operands.size() != 1) {
    return dpkg_bad_usage(process, "takes one argument, the trigger name", kHelp);
  }
  if (awaits && !options.has("f") && !in_script) {
    return dpkg_bad_usage(
        process, "must be called from a maintainer script (or with a --by-package option)", kHelp);
  }
  const std::string& name = options.operands.front();
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && static_cast<unsigned char>(c) < 0177;
  });
  if (name.empty() || !plain) {
    return dpkg_bad_usage(process,
                          fmt::format("invalid trigger name '{}': {}", name,
                                      name.empty() ? "empty trigger names are not permitted"
                                                   : "trigger name contains invalid character"),
                          kHelp);
  }
  if (!options.has("no-act")) process.machine.triggers.activate(name);
  return 0;
}

}  // namespace stamp::scripts
