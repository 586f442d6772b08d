#pragma once
// The machine that maintainer scripts believe to run on: the image's tree and what belongs to it
// but is no file.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "layer/segment_list.h"
#include "maintainer-scripts/process.h"
#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts {

namespace shell {
class ParsedScripts;
}
class Debconf;
class PackageDatabase;
class SystemIds;
class Triggers;

/// Runs commands by name: what xargs, find -exec, env, run-parts and scripts that call scripts
/// need.
class Runner {
 public:
  Runner() = default;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  virtual ~Runner() = default;
  /// Runs `process.args` as the shell's simple command would that is no function and no builtin:
  /// found through PATH in the tree (127 and a message when it is not there), then a tool of the
  /// table by its name, else a script of the tree by its `#!` line, else Unknown. A name that the
  /// table marks as `always` needs no file in the tree.
  virtual int run(Process& process) = 0;
};

/// Everything that a command can see and change.
struct Machine {
  Tree& tree;
  Budget& budget;
  PackageDatabase& packages;
  SystemIds& ids;
  Debconf& debconf;
  Triggers& triggers;
  Runner& runner;
  std::int64_t now = 0;      ///< what the clock says: the image's epoch, fixed
  std::string architecture;  ///< Debian's name: "amd64"
  /// What a segment's list says of a file that came from it: nothing when that is no ELF file.
  /// Where this is empty, or the facts are incomplete, the file itself is read.
  std::function<std::optional<layer::ElfFacts>(const Origin& file)> elf_facts = {};
  /// Where the script that runs stands, for `explain`: the interpreter sets it before each simple
  /// command, and puts it back at the end of a script.
  struct Position {
    std::string script;  ///< Script::name
    std::size_t line = 0;
  };
  Position position = {};
  /// Made when the first script runs: shell::parsed_scripts().
  std::shared_ptr<shell::ParsedScripts> parsed_scripts = {};
};

}  // namespace stamp::scripts
