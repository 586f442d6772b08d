#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/temp_file.h"
#include "cache/cache.h"
#include "tests/expect_error.h"

namespace stamp::cache {

/// A clock that stands still.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(std::int64_t seconds) : seconds_(seconds) {}
  std::int64_t now() const override { return seconds_; }

 private:
  std::int64_t seconds_;
};

/// A folder for a cache.
class CacheTest : public testing::Test {
 protected:
  std::filesystem::path folder() const { return temp_.path() / "cache"; }
  std::filesystem::path file(const Blob& blob) const {
    const std::string hex = blob.digest.hex();
    return folder() / "blobs/sha256" / hex.substr(0, 2) / hex;
  }
  /// Makes a cache that holds `text` as the result of the step with key `text`.
  Blob fill(std::string_view text) {
    Cache cache(folder(), clock_);
    const Blob blob = cache.put(text);
    cache.record(Digest::of(text), {.outputs = {{"out", blob}}, .note = "{}"});
    cache.flush();
    return blob;
  }
  /// Whether a new process would find the result that fill() made.
  bool has_result(std::string_view text) {
    Cache cache(folder(), clock_);
    return cache.find(Digest::of(text)).has_value();
  }
  /// Makes a blob's file hold other bytes.
  static void overwrite(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << text;
  }

  FixedClock clock_{20'000 * 86'400};
  TempDir temp_;
};

}  // namespace stamp::cache
