// update-alternatives(1).

#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/debian_alternative_command.h"
#include "maintainer-scripts/tools/debian_alternative_links.h"
#include "maintainer-scripts/tools/debian_alternatives.h"
#include "maintainer-scripts/tools/debian_common.h"
#include "maintainer-scripts/tools/debian_tools.h"

namespace stamp::scripts {
namespace {

constexpr int kFailed = 2;

class UpdateAlternatives {
 public:
  UpdateAlternatives(Process& process, AlternativeCommand command)
      : process_(process),
        tree_(process.machine.tree),
        links_(process, command.options),
        command_(std::move(command)) {}

  int run() {
    const std::string& action = command_.action;
    if (action == "get-selections") return get_selections();
    if (action == "install") {
      const std::string flaw = alternative_flaw(command_, tree_);
      if (!flaw.empty()) links_.fail(flaw);
    }
    if (!links_.has_failed()) load();
    if (links_.has_failed()) return kFailed;
    if (action == "remove" && !is_registered_) {
      links_.say_verbose(fmt::format("no alternatives for {}", group_.name));
      return 0;
    }
    if (action == "display") return display();
    if (action == "query") return query();
    if (action == "list") return list();
    const std::string inner = links_.folder_link(group_.name);
    if (links_.kind(inner) == AlternativeLinks::Kind::other) {
      links_.fail(fmt::format("cannot stat file '{}': Invalid argument", inner));
      return kFailed;
    }
    current_ = links_.target(inner);
    select_mode();
    update(wanted_choice());
    return links_.has_failed() ? kFailed : 0;
  }

 private:
  void load() {
    AlternativeFile file =
        read_alternatives(tree_, links_.options().admin_folder, command_.group.name);
    if (!file.flaw.empty()) {
      links_.fail(fmt::format("{}/{} corrupt: {}", links_.options().admin_folder,
                              command_.group.name, file.flaw));
      return;
    }
    is_registered_ = file.group.has_value();
    group_.name = command_.group.name;
    if (file.group) group_ = std::move(*file.group);
    is_modified_ = !file.gone.empty();
    for (const std::string& path : file.gone) {
      links_.warn(
          fmt::format("alternative {} (part of link group {}) doesn't exist; removing from "
                      "list of alternatives",
                      path, group_.name));
    }
    if (!is_registered_ && command_.action != "install" && command_.action != "remove") {
      links_.fail(fmt::format("no alternatives for {}", group_.name));
    }
  }

  void set_auto(bool is_auto) {
    if (group_.is_auto != is_auto || !is_registered_) is_modified_ = true;
    group_.is_auto = is_auto;
  }

  /// Finds out what somebody else did to the link.
  void select_mode() {
    const std::string& folder = links_.options().link_folder;
    if (current_.empty()) {
      links_.say_verbose(fmt::format("setting up automatic selection of {}", group_.name));
      set_auto(true);
      return;
    }
    if (group_.choice(current_) != nullptr) return;
    if (links_.is_missing(current_)) {
      links_.warn(fmt::format("{}/{} is dangling; it will be updated with best choice", folder,
                              group_.name));
      set_auto(true);
    } else if (group_.is_auto || !is_registered_) {
      links_.warn(
          fmt::format("{}/{} has been changed (manually or by a script); switching to "
                      "manual updates only",
                      folder, group_.name));
      set_auto(false);
    }
  }

  /// Does what the action says to the group; the choice that is to be in place then, "" when the
  /// action says nothing of it.
  std::string wanted_choice() {
    const std::string& action = command_.action;
    if (action == "set") {
      if (group_.choice(command_.path) == nullptr) {
        links_.fail(fmt::format("alternative {} for {} not registered; not setting", command_.path,
                                group_.name));
        return {};
      }
      set_auto(false);
      return command_.path;
    }
    if (action == "auto") {
      set_auto(true);
      if (!group_.choices.empty()) return group_.best(current_)->path;
      links_.say(fmt::format("there is no program which provides {}", group_.name));
      return {};
    }
    if (action == "remove") return remove();
    if (action == "remove-all") {
      group_.choices.clear();
      return {};
    }
    return install();
  }

