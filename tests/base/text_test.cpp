#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stamp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Text, LowerCaseChangesAsciiLettersOnly) {
  EXPECT_EQ(lower_case("AbZ[@09_\xC3\x84"), "abz[@09_\xC3\x84");
  EXPECT_EQ(lower_case(""), "");
}

TEST(Text, LinesHaveNoEndsAndAreNotEmpty) {
  EXPECT_THAT(lines_of("\none\n\ntwo \nthree"), ElementsAre("one", "two ", "three"));
  EXPECT_THAT(lines_of(""), IsEmpty());
  EXPECT_THAT(lines_of("\n\n"), IsEmpty());
}

TEST(Text, WordsStandBetweenBlanksOfAnyKind) {
  EXPECT_THAT(words_of("  one\ttwo\r\nthree "), ElementsAre("one", "two", "three"));
  EXPECT_THAT(words_of("one"), ElementsAre("one"));
  EXPECT_THAT(words_of(" \t\n"), IsEmpty());
}

}  // namespace
}  // namespace stamp
