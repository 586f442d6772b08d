// ln, link, readlink and realpath.
#include <fmt/core.h>

#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/files_copier.h"

namespace stamp::scripts {
namespace {

constexpr LongOption kLinkOptions[] = {
    {"backup", Argument::optional, "backup"},
    {"force", Argument::none, "f"},
    {"logical", Argument::none, "L"},
    {"no-dereference", Argument::none, "n"},
    {"no-target-directory", Argument::none, "T"},
    {"physical", Argument::none, "P"},
    {"relative", Argument::none, "r"},
    {"suffix", Argument::required, "S"},
    {"symbolic", Argument::none, "s"},
    {"target-directory", Argument::required, "t"},
    {"verbose", Argument::none, "v"},
};
constexpr LongOption kReadlinkOptions[] = {
    {"canonicalize", Argument::none, "f"},
    {"canonicalize-existing", Argument::none, "e"},
    {"canonicalize-missing", Argument::none, "m"},
    {"no-newline", Argument::none, "n"},
    {"quiet", Argument::none, "q"},
    {"silent", Argument::none, "s"},
    {"verbose", Argument::none, "v"},
    {"zero", Argument::none, "z"},
};
constexpr LongOption kRealpathOptions[] = {
    {"canonicalize-existing", Argument::none, "e"},
    {"canonicalize-missing", Argument::none, "m"},
    {"logical", Argument::none, "L"},
    {"no-symlinks", Argument::none, "s"},
    {"physical", Argument::none, "P"},
    {"quiet", Argument::none, "q"},
    {"relative-base", Argument::required},
    {"relative-to", Argument::required},
    {"strip", Argument::none, "s"},
    {"zero", Argument::none, "z"},
};

class Linker {
 public:
  Linker(Process& process, const Options& options)
      : process_(process),
        tree_(process.machine.tree),
        options_(options),
        suffix_(backup_suffix(options)) {
    constexpr std::string_view kNames[] = {"L", "P"};
    follows_ = options.last_of(kNames) == "L";
    symbolic_ = options.has("s");
  }

  int link(const std::string& from, const std::string& to) {
    backup_.clear();
    Found source;
    if (!symbolic_) {
      source = find(process_, from, follows_ ? LastLink::follow : LastLink::keep);
      if (!source) {
        return complain(process_, fmt::format("failed to access {}", quoted(from)), source.error);
      }
      if (source.inode->is_directory()) {
        return complain(process_, fmt::format("{}: hard link not allowed for directory",
                                              quoted_if_needed(from)));
      }
    }
    const Found there = find(process_, to, LastLink::keep);
    if (there && clear(from, to, source, there) != 0) return 1;
    return make(from, to, source);
  }

 private:
  int clear(const std::string& from, const std::string& to, const Found& source,
            const Found& there) {
    const bool backs_up = !suffix_.empty();
    if (!options_.has("f") && !backs_up) return 0;  // and fails
    if (there.inode->is_directory()) {
      return complain(process_,
                      fmt::format("{}: cannot overwrite directory", quoted_if_needed(to)));
    }
    const Found real = symbolic_ && backs_up ? find(process_, from, LastLink::keep) : source;
    if (real && real.inode == there.inode && real.path == there.path) {
      return complain(process_,
                      fmt::format("{} and {} are the same file", quoted(from), quoted(to)));
    }
    const std::errc error =
        backs_up ? back_up(process_, to, suffix_) : tree_.unlink(process_.absolute(to));
    if (backs_up) backup_ = fmt::format("{} ~ ", quoted(to + suffix_));
    if (error == std::errc()) return 0;
    return complain(process_, fmt::format("cannot remove {}", quoted(to)), error);
  }

