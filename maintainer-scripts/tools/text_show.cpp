// cat, tac, rev, tee, head, tail.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kStandardInput = "-";

std::vector<std::string> files_of(const Options& options) {
  if (options.operands.empty()) return {std::string(kStandardInput)};
  return options.operands;
}

/// cat -v, -E and -T for one byte.
std::string visible(char c, const Options& options) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '\t') return options.has("T") ? "^I" : "\t";
  if (c == '\n' || !options.has("v")) return std::string(1, c);
  std::string text;
  const unsigned low = byte & 0x7FU;
  if (byte >= 0x80) text = "M-";
  if (low == 0x7F) return text + "^?";
  if (low < 0x20) return text + '^' + static_cast<char>(low + 0x40);
  return text + static_cast<char>(low);
}

/// cat with options: lines are counted and squeezed over all files together.
class Cat {
 public:
  Cat(const Options& options, Output& output) : options_(options), output_(output) {}

  void show(std::string_view text) {
    LineReader lines(text);
    while (const auto line = lines.next()) {
      const bool empty = at_start_ && line->empty() && lines.was_ended();
      blank_ = empty ? blank_ + 1 : 0;
      if (options_.has("s") && blank_ > 1) continue;
      if (at_start_) number(empty);
      for (const char c : *line) output_.add(visible(c, options_));
      at_start_ = lines.was_ended();
      if (at_start_) output_.add(options_.has("E") ? "$\n" : "\n");
    }
  }

 private:
  void number(bool empty) {
    if (options_.has("b") ? empty : !options_.has("n")) return;
    output_.add(fmt::format("{:6}\t", ++lines_));
  }

  const Options& options_;
  Output& output_;
  bool at_start_ = true;
  int blank_ = 0;
  std::uint64_t lines_ = 0;
};

/// The options of cat that stand for several.
Options spelt_out(Options options) {
  static constexpr std::pair<std::string_view, std::string_view> kMeanings[] = {
      {"A", "vET"}, {"e", "vE"}, {"t", "vT"}};
  for (const auto& [name, letters] : kMeanings) {
    if (!options.has(name)) continue;
    for (const char letter : letters) options.given.push_back({std::string(1, letter), {}});
  }
  return options;
}

/// How much head and tail show.
struct Amount {
  enum class From { start, end };
  std::uint64_t count = 10;
  bool bytes = false;
  From from = From::start;  ///< what the count is counted from
  char delimiter = '\n';
};

/// Position just after the first `count` lines.
std::size_t after_lines(std::string_view text, std::uint64_t count, char delimiter) {
  std::size_t at = 0;
  for (; count > 0 && at < text.size(); --count) {
    const std::size_t end = text.find(delimiter, at);
    if (end == std::string_view::npos) return text.size();
    at = end + 1;
  }
  return at;
}

/// Position at which the last `count` lines begin.
std::size_t before_lines(std::string_view text, std::uint64_t count, char delimiter) {
  if (count == 0) return text.size();
  std::size_t at = text.size();
  if (at > 0 && text.back() == delimiter) --at;
  while (true) {
    const std::size_t end = at == 0 ? std::string_view::npos : text.rfind(delimiter, at - 1);
    if (end == std::string_view::npos) return 0;
    if (--count == 0) return end + 1;
    at = end;
  }
}

/// Where the amount, counted from its side, ends.
std::size_t border(std::string_view text, const Amount& amount) {
  if (amount.bytes) {
    const std::uint64_t count = std::min<std::uint64_t>(amount.count, text.size());
    return amount.from == Amount::From::start ? count : text.size() - count;
  }
  return amount.from == Amount::From::start ? after_lines(text, amount.count, amount.delimiter)
                                            : before_lines(text, amount.count, amount.delimiter);
}

/// Reads from standard input no more than head shows: a script may read on behind it.
std::string read_head(Process& process, const Amount& amount) {
  const auto input = process.files.find(0);
  std::string text;
  if (input == process.files.end()) return text;
  if (amount.from == Amount::From::end) return process.read_input();
  std::uint64_t left = amount.count;
  while (left > 0) {
    const std::string next = input->second->read(amount.bytes ? left : 1);
    if (next.empty()) break;
    text += next;
    if (amount.bytes) {
      left -= next.size();
    } else if (next.front() == amount.delimiter) {
      --left;
    }
  }
  return text;
}

using Cut = std::string_view (*)(std::string_view text, const Amount& amount);

std::string_view cut_head(std::string_view text, const Amount& amount) {
  return text.substr(0, border(text, amount));
}

/// tail counts lines from 1, and +0 is as +1.
std::string_view cut_tail(std::string_view text, const Amount& amount) {
  return text.substr(border(text, amount));
}

/// head and tail are one but for what they keep.
int show_parts(Process& process, const Options& options, const Amount& amount, Cut cut) {
  Output output(process);
  int status = 0;
  bool first = true;
  const std::vector<std::string> files = files_of(options);
  for (const std::string& file : files) {
    const bool head = cut == cut_head;
    const InputText text = head && file == kStandardInput
                               ? InputText{{}, read_head(process, amount)}
                               : read_operand(process, file);
    if (text.error == std::errc::is_a_directory) {
      status = fail(process, fmt::format("error reading '{}': Is a directory", file));
      continue;
    }
    if (!text) {
      status = fail(process,
                    fmt::format("cannot open '{}' for reading: {}", file, describe(text.error)));
      continue;
    }
    if ((files.size() > 1 && !options.has("q")) || options.has("v")) {
      output.add(fmt::format("{}==> {} <==\n", first ? "" : "\n",
                             file == kStandardInput ? "standard input" : file));
    }
    first = false;
    output.add(cut(text.text, amount));
  }
  output.flush();
  return status;
}

