// A registry that misbehaves by a script, for programs that speak to it from outside.
//
//   fault_registry SCRIPT
//
// SCRIPT is JSON: what the registry holds and asks for, and the rules by which it errs. In rules'
// texts @HOST@ and @OTHER@ stand for this registry's address and for that of a second one with the
// same content, which errs in nothing; @REALM@ for the token server's. On stdout comes a line with
// both addresses; when stdin ends, what was asked of them and what they hold.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>

#include "base/guarded.h"
#include "base/json.h"
#include "tests/fakes/certificates.h"
#include "tests/fakes/registry.h"
#include "tests/fakes/token_server.h"

namespace stamp::fakes {
namespace {

using Clock = std::chrono::steady_clock;

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string with_address(std::string text, const std::string& mark, const std::string& address) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    text.replace(at, mark.size(), address);
    at += address.size();
  }
  return text;
}

/// What was asked of a registry, with times and the answers' sizes.
class Log final {
 public:
  /// A rule that writes down all requests and harms none. It must be the last.
  Rule rule() {
    Rule watch;
    watch.times = 0;
    watch.only_if = [this](const HttpRequest& request) {
      note(request);
      return true;
    };
    watch.change = [this](const HttpReply& reply) { note(reply); };
    return watch;
  }
  Json entries() { return *entries_.lock(); }

 private:
  void note(const HttpRequest& request) {
    entries_.lock()->push_back({{"at_ms", now()},
                                {"method", request.method},
                                {"target", request.target},
                                {"range", request.field("range")},
                                {"authorization", request.field("authorization")},
                                {"received", request.body_size}});
  }
  void note(const HttpReply& reply) {
    auto entries = entries_.lock();
    Json& last = entries->back();
    const bool has_body = last["method"] != "HEAD" && !reply.none;
    const std::size_t whole = has_body ? reply.body.size() : 0;
    last["status"] = reply.none ? 0 : reply.status;
    last["sent"] = std::min(whole, reply.cut_after.value_or(whole));
  }
  std::int64_t now() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun_).count();
  }

  Clock::time_point begun_ = Clock::now();
  Guarded<Json> entries_ = Guarded<Json>(Json::array());
};

void set_fields(HttpReply& reply, const Json& fields) {
  for (const Json& field : fields) {
    const std::optional<std::string> value =
        field[1].is_null() ? std::nullopt : std::optional(field[1].get<std::string>());
    set_field(field[0].get<std::string>(), value)(reply);
  }
}

/// Does to an answer what a rule's `instead` or `change` says.
void shape(HttpReply& reply, const Json& how) {
  reply.status = how.value("status", reply.status);
  reply.body = how.value("body", reply.body);
  if (how.contains("fill")) reply.body.assign(how["fill"].get<std::size_t>(), 'x');
  if (how.contains("file")) reply.body = content_of(how["file"].get<std::string>());
  reply.body += how.value("append", "");
  if (how.contains("flip") && !reply.body.empty()) {
    reply.body[how["flip"].get<std::size_t>() % reply.body.size()] ^= 1;
  }
  if (how.contains("keep")) reply.body.resize(how["keep"].get<std::size_t>());
  set_fields(reply, how.value("fields", Json::array()));
  if (how.contains("cut")) reply.cut_after = how["cut"].get<std::size_t>();
  if (how.contains("pause_ms")) {
    reply.pause = std::chrono::milliseconds(how["pause_ms"].get<int>());
  }
  reply.cut_by_reset = how.value("reset", reply.cut_by_reset);
  reply.trickle = how.value("trickle", reply.trickle);
  reply.trickle_head = how.value("trickle_head", reply.trickle_head);
  reply.without_length = how.value("without_length", reply.without_length);
  reply.chunked = how.value("chunked", reply.chunked);
  reply.none = how.value("none", reply.none);
}

Rule rule_of(const Json& text, TokenServer& tokens) {
  Rule rule;
  rule.method = text.value("method", "");
  rule.path = text.value("path", "");
  rule.after = text.value("after", 0);
  rule.times = text.value("times", 1);
  if (text.contains("take")) rule.take = text["take"].get<std::size_t>();
  if (text.value("expire_tokens", false)) rule.before = [&tokens] { tokens.expire_all(); };
  if (text.contains("instead")) {
    HttpReply reply;
    shape(reply, text["instead"]);
    rule.instead = reply;
  }
  if (text.contains("change")) {
    rule.change = [how = text["change"]](HttpReply& reply) { shape(reply, how); };
  }
  if (text.value("ranges", "") == "only") {
    rule.only_if = [](const HttpRequest& request) { return !request.field("range").empty(); };
  }
  if (text.value("ranges", "") == "none") {
    rule.only_if = [](const HttpRequest& request) { return request.field("range").empty(); };
  }
  return rule;
}

