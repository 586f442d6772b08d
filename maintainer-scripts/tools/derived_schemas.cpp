// glib-compile-schemas of GLib 2.74, where there is nothing to compile: what every machine with
// GLib runs.

#include <string>

#include <fmt/core.h>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/derived_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts::derived {

int glib_compile_schemas(Process& process) {
  const Options options = parse_options(process, "");
  if (options.operands.size() != 1) throw Unknown("the folder of schemas is not known");
  const std::string folder = process.absolute(options.operands[0]);
  Tree& tree = process.machine.tree;
  const Found found = tree.find(folder);
  if (!found || !found.inode->is_directory()) {
    process.err(fmt::format("Error opening directory “{}”: No such file or directory\n",
                            options.operands[0]));
    return 1;
  }
  for (const auto& [name, child] : found.inode->children) {
    if (name.ends_with(".gschema.xml") || name.ends_with(".enums.xml")) {
      throw Unknown(fmt::format("how schema '{}/{}' is compiled is not known", folder, name));
    }
  }
  const bool had_output = tree.unlink(fmt::format("{}/gschemas.compiled", folder)) == std::errc();
  process.err(had_output ? "No schema files found: removed existing output file.\n"
                         : "No schema files found: doing nothing.\n");
  return 0;
}

}  // namespace stamp::scripts::derived
