// The fake registry and docker-registry answer the same requests alike, so that what is tested
// against the fake holds for the real one.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/json.h"
#include "tests/fakes/raw_request.h"
#include "tests/fakes/registry.h"
#include "tests/registry-client/real/docker_registry.h"

namespace stamp::registry {
namespace {

using fakes::RawAnswer;

constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";

std::string field(const RawAnswer& answer, const std::string& name) {
  const auto found = answer.fields.find(name);
  return found != answer.fields.end() ? found->second : "";
}

std::string digest_of(const std::string& text) {
  return Digest::of(text).str();
}

std::string code_of(const RawAnswer& answer) {
  const Json document = Json::parse(answer.body, nullptr, false);
  return document.is_object() && document.contains("errors")
             ? document["errors"][0]["code"].get<std::string>()
             : "";
}

/// What a client can go by of an answer.
std::string summary(const RawAnswer& answer) {
  return std::to_string(answer.status) + " " + code_of(answer) +
         " range=" + field(answer, "range") + " content-range=" + field(answer, "content-range") +
         " digest=" + field(answer, "docker-content-digest") +
         " location=" + (field(answer, "location").empty() ? "no" : "yes");
}

/// Only the path of a Location.
std::string place_of(const RawAnswer& answer) {
  const std::string location = field(answer, "location");
  return location.substr(location.find("/v2/"));
}

/// The same conversation with a registry, whatever it is.
std::vector<std::string> conversation(const std::string& host) {
  std::vector<std::string> said;
  const auto ask = [&](const std::string& request, const std::vector<std::string>& lines = {},
                       const std::string& body = "") {
    const RawAnswer answer = fakes::ask(host, request, lines, body);
    said.push_back(request.substr(0, request.find('?')).substr(0, 60) + " -> " + summary(answer));
    return answer;
  };
  const auto start = [&] {
    return place_of(fakes::ask(host, "POST /v2/app/blobs/uploads/", {"content-length: 0"}));
  };
  const auto note = [&](const std::string& what, const RawAnswer& answer) {
    said.push_back(what + " -> " + summary(answer));
    return answer;
  };
  const std::string config = digest_of("config");
  ask("GET /v2/");
  ask("GET /v2/app/tags/list");
  ask("HEAD /v2/app/blobs/" + config);
  ask("GET /v2/app/manifests/v1");

  note("start", fakes::ask(host, "POST /v2/app/blobs/uploads/", {"content-length: 0"}));
  const std::string wrong = start();
  note("wrong digest", fakes::ask(host, "PUT " + wrong + "&digest=" + config, {}, "other"));
  std::string place = start();
  RawAnswer chunk = note("chunk", fakes::ask(host, "PATCH " + place, {}, "con"));
  chunk = note("state", fakes::ask(host, "GET " + place_of(chunk)));
  chunk = note("more", fakes::ask(host, "PATCH " + place_of(chunk), {"content-range: 3-5"}, "fig"));
  note("end",
       fakes::ask(host, "PUT " + place_of(chunk) + "&digest=" + config, {"content-length: 0"}));
  note("cancel", fakes::ask(host, "DELETE " + start()));
  note("gone", fakes::ask(host, "GET " + place));

  ask("HEAD /v2/app/blobs/" + config);
  ask("GET /v2/app/blobs/" + config, {"range: bytes=2-"});
  ask("GET /v2/app/blobs/" + config, {"range: bytes=1-2"});
  ask("GET /v2/app/blobs/" + config, {"range: bytes=6-"});
  ask("POST /v2/other/blobs/uploads/?from=app&mount=" + config, {"content-length: 0"});
  ask("POST /v2/other/blobs/uploads/?from=none&mount=" + digest_of("x"), {"content-length: 0"});

  Json document = {{"schemaVersion", 2},
                   {"mediaType", kManifestType},
                   {"config",
                    {{"mediaType", "application/vnd.oci.image.config.v1+json"},
                     {"digest", config},
                     {"size", 6}}},
                   {"layers", Json::array()}};
  const std::string text = canonical_json(document);
  const std::string type = std::string("content-type: ") + kManifestType;
  ask("PUT /v2/app/manifests/v1", {type}, text);
  ask("PUT /v2/app/manifests/" + digest_of(text), {type}, text);
  ask("PUT /v2/app/manifests/" + digest_of("x"), {type}, text);
  const std::string accept = std::string("accept: ") + kManifestType;
  ask("GET /v2/app/manifests/v1", {accept});
  ask("HEAD /v2/app/manifests/" + digest_of(text), {accept});
  said.push_back(parse_json(ask("GET /v2/app/tags/list").body).dump());
  document["layers"].push_back({{"mediaType", "application/vnd.oci.image.layer.v1.tar"},
                                {"digest", digest_of("layer")},
                                {"size", 5}});
  ask("PUT /v2/app/manifests/v2", {type}, canonical_json(document));
  ask("DELETE /v2/app/manifests/" + digest_of(text));
  ask("DELETE /v2/app/manifests/" + digest_of(text));
  ask("DELETE /v2/app/blobs/" + config);
  ask("DELETE /v2/app/blobs/" + config);
  ask("GET /v2/app/referrers/" + config);
  return said;
}

TEST(Likeness, TheFakeAnswersAsDockerRegistryDoes) {
  if (const std::string why = docker_registry_missing(); !why.empty()) GTEST_SKIP() << why;
  DockerRegistry real({});
  fakes::FakeRegistry fake({.referrers = false, .missing_blob_status = 400});
  const std::vector<std::string> expected = conversation(real.host());
  const std::vector<std::string> got = conversation(fake.host());
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], expected[i]);
}

TEST(Likeness, DockerRegistryTakesTheTokenServersTokens) {
  if (const std::string why = docker_registry_missing(); !why.empty()) GTEST_SKIP() << why;
  const fakes::CertificateAuthority signer;
  fakes::TokenServer tokens({.signer = &signer});
  DockerRegistry real({.tokens = &tokens, .signer = &signer});
  const RawAnswer refused = fakes::ask(real.host(), "GET /v2/app/tags/list");
  EXPECT_EQ(refused.status, 401);
  const std::string server = tokens.realm().substr(7, tokens.realm().find("/token") - 7);
  const RawAnswer given =
      fakes::ask(server, "GET /token?service=registry.example&scope=repository:app:pull,push");
  const std::string token = parse_json(given.body)["token"];
  EXPECT_EQ(fakes::ask(real.host(), "POST /v2/app/blobs/uploads/",
                       {"content-length: 0", "authorization: Bearer " + token})
                .status,
            202)
      << real.log();
  EXPECT_EQ(fakes::ask(real.host(), "POST /v2/b/blobs/uploads/",
                       {"content-length: 0", "authorization: Bearer " + token})
                .status,
            401);
}

}  // namespace
}  // namespace stamp::registry
