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
using std::chrono::milliseconds;

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

}  // namespace
}  // namespace stamp::registry
