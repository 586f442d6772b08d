// The small texts of servers: Content-Range, Range of uploads, Link, errors, warnings, tokens.

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "registry-client/content_range.h"
#include "registry-client/link.h"
#include "registry-client/server_text.h"
#include "registry-client/token_text.h"
#include "tests/expect_error.h"

namespace stamp::registry {
namespace {

TEST(ContentRange, SaysWhichPart) {
  const auto range = parse_content_range("bytes 5-9/10");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 5U);
  EXPECT_EQ(range->last, 9U);
  EXPECT_EQ(range->size, 10U);
  EXPECT_EQ(parse_content_range("bytes 0-0/*")->size, std::nullopt);
  for (const char* bad : {"", "bytes", "bytes 5-9", "bytes 9-5/10", "bytes 5-10/10", "bytes -5/10",
                          "bytes 5-/10", "bytes */10", "lines 5-9/10", "bytes 5-9/x",
                          "bytes 5-9/18446744073709551616", "bytes +5-9/10", "bytes 5-9/10 "}) {
    EXPECT_FALSE(parse_content_range(bad)) << bad;
  }
}

TEST(UploadRange, SaysHowMuchIsThere) {
  EXPECT_EQ(parse_upload_range("0-9"), 10U);
  EXPECT_EQ(parse_upload_range("bytes=0-9"), 10U);
  EXPECT_EQ(parse_upload_range("0-0"), 0U);
  for (const char* bad : {"", "-", "1-9", "0-", "0-x", "0-18446744073709551615", "bytes 0-9"}) {
    EXPECT_FALSE(parse_upload_range(bad)) << bad;
  }
}

TEST(Link, NamesTheNextPage) {
  EXPECT_EQ(parse_next_link(R"(</v2/a/tags/list?n=1&last=b>; rel="next")"),
            "/v2/a/tags/list?n=1&last=b");
  EXPECT_EQ(parse_next_link("<a>;rel=next"), "a");
  EXPECT_EQ(parse_next_link(R"(<a>; rel="prev", <b>; title="x, y"; rel="last NEXT")"), "b");
  EXPECT_EQ(parse_next_link(R"(<a,b>; rel="next")"), "a,b");
  EXPECT_EQ(parse_next_link("<>; rel=next"), "");
  for (const char* none :
       {"", "a; rel=next", "<a", "<a>", "<a>; rel=prev", "<a>; rel=prev; rel=next", "<a>; rel",
        "<a>; title=\"rel=next", "<a>, rel=next"}) {
    EXPECT_FALSE(parse_next_link(none)) << none;
  }
}

TEST(ServerText, SaysWhatTheRegistrySays) {
  EXPECT_EQ(describe_answer(
                403, R"({"errors":[{"code":"DENIED","message":"access\u001b[31m is denied"}]})"),
            "403 Forbidden: access\\x1b[31m is denied (DENIED)");
  EXPECT_EQ(describe_answer(404, R"({"errors":[{"code":"NAME_UNKNOWN"}]})"),
            "404 Not Found (NAME_UNKNOWN)");
  for (const char* body : {"", "<html>", "[]", "{}", R"({"errors":1})", R"({"errors":[1]})"}) {
    EXPECT_EQ(describe_answer(500, body), "500 Internal Server Error") << body;
  }
  const std::string long_text =
      describe_answer(400, R"({"errors":[{"message":")" + std::string(10'000, 'x') + R"("}]})");
  EXPECT_LT(long_text.size(), 400U);
}

TEST(ServerText, FindsTheDigestOfADetail) {
  const auto errors = read_server_errors(
      R"({"errors":[{"code":"A","detail":"a"},{"code":"B","detail":{"digest":"b"}},)"
      R"({"code":"C","detail":{"Digest":"c"}},{"code":"D","detail":[]}]})");
  ASSERT_EQ(errors.size(), 4U);
  EXPECT_EQ(errors[0].detail, "a");
  EXPECT_EQ(errors[1].detail, "b");
  EXPECT_EQ(errors[2].detail, "c");
  EXPECT_EQ(errors[3].detail, "");
}

TEST(ServerText, ReadsWarnings) {
  const Response head = {.headers = {{"warning", R"(299 - "a \"b\"")"},
                                     {"warning", R"(199 - "other code")"},
                                     {"warning", "299 - none"},
                                     {"warning", "299 - \"" + std::string(5000, 'x') + "\""}}};
  EXPECT_EQ(read_warnings(head), (std::vector<std::string>{"a \"b\""}));
}

TEST(TokenText, LivesAsLongAsItSaysLessTenSeconds) {
  EXPECT_EQ(read_token(R"({"token":"t","expires_in":300})").life, std::chrono::seconds(290));
  EXPECT_EQ(read_token(R"({"token":"t"})").life, std::chrono::seconds(50));
  EXPECT_EQ(read_token(R"({"token":"t","expires_in":0})").life, std::chrono::seconds(50));
  EXPECT_EQ(read_token(R"({"token":"t","expires_in":4})").life, std::chrono::seconds(2));
  EXPECT_EQ(read_token(R"({"token":"t","expires_in":18446744073709551615})").life,
            std::chrono::seconds(86'390));
}

TEST(TokenText, HasTwoNames) {
  EXPECT_EQ(read_token(R"({"access_token":"a"})").text, "a");
  EXPECT_EQ(read_token(R"({"token":"t","access_token":"a"})").text, "t");
  EXPECT_EQ(read_token(R"({"token":"","access_token":"a"})").text, "a");
}

TEST(TokenText, SaysWhatIsWrong) {
  const auto why_not = [](const std::string& body) {
    return message_of([&] { static_cast<void>(read_token(body)); });
  };
  const std::string start = "stamp: error: cannot read the token server's answer: ";
  EXPECT_EQ(why_not("{}"), start + "it has no token\n");
  EXPECT_EQ(why_not("[]"), start + "it is no object\n");
  EXPECT_EQ(why_not(R"({"token":1})"), start + "token: it must be text\n");
  EXPECT_EQ(why_not(R"({"token":"a\nb"})"),
            start + "the token has characters that it cannot have\n");
  EXPECT_EQ(why_not(R"({"token":"a","expires_in":"1"})"),
            start + "expires_in: it must be a whole number\n");
  EXPECT_EQ(kind_of([] { static_cast<void>(read_token("<html>")); }), ErrorKind::corrupt);
}

}  // namespace
}  // namespace stamp::registry
