#include "maintainer-scripts/shell/printing.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

#include <fmt/core.h>

#include "maintainer-scripts/shell/arithmetic.h"
#include "maintainer-scripts/shell/escapes.h"

namespace stamp::scripts::shell {
namespace {

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

/// What the escape at `at` (behind its backslash) stands for; moves `at` behind it.
char escaped_byte(std::string_view text, std::size_t& at) {
  constexpr std::string_view kLetters = "\\abfnrtv";
  constexpr std::string_view kBytes = "\\\a\b\f\n\r\t\v";
  if (at >= text.size()) return '\\';
  if (const std::size_t known = kLetters.find(text[at]); known != std::string_view::npos) {
    ++at;
    return kBytes[known];
  }
  if (!is_octal(text[at])) return '\\';
  unsigned value = 0;
  for (int digits = 0; digits < 3 && at < text.size() && is_octal(text[at]); ++digits) {
    value = value * 8 + static_cast<unsigned>(text[at++] - '0');
  }
  return static_cast<char>(value & 0xffU);
}

/// A conversion of a format: %-5.3d
struct Conversion {
  bool left = false;
  bool zero = false;
  bool plus = false;
  bool blank = false;
  bool alternative = false;
  std::uint64_t width = 0;
  std::optional<std::uint64_t> precision;
  char type = 0;
};

class Formatter {
 public:
  Formatter(std::span<const std::string> words, const Printing& to)
      : format_(words[0]), arguments_(words.subspan(1)), to_(to) {}

  int run() {
    const std::size_t count = arguments_.size();
    do {
      const std::size_t before = next_;
      if (!run_once()) break;
      if (next_ == before) break;
    } while (next_ < count);
    flush();
    return status_;
  }

 private:
  bool is_bash() const { return to_.dialect == Dialect::bash; }

  /// Adds what the escapes from `begin` on stand for, up to the next conversion. Returns its place.
  std::size_t add_escape_of_bash(std::size_t begin) {
    const std::size_t end = std::min(format_.find('%', begin), format_.size());
    const std::string_view text = format_.substr(begin, end - begin);
    const UnescapedText unescaped = unescape_of_bash(text, EscapesOf::format);
    const bool is_open = end < format_.size() && text.back() == '\\';
    if (unescaped.not_known || is_open) throw Unknown("an escape of printf is not known");
    out_ += unescaped.text;
    return end;
  }

  void flush() {
    to_.out(out_);
    out_.clear();
  }

  void fail(std::string_view message) {
    flush();
    to_.fail(message);
  }

  void warn(std::string_view message) {
    flush();
    to_.warn(message);
    status_ = 1;
  }

  /// Goes through the format once. False where \c ended all output.
  bool run_once() {
    to_.budget.take_steps();
    for (std::size_t at = 0; at < format_.size();) {
      to_.budget.check_size(out_.size());
      const char c = format_[at++];
      if (c == '\\' && is_bash()) {
        at = add_escape_of_bash(at - 1);
      } else if (c == '\\') {
        out_ += escaped_byte(format_, at);
      } else if (c != '%') {
        out_ += c;
      } else if (at < format_.size() && format_[at] == '%') {
        out_ += '%';
        ++at;
      } else if (!convert(at)) {
        return false;
      }
    }
    return true;
  }

  bool convert(std::size_t& at) {
    const std::size_t begin = at - 1;
    Conversion conversion = read_conversion(at);
    if (at >= format_.size()) fail("missing format character");
    conversion.type = format_[at++];
    switch (conversion.type) {
      case 'b': {
        if (is_bash()) {
          const UnescapedText unescaped = unescape_of_bash(text(), EscapesOf::words);
          if (unescaped.not_known) throw Unknown("an escape of printf is not known");
          pad_text(unescaped.text, conversion);
          return !unescaped.stopped;
        }
        const Unescaped unescaped = unescape(text());
        pad_text(unescaped.text, conversion);
        return !unescaped.stopped;
      }
      case 'c':
        pad_text((text() + '\0').substr(0, 1), conversion);  // NUL of what is empty
        break;
      case 's':
        pad_text(text(), conversion);
        break;
      case 'd':
      case 'i':
        add_signed(integer(), conversion);
        break;
      case 'o':
      case 'u':
      case 'x':
      case 'X':
        add_unsigned(unsigned_integer(), conversion);
        break;
      case 'a':
      case 'A':
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        // bash calculates with more digits
        if (is_bash() && (conversion.type == 'a' || conversion.type == 'A' ||
                          conversion.precision.value_or(6) > 9)) {
          throw Unknown("this conversion of printf is not known");
        }
        add_real(real(), conversion);
        break;
      default:
        fail(fmt::format("{}: invalid directive", format_.substr(begin, at - begin)));
    }
    return true;
  }

