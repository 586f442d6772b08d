#include "maintainer-scripts/tools/debian_alternative_links.h"

#include <fmt/core.h>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/debian_common.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kProgram = "update-alternatives";
constexpr std::string_view kTemporary = ".dpkg-tmp";

}  // namespace

AlternativeLinks::AlternativeLinks(Process& process, AlternativeOptions options)
    : process_(process), tree_(process.machine.tree), options_(std::move(options)) {}

void AlternativeLinks::fail(const std::string& message) {
  if (failed_) return;
  failed_ = true;
  process_.err(fmt::format("{}: error: {}\n", kProgram, message));
}

void AlternativeLinks::warn(const std::string& message) {
  if (failed_ || options_.verbosity < 0) return;
  process_.err(fmt::format("{}: warning: {}\n", kProgram, message));
}

void AlternativeLinks::say(const std::string& message) {
  if (failed_ || options_.verbosity < 0) return;
  process_.out(fmt::format("{}: {}\n", kProgram, message));
}

void AlternativeLinks::say_verbose(const std::string& message) {
  if (options_.verbosity > 0) say(message);
}

std::string AlternativeLinks::target(const std::string& link) const {
  const Found found = tree_.find(link, LastLink::keep);
  return found && found.inode->is_symlink() ? found.inode->link_target : std::string();
}

bool AlternativeLinks::is_missing(const std::string& path) const {
  return !tree_.exists(path);
}

AlternativeLinks::Kind AlternativeLinks::kind(const std::string& path) const {
  const Found found = tree_.find(path, LastLink::keep);
  if (!found) return Kind::missing;
  return found.inode->is_symlink() ? Kind::link : Kind::other;
}

std::string AlternativeLinks::folder_link(std::string_view name) const {
  return fmt::format("{}/{}", options_.link_folder, name);
}

void AlternativeLinks::make_link(const std::string& target, const std::string& path) {
  if (failed_) return;
  std::errc error = tree_.unlink(path);
  if (error != std::errc{} && error != std::errc::no_such_file_or_directory) {
    fail(fmt::format("unable to remove '{}': {}", path, error_text(error)));
    return;
  }
  error = tree_.make_symlink(target, path);
  if (error != std::errc{}) {
    fail(fmt::format("error creating symbolic link '{}': {}", path, error_text(error)));
  }
}

void AlternativeLinks::move(const std::string& from, const std::string& to) {
  if (failed_) return;
  const Found found = tree_.find(to, LastLink::keep);
  if (found && found.inode->is_directory()) {
    // The real one would run mv, which moves the link into the folder.
    throw Unknown(fmt::format("'{}', which a link is to replace, is a folder", to));
  }
  const std::errc error = tree_.rename(from, to);
  if (error != std::errc{}) {
    fail(fmt::format("unable to install '{}' as '{}': {}", from, to, error_text(error)));
  }
}

void AlternativeLinks::unlink(const std::string& path) {
  if (failed_) return;
  const std::errc error = tree_.unlink(path);
  if (error != std::errc{} && error != std::errc::no_such_file_or_directory) {
    fail(fmt::format("unable to remove '{}': {}", path, error_text(error)));
  }
}

void AlternativeLinks::write_file(const std::string& path, const std::string& text) {
  if (failed_) return;
  const std::errc error = scripts::write_file(tree_, path, text);
  if (error != std::errc{}) {
    fail(fmt::format("unable to create file '{}{}': {}", path, kTemporary, error_text(error)));
  }
}

void AlternativeLinks::copy_time(const std::string& link, const std::string& from) {
  const Found found = tree_.find(from, LastLink::keep);
  if (!failed_ && found) tree_.set_time(link, found.inode->mtime, LastLink::keep);
}

bool AlternativeLinks::needs_update(const std::string& link, const std::string& wanted) {
  if (options_.force) return true;
  switch (kind(link)) {
    case Kind::link:
      return target(link) != wanted;
    case Kind::other:
      warn(fmt::format("not replacing {} with a link", link));
      return false;
    case Kind::missing:
      break;
  }
  return true;
}

