#include "registry-client/challenge.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/expect_error.h"

namespace stamp::registry {
namespace {

std::string why_not(const std::string& field) {
  return message_of([&] { static_cast<void>(parse_challenges(field)); });
}

TEST(Challenge, ReadsWhatRegistriesSend) {
  const auto challenges = parse_challenges(
      R"(Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a:pull,push")");
  ASSERT_EQ(challenges.size(), 1U);
  EXPECT_EQ(challenges[0].scheme, "bearer");
  EXPECT_EQ(challenges[0].parameter("realm"), "https://auth.example/token");
  EXPECT_EQ(challenges[0].parameter("service"), "registry.example");
  EXPECT_EQ(challenges[0].parameter("scope"), "repository:a:pull,push");
  EXPECT_EQ(challenges[0].parameter("error"), "");
}

TEST(Challenge, SeveralInOneField) {
  const auto challenges = parse_challenges(
      R"(Negotiate YWJj==, , BASIC Realm = "a \"b\", c" , Bearer realm=x, error=y)");
  ASSERT_EQ(challenges.size(), 3U);
  EXPECT_EQ(challenges[0], (Challenge{.scheme = "negotiate"}));
  EXPECT_EQ(challenges[1], (Challenge{.scheme = "basic", .parameters = {{"realm", "a \"b\", c"}}}));
  EXPECT_EQ(challenges[2],
            (Challenge{.scheme = "bearer", .parameters = {{"realm", "x"}, {"error", "y"}}}));
}

TEST(Challenge, ASchemeAloneIsOne) {
  EXPECT_EQ(parse_challenges("Basic"), (std::vector<Challenge>{{.scheme = "basic"}}));
  EXPECT_EQ(parse_challenges("Negotiate, Basic"),
            (std::vector<Challenge>{{.scheme = "negotiate"}, {.scheme = "basic"}}));
  EXPECT_TRUE(parse_challenges("").empty());
  EXPECT_TRUE(parse_challenges(" , ").empty());
}

TEST(Challenge, SaysWhatIsWrong) {
  EXPECT_EQ(why_not("Bearer realm=\"x"),
            "stamp: error: cannot read the server's WWW-Authenticate 'Bearer realm=\"x': a quoted "
            "text does not end\n");
  EXPECT_EQ(why_not("realm=x"),
            "stamp: error: cannot read the server's WWW-Authenticate 'realm=x': a parameter "
            "without a scheme\n");
  EXPECT_EQ(why_not("Bearer realm=x, REALM=y"),
            "stamp: error: cannot read the server's WWW-Authenticate 'Bearer realm=x, REALM=y': "
            "'realm' is there twice\n");
  EXPECT_EQ(why_not("Bearer a=b, realm="),
            "stamp: error: cannot read the server's WWW-Authenticate 'Bearer a=b, realm=': a "
            "value is missing\n");
  EXPECT_EQ(why_not("\"x\""),
            "stamp: error: cannot read the server's WWW-Authenticate '\"x\"': a name is missing\n");
  EXPECT_EQ(why_not("Basic \"x\""),
            "stamp: error: cannot read the server's WWW-Authenticate 'Basic \"x\"': something is "
            "there that cannot be\n");
}

TEST(Challenge, IsBounded) {
  EXPECT_EQ(why_not("Bearer realm=" + std::string(16 * 1024, 'x')),
            "stamp: error: cannot read the server's WWW-Authenticate: it is longer than 16384 "
            "bytes\n");
}

}  // namespace
}  // namespace stamp::registry