/// "-5" and "+5" as first word: the old spelling of -n 5.
void spell_new(std::vector<std::string>& args, bool with_plus) {
  if (args.size() < 2 || args[1].size() < 2) return;
  const char sign = args[1].front();
  if (sign != '-' && (sign != '+' || !with_plus)) return;
  const std::string number = args[1].substr(1);
  if (!is_digit(number.front())) return;
  if (!parse_number(number)) {
    if (sign == '+') return;
    throw Unknown(fmt::format("option '{}' is not known", args[1]));
  }
  args[1] = fmt::format("-n{}{}", sign == '+' ? "+" : "", number);
}

constexpr LongOption kPartOptions[] = {
    {"lines", Argument::required, "n"}, {"bytes", Argument::required, "c"},
    {"quiet", Argument::none, "q"},     {"silent", Argument::none, "q"},
    {"verbose", Argument::none, "v"},   {"zero-terminated", Argument::none, "z"}};

/// The amount that -n or -c give; its sign is left to the caller.
std::string take_amount(const Options& options, Amount& amount) {
  static constexpr std::string_view kNames[] = {"n", "c"};
  amount.delimiter = options.has("z") ? '\0' : '\n';
  const std::string_view name = options.last_of(kNames);
  if (name.empty()) return {};
  amount.bytes = name == "c";
  std::string text = *options.value(name);
  std::string sign;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    sign = text.front();
    text.erase(0, 1);
  }
  const auto count = parse_count(text);
  if (!count) throw Unknown(fmt::format("number '{}' is not known", text));
  amount.count = *count;
  return sign;
}

}  // namespace

int cat(Process& process) {
  static constexpr LongOption kLong[] = {
      {"number", Argument::none, "n"},        {"number-nonblank", Argument::none, "b"},
      {"squeeze-blank", Argument::none, "s"}, {"show-nonprinting", Argument::none, "v"},
      {"show-ends", Argument::none, "E"},     {"show-tabs", Argument::none, "T"},
      {"show-all", Argument::none, "A"}};
  const Options options = spelt_out(parse_options(process, "nbsvETAetu", kLong));
  Output output(process);
  Cat cat(options, output);
  const bool plain = std::all_of(options.given.begin(), options.given.end(),
                                 [](const Option& o) { return o.name == "u"; });
  int status = 0;
  for (const std::string& file : files_of(options)) {
    const InputText text = read_operand(process, file);
    if (!text) {
      output.flush();
      status = fail(process, fmt::format("{}: {}", file, describe(text.error)));
    } else if (plain) {
      output.add(text.text);
    } else {
      cat.show(text.text);
    }
  }
  output.flush();
  return status;
}

int tac(Process& process) {
  const Options options = parse_options(process, "");
  Output output(process);
  int status = 0;
  for (const std::string& file : files_of(options)) {
    const InputText text = read_operand(process, file);
    if (!text) {
      status = fail(process,
                    fmt::format("failed to open '{}' for reading: {}", file, describe(text.error)));
    }
    std::string_view rest = text.text;
    while (!rest.empty()) {
      const std::size_t end =
          rest.size() > 1 ? rest.rfind('\n', rest.size() - 2) : std::string_view::npos;
      const std::size_t start = end == std::string_view::npos ? 0 : end + 1;
      output.add(rest.substr(start));
      rest = rest.substr(0, start);
    }
  }
  output.flush();
  return status;
}

int rev(Process& process) {
  const Options options = parse_options(process, "");
  Output output(process);
  int status = 0;
  for (const std::string& file : files_of(options)) {
    const InputText text = read_operand(process, file);
    if (!text) {
      status = fail(process, fmt::format("cannot open {}: {}", file, describe(text.error)));
    }
    LineReader lines(text.text);
    while (const auto line = lines.next()) {
      output.add(std::string(line->rbegin(), line->rend()));
      if (lines.was_ended()) output.add('\n');
    }
  }
  output.flush();
  return status;
}

int tee(Process& process) {
  static constexpr LongOption kLong[] = {{"append", Argument::none, "a"},
                                         {"ignore-interrupts", Argument::none, "i"}};
  const Options options = parse_options(process, "ai", kLong);
  const std::string text = process.read_input();
  Output output(process);
  output.add(text);
  output.flush();
  const WriteMode mode = options.has("a") ? WriteMode::append : WriteMode::replace;
  int status = 0;
  for (const std::string& file : options.operands) {
    const std::errc error = write_file(process, file, text, mode);
    if (error != std::errc()) status = fail(process, fmt::format("{}: {}", file, describe(error)));
  }
  return status;
}

int head(Process& process) {
  spell_new(process.args, false);
  const Options options = parse_options(process, "n:c:qvz", kPartOptions);
  Amount amount;
  if (take_amount(options, amount) == "-") amount.from = Amount::From::end;
  return show_parts(process, options, amount, cut_head);
}

int tail(Process& process) {
  spell_new(process.args, true);
  const Options options = parse_options(process, "n:c:qvz", kPartOptions);
  Amount amount{.from = Amount::From::end};
  if (take_amount(options, amount) == "+") {
    amount.from = Amount::From::start;
    if (amount.count > 0) --amount.count;
  }
  return show_parts(process, options, amount, cut_tail);
}

}  // namespace stamp::scripts
