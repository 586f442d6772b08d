// rm, rmdir, unlink, mkdir and mkfifo.
#include <fmt/core.h>

#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/files_common.h"

namespace stamp::scripts {
namespace {

constexpr LongOption kRemoveOptions[] = {
    {"dir", Argument::none, "d"},        {"force", Argument::none, "f"},
    {"interactive", Argument::required}, {"no-preserve-root", Argument::none},
    {"one-file-system", Argument::none}, {"preserve-root", Argument::optional},
    {"recursive", Argument::none, "r"},  {"verbose", Argument::none, "v"},
};
constexpr LongOption kRmdirOptions[] = {
    {"ignore-fail-on-non-empty", Argument::none},
    {"parents", Argument::none, "p"},
    {"verbose", Argument::none, "v"},
};
constexpr LongOption kMkdirOptions[] = {
    {"mode", Argument::required, "m"},
    {"parents", Argument::none, "p"},
    {"verbose", Argument::none, "v"},
};
constexpr LongOption kMkfifoOptions[] = {{"mode", Argument::required, "m"}};

/// A file, a folder with what it holds, told as they go.
void tell_removed(Process& process, const std::string& path, const Inode& inode) {
  process.machine.budget.take_steps();
  for (const auto& [name, child] : inode.children) {
    tell_removed(process, joined(path, name), *child);
  }
  process.out(
      fmt::format("removed {}{}\n", inode.is_directory() ? "directory " : "", quoted(path)));
}

/// "rm -r link/": what the folder holds goes, and the link stays.
int remove_behind(Process& process, const Options& options, const std::string& path,
                  const Inode& folder) {
  const auto children = folder.children;
  for (const auto& [name, child] : children) {
    (void)process.machine.tree.remove_all(process.absolute(joined(path, name)));
  }
  if (options.has("f")) return 0;
  return complain(process, fmt::format("cannot remove {}", quoted(path)),
                  std::errc::not_a_directory);
}

int remove(Process& process, const Options& options, const std::string& path) {
  const bool recursive = options.has("r") || options.has("R");
  Tree& tree = process.machine.tree;
  const std::string_view name = last_component(path);
  if (recursive && (name == "." || name == "..")) {
    return complain(process, fmt::format("refusing to remove '.' or '..' directory: skipping {}",
                                         quoted(path)));
  }
  const std::string bare(without_trailing_slashes(path));
  const Found found = find(process, path, LastLink::keep);
  if (!found) {
    const bool is_missing = found.error == std::errc::no_such_file_or_directory ||
                            found.error == std::errc::not_a_directory;
    if (options.has("f") && is_missing) return 0;
    return complain(process, fmt::format("cannot remove {}", quoted(path)), found.error);
  }
  const std::string absolute = process.absolute(path);
  std::errc error = {};
  if (!found.inode->is_directory()) {
    error = tree.unlink(absolute);
  } else if (recursive) {
    if (found.path.is_root() && !options.has("no-preserve-root")) {
      complain(process, fmt::format("it is dangerous to operate recursively on {}{}", quoted(path),
                                    path == "/" ? "" : " (same as '/')"));
      return complain(process, "use --no-preserve-root to override this failsafe");
    }
    error = tree.remove_all(absolute);
    // A slash behind a link leads to the folder, but does not name it.
    if (error == std::errc::not_a_directory)
      return remove_behind(process, options, path, *found.inode);
  } else if (options.has("d")) {
    error = tree.remove_directory(absolute);
  } else {
    error = std::errc::is_a_directory;
  }
  if (error != std::errc()) {
    return complain(process, fmt::format("cannot remove {}", quoted(path)), error);
  }
  if (options.has("v")) tell_removed(process, bare, *found.inode);
  return 0;
}

int remove_empty(Process& process, const Options& options, const std::string& path) {
  const bool may_be_full = options.has("ignore-fail-on-non-empty");
  std::string now = path;
  while (true) {
    if (options.has("v")) {
      process.out(fmt::format("{}: removing directory, {}\n", process.name(), quoted(now)));
    }
    const std::errc error = process.machine.tree.remove_directory(process.absolute(now));
    if (error == std::errc::not_a_directory && now.ends_with('/') && find(process, now)) {
      return complain(process,
                      fmt::format("failed to remove {}: Symbolic link not followed", quoted(now)));
    }
    if (error == std::errc::directory_not_empty && may_be_full) return 0;
    if (error != std::errc()) {
      return complain(
          process,
          fmt::format("failed to remove {}{}", now == path ? "" : "directory ", quoted(now)),
          error);
    }
    if (!options.has("p")) return 0;
    now = without_trailing_slashes(now);
    const std::size_t slash = now.rfind('/');
    if (slash == std::string::npos) return 0;
    now.resize(slash);
    now = without_trailing_slashes(now);
    if (now.empty()) return 0;
  }
}

std::optional<ModeChange> mode_of(Process& process, const Options& options) {
  const std::string* text = options.value("m");
  std::optional<ModeChange> mode = ModeChange::parse(text ? *text : "a=rwx");
  if (!mode) {
    complain(process, fmt::format("invalid mode{}{}", process.name() == "mkdir" ? " " : ": ",
                                  quoted(*text)));
  }
  return mode;
}

}  // namespace

int rm(Process& process) {
  const Options options = parse_options(process, "dfrRv", kRemoveOptions);
  const std::string* interactive = options.value("interactive");
  if (interactive && *interactive != "never" && *interactive != "none" && *interactive != "no") {
    throw Unknown(fmt::format("option '--interactive={}' is not known", *interactive));
  }
  if (options.operands.empty()) {
    return options.has("f") ? 0 : usage_error(process, "missing operand");
  }
  int status = 0;
  for (const std::string& path : options.operands) status |= remove(process, options, path);
  return status;
}

int rmdir_tool(Process& process) {
  const Options options = parse_options(process, "pv", kRmdirOptions);
  if (options.operands.empty()) return usage_error(process, "missing operand");
  int status = 0;
  for (const std::string& path : options.operands) status |= remove_empty(process, options, path);
  return status;
}

int unlink_tool(Process& process) {
  const Options options = parse_options(process, "");
  if (options.operands.empty()) return usage_error(process, "missing operand");
  if (options.operands.size() > 1) {
    return usage_error(process, fmt::format("extra operand {}", quoted(options.operands[1])));
  }
  const std::string& path = options.operands.front();
  const std::errc error = process.machine.tree.unlink(process.absolute(path));
  if (error == std::errc()) return 0;
  return complain(process, fmt::format("cannot unlink {}", quoted(path)), error);
}

int mkdir_tool(Process& process) {
  const Options options = parse_options(process, "m:pvZ", kMkdirOptions);
  if (options.operands.empty()) return usage_error(process, "missing operand");
  const std::optional<ModeChange> change = mode_of(process, options);
  if (!change) return 1;
  const std::uint32_t plain = 0777U & ~process.umask;
  const auto told = [&](std::string_view made) {
    if (!options.has("v")) return;
    process.out(fmt::format("{}: created directory {}\n", process.name(), quoted(made)));
  };
  int status = 0;
  for (const std::string& path : options.operands) {
    const std::string absolute = process.absolute(path);
    const bool was_there = find(process, path).inode != nullptr;
    MadeFolders made{{}, path};
    if (options.has("p")) {
      made = make_directories(process, path, plain, plain | 0300U, told);
    } else {
      made.error = process.machine.tree.make_directory(absolute, plain);
      if (made.error == std::errc()) told(path);
    }
    if (made.error != std::errc()) {
      status = complain(process, fmt::format("cannot create directory {}", quoted(made.path)),
                        made.error);
    } else if (options.has("m") && !was_there) {
      const std::uint32_t inherited = find(process, path).inode->mode & 06000U;
      (void)process.machine.tree.set_mode(
          absolute, change->apply(0777U | inherited, ModeChange::Of::folder, process.umask));
    }
  }
  return status;
}

int mkfifo_tool(Process& process) {
  const Options options = parse_options(process, "m:Z", kMkfifoOptions);
  if (options.operands.empty()) return usage_error(process, "missing operand");
  const std::optional<ModeChange> change = mode_of(process, options);
  if (!change) return 1;
  const std::uint32_t mode = options.has("m")
                                 ? change->apply(0666, ModeChange::Of::file, process.umask)
                                 : 0666U & ~process.umask;
  int status = 0;
  for (const std::string& path : options.operands) {
    const std::errc error = process.machine.tree.make_fifo(process.absolute(path), mode);
    if (error != std::errc()) {
      status = complain(process, fmt::format("cannot create fifo {}", quoted(path)), error);
    }
  }
  return status;
}

}  // namespace stamp::scripts
