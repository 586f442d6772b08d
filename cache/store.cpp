#include "cache/store.h"

#include <algorithm>
#include <set>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"
#include "cache/examine.h"
#include "cache/file_lock.h"

namespace stamp::cache {
namespace {

/// After so many new results record() writes them, so that little is lost when the process is
/// killed, and each costs little.
constexpr std::size_t kResultsPerFlush = 256;

/// From so many files on, one sync of the whole file system is quicker than one of each.
constexpr std::size_t kManyFiles = 32;

void sync(const Fd& fd, const std::filesystem::path& path) {
  if (::fsync(fd.get()) != 0) throw system_error("sync", path.string(), errno);
}

/// Syncs a blob's file, unless another process has just found it damaged and removed it.
void sync_blob(const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return;
  if (!fd) throw system_error("open", path.string(), errno);
  sync(fd, path);
}

void rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw system_error("rename", from.string(), errno);
  }
}

/// Gives a file a further name in place of what has that name. Its own name stays, so that nobody
/// finds nothing there, where the file system knows hard links.
void keep_as(const std::filesystem::path& path, const std::filesystem::path& name) {
  if (::unlink(name.c_str()) != 0 && errno != ENOENT) {
    throw system_error("remove", name.string(), errno);
  }
  if (::link(path.c_str(), name.c_str()) != 0) rename_file(path, name);
}

}  // namespace

Store::Store(std::filesystem::path folder, const Clock& clock)
    : folder_(std::move(folder)), clock_(clock) {
  folder_.check();
  writable_ = folder_.is_writable();
}

bool Store::open_index() {
  const std::optional<FileIdentity> file = identity_of(folder_.index());
  if (file && file == index_file_) return true;
  // Somebody removed or replaced the index: what this process had open is no longer the truth.
  index_.reset();
  if (!file) {
    if (!identity_of(folder_.blobs()) || !writable_) return false;
    replace_index(std::nullopt);
  }
  index_file_ = identity_of(folder_.index());
  index_.emplace(folder_.index());
  return true;
}

template <typename Body>
void Store::with_index(Body&& body) {
  try {
    if (open_index()) body(*index_);
    return;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt || !writable_) throw;
  }
  index_.reset();
  replace_index(index_file_);
  index_file_.reset();
  if (open_index()) body(*index_);
}

void Store::replace_index(std::optional<FileIdentity> damaged) {
  Session& own = session();
  const FileLock lock(folder_.write_lock(), FileLock::Mode::exclusive);
  const std::optional<FileIdentity> there = identity_of(folder_.index());
  if (there && there != damaged) return;  // another process was first
  const std::filesystem::path fresh = own.temporary() / "index";
  const std::vector<Blob> blobs = whole_blobs(folder_);
  std::error_code ignored;
  std::filesystem::remove(fresh, ignored);
  ResultIndex::create(fresh, blobs);
  sync(open_for_reading(fresh), fresh);
  // The old one is kept for whoever wants to know; its journal must not be played into the new one.
  if (there) keep_as(folder_.index(), folder_.index().string() + ".damaged");
  std::filesystem::remove(folder_.index().string() + "-journal", ignored);
  rename_file(fresh, folder_.index());
  sync_folder(folder_.path());
  if (!there && blobs.empty()) return;
  notices_.push_back(
      fmt::format("the index of the cache was {}: it was made again from the {} blobs that are "
                  "there, and what steps gave is worked out anew",
                  there ? "damaged" : "missing", blobs.size()));
}

Session& Store::session() {
  if (!writable_) {
    throw Error(
        ErrorKind::denied,
        fmt::format("cannot write to the cache '{}': permission denied", folder_.path().string()),
        {.hint = "name another folder with --cache or STAMP_CACHE_DIR"});
  }
  if (!session_) {
    folder_.make();
    session_.emplace(folder_);
  }
  return *session_;
}

/// Leases blobs. While what this gives lives, nobody removes any: it is the time to look whether
/// they are there.
std::optional<FileLock> Store::lease(std::span<const Digest> blobs) {
  if (!writable_) return std::nullopt;
  FileLock hold = session().hold_removals();
  session().lease(blobs);
  return hold;
}

bool Store::are_there(const Result& result) const {
  return std::ranges::all_of(result.outputs,
                             [this](const Output& output) { return folder_.has(output.blob); });
}

std::vector<std::optional<Result>> Store::find_recorded(std::span<const Digest> keys) {
  std::vector<std::optional<ResultIndex::Found>> found;
  with_index([&](ResultIndex& index) { found = index.find(keys); });
  found.resize(keys.size());
  std::vector<std::optional<Result>> results(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto pending = pending_.results.find(keys[i]);
    if (pending != pending_.results.end()) {
      results[i] = pending->second;
    } else if (found[i]) {
      if (writable_ && found[i]->day != today()) pending_.used.insert(keys[i]);
      results[i] = std::move(found[i]->result);
    }
  }
  return results;
}