  int make(const std::string& from, const std::string& to, const Found& source) {
    std::string target = from;
    if (symbolic_ && options_.has("r")) target = relative_target(from, to);
    const std::errc error =
        symbolic_ ? tree_.make_symlink(target, process_.absolute(to))
                  : tree_.make_hard_link(source.path.absolute(), process_.absolute(to));
    if (error != std::errc()) {
      return complain(
          process_,
          symbolic_
              ? fmt::format("failed to create symbolic link {}{}", quoted(to),
                            target.empty() || error == std::errc::filename_too_long
                                ? fmt::format(" -> {}", quoted(target))
                                : "")
              : fmt::format(
                    "failed to create hard link {}{}", quoted(to),
                    error == std::errc::file_exists ? "" : fmt::format(" => {}", quoted(from))),
          error);
    }
    if (options_.has("v")) {
      process_.out(fmt::format("{}{} {} {}\n", backup_, quoted(to), symbolic_ ? "->" : "=>",
                               quoted(target)));
    }
    return 0;
  }

  std::string relative_target(const std::string& from, const std::string& to) const {
    const std::size_t slash = to.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : to.substr(0, slash + 1);
    const Canonical base = canonical(process_, folder, MustExist::none);
    const Canonical target = canonical(process_, from, MustExist::none);
    if (base.error != std::errc() || target.error != std::errc()) return from;
    return relative_to(target.path, base.path);
  }

  Process& process_;
  Tree& tree_;
  const Options& options_;
  std::string suffix_;
  std::string backup_;  // for -v
  bool follows_ = false;
  bool symbolic_ = false;
};

MustExist must_exist(const Options& options, MustExist unsaid) {
  constexpr std::string_view kNames[] = {"e", "f", "m"};
  const std::string_view last = options.last_of(kNames);
  if (last == "e") return MustExist::all;
  if (last == "f") return MustExist::all_but_last;
  return last == "m" ? MustExist::none : unsaid;
}

/// realpath -s: dots and slashes taken out of the text, no link followed. What ".." goes back from
/// must be there, unless nothing must.
Canonical lexical(const Process& process, std::string_view path, MustExist must_exist) {
  std::string now = "/";
  const std::string text = process.absolute(path);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t start = std::min(rest.find_first_not_of('/'), rest.size());
    const std::size_t end = std::min(rest.find('/', start), rest.size());
    const std::string_view name = rest.substr(start, end - start);
    rest.remove_prefix(end);
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      const Found left = process.machine.tree.find(now);
      if (!left && must_exist != MustExist::none) return {left.error, {}};
      now.resize(std::max<std::size_t>(now.rfind('/'), 1));
    } else {
      now = joined(now, name);
    }
  }
  return {{}, now};
}

bool is_within(std::string_view path, std::string_view folder) {
  return folder == "/" || path == folder ||
         (path.starts_with(folder) && path.substr(folder.size()).starts_with('/'));
}

class Realpath {
 public:
  Realpath(Process& process, const Options& options) : process_(process), options_(options) {
    must_exist_ = must_exist(options, MustExist::all_but_last);
  }

  /// The bases that paths are shown from; 1 after a message.
  int resolve_bases() {
    const std::string* to = options_.value("relative-to");
    const std::string* base = options_.value("relative-base");
    if (base) base_ = resolve(*base);
    if (to) {
      to_ = resolve(*to);
    } else if (base) {
      to_ = base_;
    }
    const bool failed = (base && base_.empty()) || (to && to_.empty());
    // GNU: outside the base, nothing is relative.
    if (!failed && base && to && !is_within(to_, base_)) to_.clear();
    return failed ? 1 : 0;
  }

  int print(const std::string& path) {
    const std::string full = resolve(path);
    if (full.empty()) return 1;
    const bool is_relative = !to_.empty() && (base_.empty() || is_within(full, base_));
    process_.out(is_relative ? relative_to(full, to_) : full);
    process_.out(options_.has("z") ? std::string_view("\0", 1) : std::string_view("\n"));
    return 0;
  }

