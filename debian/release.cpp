#include "debian/release.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/time.h"
#include "debian/deb822.h"

namespace stamp::debian {
namespace {

/// How far a Release file's date may lie ahead of this machine's clock.
constexpr std::int64_t kClockTolerance = 10;

/// The words of a text, separated by white space.
std::vector<std::string> words(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  std::vector<std::string> out;
  std::size_t at = text.find_first_not_of(kBlanks);
  while (at != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    out.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlanks, end);
  }
  return out;
}

[[noreturn]] void fail(const std::string& problem) {
  throw Error(ErrorKind::invalid, "cannot read the Release file: " + problem);
}

/// Refuses a path that would leave the suite's folder.
void check_path(std::string_view path) {
  std::string_view rest = path;
  bool good = !path.starts_with('/') && path.find('\\') == std::string_view::npos;
  while (good) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    good = !part.empty() && part != "." && part != "..";
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (!good) fail(fmt::format("the path '{}' leaves its folder", printable(path, 200)));
}

std::map<std::string, ReleaseEntry> parse_entries(std::string_view text) {
  std::map<std::string, ReleaseEntry> entries;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::vector<std::string> parts = words(line);
    if (parts.empty()) continue;
    ReleaseEntry entry;
    const bool three = parts.size() == 3;
    const auto number =
        three ? std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), entry.size)
              : std::from_chars_result{nullptr, std::errc::invalid_argument};
    if (!three || number.ec != std::errc() || number.ptr != parts[1].data() + parts[1].size()) {
      fail(fmt::format("'{}' is not digest, size and path", printable(line, 200)));
    }
    entry.digest = Digest::parse_hex(parts[0]);
    check_path(parts[2]);
    const auto [old, added] = entries.emplace(parts[2], entry);
    if (!added && old->second != entry) {
      fail(fmt::format("'{}' is there twice", printable(parts[2], 200)));
    }
  }
  return entries;
}

[[noreturn]] void refuse(const Release& release, std::string problem, std::string hint = {}) {
  throw Error(ErrorKind::corrupt,
              fmt::format("cannot use the Release file of '{}': {}",
                          printable(release.suite.empty() ? release.codename : release.suite, 100),
                          std::move(problem)),
              {.hint = std::move(hint)});
}

void check_date(const Release& release, const ReleaseExpectation& expected) {
  if (release.date > expected.now + kClockTolerance) {
    refuse(release,
           fmt::format("its date, {}, lies in the future (this machine's clock says {})",
                       format_rfc3339(release.date), format_rfc3339(expected.now)),
           "set this machine's clock");
  }
  if (expected.locked_date && release.date < *expected.locked_date) {
    refuse(release,
           fmt::format("its date, {}, is older than the locked one, {}",
                       format_rfc3339(release.date), format_rfc3339(*expected.locked_date)),
           "use another mirror: this one is behind, or someone replays an old state");
  }
  if (release.valid_until && *release.valid_until < expected.now) {
    refuse(release,
           fmt::format("it was valid until {} (this machine's clock says {})",
                       format_rfc3339(*release.valid_until), format_rfc3339(expected.now)),
           "use a mirror that is up to date");
  }
}

}  // namespace

