#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/process.h"

namespace stamp::scripts::shell {

/// What is looked for in PATH.
struct FoundProgram {
  enum class State { found, not_executable, missing };
  State state = State::missing;
  std::string path;  ///< as PATH names it
};

/// Finds a program as a shell does: through `path` ("/usr/sbin:/usr/bin"), unless the name has a
/// slash. `directory` is the working directory.
FoundProgram find_program(const Tree& tree, std::string_view path, std::string_view directory,
                          std::string_view name);

/// PATH where the environment has none.
inline constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

}  // namespace stamp::scripts::shell

namespace stamp::scripts {

/// Runs commands of the tree: tools of the table, and shell scripts.
class CommandRunner final : public Runner {
 public:
  /// Errors: Unknown: a program that the table does not have; a script of another interpreter.
  int run(Process& process) override;
};

}  // namespace stamp::scripts
