#include "cache/session.h"

#include <string>
#include <system_error>
#include <vector>

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace stamp::cache {
namespace {

std::vector<std::filesystem::path> entries(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code code;
  for (std::filesystem::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code)) {
    paths.push_back(entry->path());
  }
  if (code) throw system_error("list", folder.string(), code.value());
  return paths;
}

/// Whether the process that made a lease has ended.
bool is_abandoned(const std::filesystem::path& lease) {
  const Fd fd(::open(lease.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

Session::Session(const BlobFolder& folder) : folder_(folder) {
  remove_leftovers(folder_);
  // Whoever removes leftovers holds the gate alone, so it never sees a lease before its lock.
  const FileLock hold(gate(folder_), FileLock::Mode::shared);
  lease_.emplace(folder_.leases());
  if (::flock(lease_->fd().get(), LOCK_EX | LOCK_NB) != 0) {
    throw system_error("lock", lease_->path().string(), errno);
  }
}

Session::~Session() {
  std::error_code ignored;
  if (!temporary_.empty()) std::filesystem::remove_all(temporary_, ignored);
}

void Session::remove_leftovers(const BlobFolder& folder) {
  const std::optional<FileLock> alone = FileLock::try_lock(gate(folder), FileLock::Mode::exclusive);
  if (!alone) return;
  // Best effort: what stays is looked at again by the next process.
  std::error_code ignored;
  for (const std::filesystem::path& lease : entries(folder.leases())) {
    if (lease != gate(folder) && is_abandoned(lease)) std::filesystem::remove(lease, ignored);
  }
  for (const std::filesystem::path& temporary : entries(folder.temporary())) {
    const bool owned = identity_of(folder.leases() / temporary.filename()).has_value();
    if (!owned) std::filesystem::remove_all(temporary, ignored);
  }
}

FileLock Session::hold_removals() const {
  return FileLock(gate(folder_), FileLock::Mode::shared);
}

void Session::lease(std::span<const Digest> digests) {
  std::string lines;
  std::vector<Digest> added;
  for (const Digest& digest : digests) {
    if (leased_.contains(digest)) continue;
    lines += digest.hex() + "\n";
    added.push_back(digest);
  }
  if (lines.empty()) return;
  write_all(lease_->fd().get(), as_bytes(lines), lease_->path().string());
  leased_.insert(added.begin(), added.end());
}

const std::filesystem::path& Session::temporary() {
  if (temporary_.empty()) {
    std::filesystem::path folder = folder_.temporary() / lease_->path().filename();
    if (::mkdir(folder.c_str(), 0700) != 0) {
      throw system_error("make the folder", folder.string(), errno);
    }
    temporary_ = std::move(folder);
  }
  return temporary_;
}

}  // namespace stamp::cache
