#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/temp_file.h"
#include "cache/cache.h"
#include "cache/cache_state.h"

namespace stamp::cache {

struct BlobWriter::File {
  explicit File(const std::filesystem::path& folder) : temporary(folder) {}
  TempFile temporary;
  Hasher hasher;
  std::uint64_t written = 0;
  std::uint64_t on_its_way = 0;  ///< bytes that the kernel was asked to write out already
};

BlobWriter::BlobWriter(Cache::State& cache, const std::filesystem::path& folder)
    : cache_(cache), file_(std::make_unique<File>(folder)) {
  buffer_.reserve(kBufferSize);
}

BlobWriter::~BlobWriter() = default;

void BlobWriter::write(Bytes in) {
  size_ += in.size();
  if (buffer_.size() + in.size() <= kBufferSize) {
    buffer_.insert(buffer_.end(), in.begin(), in.end());
    return;
  }
  write_out(buffer_);
  buffer_.clear();
  if (in.size() >= kBufferSize) return write_out(in);
  buffer_.assign(in.begin(), in.end());
}

void BlobWriter::write_out(Bytes bytes) {
  constexpr std::uint64_t kStep = 8U << 20U;
  const Fd& fd = file_->temporary.fd();
  file_->hasher.update(bytes);
  write_all(fd.get(), bytes, file_->temporary.path().string());
  file_->written += bytes.size();
  const std::uint64_t waiting = file_->written - file_->on_its_way;
  if (waiting < kStep) return;
  // A hint, so that the sync at the end has little left to do: its failure changes nothing.
  static_cast<void>(::sync_file_range(fd.get(), static_cast<off64_t>(file_->on_its_way),
                                      static_cast<off64_t>(waiting), SYNC_FILE_RANGE_WRITE));
  file_->on_its_way = file_->written;
}

Blob BlobWriter::commit() {
  write_out(buffer_);
  buffer_.clear();
  const Blob blob{.digest = file_->hasher.finish(), .size = size_};
  if ((*cache_.store.lock())->find_blob(blob.digest)) {
    file_.reset();
    return blob;
  }
  TempFile& temporary = file_->temporary;
  if (::fchmod(temporary.fd().get(), 0444) != 0) {
    throw system_error("set the mode of", temporary.path().string(), errno);
  }
  const std::filesystem::path shard = cache_.folder.shard(blob.digest);
  if (::mkdir(shard.c_str(), 0755) != 0 && errno != EEXIST) {
    throw system_error("make the folder", shard.string(), errno);
  }
  // The lease comes first: from the moment the file is in place somebody could want to remove it.
  (*cache_.store.lock())->session().lease(std::span(&blob.digest, 1));
  temporary.publish(cache_.folder.blob(blob.digest));
  (*cache_.store.lock())->add(blob);
  file_.reset();
  return blob;
}

}  // namespace stamp::cache
