#include "tests/fakes/registry.h"

#include <string>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/stream.h"
#include "tests/fakes/raw_request.h"
#include "tests/fakes/token_server.h"

namespace stamp::fakes {
namespace {

using ::testing::HasSubstr;

constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";

std::string digest_of(const std::string& text) {
  return Digest::of(text).str();
}

std::string code_of(const RawAnswer& answer) {
  return parse_json(answer.body)["errors"][0]["code"];
}

Json descriptor(const std::string& type, const std::string& bytes) {
  return {{"mediaType", type}, {"digest", digest_of(bytes)}, {"size", bytes.size()}};
}

std::string manifest_of(const std::string& config, const std::vector<std::string>& layers = {}) {
  Json document = {{"schemaVersion", 2},
                   {"mediaType", kManifestType},
                   {"config", descriptor("application/vnd.oci.image.config.v1+json", config)},
                   {"layers", Json::array()}};
  for (const std::string& layer : layers) {
    document["layers"].push_back(descriptor("application/vnd.oci.image.layer.v1.tar", layer));
  }
  return canonical_json(document);
}

/// A registry and requests to it.
struct Registry {
  explicit Registry(RegistryOptions options = {}) : fake(std::move(options)) {}

  RawAnswer ask(const std::string& request, const std::vector<std::string>& lines = {},
                const std::string& body = "", std::size_t claimed = 0) {
    return fakes::ask(fake.host(), request, lines, body, claimed);
  }
  RawAnswer put_manifest(const std::string& reference, const std::string& text,
                         const std::string& type = kManifestType,
                         std::vector<std::string> lines = {}) {
    lines.push_back("content-type: " + type);
    return ask("PUT /v2/app/manifests/" + reference, lines, text);
  }
  std::string start() { return ask("POST /v2/app/blobs/uploads/").fields["location"]; }

