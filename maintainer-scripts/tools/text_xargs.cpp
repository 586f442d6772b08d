#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

constexpr int kSomeFailed = 123;
constexpr int kEndedBy255 = 124;
constexpr int kCannotRun = 126;
constexpr int kNotFound = 127;
// Linux's usual room for a command line, as xargs uses it.
constexpr std::size_t kMostBytes = 128 * 1024;

/// Words of the input, by the lines that they stand on.
using Lines = std::vector<std::vector<std::string>>;

std::vector<std::string> replaced(const std::vector<std::string>& words, const std::string& mark,
                                  const std::string& by) {
  std::vector<std::string> result = words;
  for (std::string& word : result) {
    for (std::size_t at = word.find(mark); at != std::string::npos;
         at = word.find(mark, at + by.size())) {
      word.replace(at, mark.size(), by);
    }
  }
  return result;
}

class Xargs {
 public:
  Xargs(Process& process, const Options& options)
      : process_(process), command_(options.operands), options_(options) {
    if (command_.empty()) command_.emplace_back("echo");
    if (const std::string* mark = options.value("I")) mark_ = *mark;
    if (options.has("i")) mark_ = options.value("i") == nullptr ? "{}" : *options.value("i");
    words_at_once_ = number("n", 0);
    lines_at_once_ = number("L", 0);
    if (const std::string* text = options.value("d")) delimiter_ = parse_delimiter(*text);
    if (options.has("0")) delimiter_ = '\0';
  }

  int run(std::string_view text) {
    if (!mark_.empty()) return run_replaced(text);
    Lines lines;
    if (delimiter_) {
      for (const std::string_view item : lines_of(text, *delimiter_)) {
        lines.push_back({std::string(item)});
      }
    } else {
      lines = cut_words(text);
    }
    if (lines_at_once_ > 0) {
      for (std::size_t i = 0; i < lines.size(); i += lines_at_once_) {
        std::vector<std::string> words;
        for (std::size_t k = i; k < std::min(i + lines_at_once_, lines.size()); ++k) {
          words.insert(words.end(), lines[k].begin(), lines[k].end());
        }
        if (!run_command(words)) return status_;
      }
      if (lines.empty() && !options_.has("r")) run_command({});
      return status_;
    }
    std::vector<std::string> words;
    for (const auto& line : lines) words.insert(words.end(), line.begin(), line.end());
    return run_groups(words);
  }

 private:
  std::size_t number(std::string_view name, std::size_t otherwise) const {
    const std::string* text = options_.value(name);
    if (text == nullptr) return otherwise;
    const auto value = parse_number(*text);
    if (!value || *value == 0) throw Unknown(fmt::format("number '{}' of xargs", *text));
    return *value;
  }

  static char parse_delimiter(const std::string& text) {
    static constexpr std::string_view kNames = "0abfnrtv\\";
    static constexpr std::string_view kBytes("\0\a\b\f\n\r\t\v\\", 9);
    if (text.size() == 1) return text.front();
    const std::size_t named =
        text.size() == 2 && text[0] == '\\' ? kNames.find(text[1]) : std::string_view::npos;
    if (named == std::string_view::npos) {
      throw Unknown(fmt::format("delimiter '{}' of xargs", text));
    }
    return kBytes[named];
  }

