#include "maintainer-scripts/tools/text_awk_value.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/core.h>

#include "maintainer-scripts/process.h"
#include "maintainer-scripts/tools/text_format.h"
#include "maintainer-scripts/tools/text_io.h"

namespace stamp::scripts::awk_program {
namespace {

constexpr double kMostInteger = 2147483647;
constexpr double kMostUnsigned = 4294967295;

/// A decimal number with blanks around it.
bool looks_like_number(std::string_view text) {
  std::size_t at = 0;
  const auto skip = [&](auto is_kind) {
    const std::size_t start = at;
    while (at < text.size() && is_kind(text[at])) ++at;
    return at - start;
  };
  skip(is_space);
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  std::size_t digits = skip(is_digit);
  if (at < text.size() && text[at] == '.') {
    ++at;
    digits += skip(is_digit);
  }
  if (digits == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (skip(is_digit) == 0) return false;
  }
  skip(is_space);
  return at == text.size();
}

double clamp(double number, double least, double most) {
  if (std::isnan(number)) return least;
  return std::clamp(std::trunc(number), least, most);
}

std::string format_character(const Conversion& conversion, const Value& value) {
  std::string text;
  if (value.kind == Value::Kind::number) {
    const auto code = static_cast<std::int64_t>(clamp(value.number, -kMostInteger, kMostInteger));
    text = static_cast<char>(code);
  } else {
    text = value.text.empty() ? std::string(1, '\0') : value.text.substr(0, 1);
  }
  return format_text(conversion, text);
}

std::string format_value(const Conversion& conversion, const Value& value,
                         std::string_view number_format) {
  switch (conversion.letter) {
    case 'd':
    case 'i':
      return format_integer(conversion, static_cast<std::int64_t>(
                                            clamp(value.to_number(), -kMostInteger, kMostInteger)));
    case 'o':
    case 'x':
    case 'X':
    case 'u':
      return format_integer(conversion,
                            static_cast<std::int64_t>(clamp(value.to_number(), 0, kMostUnsigned)));
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      return format_real(conversion, value.to_number());
    case 'c':
      return format_character(conversion, value);
    case 's':
      return format_text(conversion, value.to_text(number_format));
    default:
      throw Unknown(fmt::format("conversion '%{}' of awk's printf", conversion.letter));
  }
}

}  // namespace

Value Value::of_input(std::string text) {
  if (!looks_like_number(text)) return of(std::move(text));
  const double number = std::strtod(text.c_str(), nullptr);
  return {Kind::input, number, std::move(text)};
}

bool Value::is_true() const {
  return kind == Kind::text ? !text.empty() : number != 0;
}

double Value::to_number() const {
  return kind == Kind::text ? std::strtod(text.c_str(), nullptr) : number;
}

std::string Value::to_text(std::string_view format) const {
  return kind == Kind::number ? show_number(number, format) : text;
}

int compare(const Value& a, const Value& b, std::string_view format) {
  if (a.is_numeric() && b.is_numeric()) {
    if (a.number == b.number) return 0;
    return a.number < b.number ? -1 : 1;
  }
  return a.to_text(format).compare(b.to_text(format));
}

std::string show_number(double number, std::string_view format) {
  if (std::trunc(number) == number && std::abs(number) <= kMostInteger) {
    return std::to_string(static_cast<std::int64_t>(number));
  }
  if (format.empty() || format.front() != '%') {
    throw Unknown(fmt::format("number format '{}' of awk", format));
  }
  std::size_t at = 1;
  const Conversion conversion = parse_conversion(format, at, [] { return 0; });
  if (at != format.size() ||
      std::string_view("eEfFgG").find(conversion.letter) == std::string_view::npos) {
    throw Unknown(fmt::format("number format '{}' of awk", format));
  }
  return format_real(conversion, number);
}

std::string format_values(std::string_view format, const std::vector<Value>& values,
                          std::string_view number_format) {
  std::string text;
  std::size_t next = 0;
  const auto take = [&]() -> const Value& {
    if (next == values.size()) {
      throw Unknown(fmt::format("not enough values for the format '{}' of awk", format));
    }
    return values[next++];
  };
  for (std::size_t at = 0; at < format.size();) {
    if (format[at] != '%') {
      text += format[at++];
    } else if (format.substr(at, 2) == "%%") {
      text += '%';
      at += 2;
    } else {
      ++at;
      const Conversion conversion = parse_conversion(format, at, [&take] {
        return static_cast<int>(clamp(take().to_number(), -kMostInteger, kMostInteger));
      });
      if (conversion.letter == '\0') throw Unknown(fmt::format("format '{}' of awk", format));
      text += format_value(conversion, take(), number_format);
    }
  }
  return text;
}

}  // namespace stamp::scripts::awk_program
