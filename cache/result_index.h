#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "cache/cache.h"
#include "cache/sqlite.h"

namespace stamp::cache {

/// What is to be written to the index in one transaction.
struct Batch {
  std::map<Digest, std::uint64_t> blobs;  ///< digest → size
  std::map<Digest, Result> results;       ///< key → result
  std::set<Digest> used;                  ///< keys of results that were found
  std::uint64_t day = 0;                  ///< today, in days since 1970

  bool empty() const { return blobs.empty() && results.empty() && used.empty(); }
};

/// The SQLite index of a cache: which blobs are there, and what steps gave.
/// Schema: docs/formats/cache.md. Errors: see Database.
class ResultIndex final {
 public:
  /// A result and the day on which it was last asked for.
  struct Found {
    Result result;
    std::uint64_t day = 0;
  };

  /// Opens an index that is there.
  explicit ResultIndex(const std::filesystem::path& file);
  /// Makes a new one that holds `blobs`, for nobody else to see: not durable.
  static void create(const std::filesystem::path& file, const std::vector<Blob>& blobs);

  std::optional<Found> find(const Digest& key);
  /// All of them, in their order.
  std::vector<std::optional<Found>> find(std::span<const Digest> keys);
  std::optional<std::uint64_t> blob_size(const Digest& digest);
  /// Writes all of `batch`, durably, or nothing. A result of which a blob is not known is left out.
  void write(const Batch& batch);
  /// Removes a blob's row with all results that hold the blob.
  void remove(const Digest& digest);
  Stats stats();
  /// All blobs, by digest.
  std::vector<Blob> blobs();
  /// Reads everything. Errors: corrupt, when SQLite finds a fault.
  void check();

 private:
  bool knows_all(const Result& result);
  void write_result(const Digest& key, const Result& result, std::uint64_t day);
  void prepare_to_write();

  Database database_;
  Statement find_result_;
  Statement find_blob_;
  bool prepared_to_write_ = false;
};

}  // namespace stamp::cache
