// chmod, chown and chgrp.
#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/files_common.h"

namespace stamp::scripts {
namespace {

constexpr LongOption kModeOptions[] = {
    {"changes", Argument::none, "c"},   {"no-preserve-root", Argument::none},
    {"preserve-root", Argument::none},  {"quiet", Argument::none, "f"},
    {"recursive", Argument::none, "R"}, {"reference", Argument::required},
    {"silent", Argument::none, "f"},    {"verbose", Argument::none, "v"},
};
constexpr LongOption kOwnerOptions[] = {
    {"changes", Argument::none, "c"},     {"dereference", Argument::none},
    {"from", Argument::required},         {"no-dereference", Argument::none, "h"},
    {"no-preserve-root", Argument::none}, {"preserve-root", Argument::none},
    {"quiet", Argument::none, "f"},       {"recursive", Argument::none, "R"},
    {"reference", Argument::required},    {"silent", Argument::none, "f"},
    {"verbose", Argument::none, "v"},
};

/// Whether a word that starts with a dash is a mode ("-x", "-w,u+r") and no options: "-R".
bool is_mode(std::string_view word) {
  constexpr std::string_view kLetters = "rwxXstugoa,+-=01234567";
  return word.size() > 1 && word.front() == '-' && word[1] != '-' &&
         word.substr(1).find_first_not_of(kLetters) == std::string_view::npos;
}

/// chmod's words with the mode that looks like an option behind "--": it is the first operand.
Process without_mode(const Process& process, std::string& mode) {
  Process rest = process;
  std::vector<std::string> args;
  bool ended = false;
  for (const std::string& word : process.args) {
    if (!ended && is_mode(word) && !args.empty()) {
      mode += (mode.empty() ? "" : ",") + word;
    } else {
      args.push_back(word);
      ended = ended || word == "--";
    }
  }
  rest.args = std::move(args);
  return rest;
}

std::string octal(std::uint32_t mode) {
  return fmt::format("{:04o} ({})", mode, mode_letters(mode));
}

class ModeChanger {
 public:
  ModeChanger(Process& process, const Options& options, std::optional<ModeChange> change,
              std::uint32_t reference)
      : process_(process), options_(options), change_(std::move(change)), reference_(reference) {}

  int change(const std::string& path) {
    const Found found = find(process_, path);
    if (!found) {
      if (options_.has("f")) return 1;
      if (find(process_, path, LastLink::keep)) {
        return complain(process_,
                        fmt::format("cannot operate on dangling symlink {}", quoted(path)));
      }
      return complain(process_, fmt::format("cannot access {}", quoted(path)), found.error);
    }
    if (!options_.has("R")) {
      set(path, *found.inode);
      return 0;
    }
    walk(process_, path, found.inode,
         [this](const std::string& below, const std::shared_ptr<Inode>& inode) {
           if (!inode->is_symlink()) {
             set(below, *inode);
           } else if (options_.has("v")) {
             process_.out(fmt::format("neither symbolic link {} nor referent has been changed\n",
                                      quoted(below)));
           }
         });
    return 0;
  }

 private:
  void set(const std::string& path, const Inode& inode) {
    const std::uint32_t before = inode.mode;
    const auto kind = inode.is_directory() ? ModeChange::Of::folder : ModeChange::Of::file;
    const std::uint32_t after = change_ ? change_->apply(before, kind, process_.umask) : reference_;
    (void)process_.machine.tree.set_mode(process_.absolute(path), after);
    if (after != before && (options_.has("v") || options_.has("c"))) {
      process_.out(fmt::format("mode of {} changed from {} to {}\n", quoted(path), octal(before),
                               octal(after)));
    } else if (options_.has("v")) {
      process_.out(fmt::format("mode of {} retained as {}\n", quoted(path), octal(before)));
    }
  }

