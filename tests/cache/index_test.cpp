// The index may be lost, damaged or replaced at any time; what it says is true or not used.

#include <fstream>

#include "base/fd.h"
#include "cache/cache.h"
#include "tests/cache/cache_fixture.h"

namespace stamp::cache {
namespace {

using IndexTest = CacheTest;

std::string notice(std::string_view what, int blobs) {
  return "the index of the cache was " + std::string(what) + ": it was made again from the " +
         std::to_string(blobs) + " blobs that are there, and what steps gave is worked out anew";
}

class LostIndexTest : public CacheTest {
 protected:
  std::filesystem::path index() const { return folder() / "index-v1.db"; }
};

TEST_F(LostIndexTest, IsMadeAgainFromTheBlobs) {
  const Blob blob = fill("text");
  const Blob bad = fill("bad");
  overwrite(file(bad), "BAD");
  std::filesystem::remove(index());
  Cache cache(folder(), clock_);
  EXPECT_EQ(cache.find_blob(blob.digest), blob);
  EXPECT_EQ(cache.find_blob(bad.digest), std::nullopt);
  EXPECT_EQ(cache.find(Digest::of("text")), std::nullopt);
  EXPECT_EQ(cache.notices(), (std::vector<std::string>{notice("missing", 1)}));
}

TEST_F(LostIndexTest, WhileACacheIsOpenIsNoticed) {
  Cache cache(folder(), clock_);
  const Blob blob = cache.put("text");
  cache.flush();
  std::filesystem::remove(index());
  EXPECT_EQ(cache.find_blob(blob.digest), blob);
  cache.record(Digest::of("k"), {.outputs = {{"o", blob}}, .note = ""});
  cache.flush();
  EXPECT_TRUE(Cache(folder(), clock_).find(Digest::of("k")).has_value());
}

TEST_F(LostIndexTest, AnIndexThatIsNoDatabaseIsMovedAside) {
  const Blob blob = fill("text");
  overwrite(index(), std::string(10'000, 'x'));
  Cache cache(folder(), clock_);
  EXPECT_EQ(cache.find_blob(blob.digest), blob);
  EXPECT_EQ(cache.notices(), (std::vector<std::string>{notice("damaged", 1)}));
  EXPECT_EQ(read_file(folder() / "index-v1.db.damaged"), std::string(10'000, 'x'));
}

TEST_F(LostIndexTest, AnEmptyIndexIsMadeAgain) {
  const Blob blob = fill("text");
  overwrite(index(), "");
  Cache cache(folder(), clock_);
  EXPECT_EQ(cache.find_blob(blob.digest), blob);
}

TEST_F(LostIndexTest, AnOldJournalIsNotPlayedIntoANewIndex) {
  const Blob blob = fill("text");
  overwrite(index(), std::string(10'000, 'x'));
  overwrite(index().string() + "-journal", std::string(10'000, 'y'));
  Cache cache(folder(), clock_);
  EXPECT_EQ(cache.find_blob(blob.digest), blob);
}

// Every byte of the file of a small index: what it gives is what was recorded, or nothing.
TEST_F(LostIndexTest, FlippedBitsNeverChangeAResult) {
  const Blob blob = fill("text");
  const std::string bytes = read_file(index());
  const Result expected = {.outputs = {{"out", blob}}, .note = "{}"};
  int misses = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (bytes[at] == '\0' && at % 16 != 0) continue;  // mostly unused space
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    overwrite(index(), flipped);
    Cache cache(folder(), clock_);
    const auto result = cache.find(Digest::of("text"));
    if (result) {
      ASSERT_EQ(result, expected) << at;
    } else {
      ++misses;
      fill("text");  // the file of a blob may be gone with a row that named another size
    }
  }
  EXPECT_GT(misses, 0);
}

TEST_F(IndexTest, TruncatedAtAnyPageIsNoticed) {
  const Blob blob = fill("text");
  const std::filesystem::path index = folder() / "index-v1.db";
  const std::string bytes = read_file(index);
  for (std::size_t size = 0; size < bytes.size(); size += 1024) {
    overwrite(index, std::string_view(bytes).substr(0, size));
    Cache cache(folder(), clock_);
    const auto result = cache.find(Digest::of("text"));
    if (result) {
      ASSERT_EQ(result->outputs.at(0).blob, blob) << size;
    }
    EXPECT_TRUE(cache.find_blob(blob.digest).has_value()) << size;
  }
}

TEST_F(IndexTest, AResultOfABlobThatIsGoneIsNotRecorded) {
  Cache cache(folder(), clock_);
  const Blob blob = cache.put("text");
  cache.record(Digest::of("k"), {.outputs = {{"o", blob}}, .note = ""});
  std::filesystem::remove(file(blob));
  cache.flush();
  EXPECT_EQ(Cache(folder(), clock_).find(Digest::of("k")), std::nullopt);
  EXPECT_TRUE(Cache(folder(), clock_).verify().problems.empty());
}

TEST_F(IndexTest, TheDayOfTheLastUseIsWrittenOnceADay) {
  fill("text");
  const auto index = folder() / "index-v1.db";
  const auto use = [&](std::int64_t seconds) {
    const FixedClock clock(seconds);
    Cache cache(folder(), clock);
    EXPECT_TRUE(cache.find(Digest::of("text")).has_value());
    cache.flush();
    return read_file(index);
  };
  const std::string first = read_file(index);
  EXPECT_EQ(use(clock_.now() + 86'399), first);
  const std::string second = use(clock_.now() + 86'400);
  EXPECT_NE(second, first);
  EXPECT_EQ(use(clock_.now() + 86'401), second);
}

/// The SQL between two marks of a file of the project.
std::string schema_in(const std::string& file, const std::string& begin, const std::string& end) {
  const std::string text = read_file(std::filesystem::path(STAMP_SOURCE_DIR) / file);
  const std::size_t mark = text.find(begin);
  EXPECT_NE(mark, std::string::npos) << file;
  const std::size_t start = mark + begin.size();
  return text.substr(start, text.find(end, start) - start);
}

TEST_F(IndexTest, HasTheSchemaOfItsDocument) {
  EXPECT_EQ(schema_in("cache/result_index.cpp", "R\"(\n", ")\""),
            schema_in("docs/formats/cache.md", "```sql\n", "```"));
}

TEST_F(IndexTest, AWrongClockDoesNoHarm) {
  fill("text");
  for (const std::int64_t seconds : {-1LL, 0LL, 1LL << 33U, 1LL << 60U}) {
    const FixedClock clock(seconds);
    Cache cache(folder(), clock);
    EXPECT_TRUE(cache.find(Digest::of("text")).has_value());
    cache.flush();
  }
}

}  // namespace
}  // namespace stamp::cache
