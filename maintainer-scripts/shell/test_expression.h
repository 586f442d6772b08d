#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "maintainer-scripts/shell/dialect.h"
#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts::shell {

/// What a test looks at.
struct TestContext {
  const Tree& tree;
  std::function<std::string(std::string_view path)> absolute;
  std::function<void(std::string_view message)> fail;  ///< does not return
  Dialect dialect = Dialect::dash;
  /// Whether a variable has a value: -v of bash.
  std::function<bool(const std::string& name)> is_set = {};
};

/// The status of `test` with these words (without its name and `]`): 0 true, 1 false. Spec: POSIX
/// test, with what dash adds: -a, -o, parentheses, <, >, -nt, -ot, -ef. A terminal there never is.
/// bash has == and -v too. Errors: Unknown: what else bash has.
int evaluate_test(std::span<const std::string> words, const TestContext& context);

}  // namespace stamp::scripts::shell
