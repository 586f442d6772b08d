#include "oci/unnamed_blob.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/core.h>

#include "oci/direct_file.h"

namespace stamp::oci {
namespace {

/// The folder itself if it is there, else the nearest above it that is.
std::filesystem::path nearest_folder(std::filesystem::path folder) {
  std::error_code ignored;
  while (!std::filesystem::is_directory(folder, ignored)) {
    if (!folder.has_relative_path()) return folder.empty() ? "." : folder;
    folder = folder.parent_path();
  }
  return folder;
}

}  // namespace

std::unique_ptr<UnnamedBlob> UnnamedBlob::make(const std::filesystem::path& layout) {
  const std::filesystem::path folder = nearest_folder(layout);
  Fd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
  if (!file) return nullptr;
  return std::unique_ptr<UnnamedBlob>(new UnnamedBlob(std::move(file), folder.string()));
}

UnnamedBlob::UnnamedBlob(Fd file, std::string path)
    : file_(std::move(file)),
      path_(std::move(path)),
      out_(std::make_unique<DirectFile>(file_, path_)) {}

UnnamedBlob::~UnnamedBlob() = default;

void UnnamedBlob::write(Bytes in) {
  while (!in.empty()) {
    const std::span<std::byte> room = out_->room();
    const std::size_t count = std::min(in.size(), room.size());
    std::copy_n(in.begin(), count, room.begin());
    out_->filled(count);
    in = in.subspan(count);
  }
}

void UnnamedBlob::finish() {
  if (!out_) return;
  out_->finish();
  out_.reset();
}

bool UnnamedBlob::publish(const std::filesystem::path& target) {
  finish();
  if (::fsync(file_.get()) != 0) return false;
  const std::string here = fmt::format("/proc/self/fd/{}", file_.get());
  if (::linkat(AT_FDCWD, here.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    return false;
  }
  sync_folder(target.parent_path());
  return true;
}

}  // namespace stamp::oci
