#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/shell/ast.h"
#include "maintainer-scripts/shell/dialect.h"

namespace stamp::scripts::shell {

/// Scripts that were read once. Every package that asks a question sources the same file, and is
/// run once more by debconf's frontend.
class ParsedScripts final {
 public:
  /// A script as parse_shell() gives it. Errors: those of parse_shell().
  std::shared_ptr<const Program> parse(const std::string& text, const std::string& name,
                                       Dialect dialect);

 private:
  std::map<std::tuple<Dialect, std::string, std::string>, std::shared_ptr<const Program>> known_;
  std::size_t bytes_ = 0;  ///< of the texts in it
};

/// The scripts that ran on a machine.
ParsedScripts& parsed_scripts(Machine& machine);

}  // namespace stamp::scripts::shell
