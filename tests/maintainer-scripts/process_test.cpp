#include "maintainer-scripts/process.h"

#include <gtest/gtest.h>

namespace stamp::scripts {
namespace {

TEST(Buffer, ReadsFromWhereItStopped) {
  Buffer buffer("abcdef");
  EXPECT_EQ(buffer.read(4), "abcd");
  buffer.write("gh");
  EXPECT_EQ(buffer.read(10), "efgh");
  EXPECT_EQ(buffer.read(10), "");
}

TEST(Budget, EndsEndlessWork) {
  Budget budget(Budget::Limits{.steps = 2});
  budget.take_steps(2);
  EXPECT_THROW(budget.take_steps(), Error);
}

TEST(Budget, CountsLevelsWhileTheyLive) {
  Budget budget(Budget::Limits{.depth = 1});
  { const Budget::Level level(budget); }
  const Budget::Level level(budget);
  EXPECT_THROW(Budget::Level deeper(budget), Error);
}

}  // namespace
}  // namespace stamp::scripts
