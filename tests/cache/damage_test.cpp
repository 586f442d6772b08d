// What happens to the files of a cache from outside must be noticed before the bytes are used.

#include <algorithm>
#include <fstream>

#include <sys/stat.h>

#include "base/fd.h"
#include "cache/cache.h"
#include "tests/cache/cache_fixture.h"

namespace stamp::cache {
namespace {

using DamageTest = CacheTest;

std::string gone(const std::filesystem::path& path, std::string_view cause) {
  return "stamp: error: cannot read blob '" + path.filename().string() +
         "' of the cache: " + std::string(cause) + "\n  in:  " + path.string() +
         "\n  try: run the same command again: what was damaged is made anew\n";
}

TEST_F(DamageTest, AFlippedBitIsNoticedBeforeTheLastByte) {
  const Blob blob = fill(std::string(200'000, 'x'));
  std::string text(200'000, 'x');
  text[7] = 'y';
  overwrite(file(blob), text);
  Cache cache(folder(), clock_);
  const auto source = cache.open(blob);
  StringSink sink;
  EXPECT_EQ(message_of([&] { copy(*source, sink); }),
            gone(file(blob), "its bytes are not those of its name"));
  EXPECT_LT(sink.text().size(), text.size());
}

TEST_F(DamageTest, OpenFreshChecksWhatAnotherRunWrote) {
  const Blob blob = fill("text");
  overwrite(file(blob), "tExt");
  Cache cache(folder(), clock_);
  EXPECT_EQ(kind_of([&] { read_all(*cache.open_fresh(blob), 100, "x"); }), ErrorKind::corrupt);
  EXPECT_EQ(read_all(*cache.open_fresh(cache.put("text")), 100, "x"), "text");
}

TEST_F(DamageTest, ADamagedBlobIsRemovedWithItsResults) {
  const Blob blob = fill("text");
  overwrite(file(blob), "tExt");
  {
    Cache cache(folder(), clock_);
    EXPECT_EQ(kind_of([&] { cache.read(blob); }), ErrorKind::corrupt);
    EXPECT_EQ(cache.find(Digest::of("text")), std::nullopt);
  }
  EXPECT_FALSE(has_result("text"));
  EXPECT_FALSE(std::filesystem::exists(file(blob)));
  fill("text");
  EXPECT_TRUE(has_result("text"));
}

TEST_F(DamageTest, AWholeFileThatReplacedADamagedOneStays) {
  const Blob blob = fill("text");
  overwrite(file(blob), "tExt");
  Cache cache(folder(), clock_);
  const auto source = cache.open(blob);
  overwrite(file(blob), "text");  // another process made it again meanwhile
  EXPECT_EQ(kind_of([&] { read_all(*source, 100, "x"); }), ErrorKind::corrupt);
  EXPECT_EQ(cache.read(blob), "text");
}

TEST_F(DamageTest, ATruncatedBlobIsAMiss) {
  const Blob blob = fill("text");
  for (const char* text : {"", "tex", "textt"}) {
    fill("text");
    overwrite(file(blob), text);
    EXPECT_FALSE(has_result("text")) << text;
  }
}

TEST_F(DamageTest, ATruncatedBlobIsNotOpened) {
  const Blob blob = fill("text");
  Cache cache(folder(), clock_);
  ASSERT_TRUE(cache.find(Digest::of("text")).has_value());
  overwrite(file(blob), "tex");
  EXPECT_EQ(message_of([&] { cache.open(blob); }), gone(file(blob), "it has 3 bytes instead of 4"));
  EXPECT_EQ(message_of([&] { cache.open_unchecked(blob); }), gone(file(blob), "its file is gone"));
}

TEST_F(DamageTest, SwappedBlobsAreNoticed) {
  const Blob one = fill("one");
  const Blob two = fill("two");
  overwrite(file(one), "two");
  overwrite(file(two), "one");
  Cache cache(folder(), clock_);
  EXPECT_EQ(kind_of([&] { cache.read(one); }), ErrorKind::corrupt);
  EXPECT_EQ(kind_of([&] { cache.read(two); }), ErrorKind::corrupt);
}

TEST_F(DamageTest, ALinkInPlaceOfABlobIsNotFollowed) {
  const Blob blob = fill("text");
  overwrite(temp_.path() / "elsewhere", "text");
  std::filesystem::remove(file(blob));
  std::filesystem::create_symlink(temp_.path() / "elsewhere", file(blob));
  EXPECT_FALSE(has_result("text"));
  EXPECT_EQ(read_file(temp_.path() / "elsewhere"), "text");
}

TEST_F(DamageTest, ARemovedBlobIsAMiss) {
  const Blob blob = fill("text");
  std::filesystem::remove(file(blob));
  Cache cache(folder(), clock_);
  EXPECT_EQ(cache.find_blob(blob.digest), std::nullopt);
  EXPECT_EQ(cache.find(Digest::of("text")), std::nullopt);
}

TEST_F(DamageTest, VerifyReportsEverythingAndRemovesWhatIsDamaged) {
  const Blob flipped = fill("flipped");
  const Blob missing = fill("missing");
  fill("whole");
  {
    Cache cache(folder(), clock_);
    cache.put("unindexed");
  }
  overwrite(file(flipped), "Flipped");
  std::filesystem::remove(file(missing));
  overwrite(folder() / "blobs/sha256/README", "x");
  Cache cache(folder(), clock_);
  const Verification verification = cache.verify();
  EXPECT_EQ(verification.blobs, 4U);
  EXPECT_EQ(verification.unindexed, 1U);
  std::vector<std::string> problems;
  for (const Problem& problem : verification.problems) {
    problems.push_back(problem.path + " " + problem.what);
  }
  std::vector<std::string> expected = {
      "blobs/sha256/README is no blob",
      file(flipped).lexically_relative(folder()).string() + " has other bytes than its name says",
      file(missing).lexically_relative(folder()).string() + " is missing"};
  std::ranges::sort(expected);
  EXPECT_EQ(problems, expected);
  std::filesystem::remove(folder() / "blobs/sha256/README");
  EXPECT_TRUE(Cache(folder(), clock_).verify().problems.empty());
  EXPECT_TRUE(has_result("whole"));
}

TEST_F(DamageTest, EveryFlippedBitOfABlobIsFoundByVerify) {
  const Blob blob = fill("some text of a blob");
  const std::string text = read_file(file(blob));
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    overwrite(file(blob), flipped);
    Cache cache(folder(), clock_);
    EXPECT_EQ(cache.verify().problems.size(), 1U) << bit;
  }
}

}  // namespace
}  // namespace stamp::cache
