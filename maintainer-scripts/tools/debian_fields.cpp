#include "maintainer-scripts/tools/debian_fields.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/process.h"
#include "maintainer-scripts/tools/debian_common.h"

namespace stamp::scripts {
namespace {

/// dpkg's fields, in the order of its status file.
constexpr std::string_view kFields[] = {
    "Package",
    "Essential",
    "Protected",
    "Status",
    "Priority",
    "Section",
    "Installed-Size",
    "Origin",
    "Maintainer",
    "Bugs",
    "Architecture",
    "Multi-Arch",
    "Source",
    "Version",
    "Config-Version",
    "Replaces",
    "Provides",
    "Depends",
    "Pre-Depends",
    "Recommends",
    "Suggests",
    "Breaks",
    "Conflicts",
    "Enhances",
    "Conffiles",
    "Filename",
    "Size",
    "MD5sum",
    "MSDOS-Filename",
    "Description",
    "Triggers-Pending",
    "Triggers-Awaited",
};

constexpr std::string_view kRelations[] = {"Replaces",    "Provides",   "Depends",
                                           "Pre-Depends", "Recommends", "Suggests",
                                           "Breaks",      "Conflicts",  "Enhances"};

/// Fields of an archive's index, which the database of what is installed has not.
constexpr std::string_view kArchiveFields[] = {"Filename", "Size", "MD5sum", "MSDOS-Filename"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

template <typename Names>
bool is_one_of(const Names& names, std::string_view field) {
  return std::any_of(std::begin(names), std::end(names),
                     [field](std::string_view name) { return same_name(name, field); });
}

std::string raw_field(const Package& package, std::string_view field) {
  for (const auto& [name, value] : package.fields) {
    if (same_name(name, field)) return value;
  }
  return {};
}

std::string on_one_line(const std::string& relations) {
  std::string line;
  for (const std::string& word : words_of(relations)) line += (line.empty() ? "" : " ") + word;
  return line;
}

std::string conffiles(const Package& package) {
  std::string text;
  for (const Conffile& conffile : package.conffiles) {
    const bool pending = package.state <= PackageState::unpacked;
    text += fmt::format("{} {} {}", text.empty() ? "" : "\n", conffile.path,
                        pending ? "newconffile" : conffile.md5);
  }
  return text;
}

std::string status(const Package& package) {
  const bool known = package.state != PackageState::not_installed;
  return fmt::format("{} ok {}", known ? "install" : "unknown", state_name(package.state));
}

/// A field that dpkg knows.
std::string known_field(const Package& package, std::string_view field) {
  if (same_name(field, "Package")) return package.name;
  if (same_name(field, "Version")) return package.version;
  if (same_name(field, "Architecture")) return package.architecture;
  if (same_name(field, "Status")) return status(package);
  if (same_name(field, "Conffiles")) return conffiles(package);
  if (is_one_of(kArchiveFields, field)) return {};
  const std::string value = raw_field(package, field);
  if (same_name(field, "Essential") || same_name(field, "Protected") ||
      same_name(field, "Multi-Arch")) {
    return value.empty() ? "no" : value;
  }
  return is_one_of(kRelations, field) ? on_one_line(value) : value;
}

std::string source_name(const Package& package) {
  const std::string source = raw_field(package, "Source");
  return source.empty() ? package.name : source.substr(0, source.find(' '));
}

std::string source_version(const Package& package) {
  const std::string source = raw_field(package, "Source");
  const std::size_t open = source.find('(');
  const std::size_t close = source.find(')');
  if (open == std::string::npos || close == std::string::npos) return package.version;
  return source.substr(open + 1, close - open - 1);
}

std::string without_epoch_and_revision(const std::string& version) {
  const std::size_t colon = version.find(':');
  const std::string rest = colon == std::string::npos ? version : version.substr(colon + 1);
  return rest.substr(0, rest.rfind('-'));
}

std::string files_of(const Package& package) {
  std::string text;
  for (const std::string& file : package.files) text += " " + file + "\n";
  return text;
}

std::optional<std::string> virtual_field(const PackageDatabase& packages, const Package& package,
                                         std::string_view field) {
  const bool known = package.state != PackageState::not_installed;
  if (same_name(field, "binary:Package")) return shown_name(packages, package);
  if (same_name(field, "binary:Synopsis") || same_name(field, "binary:Summary")) {
    return synopsis(package);
  }
  if (same_name(field, "db:Status-Abbrev")) {
    return fmt::format("{}{} ", known ? 'i' : 'u', state_letter(package.state));
  }
  if (same_name(field, "db:Status-Want")) return known ? "install" : "unknown";
  if (same_name(field, "db:Status-Status")) return std::string(state_name(package.state));
  if (same_name(field, "db:Status-Eflag")) return "ok";
  if (same_name(field, "db-fsys:Files")) return files_of(package);
  if (same_name(field, "source:Package")) return source_name(package);
  if (same_name(field, "source:Version")) return source_version(package);
  if (same_name(field, "source:Upstream-Version")) {
    return without_epoch_and_revision(source_version(package));
  }
  if (same_name(field, "db-fsys:Last-Modified")) {
    throw Unknown("'db-fsys:Last-Modified' is the time at which a package was unpacked");
  }
  return std::nullopt;
}

/// The names in relations ("a (>= 1) | b:any, c").
void add_names(std::string_view relations, std::set<std::string>& names) {
  constexpr std::string_view kName = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
  while (!relations.empty()) {
    const std::size_t end = std::min(relations.find_first_of(",|"), relations.size());
    const std::string_view one = relations.substr(0, end);
    relations.remove_prefix(std::min(end + 1, relations.size()));
    const std::size_t start = one.find_first_not_of(" \n\t");
    if (start == std::string_view::npos) continue;
    const std::size_t stop = one.find_first_not_of(kName, start);
    names.emplace(one.substr(start, stop - start));
  }
}

}  // namespace

std::string shown_name(const PackageDatabase& packages, const Package& package) {
  const bool foreign = package.architecture != packages.architecture() &&
                       package.architecture != "all" && !package.architecture.empty();
  return package.multi_arch_same || foreign ? package.name + ":" + package.architecture
                                            : package.name;
}

std::string_view state_name(PackageState state) {
  switch (state) {
    case PackageState::not_installed:
      return "not-installed";
    case PackageState::half_installed:
      return "half-installed";
    case PackageState::unpacked:
      return "unpacked";
    case PackageState::half_configured:
      return "half-configured";
    case PackageState::triggers_awaited:
      return "triggers-awaited";
    case PackageState::triggers_pending:
      return "triggers-pending";
    case PackageState::installed:
      return "installed";
  }
  throw Error(ErrorKind::internal, "a package is in no state");
}

char state_letter(PackageState state) {
  constexpr std::array<char, 7> kLetters = {'n', 'H', 'U', 'F', 'W', 't', 'i'};
  return kLetters.at(static_cast<std::size_t>(state));
}

std::string synopsis(const Package& package) {
  const std::string description = raw_field(package, "Description");
  return description.substr(0, description.find('\n'));
}

std::optional<std::string> field_value(const PackageDatabase& packages, const Package& package,
                                       std::string_view field) {
  if (is_one_of(kFields, field)) return known_field(package, field);
  if (const std::optional<std::string> value = virtual_field(packages, package, field)) {
    return value;
  }
  std::string value = raw_field(package, field);
  return value.empty() ? std::nullopt : std::optional<std::string>(value);
}

std::string stanza(const PackageDatabase& packages, const Package& package) {
  std::string text;
  const auto add = [&text](std::string_view name, const std::string& value) {
    const std::string_view separator = value.starts_with('\n') || name == "Conffiles" ? "" : " ";
    if (!value.empty()) text += fmt::format("{}:{}{}\n", name, separator, value);
  };
  for (const std::string_view field : kFields) {
    const std::string value = field_value(packages, package, field).value_or("");
    const bool is_default =
        value == "no" && (field == "Essential" || field == "Protected" || field == "Multi-Arch");
    if (is_default) continue;
    add(field, field == "Conffiles" && !value.empty() ? "\n" + value : value);
  }
  for (const auto& [name, value] : package.fields) {
    if (!is_one_of(kFields, name)) add(name, value);
  }
  return text;
}

std::set<std::string> mentioned_packages(const PackageDatabase& packages) {
  std::set<std::string> names;
  for (const Package& package : packages.all()) {
    if (package.state == PackageState::not_installed) continue;
    for (const std::string_view relation : kRelations) {
      add_names(raw_field(package, relation), names);
    }
  }
  for (const Package& package : packages.all()) {
    if (package.state != PackageState::not_installed) names.erase(package.name);
  }
  return names;
}

}  // namespace stamp::scripts
