#include "registry-client/url.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace stamp::registry {
namespace {

TEST(Url, ParsesAndPrints) {
  const Url url = Url::parse("HTTPS://Example.org:8443/a/b%20c?q=1");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "example.org");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.path, "/a/b%20c");
  EXPECT_EQ(url.query, "q=1");
  EXPECT_EQ(url.str(), "https://example.org:8443/a/b%20c?q=1");
  EXPECT_EQ(Url::parse("http://a:80").str(), "http://a/");
  EXPECT_EQ(Url::parse("http://[::1]:8080/x").str(), "http://[::1]:8080/x");
  EXPECT_EQ(Url::parse("file:///a/b").path, "/a/b");
}

TEST(Url, RefusesWhatCouldMeanSomethingElse) {
  for (const char* text :
       {"", "example.org/x", "ftp://a/x", "http://", "http:///x", "http://a b/x", "http://a/\n",
        "http://a/x#y", "http://a:0/", "http://a:99999/", "http://a:/x", "http://a%2Fb/x",
        "file://host/x", "file:/x", "http://a\\b/", "http://[::1/x", "javascript://x"}) {
    EXPECT_EQ(kind_of([&] { static_cast<void>(Url::parse(text)); }), ErrorKind::invalid) << text;
  }
}

TEST(Url, RefusesCredentialsWithoutRepeatingThem) {
  EXPECT_EQ(message_of([] { static_cast<void>(Url::parse("https://me:secret@host/x")); }),
            "stamp: error: cannot use the URL 'https://REDACTED@host/x': it holds a user name or "
            "password\n");
}

TEST(Url, RedactsQueries) {
  EXPECT_EQ(Url::parse("https://a/b?signature=abc").redacted(), "https://a/b?REDACTED");
  EXPECT_EQ(redacted_url("https://u:p@a/b?x#y"), "https://REDACTED@a/b?REDACTED");
  EXPECT_EQ(redacted_url("https://a/b#token"), "https://a/b");
}

TEST(Url, JoinsReferences) {
  const Url base = Url::parse("http://a/b/c/d?q");
  // Examples of RFC 3986 section 5.4.
  EXPECT_EQ(base.join("g").str(), "http://a/b/c/g");
  EXPECT_EQ(base.join("./g").str(), "http://a/b/c/g");
  EXPECT_EQ(base.join("g/").str(), "http://a/b/c/g/");
  EXPECT_EQ(base.join("/g").str(), "http://a/g");
  EXPECT_EQ(base.join("//g").str(), "http://g/");
  EXPECT_EQ(base.join("?y").str(), "http://a/b/c/d?y");
  EXPECT_EQ(base.join("g?y").str(), "http://a/b/c/g?y");
  EXPECT_EQ(base.join("").str(), "http://a/b/c/d?q");
  EXPECT_EQ(base.join("../g").str(), "http://a/b/g");
  EXPECT_EQ(base.join("../../../g").str(), "http://a/g");
  EXPECT_EQ(base.join("..").str(), "http://a/b/");
  EXPECT_EQ(base.join("https://x/y").str(), "https://x/y");
  EXPECT_EQ(base.join("g#s").str(), "http://a/b/c/g");
}

TEST(Url, KnowsOrigins) {
  EXPECT_TRUE(Url::parse("http://a/x").same_origin(Url::parse("http://A:80/y")));
  EXPECT_FALSE(Url::parse("http://a/x").same_origin(Url::parse("https://a/x")));
  EXPECT_FALSE(Url::parse("http://a/x").same_origin(Url::parse("http://a:81/x")));
}

}  // namespace
}  // namespace stamp::registry
