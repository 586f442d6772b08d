#include "registry-client/blobs.h"

#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/expect_error.h"
#include "tests/fakes/registry.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::registry {
namespace {

using fakes::FakeRegistry;
using fakes::HttpReply;
using fakes::HttpRequest;
using fakes::Rule;

const std::string kBytes = some_bytes(300'000);

TEST(Blobs, ArePulledAndVerified) {
  FakeRegistry server;
  const MemoryBlob blob(kBytes);
  server.put_blob("app", blob.bytes);
  ClientFixture fixture;
  Pulled pulled;
  const Repository app = fixture.at(server.host(), "app", Access::pull);
  EXPECT_EQ(app.blob_size(blob.digest), 300'000U);
  EXPECT_EQ(app.pull_blob(blob.pull(), pulled.open()), 300'000U);
  EXPECT_EQ(pulled.text(), blob.bytes);
  EXPECT_EQ(fixture.client->traffic().requests, 2U);
  EXPECT_EQ(fixture.client->traffic().bytes_received, 300'000U);
}

TEST(Blobs, AbsentIsAnAnswer) {
  FakeRegistry server;
  const MemoryBlob blob("x");
  ClientFixture fixture;
  Pulled pulled;
  const Repository app = fixture.at(server.host(), "app");
  EXPECT_EQ(app.blob_size(blob.digest), std::nullopt);
  EXPECT_EQ(app.pull_blob(blob.pull(), pulled.open()), std::nullopt);
  EXPECT_EQ(app.pull_blob(MemoryBlob("").pull(), pulled.open()), std::nullopt);
  EXPECT_EQ(app.delete_blob(blob.digest), Removal::absent);
}

TEST(Blobs, ARegistryWithoutHeadIsAskedForOneByte) {
  for (const int status : {405, 501}) {
    FakeRegistry server;
    server.add({.method = "HEAD", .times = 0, .instead = fakes::reply_with(status)});
    const MemoryBlob blob(some_bytes(300'000));
    server.put_blob("app", blob.bytes);
    server.put_blob("app", "");
    ClientFixture fixture;
    const Repository app = fixture.at(server.host(), "app");
    EXPECT_EQ(app.blob_size(blob.digest), 300'000U);
    EXPECT_LE(fixture.client->traffic().bytes_received, 1U);
    EXPECT_EQ(app.blob_size(Digest::of("")), 0U);
    EXPECT_EQ(app.blob_size(Digest::of("not there")), std::nullopt);
  }
}

TEST(Blobs, TooManyRequestsIsNotAbsence) {
  FakeRegistry server;
  const MemoryBlob blob("x");
  server.add({.method = "HEAD", .times = 0, .instead = fakes::reply_with(429)});
  ClientFixture fixture;
  EXPECT_EQ(message_of([&] {
              static_cast<void>(fixture.at(server.host(), "app").blob_size(blob.digest));
            }),
            fmt::format("stamp: error: cannot ask for blob '{0}' of {1}/app: 429 Too Many "
                        "Requests (5 attempts)\n  in:  {2}\n",
                        blob.digest.brief(), server.host(),
                        server.url("/v2/app/blobs/" + blob.digest.str())));
}

TEST(Blobs, ContinueWhereTheyBrokeOff) {
  FakeRegistry server;
  const MemoryBlob blob(kBytes);
  server.put_blob("app", blob.bytes);
  server.add({.method = "GET", .times = 4, .change = fakes::cut_after(65'536)});
  ClientFixture fixture;
  Pulled pulled;
  EXPECT_EQ(fixture.at(server.host(), "app").pull_blob(blob.pull(), pulled.open()), 300'000U);
  EXPECT_EQ(pulled.text(), blob.bytes);
  EXPECT_EQ(pulled.offsets, (std::vector<std::uint64_t>{0}));
  EXPECT_EQ(server.requests().back().field("range"), "bytes=262144-");
  EXPECT_EQ(fixture.client->traffic().bytes_received, 300'000U);
}

TEST(Blobs, ContinueWhatIsHere) {
  FakeRegistry server;
  const MemoryBlob blob(kBytes);
  server.put_blob("app", blob.bytes);
  ClientFixture fixture;
  Pulled pulled;
  StringSource have(blob.bytes.substr(0, 100'000));
  BlobPull pull = blob.pull();
  pull.have = &have;
  EXPECT_EQ(fixture.at(server.host(), "app").pull_blob(pull, pulled.open()), 200'000U);
  EXPECT_EQ(pulled.text(), blob.bytes.substr(100'000));
  EXPECT_EQ(pulled.offsets, (std::vector<std::uint64_t>{100'000}));
}

TEST(Blobs, WhatIsHereAndWrongIsFetchedAnew) {
  FakeRegistry server;
  const MemoryBlob blob(kBytes);
  server.put_blob("app", blob.bytes);
  ClientFixture fixture;
  Pulled pulled;
  StringSource have(std::string(100'000, 'x'));
  BlobPull pull = blob.pull();
  pull.have = &have;
  EXPECT_EQ(fixture.at(server.host(), "app").pull_blob(pull, pulled.open()), 500'000U);
  EXPECT_EQ(pulled.text(), blob.bytes);
  EXPECT_EQ(pulled.offsets, (std::vector<std::uint64_t>{100'000, 0}));
}

TEST(Blobs, AServerWithoutRangesGivesEverythingAgain) {
  FakeRegistry server;
  const MemoryBlob blob(kBytes);
  server.put_blob("app", blob.bytes);
  server.add({.method = "GET", .change = fakes::cut_after(100'000)});
  server.add({.method = "GET", .after = 1, .instead = fakes::reply_with(200, {}, kBytes)});
  ClientFixture fixture;
  Pulled pulled;
  EXPECT_EQ(fixture.at(server.host(), "app").pull_blob(blob.pull(), pulled.open()), 300'000U);
  EXPECT_EQ(pulled.text(), blob.bytes);
  EXPECT_EQ(pulled.offsets, (std::vector<std::uint64_t>{0}));
}

TEST(Blobs, AnotherPartThanAskedForIsNotTaken) {
  FakeRegistry server;
  const MemoryBlob blob(kBytes);
  server.put_blob("app", blob.bytes);
  server.add({.method = "GET", .change = fakes::cut_after(100'000)});
  server.add({.method = "GET",
              .after = 1,
              .instead = fakes::reply_with(206, {{"content-range", "bytes 5-9/300000"}}, "wrong")});
  ClientFixture fixture;
  Pulled pulled;
  EXPECT_EQ(fixture.at(server.host(), "app").pull_blob(blob.pull(), pulled.open()), 300'000U);
  EXPECT_EQ(pulled.text(), blob.bytes);
  EXPECT_EQ(server.requests().back().field("range"), "");
}

TEST(Blobs, WrongBytesAreRefused) {
  const MemoryBlob blob("right");
  ClientFixture fixture;
  const auto why_not = [&](const HttpReply& reply) {
    FakeRegistry server;
    server.add({.method = "GET", .times = 0, .instead = reply});
    Pulled pulled;
    const std::string message = message_of([&] {
      static_cast<void>(fixture.at(server.host(), "app").pull_blob(blob.pull(), pulled.open()));
    });
    const std::string start = fmt::format(
        "stamp: error: cannot pull blob '{}' of {}/app: ", blob.digest.brief(), server.host());
    EXPECT_EQ(message.substr(0, start.size()), start) << message;
    return message.substr(start.size(), message.find('\n') - start.size());
  };
  EXPECT_EQ(why_not(fakes::reply_with(200, {}, "wrong")),
            "its bytes are others than announced: " + Digest::of("wrong").str());
  EXPECT_EQ(why_not(fakes::reply_with(200, {}, "longer than right")),
            "it has 17 bytes instead of 5");
  EXPECT_EQ(why_not(HttpReply{.body = "longer than right", .without_length = true}),
            "more than 5 bytes came");
  EXPECT_EQ(why_not(fakes::reply_with(200, {{"content-encoding", "gzip"}}, "right")),
            "the server sends it encoded (gzip)");
  EXPECT_EQ(why_not(HttpReply{.body = "rig", .without_length = true}),
            "the connection ended after 3 of 5 bytes (5 attempts)");
}

TEST(Blobs, WhatTheSinkThrowsIsNotTriedAgain) {
  class FullSink final : public Sink {
    void write(Bytes) override { throw Error(ErrorKind::network, "cannot write 'x': gone"); }
  };
  FakeRegistry server;
  const MemoryBlob blob("x");
  server.put_blob("app", blob.bytes);
  ClientFixture fixture;
  FullSink sink;
  EXPECT_EQ(
      kind_of([&] {
        static_cast<void>(
            fixture.at(server.host(), "app").pull_blob(blob.pull(), [&](std::uint64_t) -> Sink& {
              return sink;
            }));
      }),
      ErrorKind::network);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Blobs, AreDeleted) {
  FakeRegistry server;
  const MemoryBlob blob("x");
  server.put_blob("app", blob.bytes);
  ClientFixture fixture;
  EXPECT_EQ(fixture.at(server.host(), "app").delete_blob(blob.digest), Removal::removed);
  EXPECT_TRUE(server.repository("app").blobs.empty());
  FakeRegistry keeps({.deletes = false});
  keeps.put_blob("app", blob.bytes);
  EXPECT_EQ(message_of([&] { fixture.at(keeps.host(), "app").delete_blob(blob.digest); }),
            fmt::format("stamp: error: cannot delete blob '{}' of {}/app: the registry does not "
                        "delete it (405 Method Not Allowed)\n  in:  {}\n",
                        blob.digest.brief(), keeps.host(),
                        keeps.url("/v2/app/blobs/" + blob.digest.str())));
}

TEST(Blobs, AMirrorIsAskedFirst) {
  FakeRegistry registry;
  FakeRegistry mirror;
  const MemoryBlob blob(kBytes);
  const MemoryBlob other("only there");
  mirror.put_blob("app", blob.bytes);
  registry.put_blob("app", other.bytes);
  ClientFixture fixture({.hosts = {{registry.host(), {.mirrors = {mirror.host()}}}}});
  const Repository app = fixture.at(registry.host(), "app");
  Pulled pulled;
  EXPECT_EQ(app.pull_blob(blob.pull(), pulled.open()), 300'000U);
  EXPECT_EQ(pulled.text(), blob.bytes);
  EXPECT_TRUE(registry.requests().empty());
  EXPECT_EQ(mirror.requests().at(0).target,
            "/v2/app/blobs/" + blob.digest.str() + "?ns=" + registry.host());
  EXPECT_EQ(app.pull_blob(other.pull(), pulled.open()), 10U);
  EXPECT_EQ(pulled.text(), other.bytes);
}

TEST(Blobs, AMirrorWhoseTokenServerFailsIsPassedOver) {
  fakes::TokenServer tokens({.instead = [](const HttpRequest&) { return fakes::reply_with(500); }});
  FakeRegistry registry;
  FakeRegistry mirror({.tokens = &tokens});
  const MemoryBlob blob(kBytes);
  registry.put_blob("app", blob.bytes);
  ClientFixture fixture({.hosts = {{registry.host(), {.mirrors = {mirror.host()}}}}});
  Pulled pulled;
  EXPECT_TRUE(fixture.at(registry.host(), "app").pull_blob(blob.pull(), pulled.open()));
  EXPECT_EQ(pulled.text(), blob.bytes);
}

TEST(Blobs, WhatIsRefusedForGoodIsAskedForOnce) {
  for (const int status : {400, 403, 410, 451}) {
    FakeRegistry server;
    server.add({.times = 0, .instead = fakes::reply_with(status)});
    ClientFixture fixture;
    const MemoryBlob blob(kBytes);
    Pulled pulled;
    EXPECT_EQ(
        kind_of([&] { fixture.at(server.host(), "app").pull_blob(blob.pull(), pulled.open()); }),
        ErrorKind::denied);
    EXPECT_EQ(server.requests().size(), 1U);
  }
}

TEST(Blobs, AMirrorWithWrongBytesIsPassedOver) {
  FakeRegistry registry;
  FakeRegistry mirror;
  const MemoryBlob blob(kBytes);
  registry.put_blob("app", blob.bytes);
  mirror.add({.instead = fakes::reply_with(200, {}, std::string(kBytes.size(), 'x'))});
  ClientFixture fixture({.hosts = {{registry.host(), {.mirrors = {mirror.host()}}}}});
  Pulled pulled;
  EXPECT_EQ(fixture.at(registry.host(), "app").pull_blob(blob.pull(), pulled.open()), 300'000U);
  EXPECT_EQ(pulled.text(), blob.bytes);
}

}  // namespace
}  // namespace stamp::registry
