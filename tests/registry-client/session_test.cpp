#include "registry-client/session.h"

#include <string>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/error.h"
#include "registry-client/attempts.h"
#include "registry-client/limiter.h"
#include "tests/expect_error.h"
#include "tests/fakes/registry.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::registry {
namespace {

using fakes::FakeRegistry;
using fakes::HttpReply;
using fakes::HttpRequest;
using fakes::HttpServer;

using std::chrono::milliseconds;

TEST(Session, CredentialsDoNotFollowRedirects) {
  for (const int status : {301, 302, 303, 307, 308}) {
    const MemoryBlob blob("bytes");
    HttpServer other([&](const HttpRequest&) { return HttpReply{.body = blob.bytes}; });
    FakeRegistry server({.user = "me", .password = "secret"});
    server.put_blob("app", blob.bytes);
    server.add({.method = "GET",
                .after = 1,
                .instead = fakes::reply_with(status, {{"location", other.url("/b?sig=x")}})});
    ClientFixture fixture;
    fixture.credentials.add(server.host(), {.username = "me", .password = "secret"});
    Pulled pulled;
    EXPECT_EQ(fixture.at(server.host(), "app").pull_blob(blob.pull(), pulled.open()), 5U);
    ASSERT_EQ(other.requests().size(), 1U);
    EXPECT_EQ(other.requests()[0].field("authorization"), "");
    EXPECT_EQ(other.requests()[0].target, "/b?sig=x");
  }
}

TEST(Session, CredentialsFollowARedirectToTheSameServer) {
  FakeRegistry server({.user = "me", .password = "secret"});
  const MemoryBlob blob("bytes");
  server.put_blob("other", blob.bytes);
  server.add(
      {.path = "/v2/app/",
       .times = 0,
       .instead = fakes::reply_with(307, {{"location", "/v2/other/blobs/" + blob.digest.str()}})});
  ClientFixture fixture;
  fixture.credentials.add(server.host(), {.username = "me", .password = "secret"});
  EXPECT_EQ(fixture.at(server.host(), "app").blob_size(blob.digest), 5U);
}

TEST(Session, ABodyIsOnlySentAgainWhereTheServerMeansIt) {
  const ManifestText text = {.media_type = "application/vnd.oci.image.index.v1+json",
                             .text = R"({"schemaVersion":2,"manifests":[]})"};
  for (const int status : {301, 302, 303, 307, 308}) {
    FakeRegistry server;
    server.add({.method = "PUT",
                .path = "/v2/app/",
                .instead = fakes::reply_with(status, {{"location", "/v2/other/manifests/1.0"}})});
    ClientFixture fixture;
    const std::string message =
        message_of([&] { fixture.at(server.host(), "app").push_manifest(text, "1.0"); });
    if (status >= 307) {
      EXPECT_EQ(message, "");
      EXPECT_EQ(server.repository("other").tags["1.0"], text.digest().str());
    } else {
      EXPECT_EQ(message,
                fmt::format("stamp: error: cannot follow a redirect: the answer to a PUT is {0}\n"
                            "  in:  {1}\n  while trying to push tag '1.0' to {2}/app\n",
                            status, server.url("/v2/app/manifests/1.0"), server.host()));
      EXPECT_EQ(server.requests().size(), 1U);
    }
  }
}

TEST(Session, UnsafeRedirectsAreRefused) {
  const auto why_not = [](const std::string& location) {
    FakeRegistry server;
    server.add({.times = 0, .instead = fakes::reply_with(302, {{"location", location}})});
    ClientFixture fixture;
    EXPECT_EQ(kind_of([&] { fixture.client->ping(server.host()); }), ErrorKind::denied);
    const std::string message = message_of([&] { fixture.client->ping(server.host()); });
    return message.substr(0, message.find('\n'));
  };
  EXPECT_EQ(why_not("file:///etc/passwd"),
            "stamp: error: cannot follow a redirect: it goes from http to file");
  EXPECT_EQ(why_not("http://u:p@127.0.0.1/"),
            "stamp: error: cannot use the URL 'http://REDACTED@127.0.0.1/': it holds a user name "
            "or password");
  EXPECT_EQ(why_not("/v2/"), "stamp: error: cannot follow a redirect: there are more than 10");
}

TEST(Session, APublicServerPointsToPublicOnesOnly) {
  const Target from = {.url = Url::parse("https://registry.example/v2/")};
  const Response by_public = {.status = 302};
  const Response by_private = {.status = 302, .from_private_address = true};
  EXPECT_EQ(pointed_to(from, by_public, "https://a.example/").addresses, Addresses::public_only);
  EXPECT_EQ(pointed_to(from, by_private, "https://a.example/").addresses, Addresses::any);
  EXPECT_EQ(message_of([&] {
              static_cast<void>(pointed_to(from, by_public, "http://registry.example/"));
            }),
            "stamp: error: cannot follow a redirect: it goes from https to http\n  in:  "
            "https://registry.example/v2/\n");
}

TEST(Session, WaitsAsLongAsTheServerAsks) {
  for (const int status : {429, 503}) {
    FakeRegistry server;
    server.add({.instead = fakes::reply_with(status, {{"retry-after", "2"}})});
    server.add(
        {.after = 1,
         .instead = fakes::reply_with(status, {{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"}})});
    ClientFixture fixture;
    fixture.client->ping(server.host());
    const auto waits = fixture.waited();
    ASSERT_EQ(waits.size(), 2U);
    EXPECT_GE(waits[0], milliseconds(2000));
    EXPECT_LE(waits[0], milliseconds(2200));
    EXPECT_GE(waits[1], milliseconds(10'000));
    EXPECT_LE(waits[1], milliseconds(11'000));
  }
}

TEST(Session, WaitsLongerEachTimeWhenTheServerDoesNotSay) {
  for (const char* after : {"-1", "soon", ""}) {
    FakeRegistry server;
    server.add({.times = 4, .instead = fakes::reply_with(502, {{"retry-after", after}})});
    ClientFixture fixture;
    fixture.client->ping(server.host());
    const auto waits = fixture.waited();
    ASSERT_EQ(waits.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_GE(waits[i], milliseconds(375) * (1 << i));
      EXPECT_LE(waits[i], milliseconds(625) * (1 << i));
    }
  }
}

TEST(Session, DoesNotWaitForEver) {
  FakeRegistry server;
  server.add({.times = 0, .instead = fakes::reply_with(429, {{"retry-after", "86400"}})});
  ClientFixture fixture;
  EXPECT_EQ(message_of([&] { fixture.client->ping(server.host()); }),
            fmt::format("stamp: error: cannot reach the registry '{0}': 429 Too Many Requests; the "
                        "server asks to wait 86400 s, more than 120 s\n  in:  {1}\n",
                        server.host(), server.url("/v2/")));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Session, RetriesAreBoundedInAll) {
  FakeRegistry server;
  server.add({.times = 0, .instead = fakes::reply_with(500)});
  ClientFixture fixture({.retry = {.retries_in_all = 2}});
  const std::string message = message_of([&] { fixture.client->ping(server.host()); });
  EXPECT_EQ(message.substr(0, message.find('\n')),
            fmt::format("stamp: error: cannot reach the registry '{}': 500 Internal Server Error "
                        "(after 2 retries in all)",
                        server.host()));
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(Session, ABrokenConnectionIsTriedAgain) {
  FakeRegistry server;
  server.add({.times = 2, .instead = HttpReply{.none = true}});
  ClientFixture fixture;
  fixture.client->ping(server.host());
  EXPECT_GE(server.requests().size(), 3U);
}

TEST(Session, AnEndlessErrorIsBounded) {
  FakeRegistry server;
  server.add({.times = 0, .instead = fakes::reply_with(403, {}, std::string(10'000'000, 'x'))});
  ClientFixture fixture;
  EXPECT_EQ(kind_of([&] { fixture.client->ping(server.host()); }), ErrorKind::denied);
  EXPECT_LT(fixture.client->traffic().bytes_received, 200'000U);
}

TEST(Session, WarningsAreShownOnce) {
  FakeRegistry server;
  server.add({.times = 0, .change = fakes::set_field("warning", "299 - \"old\x1b[31m\"")});
  ClientFixture fixture;
  for (int i = 0; i < 3; ++i) fixture.client->ping(server.host());
  EXPECT_EQ(*fixture.warnings.lock(), (std::vector<std::string>{server.host() + ": old\\x1b[31m"}));
}

TEST(Session, SaysThatNobodyAnswers) {
  std::string host;
  {
    const FakeRegistry server;
    host = server.host();
  }
  ClientFixture fixture;
  const std::string message = message_of([&] { fixture.client->ping(host); });
  EXPECT_NE(message.find(" (5 attempts)\n"), std::string::npos) << message;
  EXPECT_NE(message.find("  while trying to reach the registry '" + host + "'\n"),
            std::string::npos)
      << message;
}

TEST(Limiter, LetsSoManyInAtATime) {
  const RetryOptions options = with_defaults({});
  Limiter limiter(2, options);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        const Limiter::Slot slot = limiter.slot();
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::sleep_for(milliseconds(2));
        --inside;
      });
    }
  }
  EXPECT_EQ(most, 2);
}

TEST(Limiter, HoldsEverybodyBack) {
  milliseconds passed{0};
  std::vector<milliseconds> waits;
  const RetryOptions options = {
      .wait =
          [&](milliseconds time) {
            waits.push_back(time);
            passed += time;
          },
      .now = [&] { return std::chrono::steady_clock::time_point(milliseconds(1000) + passed); }};
  Limiter limiter(2, options);
  limiter.hold_back(milliseconds(300));
  limiter.hold_back(milliseconds(200));
  { const Limiter::Slot slot = limiter.slot(); }
  { const Limiter::Slot slot = limiter.slot(); }
  EXPECT_EQ(waits, (std::vector<milliseconds>{milliseconds(300)}));
}

TEST(Attempts, ProgressForgetsFailures) {
  const RetryOptions options = {.attempts = 2,
                                .wait = [](milliseconds) {},
                                .now = [] { return std::chrono::steady_clock::time_point(); }};
  Limiter limiter(1, options);
  std::atomic<int> budget{10};
  Attempts attempts(options, limiter, budget);
  const Setback setback = {.error = Error(ErrorKind::network, "cannot x: y")};
  attempts.failed(setback);
  attempts.progressed();
  attempts.failed(setback);
  EXPECT_EQ(message_of([&] { attempts.failed(setback); }),
            "stamp: error: cannot x: y (2 attempts)\n");
}

}  // namespace
}  // namespace stamp::registry