  std::uint64_t read_count(std::size_t& at) {
    if (at < format_.size() && format_[at] == '*') {
      ++at;
      return static_cast<std::uint64_t>(std::max<std::int64_t>(integer(), 0));
    }
    std::uint64_t count = 0;
    while (at < format_.size() && format_[at] >= '0' && format_[at] <= '9') {
      count = std::min<std::uint64_t>(count * 10 + static_cast<unsigned>(format_[at++] - '0'),
                                      std::numeric_limits<std::int64_t>::max() / 16);
    }
    return count;
  }

  Conversion read_conversion(std::size_t& at) {
    Conversion conversion;
    for (; at < format_.size(); ++at) {
      const char c = format_[at];
      if (c == '-') {
        conversion.left = true;
      } else if (c == '0') {
        conversion.zero = true;
      } else if (c == '+') {
        conversion.plus = true;
      } else if (c == ' ') {
        conversion.blank = true;
      } else if (c == '#') {
        conversion.alternative = true;
      } else {
        break;
      }
    }
    conversion.width = read_count(at);
    if (at < format_.size() && format_[at] == '.') {
      ++at;
      conversion.precision = read_count(at);
    }
    to_.budget.check_size(conversion.width);
    to_.budget.check_size(conversion.precision.value_or(0));
    return conversion;
  }

  std::string text() { return next_ < arguments_.size() ? arguments_[next_++] : std::string(); }

  /// The byte that 'x stands for.
  static std::optional<std::int64_t> quoted_byte(const std::string& word) {
    if (word.empty() || (word[0] != '"' && word[0] != '\'')) return std::nullopt;
    return word.size() > 1 ? static_cast<unsigned char>(word[1]) : 0;
  }

  void check(const std::string& word, std::size_t length, bool out_of_range) {
    if (length < word.size()) {
      warn(fmt::format("{}: {}", word,
                       length == 0 ? "expected numeric value" : "not completely converted"));
    } else if (out_of_range) {
      const int before = status_;
      warn(fmt::format("{}: Numerical result out of range", word));
      if (is_bash()) status_ = before;
    }
  }

  std::int64_t integer() {
    if (next_ >= arguments_.size()) return 0;
    const std::string word = text();
    if (const auto byte = quoted_byte(word)) return *byte;
    const Number number = read_number(word, 0);
    check(word, number.length, number.out_of_range);
    return number.value;
  }

  std::uint64_t unsigned_integer() {
    if (next_ >= arguments_.size()) return 0;
    const std::string word = text();
    if (const auto byte = quoted_byte(word)) return static_cast<std::uint64_t>(*byte);
    const Number number = read_number(word, 0);
    std::uint64_t value = static_cast<std::uint64_t>(number.value);
    bool out_of_range = number.out_of_range;
    if (out_of_range) {
      // between the signed and the unsigned limit
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, 10);
      out_of_range = error != std::errc() || end != word.data() + word.size();
      if (out_of_range) value = std::numeric_limits<std::uint64_t>::max();
    }
    check(word, number.length, out_of_range);
    return value;
  }

  double real() {
    if (next_ >= arguments_.size()) return 0;
    const std::string word = text();
    if (const auto byte = quoted_byte(word)) return static_cast<double>(*byte);
    const std::size_t begin = word.starts_with('+') ? 1 : 0;
    double value = 0;
    const auto [end, error] =
        std::from_chars(word.data() + begin, word.data() + word.size(), value);
    check(word, error == std::errc() ? static_cast<std::size_t>(end - word.data()) : 0, false);
    return value;
  }

  void pad_text(std::string_view value, const Conversion& conversion) {
    if (conversion.precision) value = value.substr(0, *conversion.precision);
    pad("", value, conversion, ' ');
  }

  void pad(std::string_view sign, std::string_view digits, const Conversion& conversion,
           char filler) {
    const std::size_t size = sign.size() + digits.size();
    const std::string space(conversion.width > size ? conversion.width - size : 0,
                            conversion.left ? ' ' : filler);
    if (!conversion.left && filler == ' ') out_ += space;
    out_ += sign;
    if (!conversion.left && filler == '0') out_ += space;
    out_ += digits;
    if (conversion.left) out_ += space;
  }