  FakeRegistry fake;
};

TEST(FakeRegistry, AnswersAPing) {
  Registry registry;
  EXPECT_EQ(registry.ask("GET /v2/").status, 200);
  EXPECT_EQ(registry.ask("GET /v3/").status, 404);
}

TEST(FakeRegistry, GivesBlobsWholeAndInPart) {
  Registry registry;
  const std::string digest = registry.fake.put_blob("app", "0123456789");
  const std::string target = "/v2/app/blobs/" + digest;
  EXPECT_EQ(registry.ask("GET " + target).body, "0123456789");
  const RawAnswer head = registry.ask("HEAD " + target);
  EXPECT_EQ(head.fields.at("content-length"), "10");
  EXPECT_EQ(head.body, "");
  const RawAnswer part = registry.ask("GET " + target, {"range: bytes=4-6"});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.fields.at("content-range"), "bytes 4-6/10");
  EXPECT_EQ(part.body, "456");
  EXPECT_EQ(registry.ask("GET " + target, {"range: bytes=10-"}).status, 416);
  EXPECT_EQ(code_of(registry.ask("GET /v2/other/blobs/" + digest)), "BLOB_UNKNOWN");
  EXPECT_EQ(code_of(registry.ask("GET /v2/app/blobs/latest")), "DIGEST_INVALID");
}

TEST(FakeRegistry, TakesBlobsInOnePostAndInPostAndPut) {
  Registry registry;
  EXPECT_EQ(
      registry.ask("POST /v2/app/blobs/uploads/?digest=" + digest_of("one"), {}, "one").status,
      201);
  const std::string place = registry.start();
  const RawAnswer put = registry.ask("PUT " + place + "&digest=" + digest_of("two"), {}, "two");
  EXPECT_EQ(put.status, 201);
  EXPECT_EQ(put.fields.at("docker-content-digest"), digest_of("two"));
  EXPECT_EQ(registry.fake.repository("app").blobs.size(), 2U);
  EXPECT_EQ(registry.fake.open_uploads(), 0U);
}

TEST(FakeRegistry, TakesChunksInTheirOrderOnly) {
  Registry registry;
  const std::string place = registry.start();
  RawAnswer patch = registry.ask("PATCH " + place, {"content-range: 0-2"}, "abc");
  EXPECT_EQ(patch.status, 202);
  EXPECT_EQ(patch.fields.at("range"), "0-2");
  patch = registry.ask("PATCH " + place, {"content-range: 4-5"}, "ef");
  EXPECT_EQ(patch.status, 416);
  EXPECT_EQ(patch.fields.at("range"), "0-2");
  EXPECT_EQ(registry.ask("PATCH " + place, {"content-range: 3-9"}, "de").status, 416);
  EXPECT_EQ(registry.ask("GET " + place).status, 204);
  EXPECT_EQ(registry.ask("GET " + place).fields.at("range"), "0-2");
  const std::string put = "PUT " + place + "&digest=" + digest_of("abcde");
  EXPECT_EQ(registry.ask(put, {"content-range: 3-4"}, "de").status, 201);
  EXPECT_EQ(registry.ask("GET " + place).status, 404);
}

TEST(FakeRegistry, TakesAStreamOfUnknownLength) {
  Registry registry;
  const std::string place = registry.start();
  // ask() announces no length for an empty body, so the chunks travel with the fields.
  const RawAnswer patch = registry.ask(
      "PATCH " + place, {"transfer-encoding: chunked", "\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n"});
  EXPECT_EQ(patch.status, 202);
  EXPECT_EQ(patch.fields.at("range"), "0-4");
}

TEST(FakeRegistry, RefusesBytesOfAnotherDigest) {
  Registry registry;
  const RawAnswer put =
      registry.ask("PUT " + registry.start() + "&digest=" + digest_of("a"), {}, "b");
  EXPECT_EQ(put.status, 400);
  EXPECT_EQ(code_of(put), "DIGEST_INVALID");
  EXPECT_TRUE(registry.fake.repository("app").blobs.empty());
}

TEST(FakeRegistry, KeepsWhatCameOfAnUploadThatBrokeOff) {
  Registry registry;
  const std::string place = registry.start();
  registry.fake.add({.method = "PATCH", .take = 4});
  EXPECT_EQ(registry.ask("PATCH " + place, {}, "abcdefgh").status, 0);
  EXPECT_EQ(registry.ask("GET " + place).fields.at("range"), "0-3");
}

TEST(FakeRegistry, CancelsUploads) {
  Registry registry;
  const std::string place = registry.start();
  EXPECT_EQ(registry.ask("DELETE " + place).status, 204);
  EXPECT_EQ(code_of(registry.ask("GET " + place)), "BLOB_UPLOAD_UNKNOWN");
}

TEST(FakeRegistry, MountsBlobsOfOtherRepositories) {
  Registry registry;
  const std::string digest = registry.fake.put_blob("base", "bytes");
  const std::string mount = "POST /v2/app/blobs/uploads/?mount=" + digest;
  EXPECT_EQ(registry.ask(mount + "&from=base").status, 201);
  EXPECT_EQ(registry.ask(mount + "&from=nowhere").status, 202);
  EXPECT_TRUE(registry.fake.repository("app").blobs.contains(digest));
}

TEST(FakeRegistry, RefusesAManifestWithoutItsBlobs) {
  Registry registry;
  registry.fake.put_blob("app", "config");
  const std::string text = manifest_of("config", {"layer"});
  const RawAnswer refused = registry.put_manifest("v1", text);
  EXPECT_EQ(code_of(refused), "MANIFEST_BLOB_UNKNOWN");
  EXPECT_THAT(refused.body, HasSubstr(digest_of("layer")));
  registry.fake.put_blob("app", "layer");
  EXPECT_EQ(registry.put_manifest("v1", text).status, 201);
  EXPECT_EQ(registry.put_manifest(digest_of("x"), text).status, 400);
  EXPECT_EQ(code_of(registry.put_manifest("v1", text, kIndexType)), "MANIFEST_INVALID");
  EXPECT_EQ(code_of(registry.put_manifest("v1", "[]")), "MANIFEST_INVALID");
}

TEST(FakeRegistry, GivesManifestsByTagAndDigestToWhoAcceptsThem) {
  Registry registry;
  registry.fake.put_blob("app", "config");
  const std::string text = manifest_of("config");
  EXPECT_EQ(registry.put_manifest("v1", text).status, 201);
  const RawAnswer got = registry.ask("GET /v2/app/manifests/v1");
  EXPECT_EQ(got.body, text);
  EXPECT_EQ(got.fields.at("content-type"), kManifestType);
  EXPECT_EQ(got.fields.at("docker-content-digest"), digest_of(text));
  EXPECT_EQ(registry.ask("GET /v2/app/manifests/" + digest_of(text)).body, text);
  EXPECT_EQ(registry.ask("GET /v2/app/manifests/v1", {"accept: text/plain"}).status, 404);
  EXPECT_EQ(registry.ask("HEAD /v2/app/manifests/v1").body, "");
}

TEST(FakeRegistry, AnIndexNeedsItsManifests) {
  Registry registry;
  registry.fake.put_blob("app", "config");
  const std::string text = manifest_of("config");
  const std::string index = canonical_json({{"schemaVersion", 2},
                                            {"mediaType", kIndexType},
                                            {"manifests", {descriptor(kManifestType, text)}}});
  EXPECT_EQ(code_of(registry.put_manifest("all", index, kIndexType)), "MANIFEST_BLOB_UNKNOWN");
  EXPECT_EQ(registry.put_manifest(digest_of(text), text).status, 201);
  EXPECT_EQ(registry.put_manifest("all", index, kIndexType).status, 201);
}

TEST(FakeRegistry, RefusesALargeManifest) {
  Registry registry({.largest_manifest = 20});
  EXPECT_EQ(registry.put_manifest("v1", manifest_of("config")).status, 413);
}

TEST(FakeRegistry, ListsTagsByPages) {
  Registry registry({.page = 2});
  EXPECT_EQ(code_of(registry.ask("GET /v2/app/tags/list")), "NAME_UNKNOWN");
  for (const char* tag : {"c", "a", "b"}) {
    registry.fake.put_manifest("app", tag, {kManifestType, manifest_of("config")});
  }
  const RawAnswer first = registry.ask("GET /v2/app/tags/list");
  EXPECT_EQ(first.body, R"({"name":"app","tags":["a","b"]})");
  EXPECT_EQ(first.fields.at("link"), "</v2/app/tags/list?last=b&n=2>; rel=\"next\"");
  const RawAnswer last = registry.ask("GET /v2/app/tags/list?last=b&n=2");
  EXPECT_EQ(last.body, R"({"name":"app","tags":["c"]})");
  EXPECT_FALSE(last.fields.contains("link"));
}

TEST(FakeRegistry, ListsReferrersByTypeAndPages) {
  Registry registry({.page = 1});
  registry.fake.put_blob("app", "{}");
  const std::string subject = manifest_of("{}");
  for (const char* type : {"a/x", "a/y", "a/x2"}) {
    Json document = parse_json(subject);
    document["artifactType"] = type;
    document["subject"] = descriptor(kManifestType, subject);
    const std::string text = canonical_json(document);
    const RawAnswer put = registry.put_manifest(digest_of(text), text);
    EXPECT_EQ(put.fields.at("oci-subject"), digest_of(subject));
  }
  const std::string target = "/v2/app/referrers/" + digest_of(subject);
  RawAnswer answer = registry.ask("GET " + target);
  int pages = 1;
  for (; answer.fields.contains("link"); ++pages) {
    const std::string link = answer.fields.at("link");
    answer = registry.ask("GET " + link.substr(1, link.find('>') - 1));
  }
  EXPECT_EQ(pages, 3);
  answer = registry.ask("GET " + target + "?artifactType=a%2Fy");
  EXPECT_EQ(answer.fields.at("oci-filters-applied"), "artifactType");
  EXPECT_EQ(answer.fields.at("content-type"), kIndexType);
  const Json listed = parse_json(answer.body)["manifests"];
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0]["artifactType"], "a/y");
}

