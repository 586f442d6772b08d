#include "builder/lock/lock_summary.h"

#include <gtest/gtest.h>

namespace stamp::build {
namespace {

workspace::LockedPackage package(const std::string& name, const std::string& version,
                                 const std::string& architecture = "amd64") {
  return {.name = name, .version = version, .architecture = architecture, .why = "named"};
}

TEST(LockSummary, SaysWhatComesGoesAndChanges) {
  workspace::Lock before;
  before.platforms["linux/amd64"].packages = {package("a", "1"), package("b", "1"),
                                              package("c", "1")};
  before.platforms["linux/arm64"].packages = {package("a", "1"), package("b", "1")};
  workspace::Lock after;
  after.platforms["linux/amd64"].packages = {package("a", "2"), package("b", "1"),
                                             package("d", "1")};
  after.platforms["linux/arm64"].packages = {package("a", "2"), package("b", "2")};
  EXPECT_EQ(describe_changes(compare_locks(&before, after), after),
            "  ~ a 1 → 2 (named)\n"
            "  ~ b 1 → 2 (named) [linux/arm64]\n"
            "  - c 1 [linux/amd64]\n"
            "  + d 1 (named) [linux/amd64]\n");
}

TEST(LockSummary, OfANewLockEverythingIsNew) {
  workspace::Lock lock;
  lock.platforms["linux/amd64"].packages = {package("a", "1"), package("a", "1", "i386")};
  lock.platforms["linux/amd64"].bases = {{"layout:x", Digest()}};
  EXPECT_EQ(describe_changes(compare_locks(nullptr, lock), lock),
            "  + a:amd64 1 (named)\n"
            "  + a:i386 1 (named)\n"
            "  + layout:x sha256:000000000000\n");
}

TEST(LockSummary, LocksThatAreEqualHaveNoChanges) {
  workspace::Lock lock;
  lock.platforms["linux/amd64"].packages = {package("a", "1")};
  EXPECT_TRUE(compare_locks(&lock, lock).empty());
}

}  // namespace
}  // namespace stamp::build