  void pad_number(std::string_view sign, std::string digits, const Conversion& conversion) {
    if (conversion.precision) {
      if (*conversion.precision == 0 && digits == "0") digits.clear();
      if (digits.size() < *conversion.precision) {
        digits.insert(0, *conversion.precision - digits.size(), '0');
      }
    }
    const bool zeros = conversion.zero && !conversion.precision && !conversion.left;
    pad(sign, digits, conversion, zeros ? '0' : ' ');
  }

  void add_signed(std::int64_t value, const Conversion& conversion) {
    std::string digits = std::to_string(value);
    std::string_view sign = conversion.plus ? "+" : (conversion.blank ? " " : "");
    if (value < 0) {
      sign = "-";
      digits.erase(0, 1);
    }
    pad_number(sign, std::move(digits), conversion);
  }

  void add_unsigned(std::uint64_t value, const Conversion& conversion) {
    std::string digits;
    std::string_view prefix;
    if (conversion.type == 'o') {
      digits = fmt::format("{:o}", value);
      if (conversion.alternative && value != 0) digits.insert(0, 1, '0');
    } else if (conversion.type == 'u') {
      digits = std::to_string(value);
    } else {
      digits = conversion.type == 'x' ? fmt::format("{:x}", value) : fmt::format("{:X}", value);
      if (conversion.alternative && value != 0) prefix = conversion.type == 'x' ? "0x" : "0X";
    }
    pad_number(prefix, std::move(digits), conversion);
  }

  void add_real(double value, const Conversion& conversion) {
    constexpr std::uint64_t kMostDigits = 1000;
    const std::string specification =
        fmt::format("{{:{}.{}{}}}", conversion.alternative ? "#" : "",
                    std::min(conversion.precision.value_or(6), kMostDigits), conversion.type);
    std::string digits = fmt::format(fmt::runtime(specification), value);
    std::string_view sign = conversion.plus ? "+" : (conversion.blank ? " " : "");
    if (digits.starts_with('-')) {
      sign = "-";
      digits.erase(0, 1);
    }
    pad(sign, digits, conversion, conversion.zero && !conversion.left ? '0' : ' ');
  }

  std::string_view format_;
  std::span<const std::string> arguments_;
  const Printing& to_;
  std::size_t next_ = 0;
  std::string out_;
  int status_ = 0;
};

}  // namespace

Unescaped unescape(std::string_view text) {
  Unescaped result;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c != '\\') {
      result.text += c;
      continue;
    }
    if (at < text.size() && text[at] == 'c') {
      result.stopped = true;
      return result;
    }
    // \0ddd has a digit more than printf's \ddd
    if (at + 1 < text.size() && text[at] == '0' && is_octal(text[at + 1])) ++at;
    result.text += escaped_byte(text, at);
  }
  return result;
}

void print_echo(std::span<const std::string> words, const Printing& to) {
  const bool newline = words.empty() || words[0] != "-n";
  if (!newline) words = words.subspan(1);
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    Unescaped word = unescape(words[i]);
    out += word.text;
    to.budget.check_size(out.size());
    if (word.stopped) return to.out(out);
    if (i + 1 < words.size()) out += ' ';
  }
  if (newline) out += '\n';
  to.out(out);
}

void print_echo_of_bash(std::span<const std::string> words, const Printing& to) {
  bool newline = true;
  bool escapes = false;
  while (!words.empty() && words[0].size() > 1 && words[0][0] == '-' &&
         words[0].find_first_not_of("neE", 1) == std::string::npos) {
    for (const char letter : words[0].substr(1)) {
      if (letter == 'n') {
        newline = false;
      } else {
        escapes = letter == 'e';
      }
    }
    words = words.subspan(1);
  }
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    UnescapedText word{.text = words[i]};
    if (escapes) word = unescape_of_bash(words[i], EscapesOf::echo);
    if (word.not_known) throw Unknown("an escape of echo is not known");
    out += word.text;
    to.budget.check_size(out.size());
    if (word.stopped) return to.out(out);
    if (i + 1 < words.size()) out += ' ';
  }
  if (newline) out += '\n';
  to.out(out);
}

int print_format(std::span<const std::string> words, const Printing& to) {
  return Formatter(words, to).run();
}

}  // namespace stamp::scripts::shell
