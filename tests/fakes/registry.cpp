#include "tests/fakes/registry.h"

#include <regex>

#include <fmt/core.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/stream.h"

namespace stamp::fakes {
namespace {

bool fits(const Rule& rule, const HttpRequest& request) {
  return (rule.method.empty() || rule.method == request.method) &&
         request.target.find(rule.path) != std::string::npos &&
         (!rule.only_if || rule.only_if(request));
}

bool changes(const RegistryCall& call) {
  return call.request.method != "GET" && call.request.method != "HEAD";
}

/// What a token must allow: (repository, action).
std::vector<std::pair<std::string, std::string>> needed(const RegistryCall& call) {
  if (call.kind.empty()) return {};
  if (call.request.method == "DELETE" && call.kind != "uploads") {
    return {{call.repository, "delete"}};
  }
  if (!changes(call)) return {{call.repository, "pull"}};
  std::vector<std::pair<std::string, std::string>> all = {{call.repository, "pull"},
                                                          {call.repository, "push"}};
  if (const std::string from = call.query.get("from"); !from.empty())
    all.emplace_back(from, "pull");
  return all;
}

std::string challenge(const TokenServer& tokens,
                      const std::vector<std::pair<std::string, std::string>>& needs) {
  std::string scope;
  std::string last;
  for (const auto& [repository, action] : needs) {
    if (repository == last) {
      scope += "," + action;
    } else {
      scope += fmt::format("{}repository:{}:{}", scope.empty() ? "" : " ", repository, action);
    }
    last = repository;
  }
  std::string text =
      fmt::format("Bearer realm=\"{}\",service=\"{}\"", tokens.realm(), tokens.service());
  if (!scope.empty()) text += fmt::format(",scope=\"{}\"", scope);
  return text;
}

HttpReply unauthorized(const std::string& field) {
  HttpReply reply = registry_error(401, "UNAUTHORIZED", "authentication required");
  reply.fields.emplace_back("www-authenticate", field);
  return reply;
}

}  // namespace

std::optional<RegistryCall> parse_call(const HttpRequest& request) {
  const auto [path, query] = split_at(request.target, "?");
  RegistryCall call = {.request = request, .query = Query(query)};
  if (path == "/v2/" || path == "/v2") return call;
  static const std::regex form(
      "/v2/([a-z0-9][a-z0-9._/-]*)/(blobs/uploads|blobs|manifests|referrers|tags)/([^/]*)");
  std::smatch parts;
  if (!std::regex_match(path, parts, form)) return std::nullopt;
  call.repository = parts[1];
  call.kind = parts[2] == "blobs/uploads" ? "uploads" : parts[2].str();
  call.reference = percent_decoded(parts[3].str());
  return call;
}

HttpReply registry_error(int status, std::string_view code, std::string_view message) {
  const Json errors = {{"errors", {{{"code", code}, {"message", message}}}}};
  return {.status = status,
          .fields = {{"content-type", "application/json"}},
          .body = canonical_json(errors)};
}

HttpReply missing_blobs(int status, const std::vector<std::string>& digests) {
  Json errors = Json::array();
  for (const std::string& digest : digests) {
    errors.push_back({{"code", "MANIFEST_BLOB_UNKNOWN"},
                      {"message", "blob unknown to registry"},
                      {"detail", digest}});
  }
  return {.status = status,
          .fields = {{"content-type", "application/json"}},
          .body = canonical_json({{"errors", errors}})};
}

std::string digest_like(std::string_view like, std::string_view bytes) {
  if (like.starts_with("sha256:")) return Digest::of(bytes).str();
  if (like.starts_with("sha512:")) {
    return "sha512:" + hash_hex(HashAlgorithm::sha512, as_bytes(bytes));
  }
  return "";
}

FakeRegistry::FakeRegistry(RegistryOptions options)
    : options_(std::move(options)),
      server_([this](const HttpRequest& request) { return answer(request); },
              {.intake = [this](const HttpRequest& request) { return intake(request); },
               .tls = options_.tls,
               .newest_tls = options_.newest_tls}) {}

void FakeRegistry::add(Rule rule) {
  rules_.lock()->push_back({.rule = std::move(rule)});
}

void FakeRegistry::clear_rules() {
  rules_.lock()->clear();
}

std::vector<std::string> FakeRegistry::log(const std::string& path) {
  std::vector<std::string> lines;
  for (const HttpRequest& request : requests()) {
    if (request.target.find(path) != std::string::npos) {
      lines.push_back(request.method + " " + request.target);
    }
  }
  return lines;
}

std::string FakeRegistry::put_blob(const std::string& repository, const std::string& bytes) {
  const std::string digest = Digest::of(bytes).str();
  state_.lock()->repositories[repository].blobs[digest] = bytes;
  return digest;
}

std::string FakeRegistry::put_manifest(const std::string& repository, const std::string& tag,
                                       const StoredManifest& manifest) {
  const std::string digest = Digest::of(manifest.body).str();
  auto state = state_.lock();
  StoredRepository& stored = state->repositories[repository];
  stored.manifests[digest] = manifest;
  if (!tag.empty()) stored.tags[tag] = digest;
  return digest;
}

StoredRepository FakeRegistry::repository(const std::string& name) {
  auto state = state_.lock();
  const auto found = state->repositories.find(name);
  return found != state->repositories.end() ? found->second : StoredRepository();
}

std::size_t FakeRegistry::open_uploads() {
  return state_.lock()->uploads.size();
}

std::vector<Rule> FakeRegistry::matching(const HttpRequest& request, bool at_intake) {
  std::vector<Rule> found;
  auto rules = rules_.lock();
  for (Live& live : *rules) {
    // What is to be taken of a body is asked before the request is handled.
    if (live.rule.take.has_value() != at_intake || !fits(live.rule, request)) continue;
    ++live.seen;
    const int number = live.seen - live.rule.after;
    if (number >= 1 && (live.rule.times == 0 || number <= live.rule.times)) {
      found.push_back(live.rule);
    }
  }
  return found;
}

HttpIntake FakeRegistry::intake(const HttpRequest& request) {
  HttpIntake taken;
  for (const Rule& rule : matching(request, true)) taken.most = rule.take;
  return taken;
}

HttpReply FakeRegistry::answer(const HttpRequest& request) {
  const std::vector<Rule> rules = matching(request, false);
  std::optional<HttpReply> reply;
  for (const Rule& rule : rules) {
    if (rule.before) rule.before();
    if (rule.instead && !reply) reply = rule.instead;
  }
  if (!reply) reply = answer_right(request);
  for (const Rule& rule : rules) {
    if (rule.change) rule.change(*reply);
  }
  return *reply;
}

std::optional<HttpReply> FakeRegistry::refusal(const RegistryCall& call) {
  const std::string field = call.request.field("authorization");
  if (options_.tokens != nullptr) {
    const std::string token =
        field.starts_with("Bearer ") ? split_at(field, "Bearer ").second : std::string();
    const auto needs = needed(call);
    bool allowed = options_.tokens->allows(token, "", "");
    for (const auto& [repository, action] : needs) {
      allowed = allowed && options_.tokens->allows(token, repository, action);
    }
    if (!allowed) return unauthorized(challenge(*options_.tokens, needs));
  } else if (!options_.user.empty() &&
             field != "Basic " + to_base64(options_.user + ":" + options_.password)) {
    return unauthorized("Basic realm=\"registry.example\"");
  }
  if (options_.read_only && changes(call)) {
    return registry_error(405, "UNSUPPORTED", "the registry is read-only");
  }
  return std::nullopt;
}

HttpReply FakeRegistry::answer_right(const HttpRequest& request) {
  const std::optional<RegistryCall> call = parse_call(request);
  if (!call) return {.status = 404, .body = "404 page not found\n"};
  if (std::optional<HttpReply> refused = refusal(*call)) return *refused;
  if (call->kind.empty()) return {.fields = {{"content-type", "application/json"}}, .body = "{}"};
  auto state = state_.lock();
  if (call->kind == "blobs") return answer_blobs(*state, options_, *call);
  if (call->kind == "uploads") return answer_uploads(*state, options_, *call);
  // Only an upload keeps what came of a body that broke off.
  if (request.body_incomplete) return {.none = true};
  if (call->kind == "manifests") return answer_manifests(*state, options_, *call);
  if (call->kind == "tags") return answer_tags(*state, options_, *call);
  return answer_referrers(*state, options_, *call);
}

HttpReply reply_with(int status, std::vector<std::pair<std::string, std::string>> fields,
                     std::string body) {
  return {.status = status, .fields = std::move(fields), .body = std::move(body)};
}

std::function<void(HttpReply&)> set_field(std::string name, std::optional<std::string> value) {
  return [name = std::move(name), value = std::move(value)](HttpReply& reply) {
    std::erase_if(reply.fields, [&](const auto& field) { return field.first == name; });
    if (value) reply.fields.emplace_back(name, *value);
  };
}

std::function<void(HttpReply&)> cut_after(std::size_t size) {
  return [size](HttpReply& reply) { reply.cut_after = size; };
}

}  // namespace stamp::fakes
