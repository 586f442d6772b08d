#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_format.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

/// A decimal of the command line: `scaled` / 10^`digits`.
struct Decimal {
  std::int64_t scaled = 0;
  std::size_t digits = 0;
};

constexpr std::size_t kMostDigits = 9;

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal decimal;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (fraction.size() > kMostDigits || whole.size() > kMostDigits) return std::nullopt;
  const auto number = parse_number(fmt::format("{}{}", whole, fraction));
  if (!number) return std::nullopt;
  decimal.scaled = static_cast<std::int64_t>(*number);
  if (negative) decimal.scaled = -decimal.scaled;
  decimal.digits = fraction.size();
  return decimal;
}

std::int64_t power_of_ten(std::size_t digits) {
  std::int64_t power = 1;
  for (; digits > 0; --digits) power *= 10;
  return power;
}

std::string show(std::int64_t scaled, std::size_t digits) {
  const std::int64_t power = power_of_ten(digits);
  const std::string sign = scaled < 0 ? "-" : "";
  const std::int64_t value = std::abs(scaled);
  if (digits == 0) return fmt::format("{}{}", sign, value);
  return fmt::format("{}{}.{:0{}}", sign, value / power, value % power, digits);
}

/// -w: zeros after the sign.
std::string widen(const std::string& text, std::size_t width) {
  if (text.size() >= width) return text;
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  return text.substr(0, sign) + std::string(width - text.size(), '0') + text.substr(sign);
}

/// -f: one conversion of a real number with text around it.
class Format {
 public:
  explicit Format(std::string_view text) {
    std::size_t at = 0;
    bool found = false;
    while (at < text.size()) {
      std::string& side = found ? after_ : before_;
      if (text[at] != '%') {
        side += text[at++];
      } else if (text.substr(at, 2) == "%%") {
        side += '%';
        at += 2;
      } else {
        ++at;
        conversion_ = parse_conversion(text, at, [] { return 0; });
        const bool known =
            std::string_view("eEfgG").find(conversion_.letter) != std::string_view::npos;
        if (found || !known || conversion_.letter == 0) bad(text);
        found = true;
      }
    }
    if (!found) bad(text);
  }

  std::string show(double value) const {
    return before_ + format_real(conversion_, value) + after_;
  }

 private:
  [[noreturn]] static void bad(std::string_view text) {
    throw Unknown(fmt::format("format '{}' of seq is not known", text));
  }

  std::string before_;
  std::string after_;
  Conversion conversion_;
};

/// The three numbers, at one scale.
struct Sequence {
  std::int64_t first = 1;
  std::int64_t step = 1;
  std::int64_t last = 1;
  std::size_t digits = 0;   ///< of the scale
  std::size_t printed = 0;  ///< digits that are printed
};

Sequence parse_sequence(const std::vector<std::string>& words) {
  std::vector<Decimal> numbers;
  for (const std::string& word : words) {
    const auto number = parse_decimal(word);
    if (!number) throw Unknown(fmt::format("number '{}' of seq is not known", word));
    numbers.push_back(*number);
  }
  const Decimal one{1, 0};
  const Decimal first = numbers.size() > 1 ? numbers.front() : one;
  const Decimal step = numbers.size() > 2 ? numbers[1] : one;
  const Decimal last = numbers.back();
  Sequence sequence;
  sequence.printed = std::max(first.digits, step.digits);
  sequence.digits = std::max(sequence.printed, last.digits);
  const auto scale = [&sequence](const Decimal& number) {
    return number.scaled * power_of_ten(sequence.digits - number.digits);
  };
  sequence.first = scale(first);
  sequence.step = scale(step);
  sequence.last = scale(last);
  return sequence;
}

/// Numbers that start with a dash are no options.
std::size_t first_number(const std::vector<std::string>& args) {
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (args[i].size() > 1 && args[i][0] == '-' && (is_digit(args[i][1]) || args[i][1] == '.')) {
      return i;
    }
  }
  return args.size();
}

}  // namespace

int seq(Process& process) {
  static constexpr LongOption kLong[] = {{"equal-width", Argument::none, "w"},
                                         {"separator", Argument::required, "s"},
                                         {"format", Argument::required, "f"}};
  process.args.insert(
      process.args.begin() + static_cast<std::ptrdiff_t>(first_number(process.args)), "--");
  const Options options = parse_options(process, "+ws:f:", kLong);
  std::vector<std::string> words = options.operands;
  words.erase(std::remove(words.begin(), words.end(), "--"), words.end());
  if (words.empty()) return fail(process, "missing operand");
  if (words.size() > 3) return fail(process, fmt::format("extra operand '{}'", words[3]));
  const Sequence numbers = parse_sequence(words);
  if (numbers.step == 0) {
    return fail(process, fmt::format("invalid Zero increment value: '{}'", words[1]));
  }
  const std::int64_t unprinted = power_of_ten(numbers.digits - numbers.printed);
  const auto text_of = [&](std::int64_t value) { return show(value / unprinted, numbers.printed); };
  const std::int64_t count = (numbers.last - numbers.first) / numbers.step;
  const bool any = numbers.step > 0 ? numbers.first <= numbers.last : numbers.first >= numbers.last;
  if (!any) return 0;
  process.machine.budget.take_steps(static_cast<std::uint64_t>(count) + 1);
  std::size_t width = 0;
  if (options.has("w")) {
    const std::int64_t end = numbers.first + count * numbers.step;
    width = std::max(
        {text_of(numbers.first).size(), text_of(end).size(), text_of(numbers.last).size()});
  }
  std::optional<Format> format;
  if (const std::string* text = options.value("f")) format.emplace(*text);
  const std::string* separator = options.value("s");
  Output output(process);
  for (std::int64_t i = 0; i <= count; ++i) {
    const std::int64_t value = numbers.first + i * numbers.step;
    if (i > 0) output.add(separator == nullptr ? std::string_view("\n") : *separator);
    if (format) {
      const auto divisor = static_cast<double>(power_of_ten(numbers.digits));
      output.add(format->show(static_cast<double>(value) / divisor));
    } else {
      output.add(widen(text_of(value), width));
    }
  }
  output.add('\n');
  output.flush();
  return 0;
}

}  // namespace stamp::scripts
