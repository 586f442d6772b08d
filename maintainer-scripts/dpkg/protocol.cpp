#include "maintainer-scripts/dpkg/protocol.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/shell/interpreter.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kDiversions = "/var/lib/dpkg/diversions";
constexpr std::string_view kStatoverrides = "/var/lib/dpkg/statoverride";
constexpr std::size_t kShownLines = 8;
/// Rounds of triggers: a package that activates what it is interested in never ends.
constexpr std::size_t kMaxRounds = 50;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string_view> fields_of(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t end = line.find(separator);
    fields.push_back(line.substr(0, end));
    if (end == line.npos) return fields;
    line.remove_prefix(end + 1);
  }
}

/// The last lines of what a script said, each indented.
std::string last_lines(std::string_view said) {
  const std::vector<std::string_view> lines = lines_of(said);
  const std::size_t first = lines.size() > kShownLines ? lines.size() - kShownLines : 0;
  std::string shown;
  for (std::size_t i = first; i < lines.size(); ++i) {
    shown += "\n  " + printable(lines[i], 300);
  }
  return shown;
}

std::string file_text(const Tree& tree, std::string_view path) {
  const Found found = tree.find(path);
  return found && found.inode->is_file() ? tree.read(*found.inode) : std::string();
}

/// The id that a name has in /etc/passwd or /etc/group; "#12" is 12.
std::optional<std::uint64_t> id_of(std::string_view name, std::string_view file) {
  std::uint64_t id = 0;
  const auto parse = [&id](std::string_view text) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc() && end == text.data() + text.size();
  };
  if (name.starts_with('#')) return parse(name.substr(1)) ? std::optional(id) : std::nullopt;
  for (const std::string_view line : lines_of(file)) {
    const std::vector<std::string_view> fields = fields_of(line, ':');
    if (fields.size() > 2 && fields[0] == name && parse(fields[2])) return id;
  }
  return std::nullopt;
}

/// A maintainer script as the shell is to run it. Options of its `#!` line become a command of that
/// line. Errors: Unknown: it is for another interpreter.
Script shell_script(std::string name, const std::string& text) {
  Script script{std::move(name), text};
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = std::string_view(text).substr(0, end);
  if (!line.starts_with("#!")) {
    throw Unknown(fmt::format("cannot evaluate '{}': it is no script", script.name));
  }
  line.remove_prefix(2);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const std::size_t blank = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view interpreter = line.substr(0, blank);
  std::string_view options = line.substr(blank);
  options.remove_prefix(std::min(options.find_first_not_of(" \t"), options.size()));
  const std::optional<Dialect> dialect = dialect_of(interpreter);
  if (!dialect) {
    throw Unknown(fmt::format("cannot evaluate '{}': it is a script for '{}'", script.name,
                              printable(interpreter, 80)));
  }
  script.dialect = *dialect;
  if (!options.empty()) script.text.replace(0, end, fmt::format("set {}", options));
  return script;
}

std::string described(const Package& package) {
  return fmt::format("'{}' {}", package.name, package.version);
}

}  // namespace

Protocol::Protocol(Machine& machine, const std::vector<PackageEntries>& entries)
    : machine_(machine), entries_(entries) {
  for (std::size_t i = 0; i < machine_.packages.all().size(); ++i) {
    const auto triggers = package(i).members.find("triggers");
    if (triggers == package(i).members.end()) continue;
    during(fmt::format("reading the triggers of {}", described(package(i))),
           [&] { machine_.triggers.add(i, triggers->second); });
    if (!package(i).new_here && package(i).state == PackageState::installed) {
      machine_.triggers.listen(i);
    }
  }
}

void Protocol::run(const InstallOrder& order) {
  for (const OrderStep& step : order.steps()) {
    switch (step.kind) {
      case OrderStep::Kind::extract:
        extract(step.package);
        break;
      case OrderStep::Kind::unpack:
        unpack(step.package);
        break;
      case OrderStep::Kind::configure:
        configure(step.package, order);
        break;
      case OrderStep::Kind::triggers:
        run_triggers();
        break;
    }
  }
}

void Protocol::extract(std::size_t i) {
  put_entries(i);
}

