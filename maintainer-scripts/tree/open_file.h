#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "maintainer-scripts/process.h"

namespace stamp::scripts {

/// How a file is opened; the shell's redirections are `<`, `>`, `>>`, `<>` and, with `set -C`,
/// write_new.
enum class OpenMode {
  read,
  write,       ///< made, or emptied
  append,      ///< made when it is not there; always written to at the end
  read_write,  ///< made when it is not there; starts at its beginning
  write_new,   ///< as write, but a regular file must not be there (EEXIST)
};

/// A file, or why there is none.
struct Opened {
  std::errc error = {};
  std::shared_ptr<OpenFile> file;
};

/// Opens a file of the tree for a process; a path that has no leading slash starts at its
/// directory. A new one is made 0666 less the umask. /dev/null, /dev/stdin, /dev/stdout,
/// /dev/stderr and /dev/fd/N are there whatever the tree holds. What is written counts against the
/// budget.
/// Errors: Unknown: a device, a fifo, or something below /proc or /sys.
Opened open_file(Process& process, std::string_view path, OpenMode mode);

/// A file's whole content, or why there is none: as open_file() with OpenMode::read.
struct FileText {
  std::errc error = {};
  std::string text;
};
FileText read_file(Process& process, std::string_view path);

/// What strerror says, as messages of tools have it: "No such file or directory".
std::string describe(std::errc error);

}  // namespace stamp::scripts
