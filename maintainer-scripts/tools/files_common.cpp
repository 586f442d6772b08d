#include "maintainer-scripts/tools/files_common.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kSpecialInDoubleQuotes = "\"\\$`!";

/// A line of /etc/passwd or /etc/group: the field at `field` of the one whose field `key` is
/// `value`.
std::optional<std::string> account_field(Process& process, std::string_view path, std::size_t key,
                                         std::string_view value, std::size_t field) {
  const Found file = process.machine.tree.find(path);
  if (!file || !file.inode->is_file()) return std::nullopt;
  std::string_view text = process.machine.tree.read(*file.inode);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::vector<std::string_view> fields;
    for (std::size_t colon = 0; colon != std::string_view::npos;) {
      colon = line.find(':');
      fields.push_back(line.substr(0, colon));
      if (colon != std::string_view::npos) line.remove_prefix(colon + 1);
    }
    if (fields.size() > std::max(key, field) && fields[key] == value) {
      return std::string(fields[field]);
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number(std::string_view digits) {
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (value > layer::kMaxOwner) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> id_of(Process& process, std::string_view path, std::string_view name,
                                   std::size_t field) {
  // A name may look like a number: the account comes first.
  if (const auto id = account_field(process, path, 0, name, field)) return number(*id);
  return number(name);
}

}  // namespace

std::string quoted(std::string_view name) {
  if (name.find('\'') == std::string_view::npos) return fmt::format("'{}'", printable(name, 4096));
  if (name.find_first_of(kSpecialInDoubleQuotes) == std::string_view::npos) {
    return fmt::format("\"{}\"", printable(name, 4096));
  }
  std::string text = "'";
  for (const char c : name) {
    if (c == '\'') {
      text += "'\\''";
    } else {
      text += c;
    }
  }
  return text + "'";
}

std::string quoted_if_needed(std::string_view name) {
  constexpr std::string_view kSpecial = " \t\n\r!\"#$&'()*;<=>?[\\]^`{|}~";
  if (!name.empty() && name.find_first_of(kSpecial) == std::string_view::npos) {
    return printable(name, 4096);
  }
  return quoted(name);
}

int complain(Process& process, std::string_view message) {
  process.err(fmt::format("{}: {}\n", process.name(), message));
  return 1;
}

int complain(Process& process, std::string_view message, std::errc error) {
  return complain(process, fmt::format("{}: {}", message, describe(error)));
}

int usage_error(Process& process, std::string_view message, int status) {
  complain(process, message);
  process.err(fmt::format("Try '{} --help' for more information.\n", process.args.front()));
  return status;
}

std::string_view without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

std::string_view last_component(std::string_view path) {
  path = without_trailing_slashes(path);
  return path == "/" ? path : path.substr(path.rfind('/') + 1);
}

std::string joined(std::string_view folder, std::string_view name) {
  return fmt::format("{}{}{}", folder, folder.ends_with('/') ? "" : "/", name);
}

Found find(const Process& process, std::string_view path, LastLink last) {
  return process.machine.tree.find(process.absolute(path), last);
}

void walk(Process& process, const std::string& path, const std::shared_ptr<Inode>& inode,
          const std::function<void(const std::string&, const std::shared_ptr<Inode>&)>& visit) {
  process.machine.budget.take_steps();
  visit(path, inode);
  // Copied: `visit` may change the folder.
  const auto children = inode->children;
  for (const auto& [name, child] : children) walk(process, joined(path, name), child, visit);
}

Canonical canonical(const Process& process, std::string_view path, MustExist must_exist) {
  if (path.empty()) return {std::errc::no_such_file_or_directory, {}};
  const Found found = find(process, path);
  if (found) return {{}, found.path.absolute()};
  if (must_exist == MustExist::all) return {found.error, {}};
  if (must_exist == MustExist::all_but_last) {
    const bool is_there = found.error == std::errc::no_such_file_or_directory &&
                          process.machine.tree.at(found.path.parent()) != nullptr;
    if (!is_there) return {found.error, {}};
    return {{}, found.path.absolute()};
  }
  if (found.error == std::errc::too_many_symbolic_link_levels) return {found.error, {}};
  // Component by component: what is not there, or is no folder, is taken for one.
  std::string now = "/";
  std::string text = process.absolute(path);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t start = std::min(rest.find_first_not_of('/'), rest.size());
    const std::size_t end = std::min(rest.find('/', start), rest.size());
    const std::string_view name = rest.substr(start, end - start);
    rest.remove_prefix(end);
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      now.resize(std::max<std::size_t>(now.rfind('/'), 1));
      continue;
    }
    now = joined(now, name);
    const Found step = process.machine.tree.find(now);
    const Found link = process.machine.tree.find(now, LastLink::keep);
    if (step) {
      now = step.path.absolute();
    } else if (link && link.inode->is_symlink()) {
      const std::string& to = link.inode->link_target;
      Canonical target =
          canonical(process, to.starts_with('/') ? to : joined(link.path.parent().absolute(), to),
                    MustExist::none);
      if (target.error != std::errc()) return target;
      now = std::move(target.path);
    }
  }
  return {{}, now};
}

