#include "cache/file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/error.h"
#include "base/interrupt.h"

namespace stamp::cache {
namespace {

Fd open_lock_file(const std::filesystem::path& file) {
  Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) throw system_error("open", file.string(), errno);
  return fd;
}

int operation(FileLock::Mode mode) {
  return mode == FileLock::Mode::shared ? LOCK_SH : LOCK_EX;
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& file, Mode mode) : fd_(open_lock_file(file)) {
  while (::flock(fd_.get(), operation(mode)) != 0) {
    if (errno != EINTR) throw system_error("lock", file.string(), errno);
    throw_if_interrupted();
  }
}

std::optional<FileLock> FileLock::try_lock(const std::filesystem::path& file, Mode mode) {
  Fd fd = open_lock_file(file);
  if (::flock(fd.get(), operation(mode) | LOCK_NB) == 0) return FileLock(std::move(fd));
  if (errno != EWOULDBLOCK) throw system_error("lock", file.string(), errno);
  return std::nullopt;
}

}  // namespace stamp::cache
