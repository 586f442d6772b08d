#include "registry-client/downloader.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/temp_file.h"
#include "tests/expect_error.h"
#include "tests/fakes/http_server.h"

namespace stamp::registry {
namespace {

using fakes::HttpReply;
using fakes::HttpRequest;
using fakes::HttpServer;
using std::chrono::milliseconds;

class FixedClock final : public Clock {
 public:
  std::int64_t now() const override { return 784111767; }  // 1994-11-06T08:49:27Z
};

/// A downloader that does not really wait, and what it fetched last.
struct Fixture {
  explicit Fixture(DownloaderOptions options = {}) {
    options.wait = [this](milliseconds time) { waits.push_back(time); };
    downloader = std::make_unique<Downloader>(*transport, clock, options);
  }

  DownloadResult get(const DownloadRequest& request) {
    return downloader->download(request, [this]() -> Sink& {
      ++starts;
      sink = std::make_unique<StringSink>();
      return *sink;
    });
  }

  std::unique_ptr<Transport> transport =
      make_curl_transport({.low_speed_time = std::chrono::seconds(1)});
  FixedClock clock;
  std::unique_ptr<Downloader> downloader;
  std::unique_ptr<StringSink> sink;
  std::vector<milliseconds> waits;
  int starts = 0;
};

/// Gives what a test wrote down, and keeps the requests.
class ScriptedTransport final : public Transport {
 public:
  Response send(const Request& request, const ChooseSink& choose) override {
    requests.push_back(request);
    Response response = replies.front();
    replies.pop_front();
    if (Sink* sink = choose(response)) sink->write(as_bytes("body"));
    return response;
  }

  std::deque<Response> replies;
  std::vector<Request> requests;
};

/// Bytes without a period that a test could mistake.
std::string some_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& c : bytes) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return bytes;
}

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

TEST(Downloader, ResumesABodyThatBreaksOffAgainAndAgain) {
  const std::string bytes = some_bytes(1'000'000);
  std::size_t sent = 0;
  HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = fakes::ranged(request, bytes);
    if (reply.body.size() > 65'536) reply.cut_after = 65'536;
    sent += std::min<std::size_t>(reply.body.size(), 65'536);
    return reply;
  });
  Fixture fixture;
  static_cast<void>(fixture.get({.what = "a file",
                                 .places = {server.url("/")},
                                 .size = bytes.size(),
                                 .digest = Digest::of(bytes)}));
  EXPECT_EQ(fixture.sink->text(), bytes);
  EXPECT_EQ(fixture.starts, 1);
  EXPECT_LE(sent, bytes.size() * 11 / 10);
}

TEST(Downloader, ResumesWithoutDigestWhenTheTagIsTheSame) {
  HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = fakes::ranged(request, "0123456789");
    reply.fields.emplace_back("etag", "\"v1\"");
    if (request.field("range").empty()) reply.cut_after = 4;
    return reply;
  });
  Fixture fixture;
  static_cast<void>(fixture.get({.what = "a file", .places = {server.url("/")}}));
  EXPECT_EQ(fixture.sink->text(), "0123456789");
  EXPECT_EQ(server.requests().at(1).field("range"), "bytes=4-");
  EXPECT_EQ(server.requests().at(1).field("if-range"), "\"v1\"");
}

TEST(Downloader, BeginsAnewWithoutAnythingThatTellsTheFile) {
  int requests = 0;
  HttpServer server([&](const HttpRequest&) {
    HttpReply reply = {.body = "0123456789"};
    if (requests++ == 0) reply.cut_after = 4;
    return reply;
  });
  Fixture fixture;
  static_cast<void>(fixture.get({.what = "a file", .places = {server.url("/")}}));
  EXPECT_EQ(fixture.sink->text(), "0123456789");
  EXPECT_EQ(server.requests().at(1).field("range"), "");
}

