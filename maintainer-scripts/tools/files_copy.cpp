// cp and mv.
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/files_copier.h"

namespace stamp::scripts {
namespace {

constexpr LongOption kCopyOptions[] = {
    {"archive", Argument::none, "a"},
    {"backup", Argument::optional, "backup"},
    {"dereference", Argument::none, "L"},
    {"force", Argument::none, "f"},
    {"link", Argument::none, "l"},
    {"no-clobber", Argument::none, "n"},
    {"no-dereference", Argument::none, "P"},
    {"no-preserve", Argument::required},
    {"no-target-directory", Argument::none, "T"},
    {"one-file-system", Argument::none, "x"},
    {"preserve", Argument::optional},
    {"recursive", Argument::none, "r"},
    {"reflink", Argument::optional},
    {"remove-destination", Argument::none},
    {"sparse", Argument::required},
    {"strip-trailing-slashes", Argument::none},
    {"suffix", Argument::required, "S"},
    {"symbolic-link", Argument::none, "s"},
    {"target-directory", Argument::required, "t"},
    {"update", Argument::none, "u"},
    {"verbose", Argument::none, "v"},
};

constexpr LongOption kMoveOptions[] = {
    {"backup", Argument::optional, "backup"},
    {"force", Argument::none, "f"},
    {"no-clobber", Argument::none, "n"},
    {"no-target-directory", Argument::none, "T"},
    {"strip-trailing-slashes", Argument::none},
    {"suffix", Argument::required, "S"},
    {"target-directory", Argument::required, "t"},
    {"update", Argument::none, "u"},
    {"verbose", Argument::none, "v"},
};

enum class Keep { no, yes };

/// One word of --preserve's or --no-preserve's list.
void set_preserved(CopyOptions& options, std::string_view name, Keep keep) {
  const bool all = name == "all";
  bool known = all || name == "context";  // there are no security contexts in an image
  const auto set = [&](std::string_view attribute, bool CopyOptions::*member) {
    if (!all && name != attribute) return;
    options.*member = keep == Keep::yes;
    known = true;
  };
  set("mode", &CopyOptions::keep_mode);
  set("ownership", &CopyOptions::keep_owner);
  set("timestamps", &CopyOptions::keep_time);
  set("links", &CopyOptions::keep_links);
  set("xattr", &CopyOptions::keep_xattrs);
  if (!known) throw Unknown(fmt::format("attribute '{}' is not known", printable(name)));
}

void set_all_preserved(CopyOptions& options, std::string_view list, Keep keep) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    set_preserved(options, list.substr(0, end), keep);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

/// An option that is about how, not where; says whether links are to be followed or kept, where it
/// does.
std::optional<CopyOptions::Links> apply(CopyOptions& copy, const Option& option) {
  using Links = CopyOptions::Links;
  const std::string& name = option.name;
  if (name == "a" || name == "r" || name == "R") copy.recursive = true;
  if (name == "a") set_preserved(copy, "all", Keep::yes);
  if (name == "p") set_all_preserved(copy, "mode,ownership,timestamps", Keep::yes);
  if (name == "d") copy.keep_links = true;
  if (name == "preserve") {
    set_all_preserved(copy, option.value.value_or("mode,ownership,timestamps"), Keep::yes);
  }
  if (name == "no-preserve") set_all_preserved(copy, *option.value, Keep::no);
  if (name == "n") copy.existing = Existing::keep;
  if (name == "u") copy.existing = Existing::replace_older;
  if (name == "f") copy.force = true;
  if (name == "remove-destination") copy.remove_destination = true;
  if (name == "s") copy.make_symlinks = true;
  if (name == "l") copy.make_hard_links = true;
  if (name == "v") copy.verbose = true;
  if (name == "a" || name == "d" || name == "P") return Links::keep;
  if (name == "L") return Links::follow;
  if (name == "H") return Links::follow_operands;
  return std::nullopt;
}

CopyOptions copy_options(const Options& options) {
  using Links = CopyOptions::Links;
  CopyOptions copy;
  std::optional<Links> links;
  for (const Option& option : options.given) {
    if (const std::optional<Links> said = apply(copy, option)) links = said;
  }
  const Links unsaid = copy.recursive && !copy.make_hard_links ? Links::keep : Links::follow;
  copy.links = links.value_or(unsaid);
  if (copy.existing == Existing::keep) return copy;
  copy.backup_suffix = backup_suffix(options);
  return copy;
}

TargetFolder target_folder(const Options& options) {
  return options.has("T") ? TargetFolder::never : TargetFolder::if_there;
}

/// rename() and what mv asks before it.
class Mover {
 public:
  Mover(Process& process, const Options& options)
      : process_(process),
        tree_(process.machine.tree),
        verbose_(options.has("v")),
        suffix_(backup_suffix(options)) {
    constexpr std::string_view kNames[] = {"n", "f", "u"};
    const std::string_view last = options.last_of(kNames);
    if (last == "n") existing_ = Existing::keep;
    if (last != "n" && options.has("u")) existing_ = Existing::replace_older;
  }

