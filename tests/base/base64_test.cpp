#include "base/base64.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace stamp {
namespace {

TEST(Base64, VectorsOfRfc4648) {
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, ComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    EXPECT_EQ(from_base64(to_base64(bytes.substr(0, size))), bytes.substr(0, size));
  }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const char* text : {"Zg", "Zg=", "Zg==Zg==", "Zh==", "Zm9=", "Z g=", "Zg==\n", "Zm9*",
                           "====", "Z===", "=Zg="}) {
    EXPECT_EQ(message_of([&] { static_cast<void>(from_base64(text)); }),
              "stamp: error: cannot decode base64: it is malformed\n")
        << text;
  }
}

}  // namespace
}  // namespace stamp
