#pragma once
// Numbers in an expression of find. Private to it.

#include <cstdint>
#include <optional>
#include <string_view>

namespace stamp::scripts {

/// -size 5k, -links +1, -mtime -7: more than, less than or exactly.
struct FindNumber {
  char sign = '=';  ///< '+', '-' or '='
  std::uint64_t value = 0;
  std::string_view unit;  ///< what follows the digits

  bool matches(std::uint64_t other) const {
    if (sign == '+') return other > value;
    return sign == '-' ? other < value : other == value;
  }
};

/// The number in `text`, which must outlive it; none where there is none.
std::optional<FindNumber> parse_find_number(std::string_view text);

}  // namespace stamp::scripts
