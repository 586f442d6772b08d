#include "cache/checked_source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/core.h>

namespace stamp::cache {

Error damaged_blob(const std::filesystem::path& path, std::string_view cause) {
  return {ErrorKind::corrupt,
          fmt::format("cannot read blob '{}' of the cache: {}", path.filename().string(), cause),
          {.input = path.string(),
           .hint = "run the same command again: what was damaged is made anew"}};
}

std::optional<BlobFile> open_blob_file(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return std::nullopt;
  if (!fd) throw system_error("open", path.string(), errno);
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("examine", path.string(), errno);
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return BlobFile{.fd = std::move(fd),
                  .file = {.device = status.st_dev, .inode = status.st_ino},
                  .size = static_cast<std::uint64_t>(status.st_size)};
}

CheckedSource::CheckedSource(BlobFile file, const Blob& blob, std::filesystem::path path,
                             std::function<void(FileIdentity)> on_damage)
    : file_(file.file),
      source_(std::move(file.fd), path.string()),
      blob_(blob),
      path_(std::move(path)),
      on_damage_(std::move(on_damage)) {}

std::size_t CheckedSource::read(std::span<std::byte> out) {
  if (out.empty() || ended_) return 0;
  const std::size_t count = source_.read(out);
  hasher_.update(Bytes(out).first(count));
  seen_ += count;
  if (count > 0 && seen_ < blob_.size) return count;
  ended_ = true;
  if (seen_ != blob_.size || hasher_.finish() != blob_.digest) {
    on_damage_(file_);
    throw damaged_blob(path_, "its bytes are not those of its name");
  }
  return count;
}

}  // namespace stamp::cache
