#include "debian/packages_index.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::debian {
namespace {

[[noreturn]] void fail(const std::string& problem) {
  throw Error(ErrorKind::invalid, problem);
}

/// Spec: Debian Policy 5.6.7 (names), 5.6.8 (architectures). Policy asks for two characters at
/// least; the archives keep to it.
bool plain_name(std::string_view text) {
  return !text.empty() && text.size() <= 200 && text.front() != '.' && text.front() != '-' &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
                  c == '.';
         });
}

/// Spec: Debian Policy 5.6.12.
bool plain_version(std::string_view text) {
  return !text.empty() && text.size() <= 300 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".+-:~").find(c) != std::string_view::npos;
  });
}

/// The path below the archive's root that a Filename field gives.
std::string checked_filename(std::string_view text) {
  std::string_view path = text;
  if (path.starts_with("./")) path.remove_prefix(2);
  std::string_view rest = path;
  bool good = !path.empty() && path.size() <= 1000;
  while (good) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    good = !part.empty() && part != "." && part != ".." && std::ranges::all_of(part, [](char c) {
      return c > ' ' && c < 0x7f && c != '\\' && c != '?' && c != '#';
    });
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (!good)
    fail(fmt::format("the Filename '{}' is no path inside an archive", printable(text, 200)));
  return std::string(path);
}

std::uint64_t parse_size(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (problem != std::errc() || end != text.data() + text.size()) {
    fail(fmt::format("the Size '{}' is no number", printable(text, 80)));
  }
  return size;
}

}  // namespace

MultiArch parse_multi_arch(std::string_view text) {
  if (text.empty() || text == "no") return MultiArch::no;
  if (text == "same") return MultiArch::same;
  if (text == "foreign") return MultiArch::foreign;
  if (text == "allowed") return MultiArch::allowed;
  fail(fmt::format("'{}' is no value of Multi-Arch", printable(text, 80)));
}

PackageRecord package_record(const Stanza& stanza) {
  PackageRecord record;
  record.name = stanza.require("Package");
  record.version = stanza.require("Version");
  record.architecture = stanza.require("Architecture");
  if (!plain_name(record.name)) {
    fail(fmt::format("'{}' cannot name a package", printable(record.name, 200)));
  }
  if (!plain_version(record.version)) {
    fail(fmt::format("'{}' is no version", printable(record.version, 200)));
  }
  if (!plain_name(record.architecture)) {
    fail(fmt::format("'{}' is no architecture", printable(record.architecture, 200)));
  }
  record.filename = checked_filename(stanza.require("Filename"));
  record.size = parse_size(stanza.require("Size"));
  record.digest = Digest::parse_hex(stanza.require("SHA256"));
  record.multi_arch = parse_multi_arch(stanza.get("Multi-Arch"));
  record.essential = stanza.get("Essential") == "yes";
  return record;
}

std::optional<PackageRecord> PackagesReader::next() {
  const std::optional<Stanza> stanza = stanzas_.next();
  if (!stanza) return std::nullopt;
  return package_record(*stanza);
}

}  // namespace stamp::debian
