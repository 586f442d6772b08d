#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stamp::scripts {

/// One conversion of printf: "%-08.3f".
struct Conversion {
  std::string flags;  ///< of "-+ #0"
  int width = 0;
  int precision = -1;  ///< negative: none
  char letter = 's';
};

/// Reads a conversion that begins after the "%" at `at`, and moves `at` behind it. A "*" takes
/// `next_star`'s answer. An unfinished one has letter 0.
template <class NextStar>
Conversion parse_conversion(std::string_view format, std::size_t& at, NextStar next_star);

/// %d %i %o %x %X %u %c of a number. Errors: Unknown: wider than 65536.
std::string format_integer(const Conversion& conversion, std::int64_t value);
/// %e %E %f %F %g %G.
std::string format_real(const Conversion& conversion, double value);
/// %s.
std::string format_text(const Conversion& conversion, std::string_view text);

template <class NextStar>
Conversion parse_conversion(std::string_view format, std::size_t& at, NextStar next_star) {
  Conversion conversion;
  const auto has = [&](std::string_view set) {
    return at < format.size() && set.find(format[at]) != std::string_view::npos;
  };
  const auto number = [&] {
    int value = 0;
    while (has("0123456789")) value = value > 1000000 ? value : value * 10 + (format[at++] - '0');
    return value;
  };
  while (has("-+ #0")) conversion.flags += format[at++];
  if (has("*")) {
    ++at;
    conversion.width = next_star();
    if (conversion.width < 0) {
      conversion.flags += '-';
      conversion.width = -conversion.width;
    }
  } else {
    conversion.width = number();
  }
  if (has(".")) {
    ++at;
    if (has("*")) {
      ++at;
      conversion.precision = next_star();
    } else {
      conversion.precision = number();
    }
  }
  while (has("hlLqjzt")) ++at;
  conversion.letter = at < format.size() ? format[at++] : '\0';
  return conversion;
}

}  // namespace stamp::scripts
