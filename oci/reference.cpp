#include "oci/reference.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::oci {
namespace {

constexpr std::string_view kDefaultHost = "docker.io";
constexpr std::size_t kMaxName = 255;

[[noreturn]] void refuse(std::string_view text, std::string_view problem,
                         std::string_view hint = {}) {
  throw Error(ErrorKind::invalid,
              fmt::format("cannot use the image '{}': {}", printable(text, 300), problem),
              {.hint = std::string(hint)});
}

constexpr bool is_lower(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

constexpr bool is_word(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

/// One part of a repository: runs of letters and digits, joined by ".", "_", "__" or dashes.
bool is_component(std::string_view text) {
  if (text.empty() || !is_lower(text.front()) || !is_lower(text.back())) return false;
  for (std::size_t at = 0; at < text.size();) {
    if (is_lower(text[at])) {
      ++at;
      continue;
    }
    const std::size_t end =
        static_cast<std::size_t>(std::ranges::find_if(text.substr(at), is_lower) - text.begin());
    const std::string_view joint = text.substr(at, end - at);
    const bool dashes = joint.find_first_not_of('-') == std::string_view::npos;
    if (!dashes && joint != "." && joint != "_" && joint != "__") return false;
    at = end;
  }
  return true;
}

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  return problem == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535 &&
         is_lower(text.front());
}

/// A host name's labels: letters, digits and dashes, none at the ends.
bool is_host_name(std::string_view text) {
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    const bool good = !label.empty() && label.front() != '-' && label.back() != '-' &&
                      std::ranges::all_of(label, [](char c) { return is_lower(c) || c == '-'; });
    if (!good) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_host(std::string_view text) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  const std::size_t colon = text.find(':', bracket);
  const std::string_view name = text.substr(0, colon);
  if (colon != std::string_view::npos && !is_port(text.substr(colon + 1))) return false;
  if (!text.starts_with('[')) return is_host_name(name);
  return name.size() > 2 && name.find_first_not_of("0123456789abcdef:.", 1) == name.size() - 1;
}

/// Takes the host off the front of `name`, when there is one.
std::string take_host(std::string_view& name) {
  const std::size_t slash = name.find('/');
  const std::string_view first = name.substr(0, slash);
  const bool host = slash != std::string_view::npos &&
                    (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
  if (!host) return std::string(kDefaultHost);
  name.remove_prefix(slash + 1);
  std::string out(first);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out == "index.docker.io" ? std::string(kDefaultHost) : out;
}

/// Why `name` is no repository.
std::string_view repository_problem(std::string_view name) {
  if (std::ranges::any_of(name, [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return "the repository must be in lower case";
  }
  return "the repository is malformed";
}

}  // namespace

bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= 128 && is_word(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_word(c) || c == '.' || c == '-'; });
}

bool is_repository(std::string_view text) {
  if (text.size() > kMaxName) return false;
  while (true) {
    const std::size_t slash = text.find('/');
    if (!is_component(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

Reference Reference::parse(std::string_view text) {
  Reference reference;
  std::string_view name = text;
  if (const std::size_t scheme = name.find("://"); scheme != std::string_view::npos) {
    refuse(text, "it starts with a scheme", "leave it out: registry.example/app");
  }
  if (const std::size_t at = name.find('@'); at != std::string_view::npos) {
    const std::string_view digest = name.substr(at + 1);
    if (digest.find('@') != std::string_view::npos) refuse(text, "it has two '@'");
    reference.digest = during(fmt::format("reading the image '{}'", printable(text, 300)),
                              [&] { return Digest::parse(digest); });
    name = name.substr(0, at);
  }
  const std::size_t colon = name.rfind(':');
  const std::size_t last_slash = name.rfind('/');
  const bool tagged = colon != std::string_view::npos &&
                      (last_slash == std::string_view::npos || colon > last_slash);
  if (tagged) {
    reference.tag = name.substr(colon + 1);
    if (!is_tag(reference.tag)) refuse(text, "the tag is malformed");
    name = name.substr(0, colon);
  }
  reference.host = take_host(name);
  if (!is_host(reference.host)) refuse(text, "the registry's host is malformed");
  if (!is_repository(name)) refuse(text, repository_problem(name));
  reference.repository = name;
  if (reference.host == kDefaultHost && reference.repository.find('/') == std::string::npos) {
    reference.repository.insert(0, "library/");
  }
  if (reference.host.size() + 1 + reference.repository.size() > kMaxName) {
    refuse(text, fmt::format("the name is longer than {} bytes", kMaxName));
  }
  return reference;
}

Reference Reference::parse_repository(std::string_view text) {
  Reference reference = parse(text);
  if (!reference.tag.empty() || reference.digest) {
    refuse(text, "a repository is wanted, without tag and digest",
           "leave out what follows the name: " + reference.repository_str());
  }
  return reference;
}

std::string Reference::str() const {
  std::string text = repository_str();
  if (!tag.empty()) text += ":" + tag;
  if (digest) text += "@" + digest->str();
  return text;
}

}  // namespace stamp::oci
