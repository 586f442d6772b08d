#include <string>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "registry-client/downloader.h"
#include "tests/expect_error.h"
#include "tests/fakes/http_server.h"
#include "tests/registry-client/downloader_fixture.h"

namespace stamp::registry {
namespace {

using fakes::HttpReply;
using fakes::HttpRequest;
using fakes::HttpServer;

TEST(Downloader, FollowsRedirects) {
  for (const int status : {301, 302, 303, 307, 308}) {
    HttpServer server([&](const HttpRequest& request) {
      if (request.target == "/a/b") {
        return HttpReply{.status = status, .fields = {{"location", "../c?d"}}, .body = "ignored"};
      }
      return HttpReply{.body = request.target};
    });
    Fixture fixture;
    static_cast<void>(fixture.get({.what = "a file", .places = {server.url("/a/b")}}));
    EXPECT_EQ(fixture.sink->text(), "/c?d");
  }
}

TEST(Downloader, EndsALoopOfRedirects) {
  HttpServer server([&](const HttpRequest&) {
    return HttpReply{.status = 302, .fields = {{"location", "/"}}};
  });
  Fixture fixture;
  EXPECT_EQ(message_of([&] {
              static_cast<void>(fixture.get({.what = "a file", .places = {server.url("/")}}));
            }),
            "stamp: error: cannot fetch a file: more than 10 redirects\n  in:  " + server.url("/") +
                "\n");
  EXPECT_EQ(server.requests().size(), 11U);
}

struct BadRedirect {
  const char* from;
  const char* location;
  const char* cause;
};

TEST(Downloader, RefusesRedirectsThatLowerTheGuard) {
  for (const BadRedirect& bad :
       {BadRedirect{"https://a/f", "http://a/f", "a redirect from https to http"},
        BadRedirect{"http://a/f", "file:///etc/passwd", "a redirect from http to file"},
        BadRedirect{"http://a/f", "http://u:p@b/f",
                    "cannot use the URL 'http://REDACTED@b/f': it holds a user name or password"},
        BadRedirect{"http://a/f", "gopher://b/f",
                    "cannot use the URL 'gopher://b/f': only http, https and file are known"}}) {
    ScriptedTransport transport;
    transport.replies.push_back({.status = 302, .headers = {{"location", bad.location}}});
    const FixedClock clock;
    const Downloader downloader(transport, clock);
    StringSink sink;
    EXPECT_EQ(
        message_of([&] {
          static_cast<void>(downloader.download({.what = "a file", .places = {bad.from}},
                                                [&]() -> Sink& { return sink; }));
        }),
        fmt::format("stamp: error: cannot fetch a file: {}\n  in:  {}\n", bad.cause, bad.from));
    EXPECT_EQ(transport.requests.size(), 1U);
  }
}

TEST(Downloader, APublicServerMayOnlyPointToPublicOnes) {
  ScriptedTransport transport;
  transport.replies = {
      {.status = 302, .headers = {{"location", "http://b/f"}}},
      {.status = 302, .headers = {{"location", "http://c/f"}}, .from_private_address = true},
      {.status = 200}};
  const FixedClock clock;
  const Downloader downloader(transport, clock);
  StringSink sink;
  static_cast<void>(downloader.download({.what = "a file", .places = {"http://a/f"}},
                                        [&]() -> Sink& { return sink; }));
  ASSERT_EQ(transport.requests.size(), 3U);
  EXPECT_EQ(transport.requests[0].addresses, Addresses::any);
  EXPECT_EQ(transport.requests[1].addresses, Addresses::public_only);
  EXPECT_EQ(transport.requests[2].addresses, Addresses::public_only);
}

TEST(Downloader, APrivateServerMayPointAnywhere) {
  ScriptedTransport transport;
  transport.replies = {
      {.status = 302, .headers = {{"location", "http://b/f"}}, .from_private_address = true},
      {.status = 200}};
  const FixedClock clock;
  const Downloader downloader(transport, clock);
  StringSink sink;
  static_cast<void>(downloader.download({.what = "a file", .places = {"http://a/f"}},
                                        [&]() -> Sink& { return sink; }));
  EXPECT_EQ(transport.requests.at(1).addresses, Addresses::any);
}

}  // namespace
}  // namespace stamp::registry
