// The orders of sort that are not the bytes'.
#include <algorithm>

#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_sort.h"

namespace stamp::scripts {
namespace {

/// A number as text, ready for comparison.
struct Decimal {
  bool negative = false;
  std::string_view whole;     ///< without leading zeros
  std::string_view fraction;  ///< without trailing zeros
  char unit = 0;

  bool is_zero() const { return whole.empty() && fraction.empty(); }
};

Decimal parse_decimal(std::string_view text) {
  Decimal number;
  while (!text.empty() && (is_blank(text.front()) || text.front() == '\n')) text.remove_prefix(1);
  if (text.starts_with('-')) {
    number.negative = true;
    text.remove_prefix(1);
  }
  const auto take_digits = [&text] {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view digits = text.substr(0, end);
    text.remove_prefix(end);
    return digits;
  };
  number.whole = take_digits();
  number.whole.remove_prefix(std::min(number.whole.find_first_not_of('0'), number.whole.size()));
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    number.fraction = take_digits();
    const std::size_t last = number.fraction.find_last_not_of('0');
    number.fraction = number.fraction.substr(0, last == std::string_view::npos ? 0 : last + 1);
  }
  if (!text.empty()) number.unit = text.front();
  if (number.is_zero()) number.negative = false;
  return number;
}

int compare_sizes(const Decimal& a, const Decimal& b) {
  if (a.whole.size() != b.whole.size()) return a.whole.size() < b.whole.size() ? -1 : 1;
  const int whole = a.whole.compare(b.whole);
  return whole != 0 ? whole : a.fraction.compare(b.fraction);
}

int compare_decimals(const Decimal& a, const Decimal& b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  return a.negative ? compare_sizes(b, a) : compare_sizes(a, b);
}

/// Signed power of a human number's unit: -1 for "-5K", 0 for "0K" and what has none.
int unit_order(const Decimal& number) {
  static constexpr std::string_view kUnits = "KMGTPEZY";
  if (number.is_zero() || number.unit == 0) return 0;
  const std::size_t found = kUnits.find(number.unit == 'k' ? 'K' : number.unit);
  const int order = found == std::string_view::npos ? 0 : static_cast<int>(found) + 1;
  return number.negative ? -order : order;
}

int order_of(std::string_view text, std::size_t at) {
  if (at >= text.size()) return -1;
  const char c = text[at];
  if (is_digit(c)) return 0;
  if (is_letter(c)) return c;
  if (c == '~') return -2;
  return static_cast<unsigned char>(c) + 256;
}

bool has_digit(std::string_view text, std::size_t at) {
  return at < text.size() && is_digit(text[at]);
}

bool has_other(std::string_view text, std::size_t at) {
  return at < text.size() && !is_digit(text[at]);
}

/// Runs of digits by value, all else by bytes with ~ before the end and letters before the rest.
int compare_runs(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t k = 0;
  while (i < a.size() || k < b.size()) {
    while (has_other(a, i) || has_other(b, k)) {
      const int left = order_of(a, i++);
      const int right = order_of(b, k++);
      if (left != right) return left - right;
    }
    while (i < a.size() && a[i] == '0') ++i;
    while (k < b.size() && b[k] == '0') ++k;
    int first = 0;
    for (; has_digit(a, i) && has_digit(b, k); ++i, ++k) {
      if (first == 0) first = a[i] - b[k];
    }
    if (has_digit(a, i)) return 1;
    if (has_digit(b, k)) return -1;
    if (first != 0) return first;
  }
  return 0;
}

/// Length of the name without suffixes like ".tar.gz".
std::size_t length_of_stem(std::string_view name) {
  std::size_t stem = 0;
  for (std::size_t i = 0; i < name.size();) {
    stem = ++i;
    while (i + 1 < name.size() && name[i] == '.' &&
           (is_letter(name[i + 1]) || name[i + 1] == '~')) {
      for (i += 2;
           i < name.size() && (is_letter(name[i]) || is_digit(name[i]) || name[i] == '~');) {
        ++i;
      }
    }
  }
  return stem;
}

}  // namespace

int compare_numbers(std::string_view a, std::string_view b) {
  return compare_decimals(parse_decimal(a), parse_decimal(b));
}

int compare_human_numbers(std::string_view a, std::string_view b) {
  const Decimal left = parse_decimal(a);
  const Decimal right = parse_decimal(b);
  const int units = unit_order(left) - unit_order(right);
  return units != 0 ? units : compare_decimals(left, right);
}

// Spec: coreutils manual, "Version sort ordering".
int compare_versions_of_names(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return static_cast<int>(b.empty()) - static_cast<int>(a.empty());
  const bool dot = a.front() == '.';
  if (dot != (b.front() == '.')) return dot ? -1 : 1;
  if (dot) {
    for (const std::string_view special : {".", ".."}) {
      if (a == special || b == special) {
        return static_cast<int>(b == special) - static_cast<int>(a == special);
      }
    }
  }
  const std::size_t stem_a = length_of_stem(a);
  const std::size_t stem_b = length_of_stem(b);
  const int stems = compare_runs(a.substr(0, stem_a), b.substr(0, stem_b));
  return stems != 0 ? stems : compare_runs(a, b);
}

}  // namespace stamp::scripts
