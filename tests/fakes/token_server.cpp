#include "tests/fakes/token_server.h"

#include <chrono>

#include <fmt/core.h>

#include "base/base64.h"
#include "base/json.h"
#include "tests/fakes/http_query.h"

namespace stamp::fakes {
namespace {

/// The words of "pull,push".
std::set<std::string> words(std::string_view text, std::string_view mark) {
  std::set<std::string> found;
  while (!text.empty()) {
    const auto [word, rest] = split_at(text, mark);
    found.insert(word);
    text.remove_prefix(std::min(text.size(), word.size() + mark.size()));
  }
  return found;
}

Json claims_of(const TokenServerOptions& options, const Json& access, int number) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  return {{"iss", "stamp tests"},
          {"sub", options.user},
          {"aud", options.service},
          {"nbf", now - 60},
          {"iat", now},
          {"exp", now + options.expires_in.value_or(60)},
          {"jti", std::to_string(number)},
          {"access", access}};
}

}  // namespace

TokenServer::TokenServer(TokenServerOptions options)
    : options_(std::move(options)),
      server_([this](const HttpRequest& request) { return answer(request); }, options_.server) {}

bool TokenServer::allows(const std::string& token, const std::string& repository,
                         const std::string& action) {
  auto tokens = tokens_.lock();
  const auto access = tokens->find(token);
  if (access == tokens->end() || repository.empty()) return access != tokens->end();
  const auto actions = access->second.find(repository);
  return actions != access->second.end() && actions->second.contains(action);
}

void TokenServer::expire_all() {
  tokens_.lock()->clear();
}

HttpReply TokenServer::answer(const HttpRequest& request) {
  if (options_.instead) {
    if (const std::optional<HttpReply> reply = options_.instead(request)) return *reply;
  }
  const auto [path, query_text] = split_at(request.target, "?");
  const bool form = request.method == "POST";
  const Query query(form ? request.body : query_text);
  const HttpReply refused = {.status = 401,
                             .fields = {{"www-authenticate", "Basic realm=\"tokens\""}},
                             .body = R"({"errors":[{"code":"UNAUTHORIZED","message":"no"}]})"};
  if (path != "/token" || query.get("service") != options_.service) return {.status = 404};
  bool known = options_.user.empty();
  if (form) {
    const bool by_token = query.get("grant_type") == "refresh_token";
    if (query.get("client_id").empty()) return {.status = 400, .body = R"({"error":"client_id"})"};
    known = by_token ? !options_.refresh_token.empty() &&
                           query.get("refresh_token") == options_.refresh_token
                     : query.get("username") == options_.user &&
                           query.get("password") == options_.password;
    if (!known) return refused;
  } else if (const std::string field = request.field("authorization"); !field.empty()) {
    known = field == "Basic " + to_base64(options_.user + ":" + options_.password);
    if (!known) return refused;
  }
  std::vector<std::string> scopes;
  for (const std::string& value : query.all("scope")) {
    for (const std::string& scope : words(value, " ")) scopes.push_back(scope);
  }
  return grant(scopes, known);
}

HttpReply TokenServer::grant(const std::vector<std::string>& scopes, bool known) {
  Access access;
  Json listed = Json::array();
  for (const std::string& scope : scopes) {
    // "repository:NAME:ACTIONS", and NAME may hold a port's colon.
    const auto [kind, rest] = split_at(scope, ":");
    const std::size_t colon = rest.rfind(':');
    if (kind != "repository" || colon == std::string::npos) continue;
    const std::string repository = rest.substr(0, colon);
    Json actions = Json::array();
    for (const std::string& action : words(rest.substr(colon + 1), ",")) {
      if (!known && !options_.anonymous.contains(action)) continue;
      if (options_.most && !options_.most(repository).contains(action)) continue;
      access[repository].insert(action);
      actions.push_back(action);
    }
    listed.push_back({{"type", "repository"}, {"name", repository}, {"actions", actions}});
  }
  ++given_;
  const std::string token =
      options_.signer != nullptr
          ? options_.signer->sign_token(canonical_json(claims_of(options_, listed, given_)))
          : fmt::format("token-{}", given_);
  (*tokens_.lock())[token] = access;
  Json answer = {{"token", token}, {"access_token", token}};
  if (options_.expires_in) answer["expires_in"] = *options_.expires_in;
  return {.fields = {{"content-type", "application/json"}}, .body = canonical_json(answer)};
}

}  // namespace stamp::fakes