  Process& process_;
  const Options& options_;
  std::optional<ModeChange> change_;
  std::uint32_t reference_;
};

/// What an owner is to be; what is not said stays.
struct Owner {
  std::optional<std::uint64_t> uid;
  std::optional<std::uint64_t> gid;
};

/// "user", "user:group", ":group", "user:", and "user.group" where no user has that name. What is
/// wrong with it ("user", "group") is in `invalid`.
struct ParsedOwner {
  Owner owner;
  std::string_view invalid;
};
ParsedOwner parse_owner(Process& process, std::string_view text) {
  ParsedOwner parsed;
  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos && !user_id(process, text)) {
    colon = text.find('.');
    if (colon != std::string_view::npos) {
      complain(process, fmt::format("warning: '.' should be ':': {}", quoted(text)));
    }
  }
  const std::string_view user = text.substr(0, colon);
  if (!user.empty()) {
    parsed.owner.uid = user_id(process, user);
    if (!parsed.owner.uid) {
      parsed.invalid = "user";
      return parsed;
    }
  }
  if (colon == std::string_view::npos) return parsed;
  const std::string_view group = text.substr(colon + 1);
  if (!group.empty()) {
    parsed.owner.gid = group_id(process, group);
    if (!parsed.owner.gid) parsed.invalid = "group";
  } else if (!user.empty()) {
    parsed.owner.gid = login_group(process, user);
    // A number has no login group.
    if (!parsed.owner.gid) parsed.invalid = "spec";
  }
  return parsed;
}

class OwnerChanger {
 public:
  OwnerChanger(Process& process, const Options& options, Owner owner, Owner only_from)
      : process_(process), options_(options), owner_(owner), only_from_(only_from) {
    constexpr std::string_view kTraversal[] = {"H", "L", "P"};
    traversal_ = options.last_of(kTraversal);
    constexpr std::string_view kLinks[] = {"h", "dereference"};
    const std::string_view links = options.last_of(kLinks);
    if (links == "h") last_ = LastLink::keep;
    // While folders are walked through, links are changed and not what they lead to.
    if (options.has("R") && traversal_ != "L" && traversal_ != "H" && links.empty()) {
      last_ = LastLink::keep;
    }
    if (options.has("R") && traversal_ == "L") {
      throw Unknown("options '-R -L' are not known");
    }
  }

  int change(const std::string& path) {
    const bool recursive = options_.has("R");
    // The operand itself is looked through only when links are followed.
    const LastLink last = recursive && traversal_ == "H" ? LastLink::follow : last_;
    const Found found = find(process_, path, last);
    if (!found) {
      if (options_.has("f")) return 1;
      const bool dangles = find(process_, path, LastLink::keep).inode != nullptr;
      return complain(process_,
                      fmt::format("cannot {} {}", dangles ? "dereference" : "access", quoted(path)),
                      found.error);
    }
    if (!recursive) {
      set(path, *found.inode, last);
      return 0;
    }
    walk(process_, path, found.inode,
         [&](const std::string& below, const std::shared_ptr<Inode>& inode) {
           set(below, *inode, inode == found.inode ? last : last_);
         });
    return 0;
  }

 private:
  std::string name_of(std::uint64_t uid, std::uint64_t gid) {
    std::string group = group_name(process_, gid).value_or(std::to_string(gid));
    if (process_.name() == "chgrp") return group;
    const std::string user = user_name(process_, uid).value_or(std::to_string(uid));
    return owner_.gid ? fmt::format("{}:{}", user, group) : user;
  }

  void set(const std::string& path, const Inode& inode, LastLink last) {
    if (only_from_.uid && *only_from_.uid != inode.uid) return;
    if (only_from_.gid && *only_from_.gid != inode.gid) return;
    const std::uint64_t uid = owner_.uid.value_or(inode.uid);
    const std::uint64_t gid = owner_.gid.value_or(inode.gid);
    const bool differs = uid != inode.uid || gid != inode.gid;
    const std::string before = name_of(inode.uid, inode.gid);
    (void)process_.machine.tree.set_owner(process_.absolute(path), owner_.uid, owner_.gid, last);
    const std::string_view what = process_.name() == "chgrp" ? "group" : "ownership";
    if (differs && (options_.has("v") || options_.has("c"))) {
      process_.out(fmt::format(
          "changed {} of {} from {} to {}\n", what, quoted(path), before,
          owner_.uid || process_.name() == "chgrp"
              ? name_of(uid, gid)
              : fmt::format(":{}", name_of(uid, gid).substr(name_of(uid, gid).find(':') + 1))));
    } else if (options_.has("v")) {
      process_.out(fmt::format("{} of {} retained as {}\n", what, quoted(path), before));
    }
  }

