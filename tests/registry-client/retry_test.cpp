#include "registry-client/retry.h"

#include <gtest/gtest.h>

namespace stamp::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Retry, StatusesThatMayPass) {
  for (const int status : {408, 429, 500, 502, 503, 504}) EXPECT_TRUE(is_worth_retrying(status));
  for (const int status : {200, 304, 400, 401, 403, 404, 410, 501, 505}) {
    EXPECT_FALSE(is_worth_retrying(status)) << status;
  }
}

TEST(Retry, StatusesHaveNames) {
  EXPECT_EQ(describe_status(404), "404 Not Found");
  EXPECT_EQ(describe_status(599), "status 599");
}

TEST(Retry, AfterSeconds) {
  EXPECT_EQ(parse_retry_after("2", 0), seconds(2));
  EXPECT_EQ(parse_retry_after("0", 0), seconds(0));
  EXPECT_EQ(parse_retry_after("86400", 0), seconds(86400));
}

TEST(Retry, AfterDate) {
  // 1994-11-06T08:49:37Z, the example of RFC 9110.
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784111767), seconds(10));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784111877), std::nullopt);
}

TEST(Retry, MalformedAsksForNothing) {
  for (const char* text : {"", "-1", "soon", "1.5", "2 seconds", "99999999999999999999"}) {
    EXPECT_EQ(parse_retry_after(text, 0), std::nullopt) << text;
  }
}

TEST(Retry, JitterStaysNear) {
  for (int i = 0; i < 100; ++i) {
    const milliseconds both = with_jitter(milliseconds(1000), Jitter::both_ways);
    EXPECT_GE(both, milliseconds(750));
    EXPECT_LE(both, milliseconds(1250));
    const milliseconds longer = with_jitter(milliseconds(1000), Jitter::only_longer);
    EXPECT_GE(longer, milliseconds(1000));
    EXPECT_LE(longer, milliseconds(1100));
  }
  EXPECT_EQ(with_jitter(milliseconds(0), Jitter::both_ways), milliseconds(0));
}

}  // namespace
}  // namespace stamp::registry