bool AlternativeLinks::can_remove(const std::string& link) const {
  return options_.force || kind(link) != Kind::other;
}

bool AlternativeLinks::can_install(const Choice& choice, std::string_view slave) const {
  const std::string file = choice.slave(slave);
  return !file.empty() && !is_missing(file);
}

void AlternativeLinks::prepare_link(std::string_view name, const std::string& link,
                                    const std::string& file) {
  if (failed_) return;
  if (is_missing(options_.link_folder)) {
    const std::errc error = make_folders(tree_, options_.link_folder);
    if (error != std::errc{}) {
      fail(fmt::format("cannot create alternatives directory '{}': {}", options_.link_folder,
                       error_text(error)));
    }
  }
  const std::string inner = folder_link(name);
  const std::string new_inner = inner + std::string(kTemporary);
  make_link(file, new_inner);
  steps_.push_back({Step::What::move, new_inner, inner});
  if (is_missing(inner)) steps_.push_back({Step::What::time, inner, file});
  if (!needs_update(link, inner)) return;
  const std::string new_link = link + std::string(kTemporary);
  make_link(inner, new_link);
  steps_.push_back({Step::What::move, new_link, link});
  if (is_missing(link)) steps_.push_back({Step::What::time, link, inner});
}

void AlternativeLinks::prepare(AlternativeGroup& group, const Choice& choice) {
  prepare_link(group.name, group.link, choice.path);
  for (const SlaveLink& slave : group.slaves) {
    const std::string file = choice.slave(slave.name);
    if (can_install(choice, slave.name)) {
      prepare_link(slave.name, slave.link, file);
      continue;
    }
    if (!file.empty()) {
      warn(
          fmt::format("skip creation of {} because associated file {} (of link group {}) "
                      "doesn't exist",
                      slave.link, file, group.name));
    }
    if (can_remove(slave.link)) {
      steps_.push_back({Step::What::remove, slave.link, {}});
    } else {
      warn(fmt::format("not removing {} since it's not a symlink", slave.link));
    }
    steps_.push_back({Step::What::remove, folder_link(slave.name), {}});
  }
}

void AlternativeLinks::commit() {
  for (const Step& step : steps_) {
    switch (step.what) {
      case Step::What::remove:
        unlink(step.path);
        break;
      case Step::What::move:
        move(step.path, step.other);
        break;
      case Step::What::time:
        copy_time(step.path, step.other);
        break;
    }
  }
  steps_.clear();
}

void AlternativeLinks::remove(const AlternativeGroup& group) {
  const auto remove_link = [this](std::string_view name, const std::string& link) {
    unlink(link + std::string(kTemporary));
    if (can_remove(link)) unlink(link);
    unlink(folder_link(name) + std::string(kTemporary));
    unlink(folder_link(name));
  };
  remove_link(group.name, group.link);
  for (const SlaveLink& slave : group.slaves) remove_link(slave.name, slave.link);
  unlink(fmt::format("{}/{}", options_.admin_folder, group.name));
}

bool AlternativeLinks::is_slave_broken(const SlaveLink& slave, const Choice& choice) const {
  const std::string inner = folder_link(slave.name);
  if (!can_install(choice, slave.name)) {
    return kind(slave.link) != Kind::missing || kind(inner) != Kind::missing;
  }
  return target(slave.link) != inner || target(inner) != choice.slave(slave.name);
}

AlternativeLinks::State AlternativeLinks::state(AlternativeGroup& group,
                                                std::string_view current) const {
  if (target(group.link) != folder_link(group.name) || current.empty()) return State::broken;
  const Choice* choice = group.choice(current);
  if (choice == nullptr) return State::right;
  State state = State::right;
  for (const SlaveLink& slave : group.slaves) {
    if (!is_slave_broken(slave, *choice)) continue;
    if (!slave.is_updated) return State::broken;
    state = State::slaves_changed;
  }
  return state;
}

}  // namespace stamp::scripts