  Process& process_;
  const Options& options_;
  Owner owner_;
  Owner only_from_;
  std::string_view traversal_;
  LastLink last_ = LastLink::follow;
};

/// The operand that says what things become; null after a message.
std::optional<std::string> take_subject(Process& process, Options& options) {
  if (options.operands.empty()) {
    usage_error(process, "missing operand");
    return std::nullopt;
  }
  std::string subject = std::move(options.operands.front());
  options.operands.erase(options.operands.begin());
  if (options.operands.empty()) {
    usage_error(process, fmt::format("missing operand after {}", quoted(subject)));
    return std::nullopt;
  }
  return subject;
}

/// --reference's file; null after a message.
std::shared_ptr<Inode> reference_of(Process& process, const std::string& path) {
  const Found found = find(process, path);
  if (!found) {
    complain(process, fmt::format("failed to get attributes of {}", quoted(path)), found.error);
  }
  return found.inode;
}

enum class Subject { owner, group };

std::optional<Owner> owner_of(Process& process, Options& options, Subject subject) {
  if (const std::string* reference = options.value("reference")) {
    const std::shared_ptr<Inode> inode = reference_of(process, *reference);
    if (!inode) return std::nullopt;
    Owner owner{inode->uid, inode->gid};
    if (subject == Subject::group) owner.uid.reset();
    if (!options.operands.empty()) return owner;
    usage_error(process, "missing operand");
    return std::nullopt;
  }
  const std::optional<std::string> text = take_subject(process, options);
  if (!text) return std::nullopt;
  if (subject == Subject::group) {
    Owner owner;
    owner.gid = group_id(process, *text);
    if (owner.gid || text->empty()) return owner;
    complain(process, fmt::format("invalid group: {}", quoted(*text)));
    return std::nullopt;
  }
  const ParsedOwner parsed = parse_owner(process, *text);
  if (parsed.invalid.empty()) return parsed.owner;
  complain(process, fmt::format("invalid {}: {}", parsed.invalid, quoted(*text)));
  return std::nullopt;
}

int change_owner(Process& process, Subject subject) {
  Options options = parse_options(process, "cfhHLPRv", kOwnerOptions);
  const std::optional<Owner> owner = owner_of(process, options, subject);
  if (!owner) return 1;
  Owner only_from;
  if (const std::string* from = options.value("from")) {
    const ParsedOwner parsed = parse_owner(process, *from);
    if (!parsed.invalid.empty()) {
      return complain(process, fmt::format("invalid {}: {}", parsed.invalid, quoted(*from)));
    }
    only_from = parsed.owner;
  }
  OwnerChanger changer(process, options, *owner, only_from);
  int status = 0;
  for (const std::string& path : options.operands) status |= changer.change(path);
  return status;
}

}  // namespace

int chmod_tool(Process& process) {
  std::string mode;
  const Process rest = without_mode(process, mode);
  Options options = parse_options(rest, "cfRv", kModeOptions);
  std::optional<ModeChange> change;
  std::uint32_t reference = 0;
  if (const std::string* path = options.value("reference")) {
    const std::shared_ptr<Inode> inode = reference_of(process, *path);
    if (!inode) return 1;
    reference = inode->mode;
    if (options.operands.empty()) return usage_error(process, "missing operand");
  } else {
    if (mode.empty()) {
      const std::optional<std::string> text = take_subject(process, options);
      if (!text) return 1;
      mode = *text;
    } else if (options.operands.empty()) {
      return usage_error(process, fmt::format("missing operand after {}", quoted(mode)));
    }
    change = ModeChange::parse(mode);
    if (!change) return usage_error(process, fmt::format("invalid mode: {}", quoted(mode)));
  }
  ModeChanger changer(process, options, std::move(change), reference);
  int status = 0;
  for (const std::string& path : options.operands) status |= changer.change(path);
  return status;
}

int chown_tool(Process& process) {
  return change_owner(process, Subject::owner);
}

int chgrp(Process& process) {
  return change_owner(process, Subject::group);
}

}  // namespace stamp::scripts