void Protocol::unpack(std::size_t i) {
  package(i).state = PackageState::half_installed;
  run_script_of(i, "preinst", {"install"});
  read_diversions();
  put_entries(i);
  package(i).state = PackageState::unpacked;
  apply_statoverrides(i);
  activate_own(i);
  for (const std::string& path : package(i).files) machine_.triggers.activate(path);
}

void Protocol::read_diversions() {
  std::string text = file_text(machine_.tree, kDiversions);
  if (text == diversions_text_) return;
  diversions_text_ = std::move(text);
  diversions_.clear();
  const std::vector<std::string_view> lines = lines_of(diversions_text_);
  for (std::size_t i = 0; i + 2 < lines.size(); i += 3) {
    const EntryPath from = machine_.tree.find(lines[i], LastLink::keep).path;
    diversions_[from] = {machine_.tree.find(lines[i + 1], LastLink::keep).path,
                         std::string(lines[i + 2])};
  }
}

/// The folder that the link at `place` leads to; nothing when there is no such link.
std::optional<EntryPath> Protocol::linked_folder(const EntryPath& place) const {
  const std::shared_ptr<Inode> there = machine_.tree.at(place);
  if (there == nullptr || !there->is_symlink()) return std::nullopt;
  const Found target = machine_.tree.find(place.absolute());
  if (!target || !target.inode->is_directory()) return std::nullopt;
  return target.path;
}

void Protocol::put_entries(std::size_t i) {
  // A folder of the package that is a link to a folder by now stays one: what the package has in it
  // goes where the link leads.
  std::vector<std::pair<EntryPath, EntryPath>> followed;
  const auto place_of = [&](const EntryPath& path) {
    for (const auto& [folder, target] : followed) {
      if (path.is_within(folder)) return target / path.str().substr(folder.str().size() + 1);
    }
    const auto diverted = diversions_.empty() ? diversions_.end() : diversions_.find(path);
    const bool other = diverted != diversions_.end() && diverted->second.package != package(i).name;
    return other ? diverted->second.to : path;
  };
  for (const layer::Entry* entry : entries_[i]) {
    const EntryPath place = place_of(entry->path);
    if (entry->type == layer::EntryType::directory) {
      if (const std::optional<EntryPath> target = linked_folder(place)) {
        followed.insert(followed.begin(), {entry->path, *target});
        continue;
      }
    }
    machine_.tree.put(*entry, i + 1, place);
  }
}

void Protocol::apply_statoverrides(std::size_t i) {
  const std::string text = file_text(machine_.tree, kStatoverrides);
  if (text.empty()) return;
  const std::string passwd = file_text(machine_.tree, "/etc/passwd");
  const std::string group = file_text(machine_.tree, "/etc/group");
  for (const std::string_view line : lines_of(text)) {
    const std::vector<std::string_view> words = fields_of(line, ' ');
    if (words.size() != 4) continue;
    const EntryPath path = machine_.tree.find(words[3], LastLink::keep).path;
    const bool own = std::any_of(entries_[i].begin(), entries_[i].end(),
                                 [&](const layer::Entry* entry) { return entry->path == path; });
    if (!own) continue;
    const std::optional<std::uint64_t> uid = id_of(words[0], passwd);
    const std::optional<std::uint64_t> gid = id_of(words[1], group);
    std::uint32_t mode = 0;
    const std::string_view octal = words[2];
    const auto [end, error] = std::from_chars(octal.data(), octal.data() + octal.size(), mode, 8);
    if (!uid || !gid || error != std::errc() || end != octal.data() + octal.size()) {
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot unpack {}: the statoverride '{}' cannot be applied",
                              described(package(i)), printable(line, 300)));
    }
    machine_.tree.set_owner(path.absolute(), uid, gid);
    machine_.tree.set_mode(path.absolute(), mode);
  }
}