  std::string remove() {
    if (group_.choice(command_.path) == nullptr) {
      links_.say_verbose(fmt::format("alternative {} for {} not registered; not removing",
                                     command_.path, group_.name));
    } else {
      std::erase_if(group_.choices, [&](const Choice& c) { return c.path == command_.path; });
      is_modified_ = true;
    }
    if (current_ != command_.path) return {};
    if (!group_.is_auto) {
      links_.say(fmt::format("removing manually selected alternative - switching {} to auto mode",
                             group_.name));
      set_auto(true);
    }
    const Choice* best = group_.best(current_);
    return best == nullptr ? std::string() : best->path;
  }

  std::string install() {
    if (is_registered_) {
      evolve();
    } else {
      group_ = command_.group;
    }
    group_.set_choice(command_.choice);
    is_modified_ = true;
    if (group_.is_auto) return group_.best(current_)->path;
    links_.say_verbose(fmt::format("automatic updates of {} are disabled; leaving it alone",
                                   links_.folder_link(group_.name)));
    links_.say_verbose(fmt::format(
        "to return to automatic updates use 'update-alternatives --auto {}'", group_.name));
    return {};
  }

  /// Takes over links that are now elsewhere, and new slaves.
  void evolve() {
    const AlternativeGroup& wanted = command_.group;
    if (links_.kind(group_.link) == AlternativeLinks::Kind::link && group_.link != wanted.link) {
      links_.say(
          fmt::format("renaming {} link from {} to {}", wanted.name, group_.link, wanted.link));
      links_.move(group_.link, wanted.link);
    }
    group_.link = wanted.link;
    for (const SlaveLink& slave : wanted.slaves) evolve_slave(slave);
  }

  void evolve_slave(const SlaveLink& wanted) {
    SlaveLink* old = group_.slave(wanted.name);
    if (old == nullptr) {
      group_.slaves.push_back({wanted.name, wanted.link, true});
      return;
    }
    const bool is_current = current_ == command_.choice.path;
    const std::string file = is_current ? command_.choice.slave(wanted.name)
                                        : links_.target(links_.folder_link(wanted.name));
    bool is_updated = false;
    if (old->link != wanted.link && links_.kind(old->link) == AlternativeLinks::Kind::link) {
      if (!file.empty() && !links_.is_missing(file)) {
        links_.say(fmt::format("renaming {} slave link from {} to {}", wanted.name, old->link,
                               wanted.link));
        links_.move(old->link, wanted.link);
      } else {
        links_.unlink(old->link);
      }
      is_updated = true;
    }
    old->link = wanted.link;
    old->is_updated = is_updated;
  }

  void update(const std::string& wanted) {
    if (links_.has_failed()) return;
    if (group_.choices.empty()) {
      links_.remove(group_);
      return;
    }
    if (!wanted.empty() && wanted != current_) {
      links_.say(fmt::format("using {} to provide {} ({}) in {} mode", wanted, group_.link,
                             group_.name, group_.mode()));
      links_.prepare(group_, *group_.choice(wanted));
    } else {
      repair();
    }
    if (is_modified_ && !links_.has_failed()) {
      const WrittenAlternatives written = write_alternatives(group_);
      for (const SlaveLink& slave : written.dropped) {
        links_.say_verbose(
            fmt::format("discarding obsolete slave link {} ({})", slave.name, slave.link));
      }
      links_.write_file(fmt::format("{}/{}", links_.options().admin_folder, group_.name),
                        written.text);
    }
    links_.commit();
  }

