// What the client makes of registries that misbehave: waiting, trying again, broken transfers,
// wrong bytes. R1 to R6, R10 and R12 of the list of faults; the numbers are in the names.

#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "oci/manifest.h"
#include "tests/expect_error.h"
#include "tests/fakes/registry.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::registry {
namespace {

using fakes::FakeRegistry;
using fakes::HttpReply;
using fakes::reply_with;
using fakes::Rule;
using fakes::set_field;
using ::testing::HasSubstr;
using ::testing::Not;

/// Made when a test needs it: most of them run in a process of their own and do not.
const std::string& bytes() {
  static const std::string made = some_bytes(1'000'000);
  return made;
}

/// A registry with one blob of many bytes and a small image, and a client.
struct Faulty {
  explicit Faulty(fakes::RegistryOptions options = {}, HostSettings settings = {})
      : server(std::move(options)),
        fixture({.hosts = {{server.host(), std::move(settings)}}}),
        app(fixture.at(server.host(), "app")) {
    server.put_blob("app", blob.bytes);
    server.put_blob("app", "config");
    const oci::Manifest image = {.config = {.media_type = std::string(oci::kMediaTypeConfig),
                                            .digest = Digest::of("config"),
                                            .size = 6}};
    manifest = {.media_type = image.media_type, .text = image.serialize()};
    server.put_manifest("app", "v1", {manifest.media_type, manifest.text});
  }

  /// Pulls the blob; the text that arrived.
  std::string pull() {
    Pulled pulled;
    app.pull_blob(blob.pull(), pulled.open());
    return pulled.text();
  }
  /// The milliseconds that it waited.
  std::int64_t waited() const { return fixture.passed; }

