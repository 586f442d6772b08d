#include "registry-client/tokens.h"

#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/error.h"
#include "tests/expect_error.h"
#include "tests/fakes/registry.h"
#include "tests/fakes/token_server.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::registry {
namespace {

using fakes::FakeRegistry;
using fakes::HttpReply;
using fakes::HttpRequest;
using fakes::HttpServer;
using fakes::TokenServer;

const ManifestText kText = {.media_type = "application/vnd.oci.image.index.v1+json",
                            .text = R"({"schemaVersion":2,"manifests":[]})"};

/// "http://127.0.0.1:PORT" of a realm.
std::string origin(const TokenServer& tokens) {
  const std::string realm = tokens.realm();
  return realm.substr(0, realm.rfind('/'));
}

/// A registry with a token server.
struct Guarded {
  explicit Guarded(fakes::TokenServerOptions options = {})
      : tokens(std::move(options)),
        server({.tokens = &tokens}),
        fixture({.hosts = {{server.host(), {.token_servers = {origin(tokens)}}}}}) {}

  Repository app(Access access = Access::push) { return fixture.at(server.host(), "app", access); }

  TokenServer tokens;
  FakeRegistry server;
  ClientFixture fixture;
};

TEST(Tokens, AreAskedForOnceAndWithTheLeastRights) {
  Guarded test;
  const Repository app = test.app(Access::pull);
  EXPECT_EQ(app.pull_manifest("1.0"), std::nullopt);
  EXPECT_EQ(app.pull_manifest("1.1"), std::nullopt);
  ASSERT_EQ(test.tokens.requests().size(), 1U);
  const HttpRequest request = test.tokens.requests()[0];
  EXPECT_EQ(request.target, "/token?service=registry.example&scope=repository:app:pull");
  EXPECT_EQ(request.field("authorization"), "");
  EXPECT_EQ(test.server.requests().size(), 3U);
}

TEST(Tokens, ForPushingComeWithAPassword) {
  Guarded test({.user = "me", .password = "secret"});
  test.fixture.credentials.add(test.server.host(), {.username = "me", .password = "secret"});
  test.app().push_manifest(kText, "1.0");
  const HttpRequest request = test.tokens.requests().at(0);
  EXPECT_EQ(request.target,
            "/token?service=registry.example&scope=repository:app:pull,push&account=me");
  EXPECT_EQ(request.field("authorization"), "Basic " + to_base64("me:secret"));
  for (const HttpRequest& seen : test.server.requests()) {
    EXPECT_EQ(seen.field("authorization").find("Basic"), std::string::npos);
  }
}

TEST(Tokens, AreGivenForARefreshToken) {
  Guarded test({.user = "me", .password = "secret", .refresh_token = "refresh"});
  test.fixture.credentials.add(test.server.host(), {.identity_token = "refresh"});
  test.app().push_manifest(kText, "1.0");
  const HttpRequest request = test.tokens.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/token");
  EXPECT_EQ(request.field("content-type"), "application/x-www-form-urlencoded");
}

TEST(Tokens, AreRenewedBeforeTheyEnd) {
  Guarded test;
  const Repository app = test.app(Access::pull);
  static_cast<void>(app.pull_manifest("1.0"));
  test.fixture.passed += 289'000;
  static_cast<void>(app.pull_manifest("1.0"));
  EXPECT_EQ(test.tokens.requests().size(), 1U);
  test.fixture.passed += 2'000;
  static_cast<void>(app.pull_manifest("1.0"));
  EXPECT_EQ(test.tokens.requests().size(), 2U);
  // One refusal only, the first.
  EXPECT_EQ(test.server.requests().size(), 4U);
}

TEST(Tokens, ThatTheRegistryRefusesAreRenewed) {
  Guarded test;
  const Repository app = test.app(Access::pull);
  static_cast<void>(app.pull_manifest("1.0"));
  test.tokens.expire_all();
  EXPECT_EQ(app.pull_manifest("1.0"), std::nullopt);
  EXPECT_EQ(test.tokens.requests().size(), 2U);
}

TEST(Tokens, AreRenewedInTheMiddleOfAnUpload) {
  TokenServer tokens({.anonymous = {"pull", "push"}});
  FakeRegistry server({.tokens = &tokens});
  ClientFixture fixture(
      {.hosts = {{server.host(), {.token_servers = {origin(tokens)}, .chunk_size = 2'000'000}}}});
  const MemoryBlob blob(some_bytes(6'000'000));
  server.add({.method = "PATCH", .after = 1, .before = [&] { tokens.expire_all(); }});
  const BlobPushed pushed = fixture.at(server.host(), "app").push_blob(blob.push());
  EXPECT_EQ(server.repository("app").blobs[blob.digest.str()], blob.bytes);
  EXPECT_EQ(tokens.requests().size(), 2U);
  EXPECT_LE(pushed.bytes_sent, 8'000'000U);
}

TEST(Tokens, AreAskedForOnceByManyThreads) {
  Guarded test;
  static_cast<void>(test.app(Access::pull).pull_manifest("1.0"));
  test.tokens.expire_all();
  test.fixture.passed += 300'000;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] { EXPECT_FALSE(test.app(Access::pull).pull_manifest("1.0")); });
    }
  }
  EXPECT_EQ(test.tokens.requests().size(), 2U);
}

