#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "maintainer-scripts/process.h"
#include "maintainer-scripts/shell/dialect.h"

namespace stamp::scripts::shell {

/// What an arithmetic expression needs of the shell around it.
struct ArithmeticContext {
  /// The number that a variable holds; 0 when it is unset. Leaves the shell when it is no number.
  std::function<std::int64_t(std::string_view name)> value;
  std::function<void(std::string_view name, std::int64_t value)> assign;
  /// Reports "division by zero", "expecting primary", … and leaves the shell.
  std::function<void(std::string_view message)> fail;
  Budget& budget;
  Dialect dialect = Dialect::dash;
};

/// The value of an expression, in 64-bit two's complement that wraps around. Operators as dash:
/// those of C without ++, -- and the comma, with assignments. In bash with these and **; what else
/// bash has there (arrays, other bases) fails. Errors: Unknown: ++ and -- of what is no name.
std::int64_t evaluate_arithmetic(std::string_view expression, const ArithmeticContext& context);

/// How a text that should be a number reads.
struct Number {
  std::int64_t value = 0;
  std::size_t length = 0;  ///< bytes that were read, with blanks before; 0 when it is none
  bool out_of_range = false;
};
/// Reads as strtoimax() does: base 0 knows 0x and octal numbers.
Number read_number(std::string_view text, unsigned base);

}  // namespace stamp::scripts::shell
