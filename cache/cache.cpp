#include "cache/cache.h"

#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "cache/cache_state.h"
#include "cache/checked_source.h"
#include "cache/examine.h"

namespace stamp::cache {

Cache::Cache(std::filesystem::path folder, const Clock& clock)
    : state_(std::make_unique<State>(std::move(folder), clock)) {}

Cache::~Cache() = default;

std::optional<Result> Cache::find(const Digest& key) {
  return std::move(find(std::span(&key, 1)).front());
}

std::vector<std::optional<Result>> Cache::find(std::span<const Digest> keys) {
  return (*state_->store.lock())->find(keys);
}

std::optional<Blob> Cache::find_blob(const Digest& digest) {
  return (*state_->store.lock())->find_blob(digest);
}

std::unique_ptr<BlobWriter> Cache::new_blob() {
  const std::filesystem::path folder = (*state_->store.lock())->session().temporary();
  return std::unique_ptr<BlobWriter>(new BlobWriter(*state_, folder));
}

Blob Cache::put(std::string_view text) {
  const std::unique_ptr<BlobWriter> writer = new_blob();
  writer->write(as_bytes(text));
  return writer->commit();
}

void Cache::record(const Digest& key, Result result) {
  (*state_->store.lock())->record(key, std::move(result));
}

void Cache::flush() {
  (*state_->store.lock())->flush();
}

void Cache::drop(const Digest& digest) {
  (*state_->store.lock())->drop(digest);
}

BlobFile Cache::State::open_file(const Blob& blob) {
  const std::filesystem::path path = folder.blob(blob.digest);
  std::optional<BlobFile> file = open_blob_file(path);
  if (file && file->size == blob.size) return std::move(*file);
  (*store.lock())->drop_missing(blob);
  if (!file) throw damaged_blob(path, "its file is gone");
  throw damaged_blob(path, fmt::format("it has {} bytes instead of {}", file->size, blob.size));
}

std::unique_ptr<Source> Cache::open(const Blob& blob) {
  BlobFile file = state_->open_file(blob);
  auto on_damage = [state = state_.get(), digest = blob.digest](FileIdentity damaged) {
    (*state->store.lock())->drop_damaged(digest, damaged);
  };
  return std::make_unique<CheckedSource>(std::move(file), blob, state_->folder.blob(blob.digest),
                                         std::move(on_damage));
}

std::unique_ptr<FileSource> Cache::open_unchecked(const Blob& blob) {
  BlobFile file = state_->open_file(blob);
  return std::make_unique<FileSource>(std::move(file.fd),
                                      state_->folder.blob(blob.digest).string());
}

std::unique_ptr<Source> Cache::open_fresh(const Blob& blob) {
  const bool made = (*state_->store.lock())->has_made(blob.digest);
  if (made) return open_unchecked(blob);
  return open(blob);
}

std::string Cache::read(const Blob& blob, std::uint64_t limit) {
  const std::unique_ptr<Source> source = open(blob);
  if (blob.size > limit) {
    throw Error(ErrorKind::corrupt, fmt::format("{} is larger than {} bytes",
                                                state_->folder.blob(blob.digest).string(), limit));
  }
  return read_sized(*source, blob.size, "a blob of the cache");
}

Stats Cache::stats() {
  return (*state_->store.lock())->stats();
}

std::vector<std::string> Cache::notices() const {
  return (*state_->store.lock())->notices();
}

const std::filesystem::path& Cache::folder() const {
  return state_->folder.path();
}

namespace {

/// What is wrong with a file of blobs/; nothing when it is as it should be.
std::optional<std::string> fault_of(const Examined& examined, const std::uint64_t* row) {
  if (!examined.name) return "is no blob";
  if (!examined.bytes) return "is not a regular file";
  if (!examined.is_whole()) return "has other bytes than its name says";
  if (row != nullptr && *row != examined.bytes->size) {
    return fmt::format("has {} bytes; the index says {}", examined.bytes->size, *row);
  }
  return std::nullopt;
}

}  // namespace

Verification Cache::verify() {
  Verification verification;
  auto store = state_->store.lock();
  if ((*store)->mend_index()) {
    verification.problems.push_back({"index-v1.db", "was damaged or missing, and was made again"});
  }
  std::map<Digest, std::uint64_t> rows;
  for (const Blob& row : (*store)->rows()) rows.emplace(row.digest, row.size);
  for (const Examined& examined : examine_all(state_->folder)) {
    if (!examined.file) continue;
    const auto row = examined.name ? rows.find(*examined.name) : rows.end();
    const auto fault = fault_of(examined, row == rows.end() ? nullptr : &row->second);
    ++verification.blobs;
    verification.bytes += examined.bytes ? examined.bytes->size : 0;
    if (fault) {
      verification.problems.push_back(
          {examined.path.lexically_relative(state_->folder.path()).string(), *fault});
      if (examined.name) (*store)->drop_damaged(*examined.name, *examined.file);
    } else if (row == rows.end()) {
      ++verification.unindexed;
    }
    if (row != rows.end()) rows.erase(row);
  }
  for (const auto& [digest, size] : rows) {
    const std::filesystem::path path = state_->folder.blob(digest);
    verification.problems.push_back(
        {path.lexically_relative(state_->folder.path()).string(), "is missing"});
    (*store)->drop_missing({.digest = digest, .size = size});
  }
  std::ranges::sort(verification.problems, {}, &Problem::path);
  return verification;
}

}  // namespace stamp::cache
