#include "maintainer-scripts/tools/debian_common.h"

#include <charconv>

#include <fmt/core.h>

namespace stamp::scripts {

std::optional<std::string> file_text(const Tree& tree, std::string_view path) {
  const Found found = tree.find(path);
  if (!found || !found.inode->is_file()) return std::nullopt;
  return tree.read(*found.inode);
}

std::errc make_folders(Tree& tree, std::string_view path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::errc made = tree.make_directory(path.substr(0, slash), 0755);
    if (made != std::errc{} && made != std::errc::file_exists) return made;
    if (slash == std::string_view::npos) return {};
  }
}

std::errc write_file(Tree& tree, const std::string& path, std::string content) {
  if (const std::size_t slash = path.rfind('/'); slash != 0 && slash != std::string::npos) {
    if (!tree.exists(path.substr(0, slash))) {
      const std::errc made = make_folders(tree, path.substr(0, slash));
      if (made != std::errc{}) return made;
    }
  }
  return tree.write(path, std::move(content), 0644);
}

std::string canonical_path(const Tree& tree, std::string_view path) {
  constexpr int kMostLinks = 40;
  std::string done;
  std::string rest(path);
  int links = 0;
  while (!rest.empty()) {
    const std::size_t slash = rest.find('/');
    const std::string name = rest.substr(0, slash);
    rest = slash == std::string::npos ? std::string() : rest.substr(slash + 1);
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      done.resize(done.empty() ? 0 : done.rfind('/'));
      continue;
    }
    const Found found = tree.find(fmt::format("{}/{}", done, name), LastLink::keep);
    if (!found || !found.inode->is_symlink()) {
      done.append("/").append(name);
      continue;
    }
    if (++links > kMostLinks) return {};
    const std::string& target = found.inode->link_target;
    if (target.starts_with('/')) done.clear();
    rest = fmt::format("{}/{}", target, rest);
  }
  return done.empty() ? "/" : done;
}

std::string error_text(std::errc error) {
  return std::make_error_code(error).message();
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::vector<std::string> words_of(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n\v\f\r";
  std::vector<std::string> words;
  for (std::size_t at = text.find_first_not_of(kBlank); at != std::string_view::npos;) {
    const std::size_t end = text.find_first_of(kBlank, at);
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlank, end);
  }
  return words;
}

int dpkg_error(Process& process, std::string_view message) {
  process.err(fmt::format("{}: error: {}\n", process.name(), message));
  return 2;
}

int dpkg_bad_usage(Process& process, std::string_view message, std::string_view help) {
  return dpkg_error(process, fmt::format("{}\n\n{}", message, help));
}

void dpkg_warning(Process& process, std::string_view message) {
  process.err(fmt::format("{}: warning: {}\n", process.name(), message));
}

std::uint32_t dpkg_position(std::string_view path) {
  // FNV-1a over the name without its leading slash, modulo the size of dpkg's table; chars are
  // signed where the reference was written.
  constexpr std::uint32_t kBasis = 2166136261U;
  constexpr std::uint32_t kPrime = 16777619U;
  constexpr std::uint32_t kSlots = 262139U;
  while (path.starts_with('/') || path.starts_with("./")) {
    path.remove_prefix(path.front() == '/' ? 1 : 2);
  }
  std::uint32_t hash = kBasis;
  for (const char c : path) {
    hash ^= static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<signed char>(c)));
    hash *= kPrime;
  }
  return hash % kSlots;
}

std::vector<AccountLine> account_lines(const Tree& tree, std::string_view file) {
  std::vector<AccountLine> accounts;
  const std::optional<std::string> text = file_text(tree, file);
  if (!text) return accounts;
  for (const std::string& line : lines_of(*text)) {
    // name:password:id:…
    const std::size_t first = line.find(':');
    if (first == std::string::npos) continue;
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    AccountLine account{.name = line.substr(0, first)};
    const char* begin = line.data() + second + 1;
    const char* end = line.data() + line.size();
    if (std::from_chars(begin, end, account.id).ec == std::errc{}) {
      accounts.push_back(std::move(account));
    }
  }
  return accounts;
}

}  // namespace stamp::scripts
