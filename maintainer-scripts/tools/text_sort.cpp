#include "maintainer-scripts/tools/text_sort.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

constexpr std::size_t kNoEnd = std::numeric_limits<std::size_t>::max();

/// How a key is compared.
struct Ordering {
  enum class Kind { bytes, number, human, version };
  Kind kind = Kind::bytes;
  bool dictionary = false;
  bool fold = false;
  bool printable = false;
  bool reverse = false;
  bool skip_start_blanks = false;
  bool skip_end_blanks = false;

  bool is_default() const {
    return kind == Kind::bytes && !dictionary && !fold && !printable && !skip_start_blanks &&
           !skip_end_blanks;
  }
};

/// -k.
struct Key {
  std::size_t start_field = 0;  ///< from 0
  std::size_t start_byte = 0;
  std::size_t end_field = kNoEnd;
  std::size_t end_byte = 0;  ///< 0: the end of the field
  Ordering ordering;
};

/// Sets what one letter of a key or an option stands for.
void set_ordering(Ordering& ordering, char letter) {
  switch (letter) {
    case 'd':
      ordering.dictionary = true;
      break;
    case 'f':
      ordering.fold = true;
      break;
    case 'i':
      ordering.printable = true;
      break;
    case 'n':
      ordering.kind = Ordering::Kind::number;
      break;
    case 'h':
      ordering.kind = Ordering::Kind::human;
      break;
    case 'V':
      ordering.kind = Ordering::Kind::version;
      break;
    case 'r':
      ordering.reverse = true;
      break;
    default:
      throw Unknown(fmt::format("order '{}' of sort is not known", letter));
  }
}

class KeyParser {
 public:
  explicit KeyParser(std::string_view text) : text_(text), rest_(text) {}

  Key parse() {
    Key key;
    key.start_field = number() - 1;
    if (take('.')) key.start_byte = number() - 1;
    letters(key.ordering, key.ordering.skip_start_blanks);
    if (take(',')) {
      key.end_field = number() - 1;
      if (take('.')) key.end_byte = number_or_zero();
      letters(key.ordering, key.ordering.skip_end_blanks);
    }
    if (!rest_.empty()) bad();
    return key;
  }

 private:
  [[noreturn]] void bad() const { throw Unknown(fmt::format("key '{}' is not known", text_)); }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::size_t number_or_zero() {
    const std::size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const auto value = parse_number(rest_.substr(0, digits));
    if (!value) bad();
    rest_.remove_prefix(digits);
    return *value;
  }

  std::size_t number() {
    const std::size_t value = number_or_zero();
    if (value == 0) bad();
    return value;
  }

  void letters(Ordering& ordering, bool& skip_blanks) {
    while (!rest_.empty() && is_letter(rest_.front())) {
      if (rest_.front() == 'b') {
        skip_blanks = true;
      } else {
        set_ordering(ordering, rest_.front());
      }
      rest_.remove_prefix(1);
    }
  }

  std::string_view text_;
  std::string_view rest_;
};

/// Compares lines by the keys.
class LineOrder {
 public:
  explicit LineOrder(const Options& options) {
    Ordering all;
    for (const Option& option : options.given) {
      if (option.name == "b") {
        all.skip_start_blanks = all.skip_end_blanks = true;
      } else if (option.name.size() == 1 &&
                 std::string_view("dfinhVr").find(option.name) != std::string_view::npos) {
        set_ordering(all, option.name.front());
      } else if (option.name == "k") {
        keys_.push_back(KeyParser(*option.value).parse());
      } else if (option.name == "t") {
        set_separator(*option.value);
      }
    }
    for (Key& key : keys_) {
      if (key.ordering.is_default() && !key.ordering.reverse) key.ordering = all;
    }
    if (keys_.empty() && !all.is_default()) keys_.push_back({.ordering = all});
    reverse_ = all.reverse;
    last_resort_ = !options.has("s") && !options.has("u");
    if (keys_.empty()) last_resort_ = true;
  }

  int compare(std::string_view a, std::string_view b) const {
    for (const Key& key : keys_) {
      const int result = compare_keys(part(a, key), part(b, key), key.ordering);
      if (result != 0) return key.ordering.reverse ? -result : result;
    }
    if (!last_resort_) return 0;
    const int result = a.compare(b);
    return reverse_ ? -result : result;
  }

 private:
  void set_separator(const std::string& text) {
    if (text == "\\0") {
      separator_ = '\0';
    } else if (text.size() == 1) {
      separator_ = text.front();
    } else {
      throw Unknown(fmt::format("separator '{}' of sort", text));
    }
  }

  static bool is_gap(char c) { return is_blank(c) || c == '\n'; }

  static std::size_t skip_gap(std::string_view line, std::size_t at) {
    while (at < line.size() && is_gap(line[at])) ++at;
    return at;
  }

  static std::size_t skip_blank_field(std::string_view line, std::size_t at) {
    at = skip_gap(line, at);
    while (at < line.size() && !is_gap(line[at])) ++at;
    return at;
  }

  std::size_t start_of(std::string_view line, const Key& key) const {
    std::size_t at = 0;
    for (std::size_t field = 0; field < key.start_field && at < line.size(); ++field) {
      if (separator_) {
        at = std::min(line.find(*separator_, at), line.size());
        if (at < line.size()) ++at;
      } else {
        at = skip_blank_field(line, at);
      }
    }
    if (key.ordering.skip_start_blanks) at = skip_gap(line, at);
    return std::min(line.size(), at + key.start_byte);
  }

