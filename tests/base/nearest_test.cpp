#include "base/nearest.h"

#include <array>

#include <gtest/gtest.h>

namespace stamp {
namespace {

constexpr std::array<std::string_view, 5> kKeys = {"entrypoint", "env", "user", "workdir",
                                                   "labels"};

TEST(Nearest, FindsInsertedDeletedReplacedAndSwappedLetters) {
  EXPECT_EQ(nearest("entrpoint", kKeys), "entrypoint");
  EXPECT_EQ(nearest("entrrypoint", kKeys), "entrypoint");
  EXPECT_EQ(nearest("entrypaint", kKeys), "entrypoint");
  EXPECT_EQ(nearest("netrypoint", kKeys), "entrypoint");
  EXPECT_EQ(nearest("evn", kKeys), "env");
}

TEST(Nearest, FindsNothingThatIsTooFar) {
  EXPECT_EQ(nearest("completely", kKeys), std::nullopt);
  EXPECT_EQ(nearest("xyz", kKeys), std::nullopt);
  EXPECT_EQ(nearest("", kKeys), std::nullopt);
  EXPECT_EQ(nearest("env", {}), std::nullopt);
  EXPECT_EQ(nearest(std::string(1000, 'e'), kKeys), std::nullopt);
}

TEST(Nearest, OfTwoTakesTheCloserThenTheFirst) {
  constexpr std::array<std::string_view, 3> kWords = {"abcdex", "abcdef", "abcdeg"};
  EXPECT_EQ(nearest("abcdef", kWords), "abcdef");
  EXPECT_EQ(nearest("abcdez", kWords), "abcdex");
}

}  // namespace
}  // namespace stamp
