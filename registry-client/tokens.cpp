#include "registry-client/tokens.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "registry-client/retry.h"
#include "registry-client/server_text.h"
#include "registry-client/token_text.h"

namespace stamp::registry {
namespace {

constexpr std::size_t kMaxScope = 4096;

/// `text` as a value in a query or a form. Spec: RFC 3986 section 2.3.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/,";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

void add_words(std::string_view text, std::vector<std::string>& words) {
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return;
    const std::string word(text.substr(0, text.find(' ')));
    text.remove_prefix(word.size());
    if (std::ranges::find(words, word) == words.end()) words.push_back(word);
  }
}

/// Whether "repository:a:pull,push" grants all of "repository:a:pull".
bool covers(std::string_view wide, std::string_view narrow) {
  const std::size_t wide_colon = wide.rfind(':');
  const std::size_t narrow_colon = narrow.rfind(':');
  if (wide_colon == std::string_view::npos || narrow_colon == std::string_view::npos ||
      wide.substr(0, wide_colon) != narrow.substr(0, narrow_colon)) {
    return false;
  }
  const std::string actions = "," + std::string(wide.substr(wide_colon + 1)) + ",";
  std::string_view rest = narrow.substr(narrow_colon + 1);
  while (!rest.empty()) {
    const std::string_view action = rest.substr(0, rest.find(','));
    if (actions.find("," + std::string(action) + ",") == std::string::npos) return false;
    rest.remove_prefix(std::min(action.size() + 1, rest.size()));
  }
  return true;
}

/// The scopes to ask for: the request's own, and of what the registry asks for what they lack.
std::vector<std::string> wanted_scopes(const std::string& own, const std::string& extra) {
  std::vector<std::string> scopes;
  add_words(own, scopes);
  std::vector<std::string> more;
  if (extra.size() <= kMaxScope) add_words(extra, more);
  for (const std::string& scope : more) {
    const bool known =
        std::ranges::any_of(scopes, [&](const std::string& have) { return covers(have, scope); });
    if (!known) scopes.push_back(scope);
  }
  return scopes;
}

bool same_host_name(std::string_view host, std::string_view name) {
  return host.substr(0, host.find(':')) == name;
}

/// Token servers of registries that everybody knows.
bool is_known_token_server(std::string_view host, const Url& realm) {
  if (realm.scheme != "https" || realm.port != 443) return false;
  return (host == "docker.io" && realm.host == "auth.docker.io") ||
         (same_host_name(host, "registry.gitlab.com") && realm.host == "gitlab.com");
}

const Challenge* find_scheme(const std::vector<Challenge>& challenges, std::string_view scheme) {
  const auto found = std::ranges::find(challenges, scheme, &Challenge::scheme);
  return found == challenges.end() ? nullptr : &*found;
}

std::vector<Challenge> challenges_of(const Response& head) {
  std::vector<Challenge> all;
  for (const Header& header : head.headers) {
    if (header.name != "www-authenticate") continue;
    for (Challenge& challenge : parse_challenges(header.value)) all.push_back(std::move(challenge));
  }
  return all;
}

std::string basic(const Credentials& credentials) {
  return "Basic " + to_base64(credentials.username + ":" + credentials.password);
}

}  // namespace

Authorizer::Authorizer(const ClientParts& parts, std::string host, const HostSettings& settings,
                       Url origin)
    : parts_(parts),
      host_(std::move(host)),
      settings_(settings),
      origin_(std::move(origin)),
      limiter_(settings.concurrency, parts.retry) {}

std::optional<Credentials> Authorizer::credentials_for(const std::string& repository) {
  auto state = state_.lock();
  const auto known = state->credentials.find(repository);
  if (known != state->credentials.end()) return known->second;
  // With the lock held: a helper is asked once, however many threads want to know.
  return state->credentials.emplace(repository, parts_.credentials.find(host_, repository))
      .first->second;
}

