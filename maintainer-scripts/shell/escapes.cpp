#include "maintainer-scripts/shell/escapes.h"

#include <cstdint>

namespace stamp::scripts::shell {
namespace {

unsigned digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return 99;
}

std::string utf8(std::uint32_t code) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value & 0xffU); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xc0U | code >> 6U), byte(0x80U | (code & 0x3fU))};
  if (code < 0x10000) {
    return {byte(0xe0U | code >> 12U), byte(0x80U | (code >> 6U & 0x3fU)),
            byte(0x80U | (code & 0x3fU))};
  }
  return {byte(0xf0U | (code >> 18U & 7U)), byte(0x80U | (code >> 12U & 0x3fU)),
          byte(0x80U | (code >> 6U & 0x3fU)), byte(0x80U | (code & 0x3fU))};
}

/// One pass over a text.
class Unescaper {
 public:
  Unescaper(std::string_view text, EscapesOf whose) : text_(text), whose_(whose) {}

  UnescapedText run() {
    while (at_ < text_.size() && !result_.stopped) {
      const char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        escape(text_[at_++]);
      } else {
        result_.text += c;
      }
    }
    return std::move(result_);
  }

 private:
  std::uint32_t number(std::size_t most, unsigned base) {
    std::uint32_t value = 0;
    for (; most > 0 && at_ < text_.size() && digit_of(text_[at_]) < base; --most) {
      value = value * base + digit_of(text_[at_++]);
    }
    return value;
  }

  bool has_digit(unsigned base) const { return at_ < text_.size() && digit_of(text_[at_]) < base; }

  void escape(char c) {
    constexpr std::string_view kLetters = "\\abeEfnrtv";
    constexpr std::string_view kBytes = "\\\a\b\033\033\f\n\r\t\v";
    if (const std::size_t known = kLetters.find(c); known != std::string_view::npos) {
      result_.text += kBytes[known];
    } else if (c >= '0' && c <= '7' && (c == '0' || whose_ != EscapesOf::echo)) {
      const bool long_form = c == '0' && (whose_ == EscapesOf::echo || whose_ == EscapesOf::words);
      if (!long_form) --at_;
      byte(static_cast<char>(number(3, 8) & 0xffU));
    } else if ((c == 'x' || c == 'u' || c == 'U') && has_digit(16)) {
      const std::uint32_t value = number(c == 'x' ? 2 : (c == 'u' ? 4 : 8), 16);
      if (c == 'x') {
        byte(static_cast<char>(value));
      } else {
        if (value == 0 || value > 0x10ffff) result_.not_known = true;
        result_.text += utf8(value);
      }
    } else if (c == 'c' && whose_ == EscapesOf::quotes) {
      result_.not_known = true;
    } else if (c == 'c' && whose_ != EscapesOf::format) {
      result_.stopped = true;
    } else if ((c == '"' || c == '\'' || c == '?') &&
               (whose_ == EscapesOf::format || whose_ == EscapesOf::quotes)) {
      result_.text += c;
    } else {
      result_.text += '\\';
      result_.text += c;
    }
  }

  void byte(char value) {
    if (value == 0 && whose_ == EscapesOf::quotes) result_.not_known = true;
    result_.text += value;
  }

  std::string_view text_;
  EscapesOf whose_;
  std::size_t at_ = 0;
  UnescapedText result_;
};

}  // namespace

UnescapedText unescape_of_bash(std::string_view text, EscapesOf whose) {
  return Unescaper(text, whose).run();
}

}  // namespace stamp::scripts::shell
