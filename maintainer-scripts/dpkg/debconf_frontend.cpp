#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/core.h>

#include "maintainer-scripts/dpkg/debconf.h"
#include "maintainer-scripts/dpkg/debconf_tools.h"
#include "maintainer-scripts/dpkg/package_database.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/shell/interpreter.h"
#include "maintainer-scripts/tools/debian_common.h"

namespace stamp::scripts {
namespace {

/// What goes between a program and debconf. Shared by the two ends that the program has open.
struct Conversation {
  Machine& machine;
  std::string line;     ///< a command that is not ended yet
  std::string answers;  ///< not read yet
  bool is_over = false;

  void write(std::string_view bytes) {
    for (const char c : bytes) {
      if (c != '\n') {
        line += c;
        continue;
      }
      answer(line);
      line.clear();
    }
  }

  void answer(const std::string& command) {
    if (is_over) {
      throw Unknown("debconf is spoken to after STOP, where a real one would wait for ever");
    }
    const std::string text = machine.debconf.command(
        command, [this](const std::string& path) { return file_text(machine.tree, path); });
    is_over = text.empty();
    if (!is_over) answers += text + "\n";
  }
};

/// The end that a program writes its commands to.
class CommandEnd final : public OpenFile {
 public:
  explicit CommandEnd(std::shared_ptr<Conversation> shared) : shared_(std::move(shared)) {}
  std::string read(std::size_t) override { return {}; }
  void write(std::string_view bytes) override { shared_->write(bytes); }

 private:
  std::shared_ptr<Conversation> shared_;
};

/// The end that it reads answers from.
class AnswerEnd final : public OpenFile {
 public:
  explicit AnswerEnd(std::shared_ptr<Conversation> shared) : shared_(std::move(shared)) {}
  std::string read(std::size_t limit) override {
    std::string bytes = shared_->answers.substr(0, limit);
    shared_->answers.erase(0, bytes.size());
    return bytes;
  }
  void write(std::string_view) override {}

 private:
  std::shared_ptr<Conversation> shared_;
};

/// A program as the shell is to run it: options of its `#!` line become a command of that line.
Script shell_script(Script script) {
  const std::size_t end = std::min(script.text.find('\n'), script.text.size());
  const std::vector<std::string> words =
      words_of(std::string_view(script.text).substr(0, end).substr(std::min<std::size_t>(2, end)));
  constexpr std::string_view kShells[] = {"/bin/sh",     "/bin/dash",     "/bin/bash",
                                          "/usr/bin/sh", "/usr/bin/dash", "/usr/bin/bash"};
  if (!script.text.starts_with("#!") || words.empty() ||
      std::find(std::begin(kShells), std::end(kShells), words.front()) == std::end(kShells)) {
    throw Unknown(fmt::format("'{}' is no shell script", script.name));
  }
  script.dialect = *dialect_of(words.front());
  std::string options;
  for (std::size_t i = 1; i < words.size(); ++i) options += " " + words[i];
  if (!options.empty()) script.text.replace(0, end, "set" + options);
  return script;
}

/// A maintainer script by its path: "/var/lib/dpkg/info/tzdata.postinst".
struct MaintainerScript {
  const Package* package = nullptr;
  std::string kind;    ///< "postinst"
  std::string prefix;  ///< the path without it
};

std::optional<MaintainerScript> maintainer_script(const Process& process, std::string_view path) {
  MaintainerScript script;
  for (const std::string_view kind : {"preinst", "postinst", "prerm", "postrm", "config"}) {
    if (!path.ends_with(kind) || path.size() == kind.size()) continue;
    script.prefix = path.substr(0, path.size() - kind.size());
    if (script.prefix.ends_with('.') || script.prefix.ends_with('/')) script.kind = kind;
  }
  if (script.kind.empty()) return std::nullopt;
  std::string name(process.variable("DPKG_MAINTSCRIPT_PACKAGE"));
  const std::string_view architecture = process.variable("DPKG_MAINTSCRIPT_ARCH");
  if (!architecture.empty()) name += fmt::format(":{}", architecture);
  if (name.empty() && script.prefix.ends_with('.')) {
    const std::size_t slash = script.prefix.rfind('/');
    name = script.prefix.substr(slash + 1, script.prefix.size() - slash - 2);
  }
  script.package = process.machine.packages.find(name);
  if (script.package == nullptr || !script.package->members.contains(script.kind)) {
    return std::nullopt;
  }
  return script;
}

/// Runs a program that speaks to debconf.
int converse(const Process& process, std::string_view owner, Script program,
             std::vector<std::string> args) {
  const Script script = shell_script(std::move(program));
  Debconf& debconf = process.machine.debconf;
  debconf.start(owner);
  const auto shared = std::make_shared<Conversation>(Conversation{process.machine, {}, {}});
  Process speaker = process;
  speaker.args = std::move(args);
  speaker.environment["DEBIAN_HAS_FRONTEND"] = "1";
  speaker.files[0] = std::make_shared<AnswerEnd>(shared);
  speaker.files[1] = std::make_shared<CommandEnd>(shared);
  const int status = run_script(script, speaker);
  debconf.finish();
  Process shown = process;
  shown.out(debconf.take_shown());
  return status;
}

int run_maintainer_script(const Process& process, const MaintainerScript& script,
                          const std::vector<std::string>& args) {
  const Package& package = *script.package;
  const auto member = [&package](std::string_view name) -> const std::string* {
    const auto found = package.members.find(name);
    return found == package.members.end() ? nullptr : &found->second;
  };
  const auto named = [&package](std::string_view kind) {
    return fmt::format("{}.{}", package.info_name(), kind);
  };
  if (const std::string* templates = member("templates")) {
    process.machine.debconf.load_templates(package.name, *templates);
  }
  const std::string* config = member("config");
  if (config != nullptr && (script.kind == "preinst" || script.kind == "postinst")) {
    const std::string version = args.size() > 2 ? args[2] : std::string();
    const int status = converse(process, package.name, {named("config"), *config},
                                {script.prefix + "config", "configure", version});
    if (status != 0) return status;
  }
  return converse(process, package.name, {named(script.kind), *member(script.kind)}, args);
}

}  // namespace

int debconf_frontend(Process& process) {
  std::vector<std::string> args(process.args.begin() + 1, process.args.end());
  if (!args.empty() && args.front() == "--") args.erase(args.begin());
  if (args.empty()) throw Unknown("debconf's frontend without a script");
  const Budget::Level level(process.machine.budget);
  if (const auto script = maintainer_script(process, args.front())) {
    return run_maintainer_script(process, *script, args);
  }
  const std::string path = args.front();
  const std::optional<std::string> text = file_text(process.machine.tree, process.absolute(path));
  if (!text) {
    process.err(fmt::format("Can't exec \"{}\": No such file or directory\n", path));
    return 2;
  }
  return converse(process, process.variable("DEBCONF_PACKAGE"), {path, *text}, std::move(args));
}

}  // namespace stamp::scripts