TEST(Tokens, TooFewRightsAreAnError) {
  Guarded test({.user = "me", .password = "secret"});
  const std::string message = message_of([&] { test.app().push_manifest(kText, "1.0"); });
  EXPECT_EQ(kind_of([&] { test.app().push_manifest(kText, "1.0"); }), ErrorKind::denied);
  EXPECT_EQ(message.substr(0, message.find("/app: ")),
            "stamp: error: cannot push tag '1.0' to " + test.server.host());
}

TEST(Tokens, AWrongPasswordIsAnError) {
  Guarded test({.user = "me", .password = "secret"});
  test.fixture.credentials.add(test.server.host(), {.username = "me", .password = "wrong"});
  const std::string message = message_of([&] { test.app().push_manifest(kText, "1.0"); });
  const std::string start =
      fmt::format("stamp: error: cannot log in to '{}': 401 Unauthorized", test.server.host());
  EXPECT_EQ(message.substr(0, start.size()), start);
  EXPECT_NE(message.find("  try: stamp login " + test.server.host() + "; "), std::string::npos);
  EXPECT_EQ(message.find("wrong"), std::string::npos);
}

TEST(Tokens, ThatAreRefusedForGoodAreAskedForOnce) {
  for (const int status : {400, 403, 404}) {
    Guarded test({.instead = [=](const HttpRequest&) { return fakes::reply_with(status); }});
    EXPECT_EQ(kind_of([&] { static_cast<void>(test.app().pull_manifest("1.0")); }),
              ErrorKind::denied);
    EXPECT_EQ(test.tokens.requests().size(), 1U);
  }
}

TEST(Tokens, CredentialsGoToNoOtherTokenServer) {
  TokenServer tokens;
  FakeRegistry server({.tokens = &tokens});
  ClientFixture fixture;
  fixture.credentials.add(server.host(), {.username = "me", .password = "secret"});
  EXPECT_EQ(
      message_of([&] { static_cast<void>(fixture.at(server.host(), "app").pull_manifest("1.0")); }),
      fmt::format("stamp: error: cannot log in to '{}': its token server '{}' is not one "
                  "that may see credentials\n  while trying to pull tag '1.0' of {}/app\n  try: "
                  "if it is right, add {} to token-servers of this registry's settings\n",
                  server.host(), tokens.realm(), server.host(), origin(tokens)));
  EXPECT_TRUE(tokens.requests().empty());
}

TEST(Tokens, ARefreshTokenFollowsNoRedirectToAnotherServer) {
  for (const int status : {301, 302, 303, 307, 308}) {
    HttpServer other([](const HttpRequest&) { return HttpReply{.body = R"({"token":"t"})"}; });
    Guarded test({.instead = [&](const HttpRequest&) {
      return fakes::reply_with(status, {{"location", other.url("/token?x=y")}});
    }});
    test.fixture.credentials.add(test.server.host(), {.identity_token = "refresh"});
    const std::string message =
        message_of([&] { static_cast<void>(test.app().pull_manifest("1.0")); });
    EXPECT_EQ(
        message.substr(0, message.find('\n')),
        status >= 307
            ? fmt::format("stamp: error: cannot follow a redirect: it would take credentials "
                          "to {}?REDACTED",
                          other.url("/token"))
            : fmt::format("stamp: error: cannot follow a redirect: the answer to a POST is {}",
                          status));
    EXPECT_TRUE(other.requests().empty());
  }
}

TEST(Tokens, ARealmMustBeOne) {
  ClientFixture fixture;
  const auto why_not = [&](const std::string& challenge) {
    FakeRegistry server;
    server.add({.times = 0, .instead = fakes::reply_with(401, {{"www-authenticate", challenge}})});
    const std::string message = message_of(
        [&] { static_cast<void>(fixture.at(server.host(), "app").pull_manifest("1.0")); });
    const std::size_t start = message.find("': ") + 3;
    return message.substr(start, message.find('\n') - start);
  };
  EXPECT_EQ(why_not("Bearer service=x"), "its token server '' has no address");
  EXPECT_EQ(why_not(R"(Bearer realm="file:///etc/passwd")"),
            "its token server 'file:///etc/passwd' is not https");
  EXPECT_EQ(why_not(R"(Bearer realm="http://u:p@x/")"), "it holds a user name or password");
}

TEST(Tokens, BasicIsUsedWhereItIsAskedFor) {
  FakeRegistry server({.user = "me", .password = "secret"});
  ClientFixture fixture;
  fixture.credentials.add(server.host(), {.username = "me", .password = "secret"});
  const Repository app = fixture.at(server.host(), "app");
  EXPECT_EQ(app.pull_manifest("1.0"), std::nullopt);
  EXPECT_EQ(app.pull_manifest("1.0"), std::nullopt);
  EXPECT_EQ(server.requests().size(), 3U);
  fixture.client->ping(server.host());
}

TEST(Tokens, WithoutCredentialsTheRefusalIsTheAnswer) {
  FakeRegistry server({.user = "me", .password = "secret"});
  ClientFixture fixture;
  const std::string message = message_of([&] { fixture.client->ping(server.host()); });
  EXPECT_EQ(message.substr(0, message.find(": 401")),
            fmt::format("stamp: error: cannot reach the registry '{}'", server.host()));
  EXPECT_NE(message.find("  try: stamp login " + server.host() + "; "), std::string::npos);
}

TEST(Tokens, ARegistryTokenIsUsedAsItIs) {
  FakeRegistry server;
  ClientFixture fixture;
  fixture.credentials.add(server.host(), {.registry_token = "abc"});
  fixture.client->ping(server.host());
  EXPECT_EQ(server.requests().at(0).field("authorization"), "Bearer abc");
}

}  // namespace
}  // namespace stamp::registry
