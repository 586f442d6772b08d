#include <algorithm>

#include <fmt/core.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/stream.h"
#include "tests/fakes/registry_state.h"

namespace stamp::fakes {
namespace {

constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";

std::string text_at(const Json& document, const char* name) {
  const auto found = document.find(name);
  return found != document.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The document, or null when it is none.
Json parsed(const std::string& body) {
  Json document = Json::parse(body, nullptr, false);
  return document.is_object() ? document : Json();
}

/// The digests that a manifest needs of its own repository: blobs, and manifests of an index.
struct Needs {
  std::vector<std::string> blobs;
  std::vector<std::string> manifests;
};

Needs needs_of(const Json& document) {
  Needs needs;
  if (document.contains("config")) needs.blobs.push_back(text_at(document["config"], "digest"));
  for (const Json& layer : document.value("layers", Json::array())) {
    // What lies elsewhere need not be here.
    if (!layer.contains("urls")) needs.blobs.push_back(text_at(layer, "digest"));
  }
  for (const Json& manifest : document.value("manifests", Json::array())) {
    needs.manifests.push_back(text_at(manifest, "digest"));
  }
  return needs;
}

std::string entity_tag(const std::string& digest) {
  return "\"" + digest + "\"";
}

/// Nothing when the manifest may be stored.
std::optional<HttpReply> refusal(const StoredRepository& repository, const RegistryOptions& options,
                                 const RegistryCall& call) {
  const std::string& body = call.request.body;
  if (body.size() > options.largest_manifest) {
    return registry_error(413, "SIZE_INVALID", "manifest too large");
  }
  const Json document = parsed(body);
  const std::string type = call.request.field("content-type");
  if (document.is_null() || type.empty()) {
    return registry_error(400, "MANIFEST_INVALID", "manifest invalid");
  }
  const std::string own_type = text_at(document, "mediaType");
  if (!own_type.empty() && own_type != type) {
    return registry_error(400, "MANIFEST_INVALID", "mediaType is not Content-Type");
  }
  const Needs needs = needs_of(document);
  std::vector<std::string> missing;
  for (const std::string& digest : needs.blobs) {
    if (!repository.blobs.contains(digest)) missing.push_back(digest);
  }
  for (const std::string& digest : needs.manifests) {
    if (!repository.manifests.contains(digest)) missing.push_back(digest);
  }
  if (!missing.empty()) return missing_blobs(options.missing_blob_status, missing);
  return std::nullopt;
}

bool is_digest(const std::string& reference) {
  return reference.find(':') != std::string::npos;
}

HttpReply put_manifest(StoredRepository& repository, const RegistryOptions& options,
                       const RegistryCall& call) {
  if (std::optional<HttpReply> refused = refusal(repository, options, call)) return *refused;
  const std::string& body = call.request.body;
  const bool by_digest = is_digest(call.reference);
  const std::string digest = digest_like(by_digest ? call.reference : "sha256:", body);
  if (by_digest && digest != call.reference) {
    return registry_error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  if (options.etags) {
    const auto tag = repository.tags.find(call.reference);
    const std::string now = tag == repository.tags.end() ? "" : entity_tag(tag->second);
    const std::string match = call.request.field("if-match");
    if ((!match.empty() && match != now) ||
        (call.request.field("if-none-match") == "*" && !now.empty())) {
      return registry_error(412, "DENIED", "the tag has changed");
    }
  }
  repository.manifests[digest] = {.media_type = call.request.field("content-type"), .body = body};
  if (!by_digest) repository.tags[call.reference] = digest;
  HttpReply reply = {
      .status = 201,
      .fields = {{"location", fmt::format("/v2/{}/manifests/{}", call.repository, digest)},
                 {"docker-content-digest", digest}}};
  const Json document = parsed(body);
  if (options.referrers && document.contains("subject")) {
    reply.fields.emplace_back("oci-subject", text_at(document["subject"], "digest"));
  }
  return reply;
}

HttpReply delete_manifest(StoredRepository& repository, const RegistryOptions& options,
                          const RegistryCall& call) {
  const bool by_digest = is_digest(call.reference);
  if (!options.deletes || (!by_digest && !options.tag_deletes)) {
    return registry_error(405, "UNSUPPORTED", "the operation is unsupported");
  }
  const std::size_t gone = by_digest ? repository.manifests.erase(call.reference)
                                     : repository.tags.erase(call.reference);
  if (gone == 0) return registry_error(404, "MANIFEST_UNKNOWN", "manifest unknown");
  std::erase_if(repository.tags, [&](const auto& tag) { return tag.second == call.reference; });
  return {.status = 202};
}

bool accepts(const HttpRequest& request, const std::string& media_type) {
  const std::string accept = request.field("accept");
  return accept.empty() || accept.find("*/*") != std::string::npos ||
         accept.find(media_type) != std::string::npos;
}

}  // namespace

HttpReply answer_manifests(RegistryState& state, const RegistryOptions& options,
                           const RegistryCall& call) {
  StoredRepository& repository = state.repositories[call.repository];
  const std::string& method = call.request.method;
  if (method == "PUT") return put_manifest(repository, options, call);
  if (method == "DELETE") return delete_manifest(repository, options, call);
  if (method != "GET" && method != "HEAD") {
    return registry_error(405, "UNSUPPORTED", "the operation is unsupported");
  }
  const auto tag = repository.tags.find(call.reference);
  const std::string digest = tag != repository.tags.end() ? tag->second : call.reference;
  const auto manifest = repository.manifests.find(digest);
  if (manifest == repository.manifests.end() ||
      !accepts(call.request, manifest->second.media_type)) {
    return registry_error(404, "MANIFEST_UNKNOWN", "manifest unknown");
  }
  HttpReply reply = {
      .fields = {{"content-type", manifest->second.media_type}, {"docker-content-digest", digest}},
      .body = manifest->second.body};
  if (options.etags) reply.fields.emplace_back("etag", entity_tag(digest));
  return reply;
}

HttpReply answer_tags(RegistryState& state, const RegistryOptions& options,
                      const RegistryCall& call) {
  const auto repository = state.repositories.find(call.repository);
  if (repository == state.repositories.end() ||
      (repository->second.blobs.empty() && repository->second.manifests.empty())) {
    return registry_error(404, "NAME_UNKNOWN", "repository name not known to registry");
  }
  const std::string asked = call.query.get("n");
  const std::size_t most = std::min(options.page, asked.empty() ? options.page : std::stoul(asked));
  const std::string after = call.query.get("last");
  Json tags = Json::array();
  bool more = false;
  for (const auto& [tag, digest] : repository->second.tags) {
    if (tag <= after) continue;
    more = tags.size() == most;
    if (more) break;
    tags.push_back(tag);
  }
  HttpReply reply = {.fields = {{"content-type", "application/json"}},
                     .body = canonical_json({{"name", call.repository}, {"tags", tags}})};
  if (more) {
    reply.fields.emplace_back(
        "link", fmt::format("</v2/{}/tags/list?last={}&n={}>; rel=\"next\"", call.repository,
                            tags.empty() ? after : tags.back().get<std::string>(), most));
  }
  return reply;
}

HttpReply answer_referrers(RegistryState& state, const RegistryOptions& options,
                           const RegistryCall& call) {
  if (!options.referrers) return {.status = 404, .body = "404 page not found\n"};
  const std::string wanted = call.query.get("artifactType");
  Json all = Json::array();
  for (const auto& [digest, manifest] : state.repositories[call.repository].manifests) {
    const Json document = parsed(manifest.body);
    if (!document.contains("subject") || text_at(document["subject"], "digest") != call.reference) {
      continue;
    }
    std::string type = text_at(document, "artifactType");
    if (type.empty() && document.contains("config"))
      type = text_at(document["config"], "mediaType");
    if (!wanted.empty() && type != wanted) continue;
    Json descriptor = {{"mediaType", manifest.media_type},
                       {"digest", digest},
                       {"size", manifest.body.size()},
                       {"artifactType", type}};
    if (document.contains("annotations")) descriptor["annotations"] = document["annotations"];
    all.push_back(descriptor);
  }
  const std::string from_text = call.query.get("from");
  const std::size_t from = std::min(from_text.empty() ? 0 : std::stoul(from_text), all.size());
  const std::size_t to = std::min(from + options.page, all.size());
  Json part = Json::array();
  for (std::size_t i = from; i < to; ++i) part.push_back(all[i]);
  HttpReply reply = {.fields = {{"content-type", std::string(kIndexType)}},
                     .body = canonical_json(
                         {{"schemaVersion", 2}, {"mediaType", kIndexType}, {"manifests", part}})};
  if (!wanted.empty()) reply.fields.emplace_back("oci-filters-applied", "artifactType");
  if (to < all.size()) {
    reply.fields.emplace_back(
        "link", fmt::format("</v2/{}/referrers/{}?from={}&artifactType={}>; rel=\"next\"",
                            call.repository, call.reference, to, percent_encoded(wanted)));
  }
  return reply;
}

}  // namespace stamp::fakes
