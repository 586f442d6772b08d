// emacs-package-install of Debian's emacsen-common 3: add-ons are noted, and set up for each Emacs
// that is there.

#include <string>

#include <fmt/core.h>

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

/// Without an Emacs, and with add-ons of the present form alone, nothing is set up.
void expect_nothing_to_set_up(const Tree& tree) {
  const Found flavors = tree.find(fmt::format("{}flavor/installed", kState));
  if (!flavors || !flavors.inode->is_directory()) throw Unknown("which Emacs is there");
  for (const auto& [name, child] : flavors.inode->children) {
    if (!name.starts_with('.') && !name.ends_with('~')) {
      throw Unknown(fmt::format("how add-ons are set up for {}", name));
    }
  }
  const Found scripts = tree.find(fmt::format("{}install", kAddOns));
  if (!scripts || !scripts.inode->is_directory()) return;
  for (const auto& [name, child] : scripts.inode->children) {
    if (!tree.exists(fmt::format("{}compat/{}", kAddOns, name))) {
      throw Unknown(fmt::format("how the old-style add-on {} is set up", name));
    }
  }
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
  const bool is_new = tree.exists(fmt::format("{}compat/{}", kAddOns, package));
  if (is_old == is_new) {
    process.err(fmt::format("ERROR: {} is broken - called emacs-package-install as {}.\n", package,
                            is_new ? "an old-style add-on, but has compat file"
                                   : "a new-style add-on, but has no compat file"));
  }
  expect_nothing_to_set_up(tree);
  const std::errc made = tree.append(state, "");
  if (made != std::errc() || tree.set_time(state, process.machine.now) != std::errc()) {
    process.err(fmt::format("touch {} failed\n", state));
    return 2;
  }
  return 0;
}

}  // namespace stamp::scripts
