// What the client makes of registries that misbehave: tokens, redirects, places of uploads, mounts,
// referrers, TLS. R7 to R9, R11, R13, R14 and R17 of the list of faults.

#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "base/temp_file.h"
#include "oci/manifest.h"
#include "tests/expect_error.h"
#include "tests/fakes/certificates.h"
#include "tests/fakes/registry.h"
#include "tests/fakes/token_server.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::registry {
namespace {

using fakes::FakeRegistry;
using fakes::HttpReply;
using fakes::HttpRequest;
using fakes::HttpServer;
using fakes::reply_with;
using fakes::set_field;
using fakes::TokenServer;
using ::testing::HasSubstr;
using ::testing::Not;

const Credentials kMe = {.username = "me", .password = "secret"};
constexpr std::size_t kChunk = 10'000;

/// A registry that asks for tokens, and a client that has what it takes to get them.
struct WithTokens {
  explicit WithTokens(fakes::TokenServerOptions options = {.user = "me", .password = "secret"})
      : tokens(std::move(options)),
        server({.tokens = &tokens}),
        fixture({.hosts = {{server.host(),
                            {.token_servers = {tokens.origin()}, .chunk_size = kChunk}}}}) {
    fixture.credentials.add(server.host(), kMe);
  }
  Repository app() { return fixture.at(server.host(), "app"); }

