#include "registry-client/manifests.h"

#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "oci/media_type.h"
#include "tests/expect_error.h"
#include "tests/fakes/registry.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::registry {
namespace {

using fakes::FakeRegistry;
using fakes::HttpReply;

const std::string kIndex =
    R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})";
const ManifestText kText = {.media_type = std::string(oci::kMediaTypeIndex), .text = kIndex};

TEST(Manifests, ComeBackAsTheyWere) {
  FakeRegistry server;
  ClientFixture fixture;
  const Repository app = fixture.at(server.host(), "app");
  EXPECT_EQ(app.pull_manifest("1.0"), std::nullopt);
  EXPECT_EQ(app.head_manifest("1.0"), std::nullopt);
  const ManifestPushed pushed = app.push_manifest(kText);
  EXPECT_EQ(pushed.digest, kText.digest());
  EXPECT_TRUE(pushed.missing.empty());
  EXPECT_EQ(pushed.subject, SubjectRecord::none);
  EXPECT_EQ(app.pull_manifest(kText.digest()), kText);
  EXPECT_EQ(app.pull_manifest("1.0"), std::nullopt);
  app.push_manifest(kText, "1.0");
  EXPECT_EQ(app.pull_manifest("1.0"), kText);
  const auto head = app.head_manifest("1.0");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->media_type, oci::kMediaTypeIndex);
  EXPECT_EQ(head->digest, kText.digest());
  EXPECT_EQ(head->size, kIndex.size());
}

TEST(Manifests, AreDeletedByTagAndDigest) {
  FakeRegistry server;
  ClientFixture fixture;
  const Repository app = fixture.at(server.host(), "app");
  app.push_manifest(kText, "1.0");
  EXPECT_EQ(app.delete_tag("1.0"), Removal::removed);
  EXPECT_EQ(app.delete_tag("1.0"), Removal::absent);
  EXPECT_EQ(app.delete_manifest(kText.digest()), Removal::removed);
  EXPECT_EQ(app.head_manifest(kText.digest()), std::nullopt);
}

TEST(Manifests, WithoutHeadOrDigestAreFetched) {
  for (const int status : {405, 501}) {
    FakeRegistry server;
    ClientFixture fixture;
    const Repository app = fixture.at(server.host(), "app");
    app.push_manifest(kText, "1.0");
    server.add({.method = "HEAD", .instead = fakes::reply_with(status)});
    EXPECT_EQ(app.head_manifest("1.0")->digest, kText.digest());
  }
  FakeRegistry server;
  ClientFixture fixture;
  const Repository app = fixture.at(server.host(), "app");
  app.push_manifest(kText, "1.0");
  for (const char* digest : {"sha512:00", "SHA256:00", ""}) {
    server.add({.method = "HEAD", .change = fakes::set_field("docker-content-digest", digest)});
    EXPECT_EQ(app.head_manifest("1.0")->digest, kText.digest());
  }
}

TEST(Manifests, ThatAreNotRightAreRefused) {
  ClientFixture fixture;
  const auto why_not = [&](const std::string& type, const std::string& text) {
    FakeRegistry server;
    server.put_manifest("app", "1.0", {.media_type = type, .body = text});
    const std::string message = message_of(
        [&] { static_cast<void>(fixture.at(server.host(), "app").pull_manifest("1.0")); });
    return message.substr(0, message.find('\n'));
  };
  const std::string index(oci::kMediaTypeIndex);
  EXPECT_EQ(why_not(std::string(oci::kMediaTypeManifest), kIndex),
            "stamp: error: cannot read the manifest: it came as "
            "'application/vnd.oci.image.manifest.v1+json' but says that it is "
            "'application/vnd.oci.image.index.v1+json'");
  EXPECT_EQ(why_not(index, R"({"manifests":[],"layers":[]})"),
            "stamp: error: cannot read the manifest: it is a manifest and an index at once");
  EXPECT_EQ(why_not(index, R"({"layers":[]})"),
            "stamp: error: cannot read the manifest: its members are not those of "
            "'application/vnd.oci.image.index.v1+json'");
  EXPECT_EQ(why_not("application/json", "{}"),
            "stamp: error: cannot read the manifest: nothing says what it is");
  EXPECT_EQ(why_not(index, "[]"), "stamp: error: cannot read the manifest: it is no object");
  EXPECT_EQ(kind_of([&] {
              FakeRegistry server;
              server.put_manifest("app", "1.0", {.media_type = "text/html", .body = "<html>"});
              static_cast<void>(fixture.at(server.host(), "app").pull_manifest("1.0"));
            }),
            ErrorKind::corrupt);
}