  int move(const std::string& from, const std::string& to) {
    const Found source = find(process_, from, LastLink::keep);
    if (!source) {
      return complain(process_, fmt::format("cannot stat {}", quoted(from)), source.error);
    }
    const Found there = find(process_, to, LastLink::keep);
    if (there) {
      if (existing_ == Existing::keep) return 0;
      if (existing_ == Existing::replace_older && !source.inode->is_directory() &&
          there.inode->mtime >= source.inode->mtime) {
        return 0;
      }
      const int refused = refuse(source, from, there, to);
      if (refused != 0) return refused;
    }
    bool backed_up = false;
    if (there && !suffix_.empty() && !there.inode->is_directory()) {
      backed_up = back_up(process_, to, suffix_) == std::errc();
    }
    const std::errc error = tree_.rename(process_.absolute(from), process_.absolute(to));
    if (error == std::errc()) return announce(from, to, backed_up);
    if (error == std::errc::invalid_argument) {
      return complain(process_, fmt::format("cannot move {} to a subdirectory of itself, {}",
                                            quoted(from), quoted(to)));
    }
    return complain(process_, fmt::format("cannot move {} to {}", quoted(from), quoted(to)), error);
  }

 private:
  int refuse(const Found& source, const std::string& from, const Found& there,
             const std::string& to) {
    // Also where a link would replace what it leads to, and of two names of one file.
    const Found led_to = find(process_, from);
    if (source.inode == there.inode || led_to.inode == there.inode) {
      return complain(process_,
                      fmt::format("{} and {} are the same file", quoted(from), quoted(to)));
    }
    const bool is_folder = source.inode->is_directory();
    if (is_folder && !there.inode->is_directory()) {
      return complain(process_, fmt::format("cannot overwrite non-directory {} with directory {}",
                                            quoted(to), quoted(from)));
    }
    if (!is_folder && there.inode->is_directory()) {
      return complain(process_,
                      fmt::format("cannot overwrite directory {} with non-directory", quoted(to)));
    }
    return 0;
  }

  int announce(const std::string& from, const std::string& to, const bool backed_up) {
    if (!verbose_) return 0;
    process_.out(fmt::format("renamed {} -> {}", quoted(from), quoted(to)));
    if (backed_up) process_.out(fmt::format(" (backup: {})", quoted(to + suffix_)));
    process_.out("\n");
    return 0;
  }

  Process& process_;
  Tree& tree_;
  bool verbose_;
  std::string suffix_;
  Existing existing_ = Existing::replace;
};

/// Calls `each` with every source and the name that it gets.
template <class Each>
int for_each_source(const Options& options, const Destination& to, Each each) {
  int status = 0;
  for (const std::string& source : to.sources) {
    const std::string_view from = options.has("strip-trailing-slashes")
                                      ? without_trailing_slashes(source)
                                      : std::string_view(source);
    const std::string_view name = last_component(source);
    // "folder/.." goes into the target itself, as "folder/." does.
    const std::string target = !to.is_folder  ? to.target
                               : name == ".." ? to.target
                                              : joined(to.target, name);
    status |= each(std::string(from), target);
  }
  return status;
}

}  // namespace

int cp(Process& process) {
  const Options options = parse_options(process, "abdfHlLnpPrRsS:t:TuvxZ", kCopyOptions);
  CopyOptions copy = copy_options(options);
  const std::optional<Destination> to = destination_of(process, options, target_folder(options));
  if (!to) return 1;
  Copier copier(process, std::move(copy));
  return for_each_source(options, *to, [&](const std::string& from, const std::string& target) {
    return copier.copy(from, target);
  });
}

int mv(Process& process) {
  const Options options = parse_options(process, "bfnS:t:TuvZ", kMoveOptions);
  const std::optional<Destination> to = destination_of(process, options, target_folder(options));
  if (!to) return 1;
  Mover mover(process, options);
  return for_each_source(options, *to, [&](const std::string& from, const std::string& target) {
    return mover.move(from, target);
  });
}

}  // namespace stamp::scripts