  /// Blanks and newlines separate words; quotes and backslashes keep them together.
  static Lines cut_words(std::string_view text) {
    Lines lines;
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    const auto end_word = [&] {
      if (in_word) words.push_back(word);
      word.clear();
      in_word = false;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '\n') {
        // a line that ends in a blank goes on
        const bool goes_on = i > 0 && is_blank(text[i - 1]) && !words.empty();
        end_word();
        if (!words.empty() && !goes_on) lines.push_back(std::exchange(words, {}));
      } else if (is_space(c)) {
        end_word();
      } else if (c == '\'' || c == '"') {
        const std::size_t end = text.find(c, i + 1);
        const std::size_t line_end = text.find('\n', i + 1);
        if (end == std::string_view::npos || line_end < end) {
          throw Unknown(fmt::format("xargs: unmatched {} quote", c == '"' ? "double" : "single"));
        }
        word += text.substr(i + 1, end - i - 1);
        in_word = true;
        i = end;
      } else {
        if (c == '\\' && i + 1 < text.size()) ++i;
        word += text[i];
        in_word = true;
      }
    }
    end_word();
    if (!words.empty()) lines.push_back(std::move(words));
    return lines;
  }

  /// -I: a command for each line, whose leading blanks do not count.
  int run_replaced(std::string_view text) {
    std::vector<std::string> items;
    for (std::string_view line : lines_of(text, delimiter_.value_or('\n'))) {
      if (!delimiter_) {
        while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
        if (line.find_first_of("'\"\\") != std::string_view::npos) {
          throw Unknown("quotes in the input of xargs -I");
        }
        if (line.empty()) continue;
      }
      items.emplace_back(line);
    }
    for (const std::string& item : items) {
      if (!start(replaced(command_, mark_, item))) break;
    }
    return status_;
  }

  int run_groups(const std::vector<std::string>& words) {
    if (words.empty()) {
      if (!options_.has("r")) run_command({});
      return status_;
    }
    std::vector<std::string> group;
    std::size_t bytes = 0;
    for (const std::string& word : words) {
      if ((words_at_once_ > 0 && group.size() == words_at_once_) ||
          (bytes + word.size() + 1 > kMostBytes && !group.empty())) {
        if (!run_command(std::exchange(group, {}))) return status_;
        bytes = 0;
      }
      group.push_back(word);
      bytes += word.size() + 1;
    }
    run_command(group);
    return status_;
  }

  bool run_command(const std::vector<std::string>& words) {
    std::vector<std::string> all = command_;
    all.insert(all.end(), words.begin(), words.end());
    return start(std::move(all));
  }

  /// Runs one; false when no other may follow.
  bool start(std::vector<std::string> words) {
    const Budget::Level level(process_.machine.budget);
    process_.machine.budget.take_steps();
    if (options_.has("t")) {
      std::string line;
      for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
      process_.err(line + '\n');
    }
    Process child{process_.machine, std::move(words)};
    child.environment = process_.environment;
    child.directory = process_.directory;
    child.umask = process_.umask;
    child.files = process_.files;
    child.files[0] = std::make_shared<Nothing>();
    const int status = process_.machine.runner.run(child);
    if (status == kNotFound || status == kCannotRun) {
      status_ = status;
      return false;
    }
    if (status == 255) {
      process_.err(fmt::format("xargs: {}: exited with status 255; aborting\n", command_.front()));
      status_ = kEndedBy255;
      return false;
    }
    if (status != 0) status_ = kSomeFailed;
    return true;
  }

  Process& process_;
  std::vector<std::string> command_;
  const Options& options_;
  std::string mark_;
  std::size_t words_at_once_ = 0;
  std::size_t lines_at_once_ = 0;
  std::optional<char> delimiter_;
  int status_ = 0;
};

}  // namespace

int xargs(Process& process) {
  static constexpr LongOption kLong[] = {{"null", Argument::none, "0"},
                                         {"no-run-if-empty", Argument::none, "r"},
                                         {"max-args", Argument::required, "n"},
                                         // one after the other is an order that may happen
                                         {"max-procs", Argument::required, "P"},
                                         {"delimiter", Argument::required, "d"},
                                         {"verbose", Argument::none, "t"},
                                         {"replace", Argument::optional, "i"},
                                         {"arg-file", Argument::required, "a"}};
  const Options options = parse_options(process, "+0rn:I:i::L:d:tP:a:", kLong);
  if (const std::string* file = options.value("a")) {
    const InputText text = read_operand(process, *file);
    if (!text) {
      return fail(process,
                  fmt::format("Cannot open input file '{}': {}", *file, describe(text.error)));
    }
    return Xargs(process, options).run(text.text);
  }
  return Xargs(process, options).run(process.read_input());
}

}  // namespace stamp::scripts
