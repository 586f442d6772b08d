#pragma once

namespace stamp::debian {

/// What the rest of the process may still do with files.
enum class FileAccess {
  none,       ///< open nothing
  read_only,  ///< open for reading
};

/// Gives up what parsing foreign text does not need: memory beyond 2 GiB, more than two minutes of
/// CPU, new privileges, sockets, programs, tracing, and files as `access` says. Errors:
/// unavailable.
void confine(FileAccess access);

}  // namespace stamp::debian
