#include "base/fd.h"

#include <algorithm>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/temp_file.h"

namespace stamp {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (number_ >= 0) static_cast<void>(::close(number_));
    number_ = other.release();
  }
  return *this;
}

Fd::~Fd() {
  if (number_ >= 0) static_cast<void>(::close(number_));
}

int Fd::release() {
  const int number = number_;
  number_ = -1;
  return number;
}

void Fd::close(std::string_view path) {
  // On Linux the descriptor is gone even when close() reports EINTR.
  if (::close(release()) != 0 && errno != EINTR) throw system_error("close", path, errno);
}

Fd open_for_reading(const std::filesystem::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw system_error("open", path.string(), errno);
  return fd;
}

Fd open_regular_nofollow(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) throw system_error("open", path.string(), errno);
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("examine", path.string(), errno);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::io, fmt::format("cannot read '{}': not a regular file", path.string()));
  }
  return fd;
}

std::size_t FileSource::read(std::span<std::byte> out) {
  if (out.empty()) return 0;
  while (true) {
    const ssize_t count = ::read(fd_.get(), out.data(), out.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw system_error("read", path_, errno);
    throw_if_interrupted();
  }
}

std::uint64_t FileSource::size() const {
  struct stat status = {};
  if (::fstat(fd_.get(), &status) != 0) throw system_error("examine", path_, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

std::size_t FilePartSource::read(std::span<std::byte> out) {
  const std::size_t wanted = std::min<std::uint64_t>(out.size(), left_);
  if (wanted == 0) return 0;
  while (true) {
    const ssize_t count = ::pread(fd_, out.data(), wanted, static_cast<off_t>(offset_));
    if (count > 0) {
      offset_ += static_cast<std::uint64_t>(count);
      left_ -= static_cast<std::uint64_t>(count);
      return static_cast<std::size_t>(count);
    }
    if (count == 0) {
      throw Error(ErrorKind::corrupt, fmt::format("cannot read '{}': it is too short", path_));
    }
    if (errno != EINTR) throw system_error("read", path_, errno);
    throw_if_interrupted();
  }
}

void write_all(int fd, Bytes bytes, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno != EINTR) throw system_error("write", path, errno);
      throw_if_interrupted();
      continue;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void FdSink::write(Bytes in) {
  write_all(fd_.get(), in, path_);
}

std::string read_file(const std::filesystem::path& path, std::uint64_t limit) {
  FileSource source(path);
  std::string text;
  std::vector<std::byte> buffer(kBufferSize);
  while (const std::size_t count = source.read(buffer)) {
    text.append(as_text(Bytes(buffer).first(count)));
    if (text.size() > limit) {
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot read '{}': larger than {} bytes", path.string(), limit));
    }
  }
  return text;
}

void sync_folder(const std::filesystem::path& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw system_error("open", folder.string(), errno);
  if (::fsync(fd.get()) != 0) throw system_error("sync", folder.string(), errno);
}

void replace_file(const std::filesystem::path& path, std::string_view text) {
  // A link stays a link: its target is what is replaced.
  struct stat link = {};
  const bool is_link = ::lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode);
  std::error_code code;
  const std::filesystem::path target = is_link ? std::filesystem::canonical(path, code) : path;
  if (code) throw system_error("follow", path.string(), code.value());
  const std::filesystem::path folder =
      target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  TempFile file(folder);
  struct stat status = {};
  if (::stat(target.c_str(), &status) == 0) {
    if (::fchmod(file.fd().get(), status.st_mode & 07777U) != 0) {
      throw system_error("set the mode of", file.path().string(), errno);
    }
  } else {
    file.apply_umask();
  }
  write_all(file.fd().get(), as_bytes(text), file.path().string());
  file.commit(target);
}

void make_folders(const std::filesystem::path& folder) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) throw system_error("make the folder", folder.string(), code.value());
}

}  // namespace stamp