void Protocol::configure(std::size_t i, const InstallOrder& order) {
  Package& here = package(i);
  for (const std::size_t needed : order.dependencies(i)) {
    const Package& other = package(needed);
    if (other.unconfigured_reason.empty()) continue;
    here.unconfigured_reason =
        fmt::format("it depends on '{}', which is not configured", other.name);
    break;
  }
  if (!here.unconfigured_reason.empty()) return;
  here.state = PackageState::half_configured;
  if (!run_script_of(i, "postinst", {"configure", ""})) {
    here.state = PackageState::unpacked;
    return;
  }
  here.state = PackageState::installed;
  machine_.triggers.listen(i);
  activate_own(i);
}

void Protocol::activate_own(std::size_t i) {
  for (const std::string& name : machine_.triggers.activated_by(i)) {
    machine_.triggers.activate(name);
  }
}

void Protocol::run_triggers() {
  for (std::size_t round = 0; machine_.triggers.has_pending(); ++round) {
    const std::vector<Triggers::Pending> pending = machine_.triggers.take_pending();
    if (round == kMaxRounds) {
      throw Error(ErrorKind::invalid, fmt::format("cannot run the triggers of {}: they never end",
                                                  described(package(pending.front().package))));
    }
    for (const Triggers::Pending& told : pending) {
      Package& here = package(told.package);
      if (here.state != PackageState::installed) continue;
      std::string names;
      for (const std::string& name : told.names) names += (names.empty() ? "" : " ") + name;
      here.state = PackageState::half_configured;
      here.state = run_script_of(told.package, "postinst", {"triggered", names})
                       ? PackageState::installed
                       : PackageState::unpacked;
    }
  }
}

bool Protocol::run_script_of(std::size_t i, std::string_view member,
                             const std::vector<std::string>& args) {
  Package& here = package(i);
  running_ = {i, std::string(member)};
  const auto skipped = skipped_.find(running_);
  if (skipped != skipped_.end()) {
    here.unconfigured_reason = skipped->second;
    return false;
  }
  const auto text = here.members.find(member);
  if (text == here.members.end()) return here.unconfigured_reason.empty();
  const auto doing = [&] {
    const std::string_view verb = member == "preinst" ? "unpacking" : "configuring";
    return fmt::format("{} {}", verb, described(here));
  };
  return during(doing(), [&] {
    const Script script =
        shell_script(fmt::format("{}.{}", here.info_name(), member), text->second);
    const auto said = std::make_shared<Buffer>();
    Process process{machine_, {}, environment_for(here, member), "/", 022, {}};
    process.args.push_back(member == "preinst" ? "/var/lib/dpkg/tmp.ci/preinst"
                                               : fmt::format("/var/lib/dpkg/info/{}", script.name));
    process.args.insert(process.args.end(), args.begin(), args.end());
    process.files = {{0, std::make_shared<Nothing>()}, {1, said}, {2, said}};
    const int status = run_script(script, process);
    if (status != 0) {
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot configure '{}': its {} ended with status {}{}", here.name,
                              member, status, last_lines(said->text())));
    }
    return true;
  });
}

Environment Protocol::environment_for(const Package& package, std::string_view member) const {
  const auto& all = machine_.packages.all();
  const auto instances = std::count_if(
      all.begin(), all.end(), [&](const Package& other) { return other.name == package.name; });
  const Package* dpkg = std::as_const(machine_.packages).find("dpkg");
  return {{"DEBCONF_NONINTERACTIVE_SEEN", "true"},
          {"DEBIAN_FRONTEND", "noninteractive"},
          {"DPKG_ADMINDIR", "/var/lib/dpkg"},
          {"DPKG_FORCE", "security-mac,downgrade"},
          {"DPKG_MAINTSCRIPT_ARCH",
           package.architecture == "all" ? machine_.architecture : package.architecture},
          {"DPKG_MAINTSCRIPT_DEBUG", "0"},
          {"DPKG_MAINTSCRIPT_NAME", std::string(member)},
          {"DPKG_MAINTSCRIPT_PACKAGE", package.name},
          {"DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT", std::to_string(instances)},
          {"DPKG_ROOT", ""},
          {"DPKG_RUNNING_VERSION", dpkg != nullptr ? dpkg->version : "1.21.22"},
          {"HOME", "/root"},
          {"LC_ALL", "C.UTF-8"},
          {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
}

}  // namespace stamp::scripts