 private:
  /// "" after a message.
  std::string resolve(const std::string& path) {
    if (options_.has("s") && !path.empty()) {
      const Canonical name = lexical(process_, path, must_exist_);
      if (name.error != std::errc()) return fail(path, name.error);
      const std::string& text = name.path;
      const Found found = process_.machine.tree.find(text);
      if (must_exist_ == MustExist::none || found ||
          (must_exist_ == MustExist::all_but_last &&
           process_.machine.tree.exists(found.path.parent().absolute()))) {
        return text;
      }
      return fail(path, found.error);
    }
    Canonical full = canonical(process_, path, must_exist_);
    if (full.error != std::errc()) return fail(path, full.error);
    return std::move(full.path);
  }

  std::string fail(const std::string& path, std::errc error) {
    if (!options_.has("q")) complain(process_, quoted_if_needed(path), error);
    return {};
  }

  Process& process_;
  const Options& options_;
  MustExist must_exist_;
  std::string to_;
  std::string base_;
};

}  // namespace

int ln(Process& process) {
  const Options options = parse_options(process, "bfLnPrsS:t:Tv", kLinkOptions);
  if (options.has("r") && !options.has("s")) {
    return complain(process, "cannot do --relative without --symbolic");
  }
  Linker linker(process, options);
  if (options.operands.size() == 1 && !options.has("t") && !options.has("T")) {
    const std::string& from = options.operands.front();
    return linker.link(from, joined(".", last_component(from)));
  }
  const LastLink last = options.has("n") ? LastLink::keep : LastLink::follow;
  const std::optional<Destination> to = destination_of(
      process, options, options.has("T") ? TargetFolder::never : TargetFolder::if_there, last);
  if (!to) return 1;
  int status = 0;
  for (const std::string& source : to->sources) {
    status |= linker.link(source,
                          to->is_folder ? joined(to->target, last_component(source)) : to->target);
  }
  return status;
}

int link_tool(Process& process) {
  const Options options = parse_options(process, "");
  if (options.operands.size() != 2) return usage_error(process, "missing operand");
  const std::string& from = options.operands[0];
  const std::string& to = options.operands[1];
  const std::errc error =
      process.machine.tree.make_hard_link(process.absolute(from), process.absolute(to));
  if (error == std::errc()) return 0;
  return complain(process, fmt::format("cannot create link {} to {}", quoted(to), quoted(from)),
                  error);
}

int readlink_tool(Process& process) {
  const Options options = parse_options(process, "efmnqsvz", kReadlinkOptions);
  if (options.operands.empty()) return usage_error(process, "missing operand");
  const bool resolves = options.has("e") || options.has("f") || options.has("m");
  std::string_view end = options.has("z") ? std::string_view("\0", 1) : std::string_view("\n");
  if (options.has("n") && options.operands.size() == 1) end = {};
  if (options.has("n") && options.operands.size() > 1) {
    complain(process, "ignoring --no-newline with multiple arguments");
  }
  int status = 0;
  for (const std::string& path : options.operands) {
    Canonical result;
    if (resolves) {
      result = canonical(process, path, must_exist(options, MustExist::all));
    } else {
      const Found found = find(process, path, LastLink::keep);
      result.error = found.error;
      if (found && !found.inode->is_symlink()) result.error = std::errc::invalid_argument;
      if (found) result.path = found.inode->link_target;
    }
    if (result.error == std::errc()) {
      process.out(result.path);
      process.out(end);
    } else {
      status = 1;
      if (options.has("v")) complain(process, quoted_if_needed(path), result.error);
    }
  }
  return status;
}

int realpath_tool(Process& process) {
  const Options options = parse_options(process, "eLmPqsz", kRealpathOptions);
  if (options.has("L")) throw Unknown("option '-L' is not known");
  if (options.operands.empty()) return usage_error(process, "missing operand");
  Realpath realpath(process, options);
  if (realpath.resolve_bases() != 0) return 1;
  int status = 0;
  for (const std::string& path : options.operands) status |= realpath.print(path);
  return status;
}

}  // namespace stamp::scripts