  FakeRegistry server;
  MemoryBlob blob{bytes()};
  ManifestText manifest;
  ClientFixture fixture;
  Repository app;
};

TEST(Faults, R1WaitsAsLongAsTheServerAsks) {
  const std::vector<std::pair<std::string, std::int64_t>> cases = {
      {"2", 2'000}, {"Sun, 06 Nov 1994 08:49:37 GMT", 10'000}, {"120", 120'000}};
  for (const int status : {429, 503}) {
    for (const auto& [after, expected] : cases) {
      Faulty test;
      test.server.add(
          {.path = "/blobs/", .times = 2, .instead = reply_with(status, {{"retry-after", after}})});
      EXPECT_TRUE(test.pull() == bytes());
      EXPECT_GE(test.waited(), 2 * expected) << status << " " << after;
      EXPECT_LE(test.waited(), 2 * expected * 11 / 10 + 1) << status << " " << after;
    }
  }
}

TEST(Faults, R1WaitsOnItsOwnWhenTheServerSaysNothingOfUse) {
  for (const char* after : {"-1", "soon", "1.5", "", "99999999999999999999x"}) {
    Faulty test;
    test.server.add({.path = "/blobs/", .instead = reply_with(429, {{"retry-after", after}})});
    EXPECT_TRUE(test.pull() == bytes());
    EXPECT_GT(test.waited(), 0) << after;
    EXPECT_LE(test.waited(), 1'000) << after;
  }
}

TEST(Faults, R1GivesUpWhenTheServerAsksForTooMuch) {
  Faulty test;
  test.server.add({.path = "/blobs/", .instead = reply_with(429, {{"retry-after", "86400"}})});
  EXPECT_THAT(message_of([&] { test.pull(); }),
              HasSubstr("the server asks to wait 86400 s, more than 120 s"));
  EXPECT_EQ(test.waited(), 0);
  EXPECT_EQ(test.server.log("/blobs/").size(), 1U);
}

/// Something that uses one verb.
struct Verb {
  std::string method;
  std::string path;
  std::function<void(Faulty&)> use;
};

std::vector<Verb> verbs() {
  return {{"HEAD", "/blobs/", [](Faulty& test) { test.app.blob_size(test.blob.digest); }},
          {"GET", "/blobs/", [](Faulty& test) { test.pull(); }},
          {"GET", "/manifests/", [](Faulty& test) { test.app.pull_manifest("v1"); }},
          {"HEAD", "/manifests/", [](Faulty& test) { test.app.head_manifest("v1"); }},
          {"PUT", "/manifests/", [](Faulty& test) { test.app.push_manifest(test.manifest, "v2"); }},
          {"DELETE", "/manifests/", [](Faulty& test) { test.app.delete_tag("v1"); }},
          {"GET", "/tags/", [](Faulty& test) { test.app.tags(); }},
          {"POST", "/uploads/", [](Faulty& test) { test.app.push_blob(MemoryBlob("a").push()); }},
          {"PUT", "/uploads/", [](Faulty& test) { test.app.push_blob(MemoryBlob("b").push()); }},
          {"PATCH", "/uploads/",
           [](Faulty& test) { test.app.push_blob(MemoryBlob(std::string(300, 'x')).push()); }}};
}

TEST(Faults, R2EveryVerbIsTriedAgain) {
  for (const Verb& verb : verbs()) {
    for (const int status : {408, 500, 502, 503, 504}) {
      for (int times = 1; times <= 4; ++times) {
        Faulty test({}, {.chunk_size = 100});
        test.server.add({.method = verb.method,
                         .path = verb.path,
                         .times = times,
                         .instead = reply_with(status)});
        EXPECT_EQ(message_of([&] { verb.use(test); }), "")
            << verb.method << " " << verb.path << " " << status << " " << times;
      }
    }
  }
}

TEST(Faults, R2SaysHowOftenItTried) {
  for (const Verb& verb : verbs()) {
    Faulty test({}, {.chunk_size = 100});
    test.server.add(
        {.method = verb.method, .path = verb.path, .times = 0, .instead = reply_with(502)});
    EXPECT_THAT(message_of([&] { verb.use(test); }), HasSubstr("502 Bad Gateway (5 attempts)"))
        << verb.method << " " << verb.path;
    EXPECT_EQ(kind_of([&] { verb.use(test); }), ErrorKind::network);
  }
}

TEST(Faults, R2AnAnswerThatNeverComesIsTriedAgain) {
  for (const Verb& verb : verbs()) {
    Faulty test({}, {.chunk_size = 100});
    test.server.add(
        {.method = verb.method, .path = verb.path, .times = 2, .instead = HttpReply{.none = true}});
    EXPECT_EQ(message_of([&] { verb.use(test); }), "") << verb.method << " " << verb.path;
  }
}

TEST(Faults, R3ABlobArrivesInManyPieces) {
  Faulty test;
  test.server.add({.path = "/blobs/", .times = 0, .change = [](HttpReply& reply) {
                     reply.cut_after = 65'536;
                   }});
  EXPECT_TRUE(test.pull() == bytes());
  EXPECT_EQ(test.server.log("/blobs/").size(), bytes().size() / 65'536 + 1);
  EXPECT_LE(test.fixture.client->traffic().bytes_received, bytes().size() * 11 / 10);
  EXPECT_LE(test.waited(), 1'500) << "a moment each time: something had arrived";
}

TEST(Faults, R3AResetAnywhereIsContinued) {
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, bytes().size() - 1}) {
    Faulty test;
    test.server.add({.path = "/blobs/", .change = [at](HttpReply& reply) {
                       reply.cut_after = at;
                       reply.cut_by_reset = true;
                     }});
    EXPECT_TRUE(test.pull() == bytes()) << at;
    EXPECT_LE(test.fixture.client->traffic().bytes_received, bytes().size() * 11 / 10);
  }
}

TEST(Faults, R3GivesUpWithoutProgress) {
  Faulty test;
  test.server.add({.path = "/blobs/", .times = 0, .change = fakes::cut_after(0)});
  EXPECT_THAT(message_of([&] { test.pull(); }), HasSubstr("(5 attempts)"));
}

/// Changes that make the second answer, the one that continues, wrong.
TEST(Faults, R3AWrongPartIsNeverTaken) {
  const std::vector<std::string> ranges = {"bytes 0-999999/1000000",
                                           "bytes 500001-999999/1000000",
                                           "bytes 499999-999999/1000000",
                                           "bytes 500000-999999/1000001",
                                           "bytes 500000-/1000000",
                                           "nonsense",
                                           ""};
  for (const std::string& range : ranges) {
    Faulty test;
    test.server.add({.path = "/blobs/", .change = fakes::cut_after(500'000)});
    test.server.add(
        {.path = "/blobs/", .after = 1, .times = 0, .change = set_field("content-range", range)});
    const std::string text = [&] {
      std::string pulled;
      message_of([&] { pulled = test.pull(); });
      return pulled;
    }();
    // Either it was refused, or fetched anew: other bytes are never the result.
    EXPECT_TRUE(text.empty() || text == bytes()) << range;
  }
}

TEST(Faults, R3AServerWithoutRangesSendsAllAgain) {
  Faulty test;
  test.server.add({.path = "/blobs/", .change = fakes::cut_after(500'000)});
  test.server.add(
      {.path = "/blobs/", .after = 1, .change = [](HttpReply& reply) {
         reply = {.fields = {{"content-type", "application/octet-stream"}}, .body = bytes()};
       }});
  EXPECT_TRUE(test.pull() == bytes());
}

/// Answers that are not the blob.
std::vector<std::pair<std::string, std::function<void(HttpReply&)>>> wrong_bodies() {
  return {
      {"a bit", [](HttpReply& reply) { reply.body[70'000] ^= 1; }},
      {"longer", [](HttpReply& reply) { reply.body += "x"; }},
      {"shorter", [](HttpReply& reply) { reply.body.pop_back(); }},
      {"shorter, in chunks",
       [](HttpReply& reply) {
         reply.body.pop_back();
         reply.chunked = true;
       }},
      {"shorter, to the close",
       [](HttpReply& reply) {
         reply.body.pop_back();
         reply.without_length = true;
       }},
      {"empty", [](HttpReply& reply) { reply.body.clear(); }},
      {"others", [](HttpReply& reply) { reply.body = some_bytes(2'000'000).substr(7, 1'000'000); }},
      {"a web page",
       [](HttpReply& reply) {
         reply = {.fields = {{"content-type", "text/html"}}, .body = "<html>Please log in"};
       }},
      {"encoded", [](HttpReply& reply) {
         reply.fields.push_back({"content-encoding", "gzip"});
       }}};
}

TEST(Faults, R4R5WrongBytesAreRefused) {
  for (const auto& [name, change] : wrong_bodies()) {
    Faulty test;
    test.server.add({.method = "GET", .path = "/blobs/", .times = 0, .change = change});
    EXPECT_NE(message_of([&] { test.pull(); }), "") << name;
    EXPECT_LE(test.server.log("/blobs/").size(), 10U) << name;
  }
}

TEST(Faults, R4ABodyWithoutLengthIsTaken) {
  for (const bool chunked : {false, true}) {
    Faulty test;
    test.server.add({.path = "/blobs/", .change = [chunked](HttpReply& reply) {
                       reply.chunked = chunked;
                       reply.without_length = !chunked;
                     }});
    EXPECT_TRUE(test.pull() == bytes());
  }
}

TEST(Faults, R6AStallIsEndedAndContinued) {
  std::vector<std::jthread> threads;
  for (const bool at_head : {false, true}) {
    threads.emplace_back([at_head] {
      Faulty test;
      test.server.add({.path = "/blobs/", .change = [at_head](HttpReply& reply) {
                         reply.pause = std::chrono::seconds(1);
                         reply.trickle = true;
                         reply.trickle_head = at_head;
                       }});
      EXPECT_TRUE(test.pull() == bytes());
      EXPECT_EQ(test.server.log("/blobs/").size(), 2U);
    });
  }
}

TEST(Faults, R10TheBytesDecideAndNotWhatTheServerSaysOfThem) {
  const std::vector<std::optional<std::string>> said = {
      std::nullopt, Digest::of("other").str(), "sha512:" + std::string(128, 'a'),
      "SHA256:" + std::string(64, 'A'), "nonsense"};
  for (const auto& digest : said) {
    Faulty test;
    test.server.add({.method = "GET",
                     .path = "/manifests/",
                     .times = 0,
                     .change = set_field("docker-content-digest", digest)});
    EXPECT_EQ(test.app.pull_manifest(test.manifest.digest()), test.manifest)
        << digest.value_or("none");
  }
}

TEST(Faults, R12ABlobThatIsNotYetSeenIsWaitedFor) {
  Faulty test;
  test.server.add({.method = "PUT",
                   .path = "/manifests/",
                   .times = 2,
                   .instead = fakes::missing_blobs(404, {Digest::of("config").str()})});
  EXPECT_TRUE(test.app.push_manifest(test.manifest, "v2").missing.empty());
  EXPECT_EQ(test.app.pull_manifest("v2"), test.manifest);
}

TEST(Faults, R12AnEndlessLackIsTold) {
  Faulty test;
  const std::string config = Digest::of("config").str();
  test.server.add({.method = "PUT",
                   .path = "/manifests/",
                   .times = 0,
                   .instead = fakes::missing_blobs(404, {config})});
  EXPECT_EQ(test.app.push_manifest(test.manifest, "v2").missing,
            (std::vector<Digest>{Digest::of("config")}));
  EXPECT_LE(test.server.log("/manifests/v2").size(), 5U);
}

TEST(Faults, R12ATooLargeManifestIsRefusedWithItsSize) {
  Faulty test({.largest_manifest = 10});
  EXPECT_THAT(message_of([&] { test.app.push_manifest(test.manifest, "v2"); }),
              HasSubstr(std::to_string(test.manifest.text.size())));
}

TEST(Faults, R15NothingOfAServerIsUnbounded) {
  Faulty test;
  test.server.add(
      {.path = "/blobs/", .times = 0, .instead = reply_with(403, {}, std::string(5'000'000, 'x'))});
  const std::string message = message_of([&] { test.pull(); });
  EXPECT_NE(message, "");
  EXPECT_LT(message.size(), 5'000U);
  test.server.clear_rules();
  test.server.add({.path = "/manifests/", .times = 0, .change = [](HttpReply& reply) {
                     reply.body = std::string((4U << 20U) + 1, ' ');
                   }});
  EXPECT_NE(message_of([&] { test.app.pull_manifest("v1"); }), "");
}

TEST(Faults, R15ControlCharactersOfAServerAreEscaped) {
  Faulty test;
  test.server.add(
      {.path = "/blobs/",
       .times = 0,
       .instead = reply_with(403, {{"warning", "299 - \"\x1b[31mred\""}},
                             R"({"errors":[{"code":"DENIED","message":"\u001b[2Jgone\r\n"}]})")});
  EXPECT_THAT(message_of([&] { test.pull(); }), Not(HasSubstr("\x1b")));
  for (const std::string& warning : *test.fixture.warnings.lock()) {
    EXPECT_THAT(warning, Not(HasSubstr("\x1b")));
  }
}

TEST(Faults, R16DocumentsThatMeanTwoThingsAreRefused) {
  const std::string digest = Digest::of("config").str();
  const std::string good = fmt::format(
      R"({{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":6}})",
      digest);
  const auto with = [&](const std::string& members) {
    return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)" +
           members + "}";
  };
  const std::vector<std::string> bad = {
      with(R"("config":)" + good + R"(,"layers":[],"manifests":[])"),
      with(R"("config":)" + good + R"(,"config":)" + good + R"(,"layers":[])"),
      with(R"("config":)" + good + R"(,"layers":[])") + "{}",
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})",
      "[]",
      "",
      "null",
      "{",
      "<html>"};
  for (const std::string& text : bad) {
    Faulty test;
    test.server.put_manifest("app", "bad", {std::string(oci::kMediaTypeManifest), text});
    EXPECT_NE(message_of([&] { test.app.pull_manifest("bad"); }), "") << text;
    EXPECT_NE(message_of([&] { test.app.pull_manifest(Digest::of(text)); }), "") << text;
  }
}

}  // namespace
}  // namespace stamp::registry