std::string relative_to(std::string_view path, std::string_view from) {
  const auto components = [](std::string_view text) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
      const std::size_t start = std::min(text.find_first_not_of('/'), text.size());
      const std::size_t end = std::min(text.find('/', start), text.size());
      if (end != start) parts.push_back(text.substr(start, end - start));
      text.remove_prefix(end);
    }
    return parts;
  };
  const std::vector<std::string_view> to = components(path);
  const std::vector<std::string_view> base = components(from);
  const auto [differs, base_differs] =
      std::mismatch(to.begin(), to.end(), base.begin(), base.end());
  std::string text;
  for (auto up = base_differs; up != base.end(); ++up) text += text.empty() ? ".." : "/..";
  for (auto down = differs; down != to.end(); ++down) {
    if (!text.empty()) text += '/';
    text += *down;
  }
  return text.empty() ? "." : text;
}

MadeFolders make_directories(Process& process, std::string_view path, std::uint32_t mode,
                             std::uint32_t parent_mode,
                             const std::function<void(std::string_view)>& told) {
  Tree& tree = process.machine.tree;
  const std::string_view bare = without_trailing_slashes(path);
  for (std::size_t end = 0; end < bare.size();) {
    end = std::min(bare.find('/', end + 1), bare.size());
    const std::string_view prefix = bare.substr(0, end);
    if (prefix.ends_with('/') && prefix != "/") continue;
    const bool is_last = end == bare.size();
    const std::errc error =
        tree.make_directory(process.absolute(prefix), is_last ? mode : parent_mode);
    if (error == std::errc()) {
      if (told) told(prefix);
      continue;
    }
    const Found there = find(process, prefix);
    if (there && there.inode->is_directory()) continue;
    const bool is_in_the_way = error == std::errc::file_exists && !is_last;
    return {is_in_the_way ? std::errc::not_a_directory : error, std::string(prefix)};
  }
  return {};
}

std::optional<Destination> destination_of(Process& process, const Options& options,
                                          TargetFolder folder, LastLink last) {
  Destination to;
  to.sources = options.operands;
  if (const std::string* given = options.value("t")) {
    if (to.sources.empty()) {
      usage_error(process, "missing file operand");
      return std::nullopt;
    }
    const Found there = find(process, *given);
    if (!there || !there.inode->is_directory()) {
      complain(process, fmt::format("target directory {}", quoted(*given)),
               there ? std::errc::not_a_directory : there.error);
      return std::nullopt;
    }
    to.target = *given;
    to.is_folder = true;
    return to;
  }
  if (to.sources.size() < 2) {
    usage_error(process, to.sources.empty()
                             ? std::string("missing file operand")
                             : fmt::format("missing destination file operand after {}",
                                           quoted(to.sources.front())));
    return std::nullopt;
  }
  to.target = std::move(to.sources.back());
  to.sources.pop_back();
  if (folder == TargetFolder::never) {
    if (to.sources.size() > 1) {
      usage_error(process, fmt::format("extra operand {}", quoted(to.target)));
      return std::nullopt;
    }
    return to;
  }
  const Found there = find(process, to.target, last);
  to.is_folder = there && there.inode->is_directory();
  if (to.sources.size() > 1 && !to.is_folder) {
    complain(process, fmt::format("target {}", quoted(to.target)),
             there ? std::errc::not_a_directory : there.error);
    return std::nullopt;
  }
  return to;
}

std::optional<std::uint64_t> user_id(Process& process, std::string_view name) {
  return id_of(process, "/etc/passwd", name, 2);
}

std::optional<std::uint64_t> group_id(Process& process, std::string_view name) {
  return id_of(process, "/etc/group", name, 2);
}

std::optional<std::uint64_t> login_group(Process& process, std::string_view user) {
  const auto group = account_field(process, "/etc/passwd", 0, user, 3);
  return group ? number(*group) : std::nullopt;
}

std::optional<std::string> user_name(Process& process, std::uint64_t id) {
  return account_field(process, "/etc/passwd", 2, std::to_string(id), 0);
}

std::optional<std::string> group_name(Process& process, std::uint64_t id) {
  return account_field(process, "/etc/group", 2, std::to_string(id), 0);
}

}  // namespace stamp::scripts
