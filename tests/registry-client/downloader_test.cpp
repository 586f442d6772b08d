#include "registry-client/downloader.h"

#include <string>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/temp_file.h"
#include "tests/expect_error.h"
#include "tests/fakes/http_server.h"
#include "tests/registry-client/downloader_fixture.h"

namespace stamp::registry {
namespace {

using fakes::HttpReply;
using fakes::HttpRequest;
using fakes::HttpServer;
using std::chrono::milliseconds;

TEST(Downloader, FetchesAFile) {
  const std::string bytes = some_bytes(300'000);
  HttpServer server([&](const HttpRequest&) {
    return HttpReply{.fields = {{"etag", "\"1\""}, {"last-modified", "yesterday"}}, .body = bytes};
  });
  Fixture fixture;
  const std::string url = server.url("/f");
  const DownloadResult result = fixture.get(
      {.what = "a file", .places = {url}, .size = bytes.size(), .digest = Digest::of(bytes)});
  EXPECT_EQ(result.outcome, DownloadOutcome::downloaded);
  EXPECT_EQ(fixture.sink->text(), bytes);
  EXPECT_EQ(result.size, bytes.size());
  EXPECT_EQ(result.digest, Digest::of(bytes));
  EXPECT_EQ(result.validators, (Validators{url, "\"1\"", "yesterday"}));
}

TEST(Downloader, TriesPlacesInOrder) {
  HttpServer server([&](const HttpRequest& request) {
    return request.target == "/good" ? HttpReply{.body = "good"} : HttpReply{.status = 404};
  });
  Fixture fixture;
  static_cast<void>(
      fixture.get({.what = "a file", .places = {server.url("/bad"), server.url("/good")}}));
  EXPECT_EQ(fixture.sink->text(), "good");
  EXPECT_TRUE(fixture.waits.empty());
}

TEST(Downloader, NamesEveryPlaceThatFailed) {
  HttpServer server([&](const HttpRequest& request) {
    if (request.target == "/other") return HttpReply{.body = "other bytes"};
    return HttpReply{.status = request.target == "/gone" ? 410 : 404};
  });
  Fixture fixture;
  const std::string digest = Digest::of("right bytes").str();
  EXPECT_EQ(message_of([&] {
              static_cast<void>(fixture.get(
                  {.what = "package curl 7.88 (amd64)",
                   .places = {server.url("/gone"), server.url("/x?token=1"), server.url("/other")},
                   .digest = Digest::of("right bytes"),
                   .hint = "stamp lock --update=curl"}));
            }),
            "stamp: error: cannot fetch package curl 7.88 (amd64): none of 3 places has it\n  " +
                server.url("/gone") + ": 410 Gone\n  " + server.url("/x?REDACTED") +
                ": 404 Not Found\n  " + server.url("/other") +
                ": its bytes are others than announced: " + Digest::of("other bytes").str() +
                " instead of " + digest + "\n  try: stamp lock --update=curl\n");
}

TEST(Downloader, OnePlaceThatFailedIsTheInput) {
  HttpServer server([&](const HttpRequest&) { return HttpReply{.status = 404}; });
  Fixture fixture;
  EXPECT_EQ(message_of([&] {
              static_cast<void>(fixture.get({.what = "a file", .places = {server.url("/f")}}));
            }),
            "stamp: error: cannot fetch a file: 404 Not Found\n  in:  " + server.url("/f") + "\n");
}

TEST(Downloader, TriesAgainAfterStatusesThatPass) {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    int failures = 4;
    HttpServer server([&](const HttpRequest&) {
      return failures-- > 0 ? HttpReply{.status = status} : HttpReply{.body = "x"};
    });
    Fixture fixture;
    static_cast<void>(fixture.get({.what = "a file", .places = {server.url("/")}}));
    EXPECT_EQ(fixture.sink->text(), "x");
    ASSERT_EQ(fixture.waits.size(), 4U);
    EXPECT_GE(fixture.waits[3], 3 * fixture.waits[0]);
  }
}

TEST(Downloader, GivesUpAfterFiveAttempts) {
  HttpServer server([&](const HttpRequest&) { return HttpReply{.status = 503}; });
  Fixture fixture;
  EXPECT_EQ(message_of([&] {
              static_cast<void>(fixture.get({.what = "a file", .places = {server.url("/")}}));
            }),
            "stamp: error: cannot fetch a file: 503 Service Unavailable (5 attempts)\n  in:  " +
                server.url("/") + "\n");
  EXPECT_EQ(server.requests().size(), 5U);
}

TEST(Downloader, WaitsAsLongAsTheServerAsks) {
  for (const char* after : {"2", "Sun, 06 Nov 1994 08:49:29 GMT"}) {
    int failures = 1;
    HttpServer server([&](const HttpRequest&) {
      return failures-- > 0 ? HttpReply{.status = 429, .fields = {{"retry-after", after}}}
                            : HttpReply{.body = "x"};
    });
    Fixture fixture;
    static_cast<void>(fixture.get({.what = "a file", .places = {server.url("/")}}));
    ASSERT_EQ(fixture.waits.size(), 1U);
    EXPECT_GE(fixture.waits[0], milliseconds(2000));
    EXPECT_LE(fixture.waits[0], milliseconds(2200));
  }
}

TEST(Downloader, DoesNotWaitForHours) {
  HttpServer server([&](const HttpRequest&) {
    return HttpReply{.status = 503, .fields = {{"retry-after", "86400"}}};
  });
  Fixture fixture;
  EXPECT_EQ(message_of([&] {
              static_cast<void>(fixture.get({.what = "a file", .places = {server.url("/")}}));
            }),
            "stamp: error: cannot fetch a file: 503 Service Unavailable; the server asks to wait "
            "86400 s, more than 120 s\n  in:  " +
                server.url("/") + "\n");
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Downloader, RefusesWrongLengths) {
  HttpServer server([&](const HttpRequest& request) {
    if (request.target == "/long") return HttpReply{.body = "12345", .without_length = true};
    if (request.target == "/announced") return HttpReply{.body = "12345"};
    return HttpReply{.body = "123", .without_length = true};
  });
  const auto failure = [&](const std::string& path) {
    Fixture fixture({.attempts = 2});
    return message_of([&] {
      static_cast<void>(fixture.get({.what = "a file", .places = {server.url(path)}, .size = 4}));
    });
  };
  const auto expected = [&](const std::string& path, const std::string& cause) {
    return "stamp: error: cannot fetch a file: " + cause + "\n  in:  " + server.url(path) + "\n";
  };
  EXPECT_EQ(failure("/long"), expected("/long", "more than 4 bytes came"));
  EXPECT_EQ(failure("/announced"), expected("/announced", "it has 5 bytes instead of 4"));
  EXPECT_EQ(failure("/short"),
            expected("/short", "the connection ended after 3 of 4 bytes (2 attempts)"));
}

TEST(Downloader, RefusesMoreThanTheLimit) {
  HttpServer server([&](const HttpRequest&) { return HttpReply{.body = std::string(11, 'x')}; });
  Fixture fixture;
  EXPECT_EQ(message_of([&] {
              static_cast<void>(
                  fixture.get({.what = "a file", .places = {server.url("/")}, .limit = 10}));
            }),
            "stamp: error: cannot fetch a file: more than 10 bytes came\n  in:  " +
                server.url("/") + "\n");
}

TEST(Downloader, RefusesEncodedBodies) {
  HttpServer server([&](const HttpRequest&) {
    return HttpReply{.fields = {{"content-encoding", "gzip"}}, .body = "x"};
  });
  Fixture fixture;
  EXPECT_EQ(message_of([&] {
              static_cast<void>(fixture.get({.what = "a file", .places = {server.url("/")}}));
            }),
            "stamp: error: cannot fetch a file: the server sends it encoded (gzip)\n  in:  " +
                server.url("/") + "\n");
  EXPECT_EQ(server.requests().at(0).field("accept-encoding"), "identity");
}

TEST(Downloader, AsksWhetherAFileChanged) {
  HttpServer server([&](const HttpRequest& request) {
    return request.field("if-none-match") == "\"1\"" ? HttpReply{.status = 304}
                                                     : HttpReply{.body = "new"};
  });
  Fixture fixture;
  const Validators known = {server.url("/f"), "\"1\"", "yesterday"};
  const DownloadResult result =
      fixture.get({.what = "a file", .places = {server.url("/f")}, .validators = known});
  EXPECT_EQ(result.outcome, DownloadOutcome::not_modified);
  EXPECT_EQ(result.validators, known);
  EXPECT_EQ(fixture.starts, 0);
  EXPECT_EQ(server.requests().at(0).field("if-modified-since"), "yesterday");
  // Another place said nothing about its file.
  const DownloadResult other =
      fixture.get({.what = "a file", .places = {server.url("/g")}, .validators = known});
  EXPECT_EQ(other.outcome, DownloadOutcome::downloaded);
  EXPECT_EQ(server.requests().at(1).field("if-none-match"), "");
}

TEST(Downloader, AnUnaskedNotModifiedIsAFailure) {
  HttpServer server([&](const HttpRequest&) { return HttpReply{.status = 304}; });
  Fixture fixture;
  EXPECT_EQ(
      message_of(
          [&] { static_cast<void>(fixture.get({.what = "a file", .places = {server.url("/")}})); }),
      "stamp: error: cannot fetch a file: 304 Not Modified\n  in:  " + server.url("/") + "\n");
}

TEST(Downloader, ReadsFiles) {
  const TempDir folder;
  replace_file(folder.path() / "a b", "text");
  Fixture fixture;
  const std::string place = "file://" + folder.path().string();
  const DownloadResult result =
      fixture.get({.what = "a file", .places = {place + "/missing", place + "/a%20b"}, .size = 4});
  EXPECT_EQ(fixture.sink->text(), "text");
  EXPECT_EQ(result.digest, Digest::of("text"));
  EXPECT_EQ(message_of([&] {
              static_cast<void>(fixture.get({.what = "a file", .places = {place + "/missing"}}));
            }),
            "stamp: error: cannot fetch a file: cannot open '" + folder.path().string() +
                "/missing': no such file or directory\n  in:  " + place + "/missing\n");
}

TEST(Downloader, RefusesCredentialsInUrls) {
  Fixture fixture;
  EXPECT_EQ(message_of([&] {
              static_cast<void>(fixture.get({.what = "a file", .places = {"https://u:p@h/f"}}));
            }),
            "stamp: error: cannot use the URL 'https://REDACTED@h/f': it holds a user name or "
            "password\n");
}

TEST(Downloader, NeedsAPlace) {
  Fixture fixture;
  EXPECT_EQ(message_of([&] { static_cast<void>(fixture.get({.what = "a file"})); }),
            "stamp: error: cannot fetch a file: no place is known\n");
}

TEST(Downloader, ASinkThatFailsEndsIt) {
  class FullSink final : public Sink {
    void write(Bytes) override { throw Error(ErrorKind::io, "cannot write 'x': disk full"); }
  };
  HttpServer server([&](const HttpRequest&) { return HttpReply{.body = "x"}; });
  Fixture fixture;
  FullSink sink;
  EXPECT_EQ(message_of([&] {
              static_cast<void>(fixture.downloader->download(
                  {.what = "a file", .places = {server.url("/1"), server.url("/2")}},
                  [&]() -> Sink& { return sink; }));
            }),
            "stamp: error: cannot write 'x': disk full\n");
  EXPECT_EQ(server.requests().size(), 1U);
}

}  // namespace
}  // namespace stamp::registry
