#include "cache/result_index.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::cache {
namespace {

// docs/formats/cache.md holds the same text; a test compares them.
constexpr const char* kSchema = R"(
CREATE TABLE blob (
  digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
  size INTEGER NOT NULL CHECK (size >= 0)
) STRICT, WITHOUT ROWID;
CREATE TABLE result (
  key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 32),
  note TEXT NOT NULL,
  used INTEGER NOT NULL CHECK (used >= 0),
  checksum BLOB NOT NULL CHECK (length(checksum) = 32)
) STRICT, WITHOUT ROWID;
CREATE TABLE output (
  key BLOB NOT NULL REFERENCES result (key) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  digest BLOB NOT NULL REFERENCES blob (digest),
  PRIMARY KEY (key, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX output_digest ON output (digest);
)";

/// The checksum of a result's rows: SQLite has none of its own, and a flipped bit must not become
/// another result.
Digest checksum(const Digest& key, const Result& result) {
  std::string text = fmt::format("{}\n{}:{}\n", key.hex(), result.note.size(), result.note);
  for (const Output& output : result.outputs) {
    text += fmt::format("{}:{} {} {}\n", output.name.size(), output.name, output.blob.digest.hex(),
                        output.blob.size);
  }
  return Digest::of(text);
}

}  // namespace

ResultIndex::ResultIndex(const std::filesystem::path& file)
    : database_(file, Database::Mode::existing),
      find_result_(database_.prepare(
          "SELECT note, used, checksum, output.name, output.digest, blob.size FROM result "
          "LEFT JOIN output ON output.key = result.key LEFT JOIN blob USING (digest) "
          "WHERE result.key = ? ORDER BY output.position")),
      find_blob_(database_.prepare("SELECT size FROM blob WHERE digest = ?")) {}

void ResultIndex::create(const std::filesystem::path& file, const std::vector<Blob>& blobs) {
  Database database(file, Database::Mode::create);
  // Nobody else sees it yet, and the caller syncs the file.
  database.run("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
  Transaction transaction(database);
  database.run(kSchema);
  Statement insert = database.prepare("INSERT INTO blob (digest, size) VALUES (?, ?)");
  for (const Blob& blob : blobs) insert.run().bind(blob.digest).bind(blob.size).finish();
  transaction.commit();
}

std::optional<ResultIndex::Found> ResultIndex::find(const Digest& key) {
  // One statement for all of it: between two, another process may change or remove the result.
  Statement::Run run = find_result_.run();
  if (!run.bind(key).next()) return std::nullopt;
  Found found;
  found.result.note = run.text(0);
  found.day = run.number(1);
  const Digest expected = run.digest(2);
  if (!run.is_null(3)) {
    do {
      found.result.outputs.push_back(
          {.name = run.text(3), .blob = {.digest = run.digest(4), .size = run.number(5)}});
    } while (run.next());
  }
  if (checksum(key, found.result) != expected) {
    throw Error(
        ErrorKind::corrupt,
        fmt::format("cannot use the index of the cache: the result of {} is damaged", key.brief()));
  }
  return found;
}

std::vector<std::optional<ResultIndex::Found>> ResultIndex::find(std::span<const Digest> keys) {
  const Snapshot snapshot(database_);
  std::vector<std::optional<Found>> found;
  found.reserve(keys.size());
  for (const Digest& key : keys) found.push_back(find(key));
  return found;
}

std::optional<std::uint64_t> ResultIndex::blob_size(const Digest& digest) {
  Statement::Run run = find_blob_.run();
  if (!run.bind(digest).next()) return std::nullopt;
  return run.number(0);
}

void ResultIndex::prepare_to_write() {
  if (prepared_to_write_) return;
  // TRUNCATE, not WAL: docs/adr tells why.
  database_.run(
      "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
  prepared_to_write_ = true;
}

bool ResultIndex::knows_all(const Result& result) {
  return std::ranges::all_of(result.outputs, [this](const Output& output) {
    return blob_size(output.blob.digest) == output.blob.size;
  });
}

void ResultIndex::write_result(const Digest& key, const Result& result, std::uint64_t day) {
  Statement clear = database_.prepare("DELETE FROM result WHERE key = ?");
  clear.run().bind(key).finish();
  Statement insert =
      database_.prepare("INSERT INTO result (key, note, used, checksum) VALUES (?, ?, ?, ?)");
  insert.run().bind(key).bind(result.note).bind(day).bind(checksum(key, result)).finish();
  Statement insert_output =
      database_.prepare("INSERT INTO output (key, position, name, digest) VALUES (?, ?, ?, ?)");
  std::uint64_t position = 0;
  for (const Output& output : result.outputs) {
    insert_output.run()
        .bind(key)
        .bind(position++)
        .bind(output.name)
        .bind(output.blob.digest)
        .finish();
  }
}

void ResultIndex::write(const Batch& batch) {
  prepare_to_write();
  Transaction transaction(database_);
  Statement insert = database_.prepare(
      "INSERT INTO blob (digest, size) VALUES (?, ?) ON CONFLICT DO UPDATE SET size = "
      "excluded.size");
  for (const auto& [digest, size] : batch.blobs) insert.run().bind(digest).bind(size).finish();
  for (const auto& [key, result] : batch.results) {
    if (knows_all(result)) write_result(key, result, batch.day);
  }
  Statement use = database_.prepare("UPDATE result SET used = ? WHERE key = ?");
  for (const Digest& key : batch.used) use.run().bind(batch.day).bind(key).finish();
  transaction.commit();
}

void ResultIndex::remove(const Digest& digest) {
  prepare_to_write();
  Transaction transaction(database_);
  Statement results = database_.prepare(
      "DELETE FROM result WHERE key IN (SELECT key FROM output WHERE digest = ?)");
  results.run().bind(digest).finish();
  Statement blob = database_.prepare("DELETE FROM blob WHERE digest = ?");
  blob.run().bind(digest).finish();
  transaction.commit();
}

Stats ResultIndex::stats() {
  Statement blobs = database_.prepare("SELECT count(*), coalesce(sum(size), 0) FROM blob");
  Statement results = database_.prepare("SELECT count(*) FROM result");
  Statement::Run blob_run = blobs.run();
  Statement::Run result_run = results.run();
  static_cast<void>(blob_run.next());
  static_cast<void>(result_run.next());
  return {
      .blobs = blob_run.number(0), .bytes = blob_run.number(1), .results = result_run.number(0)};
}

std::vector<Blob> ResultIndex::blobs() {
  std::vector<Blob> blobs;
  Statement all = database_.prepare("SELECT digest, size FROM blob ORDER BY digest");
  Statement::Run run = all.run();
  while (run.next()) blobs.push_back({.digest = run.digest(0), .size = run.number(1)});
  return blobs;
}

void ResultIndex::check() {
  Statement integrity = database_.prepare("PRAGMA integrity_check(1)");
  Statement::Run integrity_run = integrity.run();
  Statement keys = database_.prepare("PRAGMA foreign_key_check");
  Statement::Run keys_run = keys.run();
  if (!integrity_run.next() || integrity_run.text(0) != "ok" || keys_run.next()) {
    throw Error(ErrorKind::corrupt, "cannot use the index of the cache: it contradicts itself");
  }
}

}  // namespace stamp::cache
