#include "builder/inputs/pull_blob.h"

#include <cstdint>
#include <memory>
#include <utility>

namespace stamp::build {
namespace {

/// Hands a blob's bytes on and tells of them.
class Arrival final : public Sink {
 public:
  Arrival(std::unique_ptr<cache::BlobWriter> writer, Progress& progress)
      : writer_(std::move(writer)), progress_(progress) {}
  void write(Bytes in) override {
    writer_->write(in);
    progress_.moved(in.size());
  }
  cache::Blob commit() { return writer_->commit(); }

 private:
  std::unique_ptr<cache::BlobWriter> writer_;
  Progress& progress_;
};

}  // namespace

std::optional<cache::Blob> pull_blob(const registry::Repository& repository,
                                     const cache::Blob& blob, cache::Cache& cache,
                                     Progress& progress) {
  std::optional<Arrival> arrival;
  const std::optional<std::uint64_t> pulled = repository.pull_blob(
      {.digest = blob.digest, .size = blob.size},
      [&](std::uint64_t) -> Sink& { return arrival.emplace(cache.new_blob(), progress); });
  if (!pulled) return std::nullopt;
  return arrival->commit();
}

}  // namespace stamp::build