  std::size_t end_of(std::string_view line, const Key& key) const {
    if (key.end_field == kNoEnd) return line.size();
    std::size_t fields = key.end_field + (key.end_byte == 0 ? 1 : 0);
    std::size_t at = 0;
    while (at < line.size() && fields-- > 0) {
      if (separator_) {
        at = std::min(line.find(*separator_, at), line.size());
        if (at < line.size() && (fields > 0 || key.end_byte > 0)) ++at;
      } else {
        at = skip_blank_field(line, at);
      }
    }
    if (key.end_byte == 0) return at;
    if (key.ordering.skip_end_blanks) at = skip_gap(line, at);
    return std::min(line.size(), at + key.end_byte);
  }

  std::string_view part(std::string_view line, const Key& key) const {
    const std::size_t start = start_of(line, key);
    const std::size_t end = std::max(start, end_of(line, key));
    return line.substr(start, end - start);
  }

  static std::string simplified(std::string_view text, const Ordering& ordering) {
    std::string result;
    for (const char c : text) {
      if (ordering.dictionary && !is_gap(c) && !is_letter(c) && !is_digit(c)) continue;
      if (ordering.printable && (c < ' ' || c > '~')) continue;
      result += ordering.fold ? to_upper(c) : c;
    }
    return result;
  }

  static int compare_keys(std::string_view a, std::string_view b, const Ordering& ordering) {
    switch (ordering.kind) {
      case Ordering::Kind::number:
        return compare_numbers(a, b);
      case Ordering::Kind::human:
        return compare_human_numbers(a, b);
      case Ordering::Kind::version:
        return compare_versions_of_names(a, b);
      default:
        if (!ordering.dictionary && !ordering.fold && !ordering.printable) return a.compare(b);
        return simplified(a, ordering).compare(simplified(b, ordering));
    }
  }

  std::vector<Key> keys_;
  std::optional<char> separator_;
  bool reverse_ = false;
  bool last_resort_ = true;
};

constexpr LongOption kSortOptions[] = {{"ignore-leading-blanks", Argument::none, "b"},
                                       {"dictionary-order", Argument::none, "d"},
                                       {"ignore-case", Argument::none, "f"},
                                       {"ignore-nonprinting", Argument::none, "i"},
                                       {"numeric-sort", Argument::none, "n"},
                                       {"human-numeric-sort", Argument::none, "h"},
                                       {"version-sort", Argument::none, "V"},
                                       {"reverse", Argument::none, "r"},
                                       {"unique", Argument::none, "u"},
                                       {"stable", Argument::none, "s"},
                                       {"check", Argument::none, "c"},
                                       {"merge", Argument::none, "m"},
                                       {"key", Argument::required, "k"},
                                       {"field-separator", Argument::required, "t"},
                                       {"output", Argument::required, "o"},
                                       {"zero-terminated", Argument::none, "z"},
                                       {"temporary-directory", Argument::required, "T"}};

/// -c and -C: the first line out of order.
int check_order(Process& process, const std::vector<std::string_view>& lines,
                const LineOrder& order, const Options& options) {
  const int least = options.has("u") ? 0 : 1;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (order.compare(lines[i - 1], lines[i]) < least) continue;
    if (options.has("C")) return 1;
    const std::string file = options.operands.empty() ? "-" : options.operands.front();
    return fail(process, fmt::format("{}:{}: disorder: {}", file, i + 1, lines[i]));
  }
  return 0;
}

}  // namespace

int sort(Process& process) {
  const Options options = parse_options(process, "bdfinhVrusck:t:o:zmCT:S:", kSortOptions);
  const LineOrder order(options);
  const char end = options.has("z") ? '\0' : '\n';
  std::vector<std::string> files = options.operands;
  if (files.empty()) files.emplace_back("-");
  std::vector<std::string> texts;
  for (const std::string& file : files) {
    InputText text = read_operand(process, file);
    if (text.error == std::errc::is_a_directory) {
      return fail(process, fmt::format("read failed: {}: {}", file, describe(text.error)), 2);
    }
    if (!text) {
      return fail(process, fmt::format("cannot read: {}: {}", file, describe(text.error)), 2);
    }
    texts.push_back(std::move(text.text));
  }
  std::vector<std::string_view> lines;
  for (const std::string& text : texts) {
    const auto more = lines_of(text, end);
    lines.insert(lines.end(), more.begin(), more.end());
  }
  if (options.has("c") || options.has("C")) return check_order(process, lines, order, options);
  process.machine.budget.take_steps(lines.size());
  std::stable_sort(lines.begin(), lines.end(), [&order](std::string_view a, std::string_view b) {
    return order.compare(a, b) < 0;
  });
  if (options.has("u")) {
    const auto same = [&order](std::string_view a, std::string_view b) {
      return order.compare(a, b) == 0;
    };
    lines.erase(std::unique(lines.begin(), lines.end(), same), lines.end());
  }
  std::string sorted;
  for (const std::string_view line : lines) (sorted += line) += end;
  if (const std::string* target = options.value("o")) {
    const std::errc error = write_file(process, *target, sorted);
    if (error == std::errc()) return 0;
    return fail(process, fmt::format("open failed: {}: {}", *target, describe(error)), 2);
  }
  Output output(process);
  output.add(sorted);
  output.flush();
  return 0;
}

}  // namespace stamp::scripts
