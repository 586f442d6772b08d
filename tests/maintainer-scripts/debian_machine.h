#pragma once
// A machine for tests of Debian's own tools: packages, questions and a tree that dpkg knows.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "debian/version.h"
#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {

inline int compare_as_dpkg(std::string_view a, std::string_view b) {
  const std::strong_ordering order = debian::compare_versions(a, b);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

class DebianMachine : public TestTree, private Runner {
 public:
  DebianMachine() {
    folder("/etc");
    folder("/usr/bin");
    folder("/var/lib/dpkg");
    file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nmail:x:8:8:mail:/var/mail:/bin/sh\n");
    file("/etc/group", "root:x:0:\nmail:x:8:\n");
  }

  /// Runs one of the tools.
  ToolResult run_tool(Tool tool, std::vector<std::string> args, std::string input = "") {
    const auto out = std::make_shared<Buffer>();
    const auto err = std::make_shared<Buffer>();
    Process process{machine, std::move(args)};
    process.environment = environment;
    process.files = {{0, std::make_shared<Buffer>(std::move(input))}, {1, out}, {2, err}};
    ToolResult result;
    result.status = tool(process);
    result.out = out->take();
    result.err = err->take();
    return result;
  }

  /// Adds an installed package.
  Package& install(std::string name, std::string version, std::vector<std::string> files = {}) {
    Package package;
    package.name = std::move(name);
    package.version = std::move(version);
    package.architecture = "amd64";
    package.files = std::move(files);
    package.state = PackageState::installed;
    packages.add(std::move(package));
    return packages.all().back();
  }

  /// The target of a link, or "(none)".
  std::string link(std::string_view path) const {
    const Found found = tree.find(path, LastLink::keep);
    return found && found.inode->is_symlink() ? found.inode->link_target : "(none)";
  }

  Budget budget;
  PackageDatabase packages{"amd64", compare_as_dpkg};
  Untouched<SystemIds> ids;
  Debconf debconf;
  Triggers triggers;
  Machine machine{tree, budget, packages, ids.part, debconf, triggers, *this, 1700000000, "amd64"};
  Environment environment;

 private:
  int run(Process& process) override {
    for (const ToolRow& row : debian_tools()) {
      if (row.name == process.name()) return row.tool(process);
    }
    process.err(process.args.front() + ": not found\n");
    return 127;
  }
};

}  // namespace stamp::scripts
