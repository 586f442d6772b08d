#include "cache/cache.h"

#include <set>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/cache/cache_fixture.h"

namespace stamp::cache {
namespace {

std::set<std::string> names(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.insert(entry.path().filename());
  }
  return names;
}

TEST_F(CacheTest, OpeningAndAskingMakeNothing) {
  Cache cache(folder(), clock_);
  EXPECT_EQ(cache.find(Digest::of("x")), std::nullopt);
  EXPECT_EQ(cache.find_blob(Digest::of("x")), std::nullopt);
  EXPECT_EQ(cache.stats().blobs, 0U);
  cache.flush();
  EXPECT_FALSE(std::filesystem::exists(folder()));
}

TEST_F(CacheTest, GivesBackWhatWasRecorded) {
  const Digest key = Digest::of("key");
  Result result;
  {
    Cache cache(folder(), clock_);
    result = {.outputs = {{"z", cache.put("one")}, {"a", cache.put("two")}, {"e", cache.put("")}},
              .note = R"({"n":1})"};
    cache.record(key, result);
    cache.flush();
  }
  Cache cache(folder(), clock_);
  EXPECT_EQ(cache.find(key), result);
  EXPECT_EQ(cache.read(result.outputs[0].blob), "one");
  EXPECT_EQ(cache.read(result.outputs[2].blob), "");
  EXPECT_EQ(cache.find_blob(Digest::of("two")), result.outputs[1].blob);
}

TEST_F(CacheTest, FindsManyAtOnceInTheirOrder) {
  const Blob first = fill("first");
  const Blob gone = fill("gone");
  std::filesystem::remove(file(gone));
  Cache cache(folder(), clock_);
  const Result own = {.outputs = {{"out", cache.put("own")}}, .note = "{}"};
  cache.record(Digest::of("own"), own);
  const Digest keys[] = {Digest::of("unknown"), Digest::of("own"), Digest::of("gone"),
                         Digest::of("first"), Digest::of("first")};
  const Result other = {.outputs = {{"out", first}}, .note = "{}"};
  EXPECT_EQ(cache.find(keys),
            (std::vector<std::optional<Result>>{std::nullopt, own, std::nullopt, other, other}));
  EXPECT_EQ(cache.find(std::span<const Digest>()), std::vector<std::optional<Result>>());
  EXPECT_EQ(cache.stats().blobs, 1U);
}

TEST_F(CacheTest, HasTheFilesOfTheFormat) {
  const Blob blob = fill("text");
  EXPECT_EQ(names(folder()), (std::set<std::string>{"blobs", "index-v1.db", "index-v1.db-journal",
                                                    "leases", "tmp", "write.lock"}));
  struct stat status = {};
  ASSERT_EQ(::stat(file(blob).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0444U);
  EXPECT_EQ(read_file(file(blob)), "text");
  EXPECT_TRUE(names(folder() / "tmp").empty());
  EXPECT_EQ(names(folder() / "leases"), (std::set<std::string>{"lock"}));
}

TEST_F(CacheTest, SeesItsOwnRecordsBeforeTheyAreFlushed) {
  Cache cache(folder(), clock_);
  const Result result = {.outputs = {{"o", cache.put("x")}}, .note = ""};
  cache.record(Digest::of("k"), result);
  EXPECT_EQ(cache.find(Digest::of("k")), result);
  EXPECT_NE(cache.find_blob(Digest::of("x")), std::nullopt);
}

TEST_F(CacheTest, ForgetsWhatWasNotFlushed) {
  {
    Cache cache(folder(), clock_);
    cache.record(Digest::of("k"), {.outputs = {{"o", cache.put("x")}}, .note = ""});
  }
  Cache cache(folder(), clock_);
  EXPECT_EQ(cache.find(Digest::of("k")), std::nullopt);
  const Verification verification = cache.verify();
  EXPECT_TRUE(verification.problems.empty());
}

TEST_F(CacheTest, AWriterThatIsDestroyedLeavesNothing) {
  Cache cache(folder(), clock_);
  { cache.new_blob()->write(as_bytes("half")); }
  cache.flush();
  EXPECT_EQ(cache.find_blob(Digest::of("half")), std::nullopt);
  EXPECT_TRUE(std::filesystem::is_empty(folder() / "blobs/sha256"));
  EXPECT_TRUE(std::filesystem::is_empty(*std::filesystem::directory_iterator(folder() / "tmp")));
}

TEST_F(CacheTest, HashesWhatIsWrittenInPiecesOfAnySize) {
  Cache cache(folder(), clock_);
  for (const std::size_t piece : {1UL, 511UL, 65'535UL, 65'536UL, 65'537UL, 300'000UL}) {
    std::string text(400'000, 'x');
    text += std::to_string(piece);
    const auto writer = cache.new_blob();
    for (std::size_t at = 0; at < text.size(); at += piece) {
      writer->write(as_bytes(std::string_view(text).substr(at, piece)));
    }
    const Blob blob = writer->commit();
    EXPECT_EQ(blob, (Blob{.digest = Digest::of(text), .size = text.size()})) << piece;
    EXPECT_EQ(cache.read(blob), text) << piece;
  }
}

TEST_F(CacheTest, KeepsABlobThatIsThereAlready) {
  const Blob blob = fill("text");
  struct stat before = {};
  ASSERT_EQ(::stat(file(blob).c_str(), &before), 0);
  fill("text");
  struct stat after = {};
  ASSERT_EQ(::stat(file(blob).c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(CacheTest, RecordReplaces) {
  fill("text");
  Cache cache(folder(), clock_);
  const Result other = {.outputs = {{"other", cache.put("more")}}, .note = "[]"};
  cache.record(Digest::of("text"), other);
  cache.flush();
  Cache again(folder(), clock_);
  EXPECT_EQ(again.find(Digest::of("text")), other);
  EXPECT_EQ(again.stats().results, 1U);
}

TEST_F(CacheTest, CountsBlobsBytesAndResults) {
  fill("1");
  fill("22");
  Cache cache(folder(), clock_);
  const Stats stats = cache.stats();
  EXPECT_EQ(stats.blobs, 2U);
  EXPECT_EQ(stats.bytes, 3U);
  EXPECT_EQ(stats.results, 2U);
}

TEST_F(CacheTest, OpenUncheckedGivesTheFile) {
  const Blob blob = fill("text");
  Cache cache(folder(), clock_);
  const auto source = cache.open_unchecked(blob);
  EXPECT_EQ(source->size(), 4U);
  EXPECT_EQ(read_all(*source, 100, "x"), "text");
}

TEST_F(CacheTest, DroppedBlobsAreGoneWithTheirResults) {
  const Blob blob = fill("text");
  fill("other");
  {
    Cache cache(folder(), clock_);
    cache.drop(blob.digest);
  }
  EXPECT_FALSE(has_result("text"));
  EXPECT_TRUE(has_result("other"));
  EXPECT_FALSE(std::filesystem::exists(file(blob)));
}

TEST_F(CacheTest, ManyThreadsMayUseOne) {
  Cache cache(folder(), clock_);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string text = std::to_string(i % 2 == 0 ? i : 1000 * t + i);
        const Blob blob = cache.put(text);
        cache.record(Digest::of("key" + text), {.outputs = {{"o", blob}}, .note = ""});
        EXPECT_EQ(cache.read(blob), text);
        EXPECT_TRUE(cache.find(Digest::of("key" + text)).has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  cache.flush();
  const Verification verification = Cache(folder(), clock_).verify();
  EXPECT_EQ(verification.blobs, 10U + 8U * 10U);
  EXPECT_EQ(verification.unindexed, 0U);
  EXPECT_TRUE(verification.problems.empty());
}

TEST_F(CacheTest, BlobsInUseAreListedInALockedLease) {
  const Blob blob = fill("text");
  Cache cache(folder(), clock_);
  ASSERT_TRUE(cache.find(Digest::of("text")).has_value());
  const Blob made = cache.put("new");
  std::set<std::string> leases = names(folder() / "leases");
  leases.erase("lock");
  ASSERT_EQ(leases.size(), 1U);
  EXPECT_EQ(read_file(folder() / "leases" / *leases.begin()),
            blob.digest.hex() + "\n" + made.digest.hex() + "\n");
}

TEST_F(CacheTest, WhatAKilledProcessLeftIsRemoved) {
  fill("text");
  overwrite(folder() / "leases/.stamp-killed", "");
  std::filesystem::create_directories(folder() / "tmp/.stamp-killed");
  overwrite(folder() / "tmp/.stamp-killed/half", "half");
  fill("more");
  EXPECT_TRUE(names(folder() / "tmp").empty());
  EXPECT_EQ(names(folder() / "leases"), (std::set<std::string>{"lock"}));
}

TEST_F(CacheTest, WhatALivingProcessWritesIsLeftAlone) {
  Cache living(folder(), clock_);
  const auto writer = living.new_blob();
  writer->write(as_bytes("text"));
  fill("more");
  EXPECT_EQ(writer->commit().digest, Digest::of("text"));
}

TEST_F(CacheTest, ALinkIsRefused) {
  std::filesystem::create_directory(temp_.path() / "elsewhere");
  std::filesystem::create_directory_symlink(temp_.path() / "elsewhere", folder());
  EXPECT_EQ(message_of([&] { Cache cache(folder(), clock_); }),
            "stamp: error: cannot use the cache '" + folder().string() +
                "': it is a link\n  try: name another folder with --cache or STAMP_CACHE_DIR\n");
}

TEST_F(CacheTest, ALinkInsideIsRefused) {
  fill("text");
  std::filesystem::rename(folder() / "blobs", temp_.path() / "blobs");
  std::filesystem::create_directory_symlink(temp_.path() / "blobs", folder() / "blobs");
  EXPECT_EQ(message_of([&] { Cache cache(folder(), clock_); }),
            "stamp: error: cannot use the cache '" + folder().string() +
                "': 'blobs' is a link\n"
                "  try: name another folder with --cache or STAMP_CACHE_DIR\n");
}

TEST_F(CacheTest, AFolderThatEverybodyMayWriteToIsRefused) {
  std::filesystem::create_directory(folder());
  ASSERT_EQ(::chmod(folder().c_str(), 01777), 0);
  EXPECT_EQ(message_of([&] { Cache cache(folder(), clock_); }),
            "stamp: error: cannot use the cache '" + folder().string() +
                "': everybody may write to it\n"
                "  try: name another folder with --cache or STAMP_CACHE_DIR\n");
}

TEST_F(CacheTest, AnotherUsersFolderIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a folder of another user";
  std::filesystem::create_directory(folder());
  ASSERT_EQ(::chown(folder().c_str(), 12345, 12345), 0);
  EXPECT_EQ(message_of([&] { Cache cache(folder(), clock_); }),
            "stamp: error: cannot use the cache '" + folder().string() +
                "': it belongs to user 12345\n"
                "  try: name another folder with --cache or STAMP_CACHE_DIR\n");
}

TEST_F(CacheTest, AFileIsRefused) {
  overwrite(folder(), "text");
  EXPECT_EQ(message_of([&] { Cache cache(folder(), clock_); }),
            "stamp: error: cannot use the cache '" + folder().string() +
                "': it is not a folder\n"
                "  try: name another folder with --cache or STAMP_CACHE_DIR\n");
}

TEST_F(CacheTest, AReadOnlyCacheGivesHitsAndRefusesWrites) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const Blob blob = fill("text");
  for (const char* name : {".", "blobs", "blobs/sha256", "tmp", "leases"}) {
    ASSERT_EQ(::chmod((folder() / name).c_str(), 0555), 0);
  }
  {
    Cache cache(folder(), clock_);
    EXPECT_TRUE(cache.find(Digest::of("text")).has_value());
    EXPECT_EQ(cache.read(blob), "text");
    EXPECT_TRUE(cache.verify().problems.empty());
    const std::string expected = "stamp: error: cannot write to the cache '" + folder().string() +
                                 "': permission denied\n"
                                 "  try: name another folder with --cache or STAMP_CACHE_DIR\n";
    EXPECT_EQ(message_of([&] { cache.new_blob(); }), expected);
    EXPECT_EQ(message_of([&] { cache.record(Digest::of("k"), {}); }), expected);
    cache.flush();
  }
  for (const char* name : {".", "blobs", "blobs/sha256", "tmp", "leases"}) {
    ASSERT_EQ(::chmod((folder() / name).c_str(), 0755), 0);
  }
}

}  // namespace
}  // namespace stamp::cache
