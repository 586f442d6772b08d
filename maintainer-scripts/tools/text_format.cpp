#include "maintainer-scripts/tools/text_format.h"

#include <algorithm>
#include <cstdio>

#include <fmt/core.h>

#include "maintainer-scripts/process.h"

namespace stamp::scripts {
namespace {

constexpr int kMost = 65536;

/// "%-8.*" with everything but the letter.
std::string specification(const Conversion& conversion) {
  if (conversion.width > kMost || conversion.precision > kMost) {
    throw Unknown(
        fmt::format("a width of {} in a format", std::max(conversion.width, conversion.precision)));
  }
  std::string text = "%" + conversion.flags;
  if (conversion.width > 0) text += std::to_string(conversion.width);
  if (conversion.precision >= 0) text += "." + std::to_string(conversion.precision);
  return text;
}

// The format is made of checked parts above, never a script's own text.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

template <class Value>
std::string print(const std::string& format, Value value) {
  const int size = std::snprintf(nullptr, 0, format.c_str(), value);
  std::string text(static_cast<std::size_t>(std::max(size, 0)) + 1, '\0');
  static_cast<void>(std::snprintf(text.data(), text.size(), format.c_str(), value));
  text.pop_back();
  return text;
}

#pragma GCC diagnostic pop

}  // namespace

std::string format_integer(const Conversion& conversion, std::int64_t value) {
  const std::string format = specification(conversion) + "ll" + conversion.letter;
  if (conversion.letter == 'd' || conversion.letter == 'i') {
    return print(format, static_cast<long long>(value));
  }
  return print(format, static_cast<unsigned long long>(value));
}

std::string format_real(const Conversion& conversion, double value) {
  return print(specification(conversion) + conversion.letter, value);
}

std::string format_text(const Conversion& conversion, std::string_view text) {
  static_cast<void>(specification(conversion));
  if (conversion.precision >= 0) {
    text = text.substr(0, static_cast<std::size_t>(conversion.precision));
  }
  const auto width = static_cast<std::size_t>(conversion.width);
  const std::string padding(width > text.size() ? width - text.size() : 0, ' ');
  const bool left = conversion.flags.find('-') != std::string::npos;
  return left ? std::string(text) + padding : padding + std::string(text);
}

}  // namespace stamp::scripts
