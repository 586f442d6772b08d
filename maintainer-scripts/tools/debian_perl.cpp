#include <fmt/core.h>

#include "maintainer-scripts/tools/debian_tools.h"

namespace stamp::scripts {

int perl(Process& process) {
  // What scripts ask of perl on a fresh install is whether it is there.
  const auto& args = process.args;
  const bool asks = args.size() == 3 && args[1] == "-e" && (args[2].empty() || args[2] == "1");
  if (!asks) throw Unknown("programs in perl are not evaluated");
  return 0;
}

}  // namespace stamp::scripts