Release parse_release(std::string_view text) {
  const Stanza stanza = parse_stanza(text, "the Release file");
  Release release;
  release.origin = stanza.get("Origin");
  release.label = stanza.get("Label");
  release.suite = stanza.get("Suite");
  release.codename = stanza.get("Codename");
  release.version = stanza.get("Version");
  if (stanza.find("Date") == nullptr) fail("it has no date");
  release.date = parse_rfc1123(stanza.require("Date"));
  if (const std::string* until = stanza.find("Valid-Until")) {
    release.valid_until = parse_rfc1123(*until);
  }
  release.acquire_by_hash = stanza.get("Acquire-By-Hash") == "yes";
  release.architectures = words(stanza.get("Architectures"));
  // Spec: DebianRepository/Format "No-Support-for-Architecture-all".
  const std::vector<std::string> unsupported = words(stanza.get("No-Support-for-Architecture-all"));
  const auto lists = [](const std::vector<std::string>& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
  };
  release.separate_all = lists(release.architectures, "all") && !lists(unsupported, "Packages");
  // The security archive prefixes its components, whose folders have no prefix.
  for (const std::string& component : words(stanza.get("Components"))) {
    release.components.push_back(component.substr(component.rfind('/') + 1));
  }
  if (stanza.find("SHA256") == nullptr) fail("it has no SHA256 entries");
  release.entries = parse_entries(stanza.get("SHA256"));
  if (release.entries.empty()) fail("it has no SHA256 entries");
  return release;
}

void check_release(const Release& release, const ReleaseExpectation& expected) {
  if (expected.suite != release.suite && expected.suite != release.codename) {
    refuse(release,
           fmt::format("the source declares the suite '{}'; this is '{}' ('{}')", expected.suite,
                       printable(release.suite, 100), printable(release.codename, 100)));
  }
  if (!expected.locked_origin.empty() && expected.locked_origin != release.origin) {
    refuse(release, fmt::format("its origin changed from '{}' to '{}'", expected.locked_origin,
                                printable(release.origin, 100)));
  }
  if (!expected.locked_codename.empty() && expected.locked_codename != release.codename) {
    refuse(release,
           fmt::format("its codename changed from '{}' to '{}'", expected.locked_codename,
                       printable(release.codename, 100)),
           "name the suite by its codename, so that it stays the same release");
  }
  check_date(release, expected);
  for (const std::string& component : expected.components) {
    if (std::ranges::find(release.components, component) == release.components.end()) {
      refuse(release, fmt::format("it has no component '{}'", component));
    }
  }
}

std::vector<IndexFile> packages_indexes(const Release& release, std::string_view component,
                                        std::string_view architecture) {
  struct Kind {
    std::string_view suffix;
    IndexCompression compression;
  };
  constexpr std::array<Kind, 3> kKinds = {{{".xz", IndexCompression::xz},
                                           {".gz", IndexCompression::gzip},
                                           {"", IndexCompression::none}}};
  const auto index_of = [&](std::string_view of) -> std::optional<IndexFile> {
    const std::string plain = fmt::format("{}/binary-{}/Packages", component, of);
    const auto text = release.entries.find(plain);
    if (text == release.entries.end()) return std::nullopt;
    for (const Kind& kind : kKinds) {
      const auto found = release.entries.find(plain + std::string(kind.suffix));
      if (found == release.entries.end()) continue;
      IndexFile index = {.path = found->first,
                         .compression = kind.compression,
                         .packed = found->second,
                         .unpacked = text->second};
      if (release.acquire_by_hash) {
        index.by_hash = fmt::format("{}/binary-{}/by-hash/SHA256/{}", component, of,
                                    found->second.digest.hex());
      }
      return index;
    }
    return std::nullopt;
  };
  std::vector<IndexFile> indexes;
  if (std::optional<IndexFile> own = index_of(architecture)) {
    indexes.push_back(*std::move(own));
  } else {
    refuse(release, fmt::format("it has no packages of component '{}' for architecture '{}'",
                                component, architecture));
  }
  if (release.separate_all && architecture != "all") {
    if (std::optional<IndexFile> all = index_of("all")) indexes.push_back(*std::move(all));
  }
  return indexes;
}

std::string dists_url(std::string_view archive, std::string_view suite, std::string_view path) {
  while (archive.ends_with('/')) archive.remove_suffix(1);
  return fmt::format("{}/dists/{}/{}", archive, suite, path);
}

std::string pool_url(std::string_view archive, std::string_view filename) {
  while (archive.ends_with('/')) archive.remove_suffix(1);
  return fmt::format("{}/{}", archive, filename);
}

}  // namespace stamp::debian
