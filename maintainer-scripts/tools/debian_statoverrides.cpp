#include "maintainer-scripts/tools/debian_statoverrides.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/tools/debian_common.h"

namespace stamp::scripts {
namespace {

constexpr const char* kFile = "/var/lib/dpkg/statoverride";

Error bad_line(const std::string& line) {
  return Error(ErrorKind::corrupt, fmt::format("cannot read '{}': line '{}' is not an override",
                                               kFile, printable(line)));
}

StatOverride parse_line(const std::string& line) {
  const std::size_t user = line.find(' ');
  const std::size_t group = user == std::string::npos ? user : line.find(' ', user + 1);
  const std::size_t mode = group == std::string::npos ? group : line.find(' ', group + 1);
  if (mode == std::string::npos) throw bad_line(line);
  StatOverride one{line.substr(mode + 1), line.substr(0, user),
                   line.substr(user + 1, group - user - 1)};
  const char* end = line.data() + mode;
  const auto number = std::from_chars(line.data() + group + 1, end, one.mode, 8);
  if (number.ec != std::errc{} || number.ptr != end) throw bad_line(line);
  return one;
}

}  // namespace

StatOverrides StatOverrides::read(const Tree& tree) {
  StatOverrides overrides;
  for (const std::string& line : lines_of(file_text(tree, kFile).value_or(""))) {
    overrides.list_.push_back(parse_line(line));
  }
  return overrides;
}

std::errc StatOverrides::write(Tree& tree) const {
  std::string text;
  for (const StatOverride& one : all()) text += statoverride_line(one) + "\n";
  return write_file(tree, kFile, std::move(text));
}

const StatOverride* StatOverrides::of(std::string_view path) const {
  const auto found = std::find_if(list_.begin(), list_.end(),
                                  [path](const StatOverride& one) { return one.path == path; });
  return found == list_.end() ? nullptr : &*found;
}

std::vector<StatOverride> StatOverrides::all() const {
  std::vector<StatOverride> sorted = list_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const StatOverride& a, const StatOverride& b) {
    return dpkg_position(a.path) < dpkg_position(b.path);
  });
  return sorted;
}

void StatOverrides::set(StatOverride wanted) {
  const auto found = std::find_if(list_.begin(), list_.end(),
                                  [&](const StatOverride& one) { return one.path == wanted.path; });
  if (found == list_.end()) {
    list_.push_back(std::move(wanted));
  } else {
    *found = std::move(wanted);
  }
}

void StatOverrides::remove(std::string_view path) {
  std::erase_if(list_, [path](const StatOverride& one) { return one.path == path; });
}

std::string statoverride_line(const StatOverride& one) {
  return fmt::format("{} {} {:o} {}", one.user, one.group, one.mode, one.path);
}

std::optional<std::uint64_t> statoverride_id(const Tree& tree, std::string_view file,
                                             std::string_view name) {
  if (name.starts_with('#')) {
    std::uint64_t id = 0;
    const char* end = name.data() + name.size();
    const auto number = std::from_chars(name.data() + 1, end, id);
    if (number.ec != std::errc{} || number.ptr != end) return std::nullopt;
    return id;
  }
  for (const AccountLine& account : account_lines(tree, file)) {
    if (account.name == name) return account.id;
  }
  return std::nullopt;
}

}  // namespace stamp::scripts
