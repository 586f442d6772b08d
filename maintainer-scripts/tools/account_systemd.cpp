#include "maintainer-scripts/tools/account_systemd.h"

#include <map>
#include <optional>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/records.h"
#include "maintainer-scripts/process.h"

namespace stamp::scripts::accounts {
namespace {

/// In the order of their precedence. /run is never read: an image has nothing there.
constexpr std::string_view kFolders[] = {"/etc", "/usr/local/lib", "/usr/lib"};

std::optional<ConfigText> find_config(const Tree& tree, std::string_view kind,
                                      std::string_view name) {
  for (const std::string_view folder : kFolders) {
    const std::string path = fmt::format("{}/{}/{}", folder, kind, name);
    const Found entry = tree.find(path, LastLink::keep);
    if (!entry) continue;
    if (entry.inode->is_symlink() && entry.inode->link_target == "/dev/null") {
      return ConfigText{path, {}};
    }
    if (std::optional<std::string> text = read_text(tree, path)) return ConfigText{path, *text};
  }
  return std::nullopt;
}

/// The byte that a backslash and what follows stand for; `at` is moved past it.
char unescape(std::string_view line, std::size_t& at) {
  constexpr std::string_view kNames = "abfnrtvs";
  constexpr std::string_view kBytes = "\a\b\f\n\r\t\v ";
  const char c = line[at++];
  if (const std::size_t known = kNames.find(c); known != std::string_view::npos) {
    return kBytes[known];
  }
  const bool is_hex = c == 'x' && at + 2 <= line.size();
  const bool is_octal = c >= '0' && c <= '3' && at + 2 <= line.size();
  if (!is_hex && !is_octal) return c;
  const std::size_t start = is_hex ? at : at - 1;
  const std::string digits(line.substr(start, is_hex ? 2 : 3));
  at = start + digits.size();
  if (digits.find_first_not_of(is_hex ? "0123456789abcdefABCDEF" : "01234567") !=
      std::string::npos) {
    throw Unknown(fmt::format("'\\{}' is not known", digits));
  }
  return static_cast<char>(std::stoul(digits, nullptr, is_hex ? 16 : 8));
}

}  // namespace

ConfigFiles read_config(const Tree& tree, std::string_view kind,
                        const std::vector<std::string>& names) {
  ConfigFiles config;
  std::vector<std::string> wanted = names;
  if (names.empty()) {
    std::map<std::string, bool> all;
    for (const std::string_view folder : kFolders) {
      const Found found = tree.find(fmt::format("{}/{}", folder, kind));
      if (!found || !found.inode->is_directory()) continue;
      for (const auto& [name, child] : found.inode->children) {
        if (name.ends_with(".conf")) all.emplace(name, true);
      }
    }
    for (const auto& [name, known] : all) wanted.push_back(name);
  }
  for (const std::string& name : wanted) {
    std::optional<ConfigText> file;
    if (!name.starts_with('/')) {
      file = find_config(tree, kind, name);
    } else if (std::optional<std::string> text = read_text(tree, name)) {
      file = ConfigText{name, *text};
    }
    if (file) {
      config.files.push_back(*file);
    } else {
      config.missing.push_back(name);
    }
  }
  return config;
}

std::string take_field(std::string_view& line) {
  constexpr std::string_view kSpace = " \t";
  std::size_t at = line.find_first_not_of(kSpace);
  std::string field;
  if (at == std::string_view::npos) {
    line = {};
    return field;
  }
  char quote = 0;
  while (at < line.size()) {
    const char c = line[at];
    if (quote == 0 && kSpace.find(c) != std::string_view::npos) break;
    ++at;
    if (c == '\\' && at < line.size()) {
      field += unescape(line, at);
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else {
      field += c;
    }
  }
  line.remove_prefix(at);
  return field;
}

Expanded expand_specifiers(std::string_view text) {
  static constexpr std::pair<char, std::string_view> kKnown[] = {
      {'%', "%"},        {'C', "/var/cache"}, {'G', "0"},    {'L', "/var/log"},
      {'S', "/var/lib"}, {'T', "/tmp"},       {'U', "0"},    {'V', "/var/tmp"},
      {'g', "root"},     {'h', "/root"},      {'t', "/run"}, {'u', "root"},
  };
  Expanded expanded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 1 == text.size()) {
      expanded.text += text[i];
      continue;
    }
    const char specifier = text[++i];
    if (specifier == 'm' || specifier == 'b') {
      expanded.is_of_running_system = true;
      continue;
    }
    bool is_known = false;
    for (const auto& [letter, value] : kKnown) {
      if (letter != specifier) continue;
      expanded.text += value;
      is_known = true;
    }
    if (!is_known) throw Unknown(fmt::format("specifier '%{}' is not known", specifier));
  }
  return expanded;
}

}  // namespace stamp::scripts::accounts
