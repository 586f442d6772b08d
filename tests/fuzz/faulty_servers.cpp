#include "tests/fuzz/faulty_servers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/stream.h"
#include "tests/fuzz/fuzz.h"

namespace stamp::fuzz {
namespace {

using fakes::HttpReply;
using fakes::HttpRequest;
using registry::ChooseSink;
using registry::Header;
using registry::Request;
using registry::Response;
using registry::Url;

/// No call needs more, however its servers err.
constexpr int kMostRequests = 3000;

/// What can go wrong with an exchange. Those up to `slow` pass, and are no lies.
enum Kind : unsigned {
  nothing,
  no_connection,
  lost_answer,
  part_of_request,
  cut_answer,
  passing_status,
  whole_for_range,
  slow,
  expired_tokens,
  other_status,
  other_field,
  one_more_field,
  no_field,
  redirect,
  challenge,
  short_answer,
  flipped_answer,
  long_answer,
  other_answer,
  forgotten_uploads,
  kinds,
};

constexpr std::array kPassing = {408, 429, 500, 502, 503, 504};
constexpr std::array kStatuses = {200, 201, 202, 203, 204, 206, 300, 304, 400, 401, 403, 404, 405,
                                  406, 409, 410, 412, 413, 416, 429, 451, 500, 501, 503, 505, 599};
constexpr std::array kRedirects = {301, 302, 303, 307, 308};
constexpr std::array<std::string_view, 16> kNames = {"location",
                                                     "range",
                                                     "content-range",
                                                     "content-length",
                                                     "content-type",
                                                     "content-encoding",
                                                     "retry-after",
                                                     "link",
                                                     "www-authenticate",
                                                     "docker-content-digest",
                                                     "oci-subject",
                                                     "oci-chunk-min-length",
                                                     "etag",
                                                     "warning",
                                                     "date",
                                                     "docker-distribution-api-version"};
constexpr std::array<std::string_view, 32> kValues = {
    "",
    "0",
    "-1",
    "2",
    "86400",
    "18446744073709551616",
    "Sun, 06 Nov 1994 08:49:57 GMT",
    "bytes 0-3/40",
    "bytes 10-39/40",
    "bytes 7-6/*",
    "0-0",
    "0-9",
    "0-39",
    "0-18446744073709551615",
    "/v2/app/blobs/uploads/upload-1?_state=1",
    "https://registry.example/v2/app/blobs/uploads/upload-1",
    "https://other.example/v2/app/blobs/uploads/upload-1?digest=x",
    "https://mirror.example/v2/",
    "http://registry.example/v2/app/blobs/uploads/upload-1",
    "http://169.254.169.254/latest",
    "//other.example/x",
    "file:///etc/passwd",
    "https://me:x@other.example/",
    "gzip",
    "identity",
    "text/html",
    "application/vnd.oci.image.index.v1+json",
    "sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "</v2/app/tags/list?last=v1>; rel=\"next\"",
    "<https://other.example/v2/app/tags/list?n=1>; rel=next",
    "299 - \"old \x1b[31m software\"",
    "\"e\""};
constexpr std::array<std::string_view, 8> kRealms = {
    "https://auth.example/token",   "https://other.example/token",
    "https://mirror.example/token", "https://registry.example/token",
    "http://auth.example/token",    "file:///etc/passwd",
    "http://127.0.0.1:5000/token",  ""};
constexpr std::array<std::string_view, 8> kBodies = {
    "",
    "{}",
    "<html>sign in</html>",
    R"({"errors":[{"code":"DIGEST_INVALID"}]})",
    R"({"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","detail":"sha256:0"}]})",
    R"({"token":"a","expires_in":-1})",
    R"({"name":"app","tags":["a","b"]})",
    R"({"schemaVersion":2,"manifests":[]})"};

Error network(std::string_view cause) {
  return Error(ErrorKind::network, fmt::format("cannot reach it: {}", cause));
}

std::string basic(std::string_view password) {
  return "Basic " + to_base64(fmt::format("{}:{}", kUser, password));
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool has_password(std::string_view text, std::string_view password) {
  return contains(text, password) ||
         contains(text, to_base64(fmt::format("{}:{}", kUser, password)));
}

void set_field(HttpReply& reply, std::string_view name, std::string_view value) {
  std::erase_if(reply.fields, [&](const auto& field) { return field.first == name; });
  reply.fields.emplace_back(name, value);
}

}  // namespace

bool holds_secret(std::string_view text) {
  return contains(text, "-secret") || contains(text, to_base64("me:registry-secret")) ||
         contains(text, to_base64("me:mirror-secret"));
}

unsigned Script::next(unsigned count) {
  if (rest_.empty()) return 0;
  const auto byte = static_cast<unsigned char>(rest_.front());
  rest_.remove_prefix(1);
  return byte % count;
}

std::string Script::text() {
  const std::size_t size = std::min<std::size_t>(next(64), rest_.size());
  std::string text(rest_.substr(0, size));
  rest_.remove_prefix(size);
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return holds_secret(text) ? std::string() : text;
}

FaultyServers::FaultyServers(Script& script, ServerSettings settings)
    : script_(script), settings_(std::move(settings)) {}

std::string FaultyServers::host() const {
  return settings_.loopback ? "127.0.0.1:5000" : "registry.example";
}

FaultyServers::Owner FaultyServers::owner_of(const Url& url) const {
  static const Url kLocal = Url::parse("http://127.0.0.1:5000");
  static const Url kPublic = Url::parse("https://registry.example");
  static const Url kMirrorPlace = Url::parse(fmt::format("https://{}", kMirror));
  static const Url kTokens = Url::parse(kTokenServer);
  if (url.same_origin(settings_.loopback ? kLocal : kPublic)) return Owner::registry;
  if (url.same_origin(kMirrorPlace)) return Owner::mirror;
  return url.same_origin(kTokens) ? Owner::tokens : Owner::stranger;
}

/// What must hold of any request.
void FaultyServers::check(const Request& request, const Url& url) const {
  must(requests_ <= kMostRequests);
  must(url.scheme == "https" || (settings_.loopback && url.scheme == "http"));
  for (const Header& header : request.headers) {
    must(header.name.find_first_of("\r\n: ") == std::string::npos);
    must(header.value.find_first_of("\r\n") == std::string::npos &&
         !contains(header.value, {"\0", 1}));
  }
  // Whom a public registry points to must be public as well.
  const bool pointed_to = owner_of(url) == Owner::stranger;
  must(settings_.loopback || !pointed_to || request.addresses == registry::Addresses::public_only);
}

/// Each server sees what is meant for it, and nothing else.
void FaultyServers::check_secrets(const Request& request, const Url& url,
                                  const std::string& body) const {
  const Owner owner = owner_of(url);
  must(!holds_secret(request.url));
  std::string sent = body;
  for (const Header& header : request.headers) {
    if (header.name == "Authorization") {
      const bool bearer = header.value.starts_with("Bearer ");
      must(owner != Owner::stranger && !(bearer && owner == Owner::tokens));
    }
    sent += "\n" + header.value;
  }
  const bool own = owner == Owner::registry;
  must(own || owner == Owner::tokens || !has_password(sent, kPassword));
  must(own || owner == Owner::tokens || !contains(sent, kRefreshToken));
  must(own || !contains(sent, kRegistryToken));
  must(owner == Owner::mirror || !has_password(sent, kMirrorPassword));
  must(own || owner == Owner::mirror || !contains(sent, "issued-secret"));
}

/// A piece of an upload is that part of the blob which it says to be.
void FaultyServers::check_piece(const HttpRequest& request, std::uint64_t length) const {
  const bool upload =
      request.method == "PATCH" ||
      (request.method == "PUT" && request.field("content-type") == "application/octet-stream");
  if (!upload || length == 0) return;
  std::uint64_t first = 0;
  if (const std::string range = request.field("content-range"); !range.empty()) {
    first = std::stoull(range);
    must(range == fmt::format("{}-{}", first, first + length - 1));
  }
  must(first + length <= upload_.size());
  must(upload_.substr(first).starts_with(request.body));
}

FaultyServers::Fault FaultyServers::read_fault() {
  Fault fault = {.kind = script_.next(kinds)};
  if (fault.kind == nothing) return fault;
  fault.number = script_.next(256);
  const bool has_text = fault.kind == other_field || fault.kind == one_more_field ||
                        fault.kind == redirect || fault.kind == challenge ||
                        fault.kind == other_answer;
  if (has_text) fault.which = script_.next(64);
  // The last of the values stands for a text of the script's own.
  if (has_text && fault.which >= 48) fault.text = script_.text();
  if (has_text && fault.which < 48) {
    const unsigned which = fault.which;
    fault.text = fault.kind == challenge      ? kRealms[which % kRealms.size()]
                 : fault.kind == other_answer ? kBodies[which % kBodies.size()]
                                              : kValues[which % kValues.size()];
  }
  return fault;
}

/// The faults of the next exchange: one, or as many as the script says.
std::vector<FaultyServers::Fault> FaultyServers::next_faults() {
  if (script_.ended()) {
    if (!settings_.for_ever) last_.clear();
    faults_ += static_cast<int>(last_.size());
    return last_;
  }
  last_.clear();
  constexpr std::size_t kAtOnce = 3;
  do {
    const Fault fault = read_fault();
    if (fault.kind == nothing) break;
    lied_ = lied_ || fault.kind > slow;
    ++faults_;
    last_.push_back(fault);
  } while (last_.size() < kAtOnce && script_.next(4) == 3);
  return last_;
}

/// The request as the server gets it, its body read to the end or to where a fault ends it.
HttpRequest FaultyServers::take(const Request& request, const Url& url,
                                const std::vector<Fault>& faults) const {
  HttpRequest seen = {.method = request.method,
                      .target = url.path + (url.query.empty() ? "" : "?" + url.query)};
  for (const Header& header : request.headers) {
    std::string name = header.name;
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    must(seen.fields.emplace(name, header.value).second);
  }
  if (!request.body) return seen;
  std::uint64_t most = request.body->length;
  for (const Fault& fault : faults) {
    if (fault.kind == part_of_request) most = std::min<std::uint64_t>(most, fault.number);
  }
  const std::unique_ptr<Source> source = request.body->open();
  seen.body.resize(static_cast<std::size_t>(most));
  must(read_full(*source, std::as_writable_bytes(std::span(seen.body))) == most);
  seen.body_size = seen.body.size();
  seen.body_incomplete = most < request.body->length;
  check_piece(seen, request.body->length);
  return seen;
}

std::optional<HttpReply> FaultyServers::refusal(const HttpRequest& request) const {
  if (settings_.login == Login::nobody_asks) return std::nullopt;
  const std::string sent = request.field("authorization");
  if (settings_.login == Login::basic) {
    if (sent == basic(kPassword)) return std::nullopt;
    return HttpReply{.status = 401, .fields = {{"www-authenticate", "Basic realm=\"x\""}}};
  }
  for (int token = tokens_ended_ + 1; token <= tokens_given_; ++token) {
    if (sent == fmt::format("Bearer issued-secret-{}", token)) return std::nullopt;
  }
  if (sent == fmt::format("Bearer {}", kRegistryToken)) return std::nullopt;
  return HttpReply{
      .status = 401,
      .fields = {{"www-authenticate",
                  fmt::format("Bearer realm=\"{}/token\",service=\"{}\"", kTokenServer, host())}}};
}

HttpReply FaultyServers::answer_tokens() {
  return {
      .fields = {{"content-type", "application/json"}},
      .body = fmt::format(R"({{"token":"issued-secret-{}","expires_in":60}})", ++tokens_given_)};
}

HttpReply FaultyServers::answer_registry(const HttpRequest& request) {
  const std::optional<fakes::RegistryCall> call = fakes::parse_call(request);
  if (!call) return fakes::registry_error(404, "UNSUPPORTED", "nothing is here");
  if (call->kind.empty()) return {};
  const fakes::RegistryOptions& options = settings_.registry;
  if (call->kind == "blobs") return fakes::answer_blobs(state_, options, *call);
  if (call->kind == "uploads") return fakes::answer_uploads(state_, options, *call);
  if (request.body_incomplete) return {.none = true};
  if (call->kind == "manifests") return fakes::answer_manifests(state_, options, *call);
  if (call->kind == "tags") return fakes::answer_tags(state_, options, *call);
  return fakes::answer_referrers(state_, options, *call);
}

HttpReply FaultyServers::answer(const HttpRequest& request, const Url& url) {
  if (url.path == "/token") return answer_tokens();
  if (owner_of(url) == Owner::registry) {
    if (std::optional<HttpReply> refused = refusal(request)) return *refused;
  }
  try {
    return answer_registry(request);
  } catch (const std::exception&) {
    // A number in a query that a fault wrote there.
    return {.status = 400};
  }
}

/// The answer that comes without the server's doing anything.
std::optional<HttpReply> FaultyServers::instead(const Fault& fault) {
  if (fault.kind == no_connection) throw network("no connection");
  if (fault.kind == passing_status)
    return HttpReply{.status = kPassing[fault.number % kPassing.size()]};
  if (fault.kind == other_status) {
    return HttpReply{.status = kStatuses[fault.number % kStatuses.size()]};
  }
  if (fault.kind == redirect) {
    return HttpReply{.status = kRedirects[fault.number % kRedirects.size()],
                     .fields = {{"location", fault.text}}};
  }
  if (fault.kind == challenge) {
    constexpr std::string_view kForm =
        "Bearer realm=\"{}\",service=\"s\",scope=\"repository:app:pull\"";
    return HttpReply{.status = 401,
                     .fields = {{"www-authenticate", fault.number % 2 == 0
                                                         ? fmt::format(kForm, fault.text)
                                                         : "Basic realm=\"" + fault.text + "\""}}};
  }
  if (fault.kind == slow) taken_ += std::chrono::seconds(fault.number);
  if (fault.kind == expired_tokens) tokens_ended_ = tokens_given_;
  if (fault.kind == forgotten_uploads) state_.uploads.clear();
  return std::nullopt;
}

/// What becomes of an answer on its way.
void FaultyServers::change(HttpReply& reply, const Fault& fault) {
  const std::string_view name = kNames[fault.number % kNames.size()];
  switch (fault.kind) {
    case lost_answer:
      reply.none = true;
      break;
    case cut_answer:
      reply.cut_after = fault.number;
      break;
    case other_field:
      set_field(reply, name, fault.text);
      break;
    case one_more_field:
      reply.fields.emplace_back(name, fault.text);
      break;
    case no_field:
      std::erase_if(reply.fields, [&](const auto& field) { return field.first == name; });
      break;
    case short_answer:
      reply.body.resize(std::min<std::size_t>(reply.body.size(), fault.number));
      break;
    case flipped_answer:
      if (!reply.body.empty()) reply.body[fault.number % reply.body.size()] ^= 1;
      break;
    case long_answer:
      reply.body.append(fault.number, 'x');
      break;
    case other_answer:
      reply.body = fault.text;
      break;
    default:
      break;
  }
}

Response FaultyServers::send(const Request& request, const ChooseSink& choose) {
  ++requests_;
  const Url url = Url::parse(request.url);
  check(request, url);
  const std::vector<Fault> faults = next_faults();
  std::optional<HttpReply> reply;
  for (const Fault& fault : faults) {
    if (auto other = instead(fault); other && !reply) reply = std::move(other);
  }
  HttpRequest seen = take(request, url, faults);
  check_secrets(request, url, seen.body);
  for (const Fault& fault : faults) {
    if (fault.kind == whole_for_range) seen.fields.erase("range");
  }
  if (!reply) reply = answer(seen, url);
  const bool has_length = std::ranges::any_of(
      reply->fields, [](const auto& field) { return field.first == "content-length"; });
  const bool bare = reply->status == 204 || reply->status == 304;
  if (!has_length && !bare) set_field(*reply, "content-length", std::to_string(reply->body.size()));
  for (const Fault& fault : faults) change(*reply, fault);
  if (reply->none || seen.body_incomplete) throw network("the connection ended");

  Response head = {.status = reply->status,
                   .from_private_address = settings_.loopback && owner_of(url) == Owner::registry};
  for (const auto& [name, value] : reply->fields) head.headers.push_back({name, value});
  Sink* sink = choose(head);
  std::string_view body = bare || request.method == "HEAD" ? "" : std::string_view(reply->body);
  const std::size_t whole = body.size();
  body = body.substr(0, reply->cut_after.value_or(whole));
  constexpr std::size_t kPiece = 16;
  for (std::size_t at = 0; at < body.size() && sink != nullptr; at += kPiece) {
    sink->write(as_bytes(body.substr(at, kPiece)));
  }
  if (body.size() < whole) throw network("the connection ended in the body");
  return head;
}

}  // namespace stamp::fuzz
