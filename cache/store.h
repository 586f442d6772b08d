#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cache/blob_folder.h"
#include "cache/cache.h"
#include "cache/file_lock.h"
#include "cache/result_index.h"
#include "cache/session.h"

namespace stamp::cache {

/// What a Cache shares between the threads that use it; reached only with its lock held.
class Store final {
 public:
  Store(std::filesystem::path folder, const Clock& clock);

  const BlobFolder& folder() const { return folder_; }
  bool is_writable() const { return writable_; }
  std::vector<std::string> notices() const { return notices_; }

  /// The results of all keys, in their order.
  std::vector<std::optional<Result>> find(std::span<const Digest> keys);
  std::optional<Blob> find_blob(const Digest& digest);
  /// Errors: denied, when the cache cannot be written to.
  Session& session();
  /// Notes a blob whose file is in place, not synced yet.
  void add(const Blob& blob) {
    pending_.blobs.insert_or_assign(blob.digest, blob.size);
    made_.insert(blob.digest);
  }
  /// Whether add() was called for it.
  bool has_made(const Digest& digest) const { return made_.count(digest) != 0; }
  void record(const Digest& key, Result result);
  void flush();
  /// Removes a blob with all results that hold it.
  void drop(const Digest& digest);
  /// The same, but only while its file is still the damaged one: another process may have put a
  /// good one in its place.
  void drop_damaged(const Digest& digest, FileIdentity damaged);
  /// The same, but only while its file is not there.
  void drop_missing(const Blob& blob);
  Stats stats();
  /// All rows of blobs. Errors of the index are mended first.
  std::vector<Blob> rows();
  /// Reads the whole index; whether it had to be made again.
  bool mend_index();

 private:
  /// Runs `body` with the index; nothing is done when there is no cache yet. A damaged index is
  /// made again, once.
  template <typename Body>
  void with_index(Body&& body);
  bool open_index();
  void replace_index(std::optional<FileIdentity> damaged);
  template <typename Condition>
  void drop_if(const Digest& digest, Condition&& condition);
  std::uint64_t today() const;
  std::vector<std::optional<Result>> find_recorded(std::span<const Digest> keys);
  std::optional<FileLock> lease(std::span<const Digest> blobs);
  bool are_there(const Result& result) const;
  void sync_blobs(const Batch& batch) const;

  BlobFolder folder_;
  const Clock& clock_;
  bool writable_;
  std::vector<std::string> notices_;
  std::optional<ResultIndex> index_;
  std::optional<FileIdentity> index_file_;
  std::optional<Session> session_;
  Batch pending_;
  std::set<Digest> made_;
};

}  // namespace stamp::cache
