// Runs shell scripts over an empty tree each, for dash/compare.py. Standard input is any number of
// scripts, each after a line with its length in bytes; for each one a line "STATUS ERRORS LENGTH"
// and LENGTH bytes of standard output are written. ERRORS is 1 when something was written to
// standard error, else 0. STATUS is -1 where stamp refuses the script; then the bytes say why. The
// first argument is the dialect: "dash" or "bash". A second one, "parse", only reads the scripts:
// the status is 0, or 2 for a syntax error.

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "maintainer-scripts/shell/command_runner.h"
#include "maintainer-scripts/shell/interpreter.h"
#include "maintainer-scripts/shell/parser.h"
#include "tests/maintainer-scripts/test_machine.h"

namespace {

using namespace stamp;
using namespace stamp::scripts;

struct Outcome {
  int status = 0;
  bool has_errors = false;
  std::string out;
};

/// The tools that scripts of the suite may call beside builtins.
constexpr std::string_view kTools[] = {"cat", "chmod", "echo", "ln",    "mkdir", "mv",
                                       "rm",  "rmdir", "tee",  "touch", "true"};

Outcome run(const std::string& text, Dialect dialect) {
  TestTree tree;
  tree.folder("/tmp", 01777);
  tree.folder("/tmp/work");
  for (const std::string_view tool : kTools) tree.file("/usr/bin/" + std::string(tool), "x", 0755);
  tree.symlink("/bin", "usr/bin");
  tree.file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
  Budget budget(Budget::Limits{.steps = 200'000});
  Untouched<PackageDatabase> packages;
  Untouched<SystemIds> ids;
  Untouched<Debconf> debconf;
  Untouched<Triggers> triggers;
  CommandRunner runner;
  Machine machine{tree.tree,     budget, packages.part, ids.part, debconf.part,
                  triggers.part, runner, 1700000000,    "amd64"};
  auto out = std::make_shared<Buffer>();
  auto err = std::make_shared<Buffer>();
  Process process{machine, {"script"}};
  process.directory = "/tmp/work";
  process.environment = {{"PATH", "/usr/bin:/bin"}};
  process.files = {{0, std::make_shared<Nothing>()}, {1, out}, {2, err}};
  Outcome outcome;
  outcome.status = run_script({.name = "script", .text = text, .dialect = dialect}, process);
  outcome.out = out->take();
  outcome.has_errors = !err->text().empty();
  return outcome;
}

bool is_syntax_error(const Error& error) {
  return error.headline().rfind("cannot read script", 0) == 0;
}

Outcome outcome_of(const std::string& text, Dialect dialect, bool only_parse) {
  try {
    if (!only_parse) return run(text, dialect);
    shell::parse_shell(text, "script", dialect);
    return {};
  } catch (const Error& error) {
    if (is_syntax_error(error)) return {.status = 2, .has_errors = true, .out = {}};
    return {.status = -1, .has_errors = true, .out = render(error)};
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Dialect dialect = dialect_of(argc > 1 ? argv[1] : "dash").value_or(Dialect::dash);
  const bool only_parse = argc > 2 && std::string_view(argv[2]) == "parse";
  std::string length;
  while (std::getline(std::cin, length)) {
    std::string text(std::stoul(length), '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
    const Outcome outcome = outcome_of(text, dialect, only_parse);
    std::cout << outcome.status << ' ' << outcome.has_errors << ' ' << outcome.out.size() << '\n'
              << outcome.out;
  }
  std::cout.flush();
  return 0;
}
