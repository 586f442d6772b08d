// Several processes at once: children that use the same folder.

#include <functional>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "cache/cache.h"
#include "tests/cache/cache_fixture.h"

namespace stamp::cache {
namespace {

using ProcessesTest = CacheTest;

/// Runs `body` in `count` processes and returns how many did not end well.
int failures(int count, const std::function<void(int)>& body) {
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string message = message_of([&] { body(i); });
      if (!message.empty()) static_cast<void>(!::write(2, message.data(), message.size()));
      ::_exit(message.empty() && !testing::Test::HasFailure() ? 0 : 1);
    }
    children.push_back(child);
  }
  int failed = 0;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) ++failed;
  }
  return failed;
}

TEST_F(ProcessesTest, EightWriteAndReadTheSameAndTheirOwn) {
  EXPECT_EQ(failures(8,
                     [&](int process) {
                       for (int i = 0; i < 6; ++i) {
                         Cache cache(folder(), clock_);
                         const std::string own = std::to_string(process * 100 + i);
                         const Blob shared = cache.put("shared " + std::to_string(i));
                         const Blob mine = cache.put(own);
                         cache.record(Digest::of("k" + own),
                                      {.outputs = {{"s", shared}, {"m", mine}}, .note = own});
                         cache.flush();
                         EXPECT_EQ(cache.read(shared), "shared " + std::to_string(i));
                         EXPECT_EQ(cache.find(Digest::of("k" + own)).value().note, own);
                       }
                     }),
            0);
  Cache cache(folder(), clock_);
  const Verification verification = cache.verify();
  EXPECT_EQ(verification.blobs, 6U + 8U * 6U);
  EXPECT_EQ(verification.unindexed, 0U);
  EXPECT_TRUE(verification.problems.empty());
  EXPECT_EQ(cache.stats().results, 48U);
  EXPECT_TRUE(cache.notices().empty());
}

TEST_F(ProcessesTest, AllMayFindTheIndexDamagedAtOnce) {
  for (int i = 0; i < 20; ++i) fill(std::to_string(i));
  overwrite(folder() / "index-v1.db", std::string(5'000, 'x'));
  EXPECT_EQ(failures(8,
                     [&](int process) {
                       Cache cache(folder(), clock_);
                       EXPECT_TRUE(cache.find_blob(Digest::of("3")).has_value());
                       const Blob blob = cache.put("p" + std::to_string(process));
                       cache.record(Digest::of("k"), {.outputs = {{"o", blob}}, .note = ""});
                       cache.flush();
                     }),
            0);
  Cache cache(folder(), clock_);
  EXPECT_TRUE(cache.find(Digest::of("k")).has_value());
  EXPECT_EQ(cache.verify().blobs, 28U);
}

TEST_F(ProcessesTest, DamageIsMendedWhileOthersRead) {
  const Blob blob = fill("text");
  EXPECT_EQ(failures(6,
                     [&](int process) {
                       for (int i = 0; i < 10; ++i) {
                         if (process == 0) overwrite(file(blob), "tExt");
                         Cache cache(folder(), clock_);
                         const std::string message = message_of([&] {
                           if (cache.find(Digest::of("text"))) {
                             EXPECT_EQ(cache.read(blob), "text");
                           }
                         });
                         const bool noticed = message.find("cannot read blob") != std::string::npos;
                         EXPECT_TRUE(message.empty() || noticed) << message;
                         if (process != 0) fill("text");
                       }
                     }),
            0);
  fill("text");
  static_cast<void>(Cache(folder(), clock_).verify());
  EXPECT_TRUE(Cache(folder(), clock_).verify().problems.empty());
}

}  // namespace
}  // namespace stamp::cache
