#include "oci/direct_file.h"

#include <cstdlib>
#include <new>
#include <utility>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

namespace stamp::oci {
namespace {

/// What writes past the page cache are aligned to; a device that wants more refuses them.
constexpr std::size_t kAlignment = 4096;
/// So large that a disk is kept busy; a multiple of the alignment.
constexpr std::size_t kSize = 2U << 20U;

}  // namespace

void DirectFile::Free::operator()(std::byte* memory) const {
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc): what aligned_alloc() gave
}

DirectFile::Buffer DirectFile::make_buffer() {
  Buffer buffer(static_cast<std::byte*>(std::aligned_alloc(kAlignment, kSize)));
  if (buffer == nullptr) throw std::bad_alloc();
  return buffer;
}

DirectFile::DirectFile(const Fd& file, std::string path) : file_(file), path_(std::move(path)) {
  const int flags = ::fcntl(file_.get(), F_GETFL);
  direct_ = flags >= 0 && ::fcntl(file_.get(), F_SETFL, flags | O_DIRECT) == 0;
}

DirectFile::~DirectFile() = default;

std::span<std::byte> DirectFile::room() {
  if (used_ == kSize) {
    thread_.wait();
    std::swap(filling_, writing_);
    used_ = 0;
    thread_.add([this] { write_out(Bytes(writing_.get(), kSize)); });
  }
  return std::span(filling_.get(), kSize).subspan(used_);
}

void DirectFile::finish() {
  thread_.wait();
  // The end of a file is seldom aligned.
  stop_being_direct();
  write_out(Bytes(filling_.get(), used_));
  used_ = 0;
}

void DirectFile::write_out(Bytes bytes) {
  while (direct_ && !bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    // The file system promised what it cannot do, or took a part that leaves the rest unaligned:
    // the plain way goes on, or says what is wrong.
    if (count < 0 || static_cast<std::size_t>(count) % kAlignment != 0) stop_being_direct();
    if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  write_all(file_.get(), bytes, path_);
}

void DirectFile::stop_being_direct() {
  if (!std::exchange(direct_, false)) return;
  const int flags = ::fcntl(file_.get(), F_GETFL);
  if (flags < 0 || ::fcntl(file_.get(), F_SETFL, flags & ~O_DIRECT) != 0) {
    throw system_error("write", path_, errno);
  }
}

}  // namespace stamp::oci
