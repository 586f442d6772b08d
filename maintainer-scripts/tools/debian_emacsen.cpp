// emacs-package-install of Debian's emacsen-common 3: add-ons are noted, and set up for each Emacs
// that is there.

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/dpkg/package_database.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/debian_tools.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kAddOns = "/usr/lib/emacsen-common/packages/";
constexpr std::string_view kState = "/var/lib/emacsen-common/state/";

int usage(Process& process) {
  process.err("Usage: emacs-package-install (--preinst|--postinst) FLAVOR\n");
  return 1;
}

bool is_new_form(const Tree& tree, std::string_view package) {
  return tree.exists(fmt::format("{}compat/{}", kAddOns, package));
}

std::string script_of(std::string_view package) {
  return fmt::format("{}install/{}", kAddOns, package);
}

void expect_no_emacs(const Tree& tree) {
  const Found flavors = tree.find(fmt::format("{}flavor/installed", kState));
  if (!flavors || !flavors.inode->is_directory()) throw Unknown("which Emacs is there");
  for (const auto& [name, child] : flavors.inode->children) {
    if (!name.starts_with('.') && !name.ends_with('~')) {
      throw Unknown(fmt::format("how add-ons are set up for {}", name));
    }
  }
}

/// What a package needs is set up before it, and again where it is an add-on of the old form.
void expect_no_old_dependency(const Machine& machine, const std::string& name,
                              std::set<std::string>& seen) {
  if (!seen.insert(name).second) return;
  const Package* package = std::as_const(machine.packages).find(name);
  if (package == nullptr) throw Unknown(fmt::format("package '{}' is not there", name));
  const auto depends = package->fields.find("Depends");
  if (depends == package->fields.end()) return;
  std::string_view rest = depends->second;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(",|"), rest.size());
    const std::string_view relation = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t begin = relation.find_first_not_of(" \t\n");
    if (begin == std::string_view::npos) continue;
    const std::string needed(
        relation.substr(begin, relation.find_first_of(" \t\n", begin) - begin));
    if (!machine.tree.exists(script_of(needed))) continue;
    if (!is_new_form(machine.tree, needed)) {
      throw Unknown(fmt::format("how the old-style add-on {} is set up again", needed));
    }
    expect_no_old_dependency(machine, needed, seen);
  }
}

/// Without an Emacs only an add-on of the old form is set up, for "emacs".
int set_up(Process& process, const std::string& package) {
  const Tree& tree = process.machine.tree;
  expect_no_emacs(tree);
  std::set<std::string> seen;
  expect_no_old_dependency(process.machine, package, seen);
  if (is_new_form(tree, package)) return 0;
  process.out(fmt::format("Install {} for emacs\n", package));
  if (!tree.exists(script_of(package))) return 0;
  Process script = process;
  script.args = {script_of(package), "emacs"};
  if (process.machine.runner.run(script) == 0) return 0;
  process.err(fmt::format("{} emacs failed", script_of(package)));
  return 2;
}

}  // namespace

int emacs_package_install(Process& process) {
  const auto& args = process.args;
  const bool is_old = args.size() == 2;
  if (!is_old && args.size() != 3) return usage(process);
  const std::string& package = args.back();
  Tree& tree = process.machine.tree;
  const std::string state = fmt::format("{}package/installed/{}", kState, package);
  if (!is_old && args[1] == "--preinst") {
    tree.unlink(state);
    return 0;
  }
  if (!is_old && args[1] != "--postinst") return usage(process);
  const bool is_new = is_new_form(tree, package);
  if (is_old == is_new) {
    process.err(fmt::format("ERROR: {} is broken - called emacs-package-install as {}.\n", package,
                            is_new ? "an old-style add-on, but has compat file"
                                   : "a new-style add-on, but has no compat file"));
  }
  const std::errc made = tree.append(state, "");
  if (made != std::errc() || tree.set_time(state, process.machine.now) != std::errc()) {
    process.err(fmt::format("touch {} failed\n", state));
    return 2;
  }
  return set_up(process, package);
}

}  // namespace stamp::scripts
