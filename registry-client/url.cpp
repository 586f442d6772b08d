#include "registry-client/url.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "base/text.h"

namespace stamp::registry {
namespace {

constexpr std::size_t kMaxUrl = 8192;

[[noreturn]] void refuse(std::string_view text, std::string_view problem) {
  throw Error(ErrorKind::invalid,
              fmt::format("cannot use the URL '{}': {}", redacted_url(text), problem));
}

int default_port(std::string_view scheme) {
  if (scheme == "https") return 443;
  return scheme == "http" ? 80 : 0;
}

/// Host names and addresses as they may be written; nothing encoded, nothing empty.
bool valid_host(std::string_view host) {
  if (host.starts_with('[')) {
    return host.size() > 2 && host.ends_with(']') &&
           host.find_first_not_of("0123456789abcdef:.", 1) == host.size() - 1;
  }
  return !host.empty() && host.size() <= 255 &&
         host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") == std::string::npos;
}

/// Reads "host" or "host:port" into `url`.
void read_authority(std::string_view text, std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos) {
    refuse(text, "it holds a user name or password");
  }
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon =
      authority.find(':', bracket == std::string_view::npos ? 0 : bracket + 1);
  url.host = lower_case(authority.substr(0, colon));
  if (!valid_host(url.host)) refuse(text, "its host is malformed");
  url.port = default_port(url.scheme);
  if (colon == std::string_view::npos) return;
  const std::string_view digits = authority.substr(colon + 1);
  const auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
  if (problem != std::errc() || end != digits.data() + digits.size() || url.port < 1 ||
      url.port > 65535) {
    refuse(text, "its port is malformed");
  }
}

/// A path without "." and ".." components. Spec: RFC 3986 section 5.2.4.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> parts;
  std::string_view rest = path.substr(std::min<std::size_t>(1, path.size()));
  bool folder = false;
  while (true) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    folder = part == "." || part == "..";
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!folder) parts.push_back(part);
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  std::string out;
  for (const std::string_view part : parts) out.append("/").append(part);
  if (folder || out.empty()) out += '/';
  return out;
}

}  // namespace

Url Url::parse(std::string_view text) {
  if (text.size() > kMaxUrl) refuse(text, "it is longer than 8192 bytes");
  const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  if (!plain || text.find('\\') != std::string_view::npos) {
    refuse(text, "it has a character that must be written as %XX");
  }
  Url url;
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) refuse(text, "it has no scheme");
  url.scheme = lower_case(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https" && url.scheme != "file") {
    refuse(text, "only http, https and file are known");
  }
  std::string_view rest = text.substr(colon + 3);
  if (rest.find('#') != std::string_view::npos) refuse(text, "it has a fragment");
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  rest.remove_prefix(end);
  if (url.scheme != "file") {
    read_authority(text, authority, url);
  } else if (!authority.empty() || rest.empty()) {
    refuse(text, "a file's URL has three slashes and no host");
  }
  const std::size_t question = rest.find('?');
  url.path = rest.substr(0, question);
  if (url.path.empty()) url.path = "/";
  if (question != std::string_view::npos) url.query = rest.substr(question + 1);
  return url;
}

std::string Url::str() const {
  std::string text = scheme + "://" + host;
  if (port != default_port(scheme)) text += fmt::format(":{}", port);
  text += path;
  if (!query.empty()) text += "?" + query;
  return text;
}

std::string Url::redacted() const {
  return redacted_url(str());
}

bool Url::same_origin(const Url& other) const {
  return scheme == other.scheme && host == other.host && port == other.port;
}

Url Url::join(std::string_view reference) const {
  reference = reference.substr(0, reference.find('#'));
  const std::size_t colon = reference.find(':');
  if (colon != std::string_view::npos && colon < reference.find_first_of("/?")) {
    return parse(reference);
  }
  if (reference.starts_with("//")) return parse(scheme + ":" + std::string(reference));
  Url joined = *this;
  const std::size_t question = reference.find('?');
  const std::string_view path_part = reference.substr(0, question);
  if (path_part.starts_with('/')) {
    joined.path = without_dots(path_part);
  } else if (!path_part.empty()) {
    joined.path = without_dots(path.substr(0, path.rfind('/') + 1) + std::string(path_part));
  }
  if (question != std::string_view::npos) {
    joined.query = reference.substr(question + 1);
  } else if (!path_part.empty()) {
    joined.query.clear();
  }
  return parse(joined.str());
}

std::string redacted_url(std::string_view text) {
  const std::size_t end = text.find_first_of("?#");
  std::string out(text.substr(0, end));
  const std::size_t host = out.find("://");
  if (host != std::string::npos) {
    const std::size_t slash = out.find('/', host + 3);
    const std::size_t at = out.rfind('@', slash);
    if (at != std::string::npos && at > host) out.replace(host + 3, at - host - 3, "REDACTED");
  }
  if (end != std::string_view::npos && text[end] == '?') out += "?REDACTED";
  return printable(out, 500);
}

}  // namespace stamp::registry
