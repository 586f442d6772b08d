#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/tool.h"

namespace stamp::scripts {

std::span<const ToolRow> file_tools() {
  static constexpr ToolRow kRows[] = {
      {"chgrp", chgrp, "-R with -L"},
      {"chmod", chmod_tool},
      {"chown", chown_tool, "-R with -L"},
      {"cp", cp, "-i, -Z, --parents, --attributes-only, --copy-contents, numbered backups"},
      {"install", install, "-s, -Z, --strip-program, numbered backups"},
      {"link", link_tool},
      {"ln", ln, "-i, -d, numbered backups"},
      {"mkdir", mkdir_tool, "-Z"},
      {"mkfifo", mkfifo_tool, "-Z"},
      {"mv", mv, "-i, -Z, numbered backups"},
      {"readlink", readlink_tool},
      {"realpath", realpath_tool, "-L"},
      {"rm", rm, "-i, -I"},
      {"rmdir", rmdir_tool},
      {"touch", touch, "dates in words; the time of reading, which no layer has"},
      {"truncate", truncate_tool, "-o, -r, sizes with <, >, / or %"},
      {"unlink", unlink_tool},
  };
  return kRows;
}

}  // namespace stamp::scripts
