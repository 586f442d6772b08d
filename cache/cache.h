#pragma once
// The cache: blobs by digest, and results of steps by key. It does not know what an image is.
// On disk: docs/formats/cache.md. Invariant: a row of the index means a durable, complete,
// verified blob.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/stream.h"

namespace stamp::cache {

/// A blob in the cache.
struct Blob {
  Digest digest;
  std::uint64_t size = 0;

  friend auto operator<=>(const Blob&, const Blob&) = default;
};

/// A blob that a step gave, with the name that the step has for it.
struct Output {
  std::string name;
  Blob blob;

  friend auto operator<=>(const Output&, const Output&) = default;
};

/// What a step gave: blobs in the order of the step, and a small text of its own.
struct Result {
  std::vector<Output> outputs;
  std::string note;  ///< canonical JSON, or empty; the cache does not look into it

  friend auto operator<=>(const Result&, const Result&) = default;
};

/// How much there is.
struct Stats {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;    ///< of all blobs
  std::uint64_t results = 0;  ///< steps whose result is known
};

/// Something that verify() found to be wrong.
struct Problem {
  std::string path;  ///< relative to the cache's folder
  std::string what;  ///< "has other bytes than its name says"
};

/// What verify() did.
struct Verification {
  std::uint64_t blobs = 0;        ///< checked
  std::uint64_t bytes = 0;        ///< hashed
  std::uint64_t unindexed = 0;    ///< whole blobs without a row: what an interrupted run left
  std::vector<Problem> problems;  ///< by path
};

class BlobWriter;

/// A cache folder. Opening it creates nothing; the first write does. All members may be called by
/// several threads, and any number of processes may use the same folder.
class Cache final {
 public:
  /// Opens `folder`, which need not exist; `clock` must outlive this. An index that is missing or
  /// damaged is made again by hashing the blobs (see notices()).
  /// Errors: io (no folder, not readable); denied (a link, another user's folder, writable by all).
  Cache(std::filesystem::path folder, const Clock& clock);
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;
  /// Forgets what flush() has not written, and ends this process's lease.
  ~Cache();

  /// The result recorded for `key`, if all its blobs are there; they are leased to this process
  /// until the cache is closed. Blobs whose file is gone or has another size count as not there.
  std::optional<Result> find(const Digest& key);
  /// The same of many keys, in their order: one look at the index for all.
  std::vector<std::optional<Result>> find(std::span<const Digest> keys);
  /// Whether a blob is there, with its size; leased like those of find().
  std::optional<Blob> find_blob(const Digest& digest);

  /// A new blob to write to. Errors: io; denied (a cache that cannot be written to).
  std::unique_ptr<BlobWriter> new_blob();
  /// Stores a small text. Errors: as new_blob().
  Blob put(std::string_view text);

  /// Remembers what the step with `key` gave. The blobs must be in the cache (committed by a
  /// BlobWriter or found). Visible to find() of this object at once, to others and after a crash
  /// after flush(); now and then this call flushes. Replaces what was recorded before.
  void record(const Digest& key, Result result);
  /// Makes all that was committed and recorded durable and visible to others, in one transaction.
  /// Call it at the end, also of a build that failed. Does nothing when there is nothing.
  void flush();

  /// The bytes of a blob, checked while they are read: the last one is given only when all have
  /// the digest. Bytes that do not are removed from the cache with all results that hold them.
  /// Errors: corrupt (they do not, or the file is gone or has another size); io.
  std::unique_ptr<Source> open(const Blob& blob);
  /// The bytes of a blob without that check, for whoever checks a digest over them anyway.
  std::unique_ptr<FileSource> open_unchecked(const Blob& blob);
  /// The same for a blob that this object wrote itself, whose bytes were hashed a moment ago; any
  /// other one is checked like open() does it.
  std::unique_ptr<Source> open_fresh(const Blob& blob);
  /// The text of a small blob, checked. Errors: as open(); corrupt (more than `limit` bytes).
  std::string read(const Blob& blob, std::uint64_t limit = 64U << 20U);
  /// Removes a blob that turned out to be damaged, with all results that hold it.
  void drop(const Digest& digest);

  Stats stats();
  /// Hashes every blob. Damaged ones are reported and removed like open() does it; in a cache that
  /// cannot be written to they are only reported.
  Verification verify();

  /// What the user should know about opening: "the index of the cache was damaged and …".
  std::vector<std::string> notices() const;
  const std::filesystem::path& folder() const;

 private:
  friend class BlobWriter;
  class State;
  std::unique_ptr<State> state_;
};

/// Writes a blob. Destroyed without commit(): as if it had never been. Belongs to one thread; the
/// cache must outlive it.
class BlobWriter final : public Sink {
 public:
  ~BlobWriter() override;
  void write(Bytes in) override;
  /// Nothing: a pipeline may end here before commit() is called.
  void finish() override {}
  /// Puts the blob in place. Cache::flush() syncs it and writes its row. Errors: io.
  Blob commit();
  /// Bytes written so far.
  std::uint64_t size() const { return size_; }

 private:
  friend class Cache;
  struct File;
  BlobWriter(Cache::State& cache, const std::filesystem::path& folder);
  void write_out(Bytes bytes);

  Cache::State& cache_;
  std::unique_ptr<File> file_;
  std::vector<std::byte> buffer_;
  std::uint64_t size_ = 0;
};

}  // namespace stamp::cache
