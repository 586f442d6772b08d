// Whatever script it is, it is evaluated within its bounds or refused; nothing but the tree in
// memory is read or written: there is no file of the host that it could name.

#include <deque>
#include <memory>
#include <string>

#include "maintainer-scripts/shell/command_runner.h"
#include "maintainer-scripts/shell/interpreter.h"
#include "tests/fuzz/fuzz.h"
#include "tests/maintainer-scripts/test_machine.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace stamp;
  using namespace stamp::scripts;
  TestContents reader;
  Tree tree(reader, 1000, {.inodes = 500, .written = 1U << 16U});
  std::deque<layer::Entry> entries;  // the tree points to them
  layer::Entry& folder = entries.emplace_back();
  folder.path = EntryPath::parse("/tmp/work");
  folder.type = layer::EntryType::directory;
  folder.mode = 0755;
  tree.put(folder, 0);
  for (const char* tool : {"/usr/bin/cat", "/usr/bin/ln", "/usr/bin/mkdir", "/usr/bin/rm"}) {
    layer::Entry& program = entries.emplace_back();
    program.path = EntryPath::parse(tool);
    program.mode = 0755;
    reader.contents[{0, program.path.str()}] = "";
    tree.put(program, 0);
  }
  CommandRunner runner;
  Budget budget(
      Budget::Limits{.steps = 3000, .output = 1U << 16U, .memory = 1U << 16U, .depth = 60});
  PackageDatabase packages("amd64", [](auto a, auto b) { return a.compare(b); });
  SystemIds ids;
  Debconf debconf;
  Triggers triggers;
  Machine machine{tree, budget, packages, ids, debconf, triggers, runner, 1700000000, "amd64"};
  const auto out = std::make_shared<Buffer>();
  Process process{machine, {"s", "configure", ""}};
  process.directory = "/tmp/work";
  process.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/root"}};
  process.files = {{0, std::make_shared<Buffer>("a b\nc\\\nd\n")}, {1, out}, {2, out}};
  fuzz::refusing_is_fine([&] {
    const int status =
        run_script({.name = "s", .text = std::string(fuzz::text_of(bytes, size))}, process);
    fuzz::must(status >= 0 && status < 256);
  });
  fuzz::must(out->text().size() <= (1U << 17U));
  return 0;
}
