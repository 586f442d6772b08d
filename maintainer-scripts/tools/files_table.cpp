#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/tool.h"

namespace stamp::scripts {

std::span<const ToolRow> file_tools() {
  static constexpr std::string_view kNumbered = "asking, numbered backups";
  static constexpr std::string_view kEscaped = "names with line ends";
  static constexpr std::string_view kUnpacks = "packing: only what unpacks";
  static constexpr ToolRow kRows[] = {
      {"basename", basename_tool},
      {"bzip2", unpack_tool, kUnpacks},
      {"chattr", chattr, "all: answers as on a file system without such flags"},
      {"chgrp", chgrp, "-R with -L"},
      {"chmod", chmod_tool},
      {"chown", chown_tool, "-R with -L"},
      {"cmp", cmp, "-l, -b, -i"},
      {"cp", cp,
       "asking, --context, --parents, --attributes-only, --copy-contents, numbered backups"},
      {"diff", diff, "showing what differs, comparing folders"},
      {"dirname", dirname_tool},
      {"find", find_tool_files,
       "-ls, -fprint, -ok, the operator ',', times of reading and of change"},
      {"getcap", getcap, "-r, -n"},
      {"gzip", unpack_tool, kUnpacks},
      {"install", install, "-s, --context, --strip-program, numbered backups"},
      {"link", link_tool},
      {"ln", ln, "asking, -d, numbered backups"},
      {"ls", ls, "columns, folders with -l, sizes in blocks, numbers of inodes"},
      {"lsattr", lsattr, "all: answers as on a file system without such flags"},
      {"md5sum", digest_tool, kEscaped},
      {"mkdir", mkdir_tool, "--context"},
      {"mkfifo", mkfifo_tool, "--context"},
      {"mktemp", mktemp_tool, "chance: the first free name is taken"},
      {"mv", mv, kNumbered},
      {"readlink", readlink_tool},
      {"realpath", realpath_tool, "-L"},
      {"rm", rm, "asking"},
      {"rmdir", rmdir_tool},
      {"run-parts", run_parts, "--report"},
      {"setcap", setcap, "-v, -n, capabilities from standard input"},
      {"sha1sum", digest_tool, kEscaped},
      {"sha224sum", digest_tool, kEscaped},
      {"sha256sum", digest_tool, kEscaped},
      {"sha384sum", digest_tool, kEscaped},
      {"sha512sum", digest_tool, kEscaped},
      {"stat", stat_tool,
       "without -c or --printf; numbers of the file system but the root's, other times"},
      {"sync", sync_tool, "all: nothing is on a disk"},
      {"tempfile", tempfile, "-m, -n"},
      {"touch", touch, "dates in words; the time of reading, which no layer has"},
      {"truncate", truncate_tool, "-o, -r, sizes with <, >, / or %"},
      {"unlink", unlink_tool},
      {"which", which},
      {"xz", unpack_tool, kUnpacks},
  };
  return kRows;
}

}  // namespace stamp::scripts
