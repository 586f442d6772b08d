#include "base/temp_file.h"

#include <fstream>
#include <string>
#include <system_error>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace stamp {
namespace {

/// The umask of this process, without changing it: /proc tells.
std::uint32_t current_umask() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Umask:")) {
      return static_cast<std::uint32_t>(std::strtoul(line.c_str() + 6, nullptr, 8));
    }
  }
  return 022;
}

}  // namespace

TempFile::TempFile(const std::filesystem::path& folder) {
  std::string name = (folder / ".stamp-XXXXXX").string();
  fd_ = Fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd_) throw system_error("make a file in", folder.string(), errno);
  path_ = name;
}

TempFile::~TempFile() {
  if (!committed_) static_cast<void>(::unlink(path_.c_str()));
}

void TempFile::apply_umask() {
  if (::fchmod(fd_.get(), 0666U & ~current_umask()) != 0) {
    throw system_error("set the mode of", path_.string(), errno);
  }
}

void TempFile::seal() {
  if (::fsync(fd_.get()) != 0) throw system_error("sync", path_.string(), errno);
  fd_.close(path_.string());
}

void TempFile::publish(const std::filesystem::path& target) {
  if (fd_) fd_.close(path_.string());
  if (::rename(path_.c_str(), target.c_str()) != 0) {
    throw system_error("replace", target.string(), errno);
  }
  committed_ = true;
}

void TempFile::commit(const std::filesystem::path& target) {
  seal();
  publish(target);
  sync_folder(target.has_parent_path() ? target.parent_path() : std::filesystem::path("."));
}

Fd nameless_file(const std::filesystem::path& folder) {
  make_folders(folder);
  Fd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd) return fd;
  // Some file systems have no nameless files.
  std::string name = (folder / "fetch-XXXXXX").string();
  fd = Fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) throw system_error("make a file in", folder.string(), errno);
  static_cast<void>(::unlink(name.c_str()));
  return fd;
}

TempDir::TempDir() : TempDir(std::filesystem::temp_directory_path()) {}

TempDir::TempDir(const std::filesystem::path& parent) {
  std::string name = (parent / "stamp-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw system_error("make a folder in", parent.string(), errno);
  }
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace stamp