TEST(FakeRegistry, KnowsNoReferrersWhenToldSo) {
  Registry registry({.referrers = false});
  EXPECT_EQ(registry.ask("GET /v2/app/referrers/" + digest_of("x")).status, 404);
}

TEST(FakeRegistry, DeletesWhenItMay) {
  Registry registry;
  const std::string blob = registry.fake.put_blob("app", "blob");
  const std::string digest =
      registry.fake.put_manifest("app", "v1", {kManifestType, manifest_of("config")});
  EXPECT_EQ(registry.ask("DELETE /v2/app/blobs/" + blob).status, 202);
  EXPECT_EQ(registry.ask("DELETE /v2/app/blobs/" + blob).status, 404);
  EXPECT_EQ(registry.ask("DELETE /v2/app/manifests/v1").status, 202);
  EXPECT_EQ(registry.ask("GET /v2/app/manifests/" + digest).status, 200);
  EXPECT_EQ(registry.ask("DELETE /v2/app/manifests/" + digest).status, 202);
  EXPECT_EQ(registry.ask("DELETE /v2/app/manifests/" + digest).status, 404);
  Registry strict({.deletes = false});
  EXPECT_EQ(strict.ask("DELETE /v2/app/manifests/" + digest).status, 405);
}

TEST(FakeRegistry, HeedsIfMatch) {
  Registry registry({.etags = true});
  registry.fake.put_blob("app", "a");
  registry.fake.put_blob("app", "b");
  EXPECT_EQ(
      registry.put_manifest("v", manifest_of("a"), kManifestType, {"if-none-match: *"}).status,
      201);
  EXPECT_EQ(
      registry.put_manifest("v", manifest_of("b"), kManifestType, {"if-none-match: *"}).status,
      412);
  const std::string tag = registry.ask("GET /v2/app/manifests/v").fields.at("etag");
  const std::string match = "if-match: " + tag;
  EXPECT_EQ(registry.put_manifest("v", manifest_of("b"), kManifestType, {match}).status, 201);
  EXPECT_EQ(registry.put_manifest("v", manifest_of("a"), kManifestType, {match}).status, 412);
}