TEST(Manifests, TakeTheirTypeFromWhereItIs) {
  ClientFixture fixture;
  const auto type_of = [&](const std::string& type, const std::string& text) {
    FakeRegistry server;
    server.put_manifest("app", "1.0", {.media_type = type, .body = text});
    return fixture.at(server.host(), "app").pull_manifest("1.0")->media_type;
  };
  EXPECT_EQ(type_of("application/octet-stream", R"({"config":{},"layers":[]})"),
            oci::kMediaTypeManifest);
  EXPECT_EQ(type_of("application/json; charset=utf-8", R"({"manifests":[]})"),
            oci::kMediaTypeIndex);
  EXPECT_EQ(type_of("application/vnd.oci.image.index.v1+json; charset=utf-8", kIndex),
            oci::kMediaTypeIndex);
  EXPECT_EQ(type_of("application/vnd.other+json", "{}"), "application/vnd.other+json");
}

TEST(Manifests, OtherBytesThanTheDigestSaysAreRefused) {
  FakeRegistry server;
  ClientFixture fixture;
  const Repository app = fixture.at(server.host(), "app");
  app.push_manifest(kText);
  server.add({.method = "GET", .change = [](HttpReply& reply) { reply.body[0] = ' '; }});
  EXPECT_EQ(
      message_of([&] { static_cast<void>(app.pull_manifest(kText.digest())); }),
      fmt::format("stamp: error: cannot pull manifest '{}' of {}/app: its bytes are others "
                  "than announced: {}\n  in:  {}\n",
                  kText.digest().brief(), server.host(), Digest::of(" " + kIndex.substr(1)).str(),
                  server.url("/v2/app/manifests/" + kText.digest().str())));
}

TEST(Manifests, AreBounded) {
  FakeRegistry server;
  ClientFixture fixture;
  server.put_manifest("app", "1.0",
                      {.media_type = kText.media_type, .body = std::string(5U << 20U, ' ')});
  EXPECT_EQ(
      message_of([&] { static_cast<void>(fixture.at(server.host(), "app").pull_manifest("1.0")); }),
      fmt::format("stamp: error: cannot pull tag '1.0' of {}/app: it has more than 4194304 "
                  "bytes\n  in:  {}\n",
                  server.host(), server.url("/v2/app/manifests/1.0")));
}

TEST(Manifests, TooLargeForTheRegistryIsAnError) {
  FakeRegistry server({.largest_manifest = 10});
  ClientFixture fixture;
  EXPECT_EQ(kind_of([&] { fixture.at(server.host(), "app").push_manifest(kText); }),
            ErrorKind::denied);
}

TEST(Manifests, ARegistryThatStoresOtherBytesIsFoundOut) {
  FakeRegistry server;
  ClientFixture fixture;
  server.add({.method = "PUT",
              .change = fakes::set_field("docker-content-digest", Digest::of("x").str())});
  EXPECT_EQ(message_of([&] { fixture.at(server.host(), "app").push_manifest(kText, "1.0"); }),
            fmt::format("stamp: error: cannot push tag '1.0' to {}/app: the registry stored {} "
                        "instead of {}\n",
                        server.host(), Digest::of("x").str(), kText.digest().str()));
}

TEST(Manifests, BlobsThatTheRegistryLacksAreNamed) {
  const Digest blob = Digest::of("missing");
  FakeRegistry server;
  ClientFixture fixture;
  const Repository app = fixture.at(server.host(), "app");
  const ManifestText manifest = {
      .media_type = std::string(oci::kMediaTypeManifest),
      .text = fmt::format(
          R"({{"schemaVersion":2,"config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{}","size":7}},"layers":[]}})",
          blob.str())};
  server.add(
      {.method = "PUT",
       .times = 0,
       .instead = fakes::reply_with(
           400, {},
           fmt::format(
               R"({{"errors":[{{"code":"MANIFEST_BLOB_UNKNOWN","detail":{{"Digest":"{}"}}}}]}})",
               blob.str()))});
  EXPECT_EQ(app.push_manifest(manifest).missing, (std::vector<Digest>{blob}));
  EXPECT_EQ(server.requests().size(), 3U);
  // A registry may need a moment.
  server.clear_rules();
  server.put_blob("app", "missing");
  server.add(
      {.method = "PUT",
       .times = 2,
       .instead = fakes::reply_with(
           404, {},
           fmt::format(R"({{"errors":[{{"code":"BLOB_UNKNOWN","detail":"{}"}}]}})", blob.str()))});
  EXPECT_TRUE(app.push_manifest(manifest).missing.empty());
}

TEST(Manifests, ATagMustBeOne) {
  FakeRegistry server;
  ClientFixture fixture;
  EXPECT_EQ(message_of(
                [&] { static_cast<void>(fixture.at(server.host(), "app").pull_manifest("../x")); }),
            "stamp: error: cannot use the tag '../x': it is malformed\n");
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace stamp::registry