std::string Authorizer::authorization(const Rights& rights) {
  const std::optional<Credentials> credentials = credentials_for(rights.repository);
  if (credentials && !credentials->registry_token.empty()) {
    return "Bearer " + credentials->registry_token;
  }
  {
    auto state = state_.lock();
    if (state->basic && credentials) return basic(*credentials);
    if (!state->bearer) return {};
  }
  return bearer(rights, {}, {});
}

std::optional<std::string> Authorizer::renewed(const Rights& rights, const Answer& refusal,
                                               const std::string& used) {
  const std::vector<Challenge> challenges = challenges_of(refusal.head);
  const Challenge* token = find_scheme(challenges, "bearer");
  const std::optional<Credentials> credentials = credentials_for(rights.repository);
  if (credentials && !credentials->registry_token.empty()) return std::nullopt;
  if (token == nullptr && find_scheme(challenges, "basic") != nullptr) {
    const bool usable = credentials && !credentials->username.empty();
    if (!usable || used.starts_with("Basic ")) return std::nullopt;
    state_.lock()->basic = true;
    return basic(*credentials);
  }
  std::string extra;
  {
    auto state = state_.lock();
    if (token != nullptr) {
      state->bearer = *token;
      state->from_public = !refusal.head.from_private_address;
      extra = token->parameter("scope");
    }
    // Some answer 401 without saying how to log in; what they said before still holds.
    if (!state->bearer) return std::nullopt;
  }
  std::string fresh = bearer(rights, extra, used);
  if (fresh == used) return std::nullopt;
  return fresh;
}

std::string Authorizer::bearer(const Rights& rights, const std::string& extra_scope,
                               const std::string& used) {
  const std::string key = rights.repository + "\n" + rights.scopes;
  Challenge challenge;
  Addresses addresses = Addresses::any;
  {
    auto state = state_.lock();
    while (state->tokens[key].asking) {
      constexpr std::chrono::milliseconds kLook{100};
      static_cast<void>(state.wait_for(kLook, [&](State& now) { return !now.tokens[key].asking; }));
      throw_if_interrupted();
    }
    Token& token = state->tokens[key];
    const bool holds = !token.text.empty() && parts_.retry.now() < token.expires;
    if (holds && "Bearer " + token.text != used) return "Bearer " + token.text;
    token.asking = true;
    challenge = *state->bearer;
    if (state->from_public) addresses = Addresses::public_only;
  }
  /// Lets the others in, whatever happens.
  struct Done {
    Guarded<State>& state;
    const std::string& key;
    Token token;
    ~Done() {
      state.lock()->tokens[key] = std::move(token);
      state.notify_all();
    }
  } done{state_, key, {}};
  done.token = ask(challenge, addresses, rights, extra_scope);
  return "Bearer " + done.token.text;
}

bool Authorizer::is_trusted(const Url& realm) const {
  if (realm.same_origin(origin_) || is_known_token_server(host_, realm)) return true;
  return std::ranges::any_of(settings_.token_servers, [&](const std::string& origin) {
    return Url::parse(origin).same_origin(realm);
  });
}

Url Authorizer::token_server(const Challenge& challenge,
                             const std::optional<Credentials>& credentials) const {
  const std::string realm = challenge.parameter("realm");
  const auto refuse = [&](std::string_view problem, std::string hint = {}) {
    return Error(ErrorKind::denied,
                 fmt::format("cannot log in to '{}': its token server '{}' {}", host_,
                             redacted_url(realm), problem),
                 {.hint = std::move(hint)});
  };
  if (realm.empty()) throw refuse("has no address");
  Url url = during(fmt::format("logging in to {}", host_), ErrorKind::denied,
                   [&] { return Url::parse(realm); });
  if (url.scheme != "https" && url.scheme != origin_.scheme) throw refuse("is not https");
  if (!credentials || is_trusted(url)) return url;
  url.path = "/";
  url.query.clear();
  std::string origin = url.str();
  origin.pop_back();
  throw refuse(
      "is not one that may see credentials",
      fmt::format("if it is right, add {} to token-servers of this registry's settings", origin));
}