TEST(FakeRegistry, ChangesNothingWhenReadOnly) {
  Registry registry({.read_only = true});
  EXPECT_EQ(registry.ask("POST /v2/app/blobs/uploads/").status, 405);
  EXPECT_EQ(registry.ask("GET /v2/").status, 200);
}

TEST(FakeRegistry, AsksForNameAndPassword) {
  Registry registry({.user = "me", .password = "secret"});
  const RawAnswer refused = registry.ask("GET /v2/");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.fields.at("www-authenticate"), "Basic realm=\"registry.example\"");
  EXPECT_EQ(registry.ask("GET /v2/", {"authorization: Basic " + to_base64("me:wrong")}).status,
            401);
  EXPECT_EQ(registry.ask("GET /v2/", {"authorization: Basic " + to_base64("me:secret")}).status,
            200);
}

std::string token_of(TokenServer& tokens, const std::string& query, const std::string& field = "") {
  const std::string host = tokens.realm().substr(7, tokens.realm().find("/token") - 7);
  std::vector<std::string> lines;
  if (!field.empty()) lines.push_back("authorization: " + field);
  const RawAnswer answer = ask(host, "GET /token?service=registry.example" + query, lines);
  return answer.status == 200 ? parse_json(answer.body)["token"] : Json("");
}