TEST(Downloader, SurvivesCutsAtTheEdges) {
  const std::string bytes = some_bytes(1000);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{999}}) {
    int requests = 0;
    HttpServer server([&](const HttpRequest& request) {
      HttpReply reply = fakes::ranged(request, bytes);
      if (requests++ == 0) reply.cut_after = cut;
      return reply;
    });
    Fixture fixture;
    static_cast<void>(
        fixture.get({.what = "a file", .places = {server.url("/")}, .digest = Digest::of(bytes)}));
    EXPECT_EQ(fixture.sink->text(), bytes);
  }
}

TEST(Downloader, BeginsAnewWhenTheServerIgnoresRange) {
  const std::string bytes = some_bytes(1000);
  int requests = 0;
  HttpServer server([&](const HttpRequest&) {
    HttpReply reply = {.body = bytes};
    if (requests++ == 0) reply.cut_after = 500;
    return reply;
  });
  Fixture fixture;
  static_cast<void>(
      fixture.get({.what = "a file", .places = {server.url("/")}, .digest = Digest::of(bytes)}));
  EXPECT_EQ(fixture.sink->text(), bytes);
  EXPECT_EQ(fixture.starts, 2);
}

TEST(Downloader, BeginsAnewWhenAnotherPartComes) {
  const std::string bytes = some_bytes(1000);
  for (const char* range : {"bytes 0-499/1000", "bytes 500-999/2000", "bytes 500-1000/1000",
                            "pages 500-999/1000", "bytes 500-/1000"}) {
    int requests = 0;
    HttpServer server([&](const HttpRequest& request) {
      HttpReply reply = {.body = bytes};
      if (requests++ == 0) {
        reply.cut_after = 500;
      } else if (!request.field("range").empty()) {
        reply = {.status = 206, .fields = {{"content-range", range}}, .body = bytes.substr(500)};
      }
      return reply;
    });
    Fixture fixture;
    static_cast<void>(fixture.get({.what = "a file",
                                   .places = {server.url("/")},
                                   .size = bytes.size(),
                                   .digest = Digest::of(bytes)}));
    EXPECT_EQ(fixture.sink->text(), bytes) << range;
  }
}

TEST(Downloader, AFileThatChangedBetweenItsPartsIsFetchedWhole) {
  const std::string bytes = some_bytes(1000);
  const std::string old = std::string(1000, 'o');
  int requests = 0;
  HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = fakes::ranged(request, requests == 0 ? old : bytes);
    if (requests++ == 0) reply.cut_after = 500;
    return reply;
  });
  Fixture fixture;
  static_cast<void>(
      fixture.get({.what = "a file", .places = {server.url("/")}, .digest = Digest::of(bytes)}));
  EXPECT_EQ(fixture.sink->text(), bytes);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(Downloader, AnotherPlaceContinuesWhereOneEnded) {
  const std::string bytes = some_bytes(1000);
  HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = fakes::ranged(request, bytes);
    if (request.target == "/flaky") {
      if (!request.field("range").empty()) return HttpReply{.status = 404};
      reply.cut_after = 700;
    }
    return reply;
  });
  Fixture fixture;
  static_cast<void>(fixture.get({.what = "a file",
                                 .places = {server.url("/flaky"), server.url("/good")},
                                 .digest = Digest::of(bytes)}));
  EXPECT_EQ(fixture.sink->text(), bytes);
  EXPECT_EQ(server.requests().back().field("range"), "bytes=700-");
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

TEST(Downloader, AStallIsResumed) {
  const std::string bytes = some_bytes(5000);
  int requests = 0;
  HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = fakes::ranged(request, bytes);
    if (requests++ == 0) {
      reply.trickle = true;
      reply.pause = milliseconds(100);
    }
    return reply;
  });
  Fixture fixture;
  static_cast<void>(
      fixture.get({.what = "a file", .places = {server.url("/")}, .digest = Digest::of(bytes)}));
  EXPECT_EQ(fixture.sink->text(), bytes);
  EXPECT_EQ(fixture.starts, 1);
}

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