Outgoing Authorizer::token_request(const Challenge& challenge, Addresses addresses,
                                   const std::vector<std::string>& scopes,
                                   const std::optional<Credentials>& credentials) const {
  const Url url = token_server(challenge, credentials);
  std::string form;
  const auto add = [&](std::string_view name, std::string_view value) {
    form += fmt::format("{}{}={}", form.empty() ? "" : "&", name, percent_encoded(value));
  };
  if (const std::string service = challenge.parameter("service"); !service.empty()) {
    add("service", service);
  }
  const bool oauth = credentials && !credentials->identity_token.empty();
  Outgoing outgoing = {.target = {.url = url, .addresses = addresses},
                       .headers = {{"Accept-Encoding", "identity"}}};
  if (url.host == origin_.host || is_trusted(url)) outgoing.ca_file = settings_.ca_file;
  if (!oauth) {
    for (const std::string& scope : scopes) add("scope", scope);
    if (credentials) {
      add("account", credentials->username);
      outgoing.authorization = basic(*credentials);
    }
    std::string& query = outgoing.target.url.query;
    if (!query.empty() && !form.empty()) query += "&";
    query += form;
    return outgoing;
  }
  std::string all;
  for (const std::string& scope : scopes) all += (all.empty() ? "" : " ") + scope;
  add("scope", all);
  add("client_id", "stamp");
  add("grant_type", "refresh_token");
  add("refresh_token", credentials->identity_token);
  outgoing.method = "POST";
  outgoing.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  outgoing.body_for = BodyFor::own_origin;
  outgoing.body = RequestBody{.length = form.size(),
                              .open = [form] { return std::make_unique<StringSource>(form); }};
  return outgoing;
}

Authorizer::Token Authorizer::ask(const Challenge& challenge, Addresses addresses,
                                  const Rights& rights, const std::string& extra_scope) {
  const Outgoing outgoing =
      token_request(challenge, addresses, wanted_scopes(rights.scopes, extra_scope),
                    credentials_for(rights.repository));
  const std::string what = fmt::format("cannot log in to '{}'", host_);
  const std::string input = redacted_url(outgoing.target.url.str());
  Attempts attempts(parts_.retry, limiter_, parts_.budget);
  while (true) {
    const auto asked_at = parts_.retry.now();
    std::optional<Answer> answer;
    try {
      const Limiter::Slot slot = limiter_.slot();
      answer = exchange(parts_.transport, parts_.counters, outgoing,
                        [](const Response&) { return nullptr; });
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::network) throw error.within("logging in to " + host_);
      wait(attempts, {.error = error.within("logging in to " + host_)});
      continue;
    }
    const int status = answer->head.status;
    if (status == 200) {
      const TokenText read = during("logging in to " + host_, [&] {
        if (answer->cut) throw Error(ErrorKind::corrupt, what + ": the answer is too long");
        return read_token(answer->text);
      });
      return {.text = read.text, .expires = asked_at + read.life};
    }
    const bool refused = status == 401 || status == 403;
    Error error(refused ? ErrorKind::denied : ErrorKind::network,
                fmt::format("{}: {}", what, describe_answer(status, answer->text)),
                {.input = input, .hint = refused ? login_hint(host_) : std::string()});
    // Whoever wanted the token need not ask for it again.
    if (!is_worth_retrying(status)) throw error.as(ErrorKind::denied);
    wait(attempts, setback_of(std::move(error), answer->head, parts_.clock.now()));
  }
}

void Authorizer::wait(Attempts& attempts, const Setback& setback) {
  try {
    attempts.failed(setback);
  } catch (const Error& error) {
    // Nor try all of this again.
    throw error.kind() == ErrorKind::network ? error.as(ErrorKind::unavailable) : error;
  }
}

}  // namespace stamp::registry
