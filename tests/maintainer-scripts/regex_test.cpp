#include "maintainer-scripts/tools/regex.h"

#include <string>

#include <gtest/gtest.h>

namespace stamp::scripts {
namespace {

constexpr Regex::Options kExtended{.syntax = Regex::Syntax::extended};

std::string error_of(const std::string& pattern, const std::string& text = "") {
  Budget budget;
  try {
    static_cast<void>(Regex(budget, pattern, kExtended).search(text));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Regex, FindsTheLeftmostLongestMatchWithItsGroups) {
  Budget budget;
  const Regex regex(budget, "(a|ab)(c)?", kExtended);
  const auto match = regex.search("xxabc");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->whole(), (TextRange{2, 5}));
  EXPECT_EQ(match->groups[1], (TextRange{2, 4}));
  EXPECT_EQ(match->groups[2], (TextRange{4, 5}));
  EXPECT_FALSE(match->groups[3]);
}

TEST(Regex, KnowsWhatIsBeforeTheStart) {
  Budget budget;
  const Regex start(budget, "^b", kExtended);
  EXPECT_FALSE(start.find("ab", 1));
  const Regex lines(budget, "^b", {.anchors = Regex::Anchors::lines});
  EXPECT_EQ(lines.find("a\nb"), (TextRange{2, 3}));
}

TEST(Regex, MatchesBytesAndNul) {
  Budget budget;
  const std::string text("a\0\xC3\xA9", 4);
  EXPECT_EQ(Regex(budget, "\xC3", {}).find(text), (TextRange{2, 3}));
  EXPECT_EQ(Regex(budget, "[^x]*", {}).find(text), (TextRange{0, 4}));
}

TEST(Regex, SaysWhatIsWrongWithAPattern) {
  EXPECT_EQ(error_of("(a"), "pattern '(a': Unmatched ( or \\(");
  EXPECT_EQ(error_of(std::string("a\0b", 3)), "a NUL byte in a pattern");
}

TEST(Regex, RefusesPatternsThatWouldUseUpMemory) {
  EXPECT_EQ(error_of("((((a{99}){99}){99}){99}){99}"), "the pattern has too many repetitions");
  EXPECT_EQ(error_of("a{1,30000}"), "the pattern has too many repetitions");
  std::string doubled = "a";
  for (int i = 0; i < 30; ++i) doubled = "(" + doubled + "+)";
  EXPECT_EQ(error_of(doubled), "the pattern has too many repetitions");
  EXPECT_EQ(error_of(std::string(100, '(') + "a" + std::string(100, ')')),
            "the pattern is nested too deeply");
  EXPECT_EQ(error_of(std::string(5000, 'a')), "the pattern is too long");
}

TEST(Regex, RefusesTextsThatWouldUseUpTime) {
  EXPECT_EQ(error_of("x*y", std::string(100'000, 'x')),
            "pattern 'x*y': a text of 100000 bytes is too long for it");
  EXPECT_EQ(error_of("(.)\\1", std::string(3000, 'x')),
            "pattern '(.)\\1': a text of 3000 bytes is too long for it");
}

TEST(Regex, IsChargedForItsSearches) {
  Budget budget(Budget::Limits{.steps = 10'000});
  const Regex regex(budget, "x*y", kExtended);
  const std::string text(10'000, 'x');
  EXPECT_THROW(static_cast<void>(regex.find(text)), Error);
}

// Each made libc's matcher slow or large at some time, or has the shape of one that did.
TEST(Regex, EndsOnHardPatterns) {
  const std::string many(2000, 'a');
  for (const char* pattern :
       {"(a*)*b", "(a|a)*b", "(a*)*(a*)*(a*)*b", "((a+)+)+b", "(a|b)*a(a|b){20}c",
        "(.*)(.*)(.*)(.*)x", "(a?){60}a{60}b", "(a*a*a*a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(|a)*b", "()*b", "(a{1,5}){1,9}b"}) {
    Budget budget;
    const Regex regex(budget, pattern, kExtended);
    EXPECT_FALSE(regex.search(many)) << pattern;
  }
}

}  // namespace
}  // namespace stamp::scripts