  TokenServer tokens;
  FakeRegistry server;
  ClientFixture fixture;
};

TEST(Faults, R7AnUploadGoesOnWithANewToken) {
  for (const char* method : {"PATCH", "PUT"}) {
    for (const int after : {0, 1, 2}) {
      if (method == std::string("PUT") && after > 0) continue;
      WithTokens test;
      test.server.add({.method = method, .path = "/uploads/", .after = after, .before = [&] {
                         test.tokens.expire_all();
                       }});
      const MemoryBlob blob(some_bytes(5 * kChunk));
      const BlobPushed pushed = test.app().push_blob(blob.push());
      EXPECT_EQ(test.server.repository("app").blobs[blob.digest.str()], blob.bytes);
      EXPECT_LE(pushed.bytes_sent, 6 * kChunk) << method << after;
    }
  }
}

TEST(Faults, R7ANarrowerTokenEndsInARefusal) {
  WithTokens test({.user = "me", .password = "secret", .most = [](const std::string&) {
                     return std::set<std::string>{"pull"};
                   }});
  EXPECT_EQ(kind_of([&] { test.app().push_blob(MemoryBlob("bytes").push()); }), ErrorKind::denied);
  EXPECT_LE(test.tokens.requests().size(), 4U);
  EXPECT_LE(test.server.requests().size(), 8U);
}

TEST(Faults, R7ARefusalAfterTheBodyIsNoReasonToSendAllAgain) {
  WithTokens test;
  test.server.add(
      {.method = "PATCH",
       .path = "/uploads/",
       .after = 1,
       .instead = reply_with(
           401, {{"www-authenticate", fmt::format("Bearer realm=\"{}\",service=\"{}\"",
                                                  test.tokens.realm(), test.tokens.service())}})});
  const MemoryBlob blob(some_bytes(5 * kChunk));
  EXPECT_LE(test.app().push_blob(blob.push()).bytes_sent, 6 * kChunk);
  EXPECT_EQ(test.server.repository("app").blobs[blob.digest.str()], blob.bytes);
}

/// Whether any request to `server` had something that only another should see.
bool saw_credentials(HttpServer& server) {
  for (const HttpRequest& request : server.requests()) {
    for (const auto& [name, value] : request.fields) {
      if (name == "authorization" || name == "cookie" ||
          value.find("secret") != std::string::npos || value.find("token-") != std::string::npos) {
        return true;
      }
    }
  }
  return false;
}

TEST(Faults, R8ATokenStaysWithItsOrigin) {
  const std::vector<std::string> methods = {"GET", "HEAD", "POST", "PATCH", "PUT"};
  for (const int status : {301, 302, 303, 307, 308}) {
    for (const std::string& method : methods) {
      HttpServer other([](const HttpRequest&) { return HttpReply{.status = 403}; });
      WithTokens test;
      const MemoryBlob blob(some_bytes(3 * kChunk));
      const bool reads = method == "GET" || method == "HEAD";
      if (reads) test.server.put_blob("app", blob.bytes);
      test.server.add({.method = method,
                       .path = "/blobs/",
                       .after = 1,
                       .times = 0,
                       .instead = reply_with(status, {{"location", other.url("/elsewhere")}})});
      message_of([&] {
        Pulled pulled;
        if (reads) {
          for (int i = 0; i < 2; ++i) test.app().blob_size(blob.digest);
          for (int i = 0; i < 2; ++i) test.app().pull_blob(blob.pull(), pulled.open());
        } else {
          for (const std::size_t more : {1U, 2U}) {
            test.app().push_blob(MemoryBlob(some_bytes(3 * kChunk + more)).push());
          }
        }
      });
      EXPECT_FALSE(saw_credentials(other)) << status << " " << method;
      if (reads || status >= 307) {
        EXPECT_FALSE(other.requests().empty()) << status << " " << method;
      }
    }
  }
}

TEST(Faults, R8ATokenDoesNotComeBackByWayOfAnotherOrigin) {
  const MemoryBlob blob("bytes");
  FakeRegistry server({.user = "me", .password = "secret"});
  server.put_blob("private", blob.bytes);
  const std::string back = server.url("/v2/private/blobs/" + blob.digest.str());
  HttpServer other([&](const HttpRequest&) { return reply_with(307, {{"location", back}}); });
  server.add({.path = "/v2/app/blobs/",
              .times = 0,
              .instead = reply_with(307, {{"location", other.url("/x")}})});
  ClientFixture fixture;
  fixture.credentials.add(server.host(), kMe);
  fixture.client->ping(server.host());
  Pulled pulled;
  EXPECT_EQ(
      kind_of([&] { fixture.at(server.host(), "app").pull_blob(blob.pull(), pulled.open()); }),
      ErrorKind::denied);
  EXPECT_FALSE(other.requests().empty());
  EXPECT_EQ(pulled.text(), "");
}

TEST(Faults, R8UnsafePlacesAreRefused) {
  const MemoryBlob blob("bytes");
  const std::vector<std::string> places = {"file:///etc/passwd",
                                           "ftp://127.0.0.1/x",
                                           "gopher://127.0.0.1/",
                                           "http://me:pw@127.0.0.1/x",
                                           "http://",
                                           "",
                                           "http://127.0.0.1:99999/",
                                           "javascript:alert(1)"};
  for (const std::string& place : places) {
    FakeRegistry server;
    server.put_blob("app", blob.bytes);
    server.add({.path = "/blobs/", .times = 0, .instead = reply_with(307, {{"location", place}})});
    ClientFixture fixture;
    Pulled pulled;
    EXPECT_NE(
        message_of([&] { fixture.at(server.host(), "app").pull_blob(blob.pull(), pulled.open()); }),
        "")
        << place;
    EXPECT_EQ(pulled.text(), "");
  }
}

TEST(Faults, R8ALoopEnds) {
  FakeRegistry server;
  server.add(
      {.path = "/blobs/", .times = 0, .instead = reply_with(307, {{"location", "/v2/x/blobs/a"}})});
  ClientFixture fixture;
  EXPECT_THAT(message_of([&] {
                static_cast<void>(fixture.at(server.host(), "app").blob_size(Digest::of("x")));
              }),
              HasSubstr("there are more than 10"));
  EXPECT_LE(server.requests().size(), 11U);
}

TEST(Faults, R8HttpsIsNeverLeft) {
  const fakes::CertificateAuthority authority;
  const TempDir folder;
  const std::string ca_file = (folder.path() / "ca.pem").string();
  replace_file(ca_file, authority.certificate());
  HttpServer plain([](const HttpRequest&) { return HttpReply{.body = "bytes"}; });
  FakeRegistry server({.tls = authority.issue()});
  const MemoryBlob blob("bytes");
  server.put_blob("app", blob.bytes);
  server.add({.method = "GET",
              .path = "/blobs/",
              .times = 0,
              .instead = reply_with(307, {{"location", plain.url("/x")}})});
  server.add({.method = "POST",
              .path = "/uploads/",
              .times = 0,
              .change = set_field("location", plain.url("/upload"))});
  ClientFixture fixture({.hosts = {{server.host(), {.ca_file = ca_file}}}});
  Pulled pulled;
  const Repository app = fixture.at(server.host(), "app");
  EXPECT_THAT(message_of([&] { app.pull_blob(blob.pull(), pulled.open()); }),
              HasSubstr("it goes from https to http"));
  EXPECT_THAT(message_of([&] { app.push_blob(MemoryBlob("more").push()); }),
              HasSubstr("it goes from https to http"));
  EXPECT_TRUE(plain.requests().empty());
}

TEST(Faults, R9StrangePlacesOfUploadsAreUsed) {
  using Change = std::function<void(HttpReply&)>;
  const auto each_location = [](const std::function<std::string(const std::string&)>& rewrite) {
    return Change([rewrite](HttpReply& reply) {
      for (auto& [name, value] : reply.fields) {
        if (name == "location" && value.find("/uploads/") != std::string::npos) {
          value = rewrite(value);
        }
      }
    });
  };
  const std::vector<std::pair<std::string, Change>> changes = {
      {"relative",
       each_location([](const std::string& at) { return at.substr(at.rfind('/') + 1); })},
      {"fragment", each_location([](const std::string& at) { return at + "#part"; })},
      {"no query", each_location([](const std::string& at) { return at.substr(0, at.find('?')); })},
      {"more query", each_location([](const std::string& at) { return at + "&a=%2F&b"; })},
      {"same twice",
       [](HttpReply& reply) {
         const auto fields = reply.fields;
         for (const auto& field : fields) {
           if (field.first == "location") reply.fields.push_back(field);
         }
       }},
      {"no range", set_field("range", std::nullopt)},
      {"range with unit", [](HttpReply& reply) {
         for (auto& [name, value] : reply.fields) {
           if (name == "range") value = "bytes=" + value;
         }
       }}};
  for (const auto& [name, change] : changes) {
    FakeRegistry server;
    server.add({.path = "/uploads/", .times = 0, .change = change});
    ClientFixture fixture({.hosts = {{server.host(), {.chunk_size = kChunk}}}});
    const MemoryBlob blob(some_bytes(3 * kChunk + 5));
    EXPECT_EQ(message_of([&] { fixture.at(server.host(), "app").push_blob(blob.push()); }), "")
        << name;
    EXPECT_EQ(server.repository("app").blobs[blob.digest.str()], blob.bytes) << name;
  }
}

TEST(Faults, R9AnUploadThatIsForgottenStartsOnceMore) {
  for (const int after : {0, 1, 2}) {
    FakeRegistry server;
    server.add({.method = "PATCH", .after = after, .instead = reply_with(404)});
    ClientFixture fixture({.hosts = {{server.host(), {.chunk_size = kChunk}}}});
    const MemoryBlob blob(some_bytes(3 * kChunk + 5));
    fixture.at(server.host(), "app").push_blob(blob.push());
    EXPECT_EQ(server.repository("app").blobs[blob.digest.str()], blob.bytes) << after;
  }
}

TEST(Faults, R9AnUploadThatIsAlwaysForgottenIsGivenUp) {
  FakeRegistry server;
  server.add({.method = "PATCH", .times = 0, .instead = reply_with(404)});
  server.add({.method = "PUT", .times = 0, .instead = reply_with(404)});
  ClientFixture fixture({.hosts = {{server.host(), {.chunk_size = kChunk}}}});
  const MemoryBlob blob(some_bytes(3 * kChunk));
  EXPECT_NE(message_of([&] { fixture.at(server.host(), "app").push_blob(blob.push()); }), "");
  EXPECT_LE(server.log("/uploads/").size(), 30U);
}

TEST(Faults, R9AChunkMayHaveToBeLargerThanTheBlob) {
  for (const std::size_t least : {std::size_t{5} << 20U, std::size_t{1} << 40U}) {
    FakeRegistry server({.smallest_chunk = least});
    ClientFixture fixture({.hosts = {{server.host(), {.chunk_size = kChunk}}}});
    const MemoryBlob blob(some_bytes(3 * kChunk));
    fixture.at(server.host(), "app").push_blob(blob.push());
    EXPECT_EQ(server.repository("app").blobs[blob.digest.str()], blob.bytes) << least;
  }
}

TEST(Faults, R9WhatTheRegistryKeptIsNotSentAgain) {
  for (const std::size_t kept : {std::size_t{0}, std::size_t{2}, kChunk - 1}) {
    FakeRegistry server;
    server.add({.method = "PATCH", .after = 1, .take = kept});
    ClientFixture fixture({.hosts = {{server.host(), {.chunk_size = kChunk}}}});
    const MemoryBlob blob(some_bytes(3 * kChunk + 5));
    fixture.at(server.host(), "app").push_blob(blob.push());
    EXPECT_EQ(server.repository("app").blobs[blob.digest.str()], blob.bytes) << kept;
    bool continued = false;
    for (const HttpRequest& request : server.requests()) {
      continued = continued ||
                  request.field("content-range").starts_with(fmt::format("{}-", kChunk + kept));
    }
    EXPECT_TRUE(continued) << kept;
  }
}

TEST(Faults, R11APrivateSourceOfAMountIsNoReasonToFail) {
  // The token server gives nothing on the source, so no token is good for the mount.
  WithTokens test({.user = "me", .password = "secret", .most = [](const std::string& repository) {
                     return repository == "base" ? std::set<std::string>{}
                                                 : std::set<std::string>{"pull", "push"};
                   }});
  const MemoryBlob blob("bytes");
  test.server.put_blob("base", blob.bytes);
  EXPECT_EQ(test.app().push_blob(blob.push({"base"})).outcome, BlobOutcome::uploaded);
  EXPECT_EQ(test.server.repository("app").blobs[blob.digest.str()], blob.bytes);
}

TEST(Faults, R13StrangeListsOfReferrersAreNoEndlessWork) {
  const Digest subject = Digest::of("subject");
  const std::string own = "/v2/app/referrers/" + subject.str();
  HttpServer other([](const HttpRequest&) { return HttpReply{.status = 403}; });
  const std::vector<std::pair<std::string, std::string>> links = {
      {"a loop", "<" + own + ">; rel=\"next\""},
      {"elsewhere", "<" + other.url("/x") + ">; rel=\"next\""},
      {"a file", "<file:///etc/passwd>; rel=\"next\""},
      {"no end", "<" + own}};
  for (const auto& [name, link] : links) {
    FakeRegistry server({.user = "me", .password = "secret"});
    server.add({.path = "/referrers/", .times = 0, .change = set_field("link", link)});
    ClientFixture fixture;
    fixture.credentials.add(server.host(), kMe);
    message_of([&] { fixture.at(server.host(), "app").referrers(subject); });
    EXPECT_LE(server.requests().size(), 1'100U) << name;
    EXPECT_FALSE(saw_credentials(other)) << name;
  }
}

TEST(Faults, R13NoneOfEightSignersIsLost) {
  FakeRegistry server({.referrers = false, .etags = true});
  server.put_blob("app", "{}");
  const oci::Descriptor empty = {
      .media_type = std::string(oci::kMediaTypeEmpty), .digest = Digest::of("{}"), .size = 2};
  const std::string subject = oci::Manifest{.config = empty}.serialize();
  server.put_manifest("app", "", {std::string(oci::kMediaTypeManifest), subject});
  constexpr int kSigners = 8;
  {
    std::vector<std::jthread> signers;
    for (int i = 0; i < kSigners; ++i) {
      signers.emplace_back([&, i] {
        const oci::Manifest signature = {
            .artifact_type = "a/b",
            .config = empty,
            .subject = oci::Descriptor{.media_type = std::string(oci::kMediaTypeManifest),
                                       .digest = Digest::of(subject),
                                       .size = subject.size()},
            .annotations = {{"signer", std::to_string(i)}}};
        // Each in a client of its own, as on machines of their own.
        ClientFixture fixture;
        const ManifestPushed pushed =
            fixture.at(server.host(), "app")
                .push_manifest({.media_type = signature.media_type, .text = signature.serialize()});
        EXPECT_EQ(pushed.subject, SubjectRecord::tag);
      });
    }
  }
  ClientFixture fixture;
  EXPECT_EQ(fixture.at(server.host(), "app").referrers(Digest::of(subject)).size(), kSigners);
}

TEST(Faults, R14StrangeTokenServersLeakNothing) {
  HttpServer other([](const HttpRequest&) { return HttpReply{.body = R"({"token":"x"})"}; });
  const std::vector<std::string> challenges = {
      "Bearer service=\"a\"",
      "Bearer realm=\"\"",
      "Bearer realm=\"ftp://127.0.0.1/token\"",
      "Bearer realm=\"file:///etc/passwd\"",
      "Bearer realm=\"http://me:pw@127.0.0.1/token\"",
      "Bearer realm=\"" + other.url("/token") + "\"",
      "Bearer realm=\"" + other.url("/token") + "\",scope=\"a,b\\\"c\"",
      "Bearer realm=\"" + other.url("/token") + "\", Basic realm=\"x\"",
      "Negotiate",
      "Bearer",
      "",
      "Bearer realm=" + std::string(70'000, 'x')};
  for (const std::string& challenge : challenges) {
    FakeRegistry server;
    server.add({.times = 0, .instead = reply_with(401, {{"www-authenticate", challenge}})});
    ClientFixture fixture;
    fixture.credentials.add(server.host(), kMe);
    const std::string message =
        message_of([&] { fixture.at(server.host(), "app").blob_size(Digest::of("x")); });
    EXPECT_NE(message, "") << challenge.substr(0, 80);
    EXPECT_THAT(message, Not(HasSubstr("secret")));
    EXPECT_LE(server.requests().size(), 6U);
    EXPECT_FALSE(saw_credentials(other)) << challenge.substr(0, 80);
  }
}

TEST(Faults, R14ATokenServerThatFailsIsNotAskedForEver) {
  TokenServer tokens({.instead = [](const HttpRequest&) { return reply_with(500); }});
  FakeRegistry server({.tokens = &tokens});
  ClientFixture fixture({.hosts = {{server.host(), {.token_servers = {tokens.origin()}}}}});
  const Repository app = fixture.at(server.host(), "app");
  const MemoryBlob blob("bytes");
  EXPECT_THAT(message_of([&] { app.blob_size(blob.digest); }),
              HasSubstr("500 Internal Server Error (5 attempts)\n"));
  EXPECT_EQ(tokens.requests().size(), 5U);
  Pulled pulled;
  EXPECT_EQ(kind_of([&] { app.pull_blob(blob.pull(), pulled.open()); }), ErrorKind::unavailable);
  EXPECT_EQ(kind_of([&] { app.push_blob(blob.push()); }), ErrorKind::unavailable);
  EXPECT_EQ(tokens.requests().size(), 15U);
}

TEST(Faults, R14StrangeTokensAreRefused) {
  const std::vector<std::string> answers = {
      "",
      "{}",
      "[]",
      R"({"token":1})",
      R"({"token":null})",
      R"({"token":""})",
      R"({"token":"a\r\nX-Evil: 1"})",
      R"({"token":"a","expires_in":"soon"})",
      R"({"token":"a","token":"b"})",
      "<html>",
      R"({"token":")" + std::string(1U << 20U, 'x') + R"("})"};
  for (const std::string& answer : answers) {
    WithTokens test({.user = "me", .password = "secret", .instead = [&](const HttpRequest&) {
                       return std::optional<HttpReply>(HttpReply{.body = answer});
                     }});
    EXPECT_NE(message_of([&] { test.app().blob_size(Digest::of("x")); }), "")
        << answer.substr(0, 80);
    for (const HttpRequest& request : test.server.requests()) {
      EXPECT_EQ(request.field("x-evil"), "");
    }
  }
}

/// What comes of a ping to a TLS server that is not as it should be.
std::string ping_over_tls(const fakes::TlsIdentity& identity, fakes::TlsVersion newest,
                          const std::string& trusted) {
  const TempDir folder;
  const std::string ca_file = (folder.path() / "ca.pem").string();
  replace_file(ca_file, trusted);
  FakeRegistry server({.tls = identity, .newest_tls = newest});
  ClientFixture fixture({.hosts = {{server.host(), {.ca_file = ca_file}}}});
  const std::string message = message_of([&] { fixture.client->ping(server.host()); });
  EXPECT_EQ(server.requests().size(), message.empty() ? 1U : 0U);
  return message;
}

TEST(Faults, R17OnlyARightCertificateIsAccepted) {
  using fakes::TlsVersion;
  const fakes::CertificateAuthority authority;
  const fakes::CertificateAuthority stranger;
  const std::string& trusted = authority.certificate();
  EXPECT_EQ(ping_over_tls(authority.issue(), TlsVersion::v1_3, trusted), "");
  EXPECT_EQ(ping_over_tls(authority.issue(), TlsVersion::v1_2, trusted), "");
  using std::chrono::hours;
  const auto refused = [&](const fakes::TlsIdentity& identity, TlsVersion newest) {
    return ping_over_tls(identity, newest, trusted);
  };
  EXPECT_NE(refused(stranger.issue(), TlsVersion::v1_3), "");
  EXPECT_NE(refused(authority.issue({.names = "DNS:other.example"}), TlsVersion::v1_3), "");
  EXPECT_NE(
      refused(authority.issue({.starts_in = hours(-48), .ends_in = hours(-24)}), TlsVersion::v1_3),
      "");
  EXPECT_NE(
      refused(authority.issue({.starts_in = hours(24), .ends_in = hours(48)}), TlsVersion::v1_3),
      "");
  EXPECT_NE(refused(authority.issue(), TlsVersion::v1_0), "");
}

TEST(Faults, R17ABlobThatIsCutInsideTlsIsContinued) {
  const fakes::CertificateAuthority authority;
  const TempDir folder;
  const std::string ca_file = (folder.path() / "ca.pem").string();
  replace_file(ca_file, authority.certificate());
  // Without a length only the end of the connection tells, and whoever cuts it can forge that.
  for (const bool without_length : {false, true}) {
    FakeRegistry server({.tls = authority.issue()});
    const MemoryBlob blob(some_bytes(100'000));
    server.put_blob("app", blob.bytes);
    server.add({.path = "/blobs/", .change = [=](HttpReply& reply) {
                  reply.cut_after = 60'000;
                  reply.without_length = without_length;
                }});
    ClientFixture fixture({.hosts = {{server.host(), {.ca_file = ca_file}}}});
    Pulled pulled;
    fixture.at(server.host(), "app").pull_blob(blob.pull(), pulled.open());
    EXPECT_TRUE(pulled.sink != nullptr && blob.bytes.ends_with(pulled.text()));
    EXPECT_EQ(server.log("/blobs/").size(), 2U);
  }
}

TEST(Faults, R17AProxyThatAsksForAPasswordIsNamed) {
  HttpServer proxy([](const HttpRequest&) { return HttpReply{.status = 407}; });
  ClientFixture fixture({.hosts = {{"registry.example", {.protocol = Protocol::http}}}},
                        {.http_proxy = proxy.url("")});
  EXPECT_THAT(message_of([&] { fixture.client->ping("registry.example"); }),
              HasSubstr("407 Proxy Authentication Required"));
}

}  // namespace
}  // namespace stamp::registry