std::vector<std::optional<Result>> Store::find(std::span<const Digest> keys) {
  std::vector<std::optional<Result>> results = find_recorded(keys);
  std::vector<Digest> digests;
  for (const std::optional<Result>& result : results) {
    if (!result) continue;
    for (const Output& output : result->outputs) digests.push_back(output.blob.digest);
  }
  if (digests.empty()) return results;
  std::vector<Blob> missing;
  {
    const std::optional<FileLock> hold = lease(digests);
    for (std::optional<Result>& result : results) {
      if (!result || are_there(*result)) continue;
      for (const Output& output : result->outputs) {
        if (!folder_.has(output.blob)) missing.push_back(output.blob);
      }
      result.reset();
    }
  }
  for (const Blob& blob : missing) drop_missing(blob);
  return results;
}

std::optional<Blob> Store::find_blob(const Digest& digest) {
  Blob blob{.digest = digest};
  const auto pending = pending_.blobs.find(digest);
  if (pending != pending_.blobs.end()) {
    blob.size = pending->second;
  } else {
    std::optional<std::uint64_t> size;
    with_index([&](ResultIndex& index) { size = index.blob_size(digest); });
    if (!size) return std::nullopt;
    blob.size = *size;
  }
  {
    const std::optional<FileLock> hold = lease(std::span(&blob.digest, 1));
    if (folder_.has(blob)) return blob;
  }
  drop_missing(blob);
  return std::nullopt;
}

void Store::record(const Digest& key, Result result) {
  static_cast<void>(session());
  pending_.results.insert_or_assign(key, std::move(result));
  if (pending_.results.size() >= kResultsPerFlush) flush();
}

void Store::sync_blobs(const Batch& batch) const {
  if (batch.blobs.size() >= kManyFiles) {
    // All files have their names already, so that this writes the folders, too.
    const Fd fd = open_for_reading(folder_.path());
    if (::syncfs(fd.get()) != 0) throw system_error("sync", folder_.path().string(), errno);
    return;
  }
  for (const auto& [digest, size] : batch.blobs) sync_blob(folder_.blob(digest));
  std::set<std::filesystem::path> shards;
  for (const auto& [digest, size] : batch.blobs) shards.insert(folder_.shard(digest));
  for (const std::filesystem::path& shard : shards) sync_folder(shard);
  if (!shards.empty()) sync_folder(folder_.blobs());
}

std::uint64_t Store::today() const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(clock_.now(), 0) / 86'400);
}

void Store::flush() {
  if (pending_.empty()) return;
  // Nothing of it is tried twice: after a failed sync the kernel may have dropped what it held, and
  // a second one would say that all is well.
  Batch batch = std::move(pending_);
  pending_ = Batch();
  batch.day = today();
  // Another process may have found a file damaged and removed it; its row is left out below.
  std::erase_if(batch.blobs, [this](const auto& blob) {
    return !folder_.has({.digest = blob.first, .size = blob.second});
  });
  sync_blobs(batch);
  with_index([&](ResultIndex& index) {
    const FileLock lock(folder_.write_lock(), FileLock::Mode::exclusive);
    // Whoever found one of these files damaged removed it under this lock.
    std::erase_if(batch.blobs, [this](const auto& blob) {
      return !folder_.has({.digest = blob.first, .size = blob.second});
    });
    index.write(batch);
  });
}

template <typename Condition>
void Store::drop_if(const Digest& digest, Condition&& condition) {
  if (!writable_) return;
  with_index([&](ResultIndex& index) {
    const FileLock lock(folder_.write_lock(), FileLock::Mode::exclusive);
    if (!condition()) return;
    pending_.blobs.erase(digest);
    std::erase_if(pending_.results, [&](const auto& result) {
      return std::ranges::any_of(result.second.outputs, [&](const Output& output) {
        return output.blob.digest == digest;
      });
    });
    index.remove(digest);
    const std::filesystem::path path = folder_.blob(digest);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      throw system_error("remove", path.string(), errno);
    }
  });
}

void Store::drop(const Digest& digest) {
  drop_if(digest, [] { return true; });
}

void Store::drop_damaged(const Digest& digest, FileIdentity damaged) {
  drop_if(digest, [&] { return identity_of(folder_.blob(digest)) == damaged; });
}

void Store::drop_missing(const Blob& blob) {
  drop_if(blob.digest, [&] { return !folder_.has(blob); });
}

Stats Store::stats() {
  Stats stats;
  with_index([&](ResultIndex& index) { stats = index.stats(); });
  return stats;
}

std::vector<Blob> Store::rows() {
  std::vector<Blob> rows;
  with_index([&](ResultIndex& index) { rows = index.blobs(); });
  return rows;
}

bool Store::mend_index() {
  const std::size_t before = notices_.size();
  with_index([](ResultIndex& index) { index.check(); });
  return notices_.size() != before;
}

}  // namespace stamp::cache
