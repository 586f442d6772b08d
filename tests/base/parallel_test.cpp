#include "base/parallel.h"

#include <atomic>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace stamp {
namespace {

TEST(MakeAll, ResultsAreInOrder) {
  const std::vector<std::string> made =
      make_all<std::string>(100, [](std::size_t i) { return std::to_string(i); });
  ASSERT_EQ(made.size(), 100U);
  for (std::size_t i = 0; i < made.size(); ++i) EXPECT_EQ(made[i], std::to_string(i));
}

TEST(MakeAll, NothingIsMadeOfNothing) {
  EXPECT_TRUE(make_all<int>(0, [](std::size_t) { return 1; }).empty());
}

TEST(MakeAll, ResultsAreByNumberWhateverTheOrder) {
  const std::vector<std::size_t> order = {3, 1, 0, 2};
  const std::vector<std::size_t> made =
      make_all<std::size_t>(order, [](std::size_t i) { return 10 * i; });
  EXPECT_EQ(made, (std::vector<std::size_t>{0, 10, 20, 30}));
}

TEST(MakeAll, TheFirstErrorCounts) {
  for (int turn = 0; turn < 50; ++turn) {
    std::atomic<int> calls = 0;
    try {
      make_all<int>(20, [&](std::size_t i) -> int {
        ++calls;
        if (i >= 3) throw Error(ErrorKind::invalid, "number " + std::to_string(i));
        return 0;
      });
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()), "number 3");
    }
    EXPECT_EQ(calls, 20);
  }
}

}  // namespace
}  // namespace stamp
