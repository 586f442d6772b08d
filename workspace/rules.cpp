#include "workspace/rules.h"

#include <algorithm>

#include <fmt/core.h>

#include "oci/reference.h"

namespace stamp::workspace {
namespace {

constexpr std::string_view kLowerOrDigit = "abcdefghijklmnopqrstuvwxyz0123456789";

bool contains(std::string_view characters, char c) {
  return characters.find(c) != std::string_view::npos;
}

[[noreturn]] void refuse_url(std::string_view text, std::string_view why) {
  throw Error(ErrorKind::invalid,
              fmt::format("'{}' is not a URL that can be used: {}", printable(text, 200), why));
}

}  // namespace

bool is_recipe_name(std::string_view text) {
  bool after_word = false;
  for (const char c : text) {
    const bool word = contains(kLowerOrDigit, c);
    if (!word && !(after_word && contains("._-", c))) return false;
    after_word = word;
  }
  return after_word;
}

bool is_account_name(std::string_view text) {
  if (text.empty() || text.size() > 32 || contains("0123456789-", text.front())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return contains(kLowerOrDigit, c) || contains("_-", c); });
}

std::string check_url(std::string_view text) {
  const bool clean = std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7F && c != '\\' && c != '"' && c != '<' && c != '>';
  });
  if (!clean) refuse_url(text, "it holds a blank or a character that must be written as %XX");
  const std::size_t scheme_end = text.find("://");
  const std::string_view scheme =
      scheme_end == std::string_view::npos ? "" : text.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https" && scheme != "file") {
    refuse_url(text, "it must start with http://, https:// or file:///");
  }
  const std::string_view rest = text.substr(scheme_end + 3);
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (contains(host, '@')) {
    // Not shown: what stands before the @ may be a password.
    throw Error(ErrorKind::invalid, fmt::format("the URL '{}://…@{}' holds credentials", scheme,
                                                host.substr(host.rfind('@') + 1)));
  }
  if (scheme == "file" ? !rest.starts_with('/') : host.empty()) {
    refuse_url(text, scheme == "file" ? "a file URL has no host: file:///…" : "it names no host");
  }
  if (contains(rest, '#')) refuse_url(text, "a fragment ('#…') means nothing here");
  return std::string(text);
}

std::string check_repository(std::string_view text) {
  return oci::Reference::parse_repository(text).repository_str();
}

std::string check_relative_path(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}' cannot be used: {}", printable(text, 200), why));
  };
  if (text.empty()) refuse("it is empty");
  if (text.starts_with('/')) refuse("the path must be relative to this file's folder");
  if (text.find('\0') != std::string_view::npos) refuse("it holds a NUL byte");
  std::string out;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    const std::string_view component = text.substr(start, end - start);
    start = end + 1;
    if (component == "..") refuse("the path must not leave this file's folder ('..')");
    if (component.empty() || component == ".") continue;
    if (!out.empty()) out += '/';
    out += component;
  }
  return out.empty() ? "." : out;
}

std::vector<oci::Platform> read_platforms(YamlReader& reader, const YamlNode& node) {
  std::vector<oci::Platform> platforms;
  if (node.kind == YamlNode::Kind::sequence && node.items.empty()) {
    reader.report(node.position, "'platforms' is empty; an image has at least one");
  }
  for (const YamlNode& item : reader.list(node, "'platforms'")) {
    const auto platform = reader.parsed(item, "each of 'platforms'", oci::Platform::parse);
    if (!platform) continue;
    if (std::find(platforms.begin(), platforms.end(), *platform) != platforms.end()) {
      reader.report(item.position, fmt::format("platform '{}' is named twice", platform->str()));
    } else {
      platforms.push_back(*platform);
    }
  }
  return platforms;
}

std::string substitute(std::string text, std::string_view key, std::string_view value) {
  const std::string pattern = fmt::format("{{{}}}", key);
  for (std::size_t at = text.find(pattern); at != std::string::npos;
       at = text.find(pattern, at + value.size())) {
    text.replace(at, pattern.size(), value);
  }
  return text;
}

std::vector<std::string> placeholders(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find_first_of("{}"); at != std::string_view::npos;
       at = text.find_first_of("{}", at + 1)) {
    const std::size_t end = text.find_first_of("{}", at + 1);
    if (text[at] == '}' || end == std::string_view::npos || text[end] == '{') {
      throw Error(ErrorKind::invalid,
                  fmt::format("'{}' has a brace without its partner", printable(text, 200)));
    }
    names.emplace_back(text.substr(at + 1, end - at - 1));
    at = end;
  }
  return names;
}

}  // namespace stamp::workspace
