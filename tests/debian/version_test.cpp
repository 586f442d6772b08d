#include "debian/version.h"

#include <string>

#include <gtest/gtest.h>

namespace stamp::debian {
namespace {

struct Pair {
  const char* lower;
  const char* higher;
};

// Each verdict is that of `dpkg --compare-versions`.
TEST(Version, LowerComesFirst) {
  for (const Pair& pair : {Pair{"1.0", "1.1"},
                           {"1.9", "1.10"},
                           {"1.0~rc1", "1.0"},
                           {"1.0~~", "1.0~"},
                           {"1.0~~", "1.0~~a"},
                           {"1.0~", "1.0"},
                           {"1.0", "1.0a"},
                           {"1.0a", "1.0+"},
                           {"1.0a", "1.0b"},
                           {"1.0Z", "1.0a"},
                           {"1.0-1", "1.0-2"},
                           {"1.0-1", "1.0-1+b1"},
                           {"1.0-1~deb12u1", "1.0-1"},
                           {"1.0", "1.0-1"},
                           {"1.0-1-1", "1.0-2-0"},
                           {"9", "1:0"},
                           {"1:1", "2:0"},
                           {"2.36-9+deb12u13", "2.36-9+deb12u14"},
                           {"7.88.1-10+deb12u9", "7.88.1-10+deb12u15"},
                           {"1.2.3-4", "1.2.3.1-1"},
                           {"0.0.0", "0.0.0.1"},
                           {"1a1", "1aa"},
                           {"1.0-a", "1.0-+"}}) {
    EXPECT_EQ(compare_versions(pair.lower, pair.higher), std::strong_ordering::less)
        << pair.lower << " " << pair.higher;
    EXPECT_EQ(compare_versions(pair.higher, pair.lower), std::strong_ordering::greater)
        << pair.lower << " " << pair.higher;
  }
}

TEST(Version, DifferentTextsMayBeOneVersion) {
  for (const Pair& pair : {Pair{"1.0", "1.0"},
                           {"0:1.0", "1.0"},
                           {"1.0-0", "1.0"},
                           {"1.0", "1.00"},
                           {"1.01", "1.1"},
                           {"1.0-01", "1.0-1"},
                           {"00:1.0", "1.0"}}) {
    EXPECT_EQ(compare_versions(pair.lower, pair.higher), std::strong_ordering::equal)
        << pair.lower << " " << pair.higher;
  }
}

TEST(Version, LongNumbersDoNotOverflow) {
  const std::string small = "1." + std::string(40, '9');
  const std::string large = "1.1" + std::string(40, '0');
  EXPECT_EQ(compare_versions(small, large), std::strong_ordering::less);
}

}  // namespace
}  // namespace stamp::debian