  void repair() {
    const AlternativeLinks::State state = links_.state(group_, current_);
    if (state == AlternativeLinks::State::right) return;
    const std::string shown = current_.empty() ? "(null)" : current_;
    if (state == AlternativeLinks::State::slaves_changed) {
      links_.say(
          fmt::format("updating alternative {} because link group {} has changed slave links",
                      shown, group_.name));
    } else {
      links_.warn(
          fmt::format("forcing reinstallation of alternative {} because link group {} is "
                      "broken",
                      shown, group_.name));
    }
    std::string current = current_;
    if (!current.empty() && group_.choice(current) == nullptr) {
      const std::string best = group_.best(current)->path;
      links_.warn(
          fmt::format("current alternative {} is unknown, switching to {} for link group {}",
                      current, best, group_.name));
      current = best;
      set_auto(true);
    }
    if (!current.empty()) links_.prepare(group_, *group_.choice(current));
  }

  std::string current_link() const { return links_.target(links_.folder_link(group_.name)); }

  int display() {
    const std::string current = current_link();
    const Choice* best = group_.best(current);
    std::string text = fmt::format("{} - {} mode\n", group_.name, group_.mode());
    text += best == nullptr ? "  link best version not available\n"
                            : fmt::format("  link best version is {}\n", best->path);
    text += current.empty() ? "  link currently absent\n"
                            : fmt::format("  link currently points to {}\n", current);
    text += fmt::format("  link {} is {}\n", group_.name, group_.link);
    for (const SlaveLink& slave : group_.slaves) {
      text += fmt::format("  slave {} is {}\n", slave.name, slave.link);
    }
    for (const Choice& choice : group_.choices) {
      text += fmt::format("{} - priority {}\n", choice.path, choice.priority);
      for (const SlaveLink& slave : group_.slaves) {
        const std::string file = choice.slave(slave.name);
        if (!file.empty()) text += fmt::format("  slave {}: {}\n", slave.name, file);
      }
    }
    process_.out(text);
    return 0;
  }

  int query() {
    const std::string current = current_link();
    const Choice* best = group_.best(current);
    std::string text = fmt::format("Name: {}\nLink: {}\n", group_.name, group_.link);
    if (!group_.slaves.empty()) text += "Slaves:\n";
    for (const SlaveLink& slave : group_.slaves) {
      text += fmt::format(" {} {}\n", slave.name, slave.link);
    }
    text += fmt::format("Status: {}\n", group_.mode());
    if (best != nullptr) text += fmt::format("Best: {}\n", best->path);
    text += fmt::format("Value: {}\n", current.empty() ? "none" : current);
    for (const Choice& choice : group_.choices) {
      text += fmt::format("\nAlternative: {}\nPriority: {}\n", choice.path, choice.priority);
      if (!group_.slaves.empty()) text += "Slaves:\n";
      for (const SlaveLink& slave : group_.slaves) {
        const std::string file = choice.slave(slave.name);
        if (!file.empty()) text += fmt::format(" {} {}\n", slave.name, file);
      }
    }
    process_.out(text);
    return 0;
  }

  int list() {
    for (const Choice& choice : group_.choices) process_.out(choice.path + "\n");
    return 0;
  }

  int get_selections() {
    const std::string& folder = links_.options().admin_folder;
    const Found found = tree_.find(folder);
    if (!found || !found.inode->is_directory()) return 0;
    for (const auto& [name, inode] : found.inode->children) {
      const AlternativeFile file = read_alternatives(tree_, folder, name);
      if (!file.group || name.ends_with(".dpkg-tmp")) continue;
      process_.out(fmt::format("{:<30} {:<8} {}\n", name, file.group->mode(),
                               links_.target(links_.folder_link(name))));
    }
    return 0;
  }

  Process& process_;
  Tree& tree_;
  AlternativeLinks links_;
  AlternativeCommand command_;
  AlternativeGroup group_;
  std::string current_;
  bool is_registered_ = false;
  bool is_modified_ = false;
};

}  // namespace

int update_alternatives(Process& process) {
  if (!process.variable("DPKG_ROOT").empty()) throw Unknown("DPKG_ROOT is not empty");
  std::optional<AlternativeCommand> command = read_alternative_command(process);
  return command ? UpdateAlternatives(process, std::move(*command)).run() : kFailed;
}

}  // namespace stamp::scripts
