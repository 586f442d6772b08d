#pragma once
// A machine that runs shell scripts.

#include <memory>
#include <string>
#include <utility>

#include "maintainer-scripts/shell/command_runner.h"
#include "maintainer-scripts/shell/interpreter.h"
#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {

class ShellMachine : public TestTree {
 public:
  explicit ShellMachine(const Budget::Limits& limits = {}) : budget(limits) {
    for (const char* path : {"/bin", "/dev", "/etc", "/tmp", "/usr/bin", "/usr/sbin", "/root"}) {
      folder(path);
    }
  }

  /// Runs a script.
  ToolResult run(std::string text, std::vector<std::string> args = {"sh"}, std::string input = "") {
    const auto out = std::make_shared<Buffer>();
    const auto err = std::make_shared<Buffer>();
    Process process{machine, std::move(args)};
    process.environment = {{"HOME", "/root"}, {"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
    process.files = {{0, std::make_shared<Buffer>(std::move(input))}, {1, out}, {2, err}};
    ToolResult result;
    result.status = run_script({.name = "test", .text = std::move(text)}, process);
    result.out = out->take();
    result.err = err->take();
    return result;
  }

  /// The headline and place of the error that a script ends with; "" when it ends well.
  std::string error(std::string text) {
    try {
      run(std::move(text));
    } catch (const Error& thrown) {
      return thrown.headline() + "\n" + thrown.details().input;
    }
    return {};
  }

  CommandRunner runner;
  Budget budget;
  Untouched<PackageDatabase> packages;
  Untouched<SystemIds> ids;
  Untouched<Debconf> debconf;
  Untouched<Triggers> triggers;
  Machine machine{tree,          budget, packages.part, ids.part, debconf.part,
                  triggers.part, runner, 1700000000,    "amd64"};
};

}  // namespace stamp::scripts