/// What the registry shows to those who trust `authority`.
void set_tls(RegistryOptions& options, const std::string& kind,
             const CertificateAuthority& authority) {
  if (kind.empty()) return;
  constexpr std::chrono::hours kDay{24};
  CertificateOptions says;
  if (kind == "other-host") says.names = "DNS:other.example";
  if (kind == "expired") {
    says.starts_in = -2 * kDay;
    says.ends_in = -kDay;
  }
  if (kind == "early") {
    says.starts_in = kDay;
    says.ends_in = 2 * kDay;
  }
  if (kind == "old") options.newest_tls = TlsVersion::v1_0;
  options.tls = kind == "stranger" ? CertificateAuthority().issue(says) : authority.issue(says);
}

RegistryOptions options_of(const Json& text, TokenServer& tokens,
                           const CertificateAuthority& authority) {
  RegistryOptions options;
  if (text.value("tokens", false)) options.tokens = &tokens;
  options.user = text.value("user", "");
  options.password = text.value("password", "");
  options.referrers = text.value("referrers", true);
  options.smallest_chunk = text.value("smallest_chunk", 0U);
  options.largest_manifest = text.value("largest_manifest", options.largest_manifest);
  options.mounts = text.value("mounts", true);
  options.read_only = text.value("read_only", false);
  set_tls(options, text.value("tls", ""), authority);
  return options;
}

TokenServerOptions token_options_of(const Json& text) {
  TokenServerOptions options = {.user = "me", .password = "secret"};
  if (text.contains("expires_in") && text["expires_in"].is_null()) {
    options.expires_in.reset();
  } else {
    options.expires_in = text.value("expires_in", 300);
  }
  if (text.contains("grants")) {
    options.most = [all = text["grants"].get<std::set<std::string>>()](const std::string&) {
      return all;
    };
  }
  if (text.contains("token_answer")) {
    options.instead = [how = text["token_answer"], times = text.value("token_answers", 0),
                       asked = 0](const HttpRequest&) mutable -> std::optional<HttpReply> {
      ++asked;
      if (times != 0 && asked > times) return std::nullopt;
      HttpReply reply;
      shape(reply, how);
      return reply;
    };
  }
  return options;
}

void fill(FakeRegistry& registry, const Json& script) {
  const std::string repository = script.at("repository").get<std::string>();
  for (const Json& path : script.value("blobs", Json::array())) {
    registry.put_blob(repository, content_of(path.get<std::string>()));
  }
  for (const Json& manifest : script.value("manifests", Json::array())) {
    registry.put_manifest(repository, manifest.value("tag", ""),
                          {.media_type = manifest.at("media_type").get<std::string>(),
                           .body = content_of(manifest.at("file").get<std::string>())});
  }
}

Json holdings(FakeRegistry& registry, const std::string& repository) {
  const StoredRepository stored = registry.repository(repository);
  Json blobs = Json::array();
  for (const auto& [digest, bytes] : stored.blobs) blobs.push_back(digest);
  Json manifests = Json::array();
  for (const auto& [digest, manifest] : stored.manifests) manifests.push_back(digest);
  return {{"blobs", blobs}, {"manifests", manifests}, {"tags", stored.tags}};
}

void serve(const std::string& path) {
  std::string text = content_of(path);
  // Before the servers, whose threads write them until the servers end.
  Log log;
  Log log_of_other;
  // The token server's answers, too, may name the other registry.
  FakeRegistry other;
  text = with_address(std::move(text), "@OTHER@", other.url(""));
  const Json first = parse_json(text);
  fill(other, first);
  const Json options = first.value("options", Json::object());
  TokenServer tokens(token_options_of(options));
  const CertificateAuthority authority;
  FakeRegistry registry(options_of(options, tokens, authority));
  fill(registry, first);

  text = with_address(std::move(text), "@HOST@", registry.url(""));
  text = with_address(std::move(text), "@REALM@", tokens.realm());
  const Json script = parse_json(text);
  for (const Json& rule : script.value("rules", Json::array())) {
    registry.add(rule_of(rule, tokens));
  }
  registry.add(log.rule());
  other.add(log_of_other.rule());

  const Json addresses = {{"host", registry.host()},
                          {"other", other.host()},
                          {"tokens", tokens.origin()},
                          {"authority", authority.certificate()}};
  std::cout << addresses.dump() << std::endl;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
  const Json end = {{"requests", log.entries()},
                    {"other", log_of_other.entries()},
                    {"token_requests", tokens.requests().size()},
                    {"holds", holdings(registry, "app")}};
  std::cout << end.dump() << std::endl;
}

}  // namespace
}  // namespace stamp::fakes

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fault_registry SCRIPT\n";
    return 2;
  }
  try {
    stamp::fakes::serve(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "fault_registry: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