TEST(FakeRegistry, AsksForATokenThatAllowsIt) {
  TokenServer tokens({.user = "me", .password = "secret"});
  Registry registry({.tokens = &tokens});
  const std::string blob = registry.fake.put_blob("app", "blob");
  const RawAnswer refused = registry.ask("POST /v2/app/blobs/uploads/");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.fields.at("www-authenticate"),
            fmt::format("Bearer realm=\"{}\",service=\"registry.example\","
                        "scope=\"repository:app:pull,push\"",
                        tokens.realm()));
  const std::string scope = "&scope=repository:app:pull,push";
  const auto bearer = [](const std::string& token) { return "authorization: Bearer " + token; };
  const std::string anonymous = token_of(tokens, scope);
  EXPECT_EQ(registry.ask("GET /v2/app/blobs/" + blob, {bearer(anonymous)}).status, 200);
  EXPECT_EQ(registry.ask("POST /v2/app/blobs/uploads/", {bearer(anonymous)}).status, 401);
  EXPECT_EQ(token_of(tokens, scope, "Basic " + to_base64("me:wrong")), "");
  const std::string mine = token_of(tokens, scope, "Basic " + to_base64("me:secret"));
  EXPECT_EQ(registry.ask("POST /v2/app/blobs/uploads/", {bearer(mine)}).status, 202);
  EXPECT_EQ(registry.ask("GET /v2/", {bearer(mine)}).status, 200);
  const RawAnswer other =
      registry.ask("POST /v2/app/blobs/uploads/?mount=" + blob + "&from=base", {bearer(mine)});
  EXPECT_THAT(other.fields.at("www-authenticate"),
              HasSubstr("scope=\"repository:app:pull,push repository:base:pull\""));
  tokens.expire_all();
  EXPECT_EQ(registry.ask("GET /v2/", {bearer(mine)}).status, 401);
}

TEST(FakeRegistry, GivesTokensForARefreshToken) {
  TokenServer tokens({.user = "me", .password = "secret", .refresh_token = "again"});
  const std::string host = tokens.realm().substr(7, tokens.realm().find("/token") - 7);
  const std::string form =
      "grant_type=refresh_token&service=registry.example&client_id=test&"
      "scope=repository%3Aapp%3Apull&refresh_token=";
  EXPECT_EQ(ask(host, "POST /token", {}, form + "wrong").status, 401);
  const RawAnswer given = ask(host, "POST /token", {}, form + "again");
  EXPECT_EQ(given.status, 200);
  EXPECT_TRUE(tokens.allows(parse_json(given.body)["access_token"], "app", "pull"));
}

TEST(FakeRegistry, MisbehavesByScript) {
  Registry registry;
  const std::string digest = registry.fake.put_blob("app", "0123456789");
  const std::string request = "GET /v2/app/blobs/" + digest;
  registry.fake.add({.method = "GET",
                     .path = "/blobs/",
                     .after = 1,
                     .times = 2,
                     .instead = reply_with(503, {{"retry-after", "1"}})});
  registry.fake.add({.path = "/blobs/", .after = 3, .change = cut_after(4)});
  registry.fake.add({.path = "/blobs/",
                     .after = 3,
                     .change = set_field("docker-content-digest", digest_of("other"))});
  registry.fake.add({.path = "/blobs/", .after = 4, .instead = HttpReply{.none = true}});
  EXPECT_EQ(registry.ask(request).status, 200);
  EXPECT_EQ(registry.ask(request).fields.at("retry-after"), "1");
  EXPECT_EQ(registry.ask(request).status, 503);
  const RawAnswer cut = registry.ask(request);
  EXPECT_EQ(cut.body, "0123");
  EXPECT_EQ(cut.fields.at("docker-content-digest"), digest_of("other"));
  EXPECT_EQ(registry.ask(request).status, 0);
  EXPECT_EQ(registry.ask(request).status, 200);
  EXPECT_EQ(registry.fake.log("/blobs/").size(), 6U);
}

}  // namespace
}  // namespace stamp::fakes
