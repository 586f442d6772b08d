#include <algorithm>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/regex.h"
#include "maintainer-scripts/tools/text_grep_matcher.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

constexpr int kTrouble = 2;

/// What grep prints.
struct Style {
  enum class Show { lines, only_matches, count, files_with, files_without, nothing };
  Show show = Show::lines;
  bool invert = false;
  bool numbers = false;
  bool byte_offsets = false;
  bool names = false;
  bool text = false;
  bool null_names = false;
  char end = '\n';
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::size_t before = 0;
  std::size_t after = 0;
  bool with_context = false;
};

/// One file's search.
class Search {
 public:
  Search(const GrepMatcher& matcher, const Style& style, Output& output)
      : matcher_(matcher), style_(style), output_(output) {}

  /// Number of selected lines. `separated` stays over files: whether anything was printed.
  std::uint64_t run(std::string_view name, std::string_view text, bool& printed_before) {
    name_ = name;
    whole_text_ = text;
    binary_ = !style_.text && style_.end == '\n' && is_binary(text);
    LineReader lines(text, style_.end);
    while (const auto line = lines.next()) {
      ++number_;
      const auto match = matcher_.find(*line, 0);
      if (match.has_value() == style_.invert) {
        context(*line, printed_before);
        continue;
      }
      ++selected_;
      if (style_.show >= Style::Show::files_with) break;
      if (style_.show != Style::Show::count) {
        if (binary_) break;
        print_selected(*line, match, printed_before);
      }
      after_left_ = style_.after;
      if (selected_ == style_.most) {
        // what follows a last line is still shown
        while (after_left_ > 0) {
          const auto next = lines.next();
          if (!next || matcher_.find(*next, 0).has_value() != style_.invert) break;
          ++number_;
          context(*next, printed_before);
        }
        break;
      }
    }
    return selected_;
  }

  bool is_binary_match() const {
    return binary_ && selected_ > 0 &&
           (style_.show == Style::Show::lines || style_.show == Style::Show::only_matches);
  }

 private:
  /// As grep in the C locale: a NUL byte, or a byte that is no character.
  static bool is_binary(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return c == '\0' || static_cast<unsigned char>(c) >= 0x80; });
  }

  void prefix(char separator, std::uint64_t number, std::size_t offset) {
    if (style_.names) {
      output_.add(name_);
      output_.add(style_.null_names ? '\0' : separator);
    }
    if (style_.numbers) output_.add(fmt::format("{}{}", number, separator));
    if (style_.byte_offsets) output_.add(fmt::format("{}{}", offset, separator));
  }

  void print_line(std::string_view line, std::uint64_t number, char separator) {
    prefix(separator, number, static_cast<std::size_t>(line.data() - whole_text_.data()));
    output_.add(line);
    output_.add(style_.end);
    last_printed_ = number;
  }

  void print_selected(std::string_view line, const std::optional<TextRange>& match,
                      bool& printed_before) {
    if (style_.show == Style::Show::only_matches) {
      print_matches(line, match);
      return;
    }
    const std::uint64_t first = number_ - waiting_.size();
    if (style_.with_context && printed_before && first != last_printed_ + 1) output_.add("--\n");
    for (std::size_t i = 0; i < waiting_.size(); ++i) print_line(waiting_[i], first + i, '-');
    waiting_.clear();
    print_line(line, number_, ':');
    printed_before = true;
  }

  void print_matches(std::string_view line, std::optional<TextRange> match) {
    while (match && !style_.invert) {
      if (match->size() > 0) {
        prefix(':', number_,
               static_cast<std::size_t>(line.data() - whole_text_.data()) + match->begin);
        output_.add(match->of(line));
        output_.add(style_.end);
      }
      const std::size_t next = match->size() > 0 ? match->end : match->end + 1;
      if (next > line.size()) break;
      match = matcher_.find(line, next);
    }
  }

  void context(std::string_view line, const bool& printed_before) {
    if (style_.show != Style::Show::lines || binary_) return;
    if (after_left_ > 0 && printed_before) {
      --after_left_;
      print_line(line, number_, '-');
      return;
    }
    if (style_.before == 0) return;
    waiting_.push_back(line);
    if (waiting_.size() > style_.before) waiting_.pop_front();
  }

  const GrepMatcher& matcher_;
  const Style& style_;
  Output& output_;
  std::string_view name_;
  std::string_view whole_text_;
  bool binary_ = false;
  std::uint64_t number_ = 0;
  std::uint64_t selected_ = 0;
  std::uint64_t last_printed_ = 0;
  std::size_t after_left_ = 0;
  std::deque<std::string_view> waiting_;
};

constexpr LongOption kGrepOptions[] = {{"extended-regexp", Argument::none, "E"},
                                       {"fixed-strings", Argument::none, "F"},
                                       {"basic-regexp", Argument::none, "G"},
                                       {"regexp", Argument::required, "e"},
                                       {"file", Argument::required, "f"},
                                       {"ignore-case", Argument::none, "i"},
                                       {"invert-match", Argument::none, "v"},
                                       {"word-regexp", Argument::none, "w"},
                                       {"line-regexp", Argument::none, "x"},
                                       {"count", Argument::none, "c"},
                                       {"files-with-matches", Argument::none, "l"},
                                       {"files-without-match", Argument::none, "L"},
                                       {"line-number", Argument::none, "n"},
                                       {"byte-offset", Argument::none, "b"},
                                       {"only-matching", Argument::none, "o"},
                                       {"no-filename", Argument::none, "h"},
                                       {"with-filename", Argument::none, "H"},
                                       {"recursive", Argument::none, "r"},
                                       {"quiet", Argument::none, "q"},
                                       {"silent", Argument::none, "q"},
                                       {"no-messages", Argument::none, "s"},
                                       {"max-count", Argument::required, "m"},
                                       {"after-context", Argument::required, "A"},
                                       {"before-context", Argument::required, "B"},
                                       {"context", Argument::required, "C"},
                                       {"text", Argument::none, "a"},
                                       {"null-data", Argument::none, "z"},
                                       {"null", Argument::none, "Z"},
                                       {"color", Argument::optional},
                                       {"colour", Argument::optional},
                                       {"line-buffered", Argument::none}};

std::uint64_t number_option(const Options& options, std::string_view name,
                            std::uint64_t otherwise) {
  const std::string* text = options.value(name);
  if (text == nullptr) return otherwise;
  const auto number = parse_number(*text);
  if (!number) throw Unknown(fmt::format("number '{}' is not known", *text));
  return *number;
}

Style style_of(const Options& options) {
  using Show = Style::Show;
  Style style;
  style.invert = options.has("v");
  style.numbers = options.has("n");
  style.byte_offsets = options.has("b");
  style.text = options.has("a");
  style.null_names = options.has("Z");
  if (options.has("z")) style.end = '\0';
  style.most = number_option(options, "m", style.most);
  const std::uint64_t both = number_option(options, "C", 0);
  style.before = number_option(options, "B", both);
  style.after = number_option(options, "A", both);
  style.with_context = options.has("A") || options.has("B") || options.has("C");
  if (options.has("o")) {
    style.show = Show::only_matches;
    style.before = style.after = 0;
  }
  if (options.has("c")) style.show = Show::count;
  static constexpr std::string_view kFiles[] = {"l", "L"};
  const std::string_view files = options.last_of(kFiles);
  if (!files.empty()) style.show = files == "l" ? Show::files_with : Show::files_without;
  if (options.has("q")) style.show = Show::nothing;
  for (const std::string_view name : {"color", "colour"}) {
    if (!options.has(name)) continue;
    const std::string* when = options.value(name);
    if (when != nullptr && *when == "always") throw Unknown("option '--color=always' is not known");
  }
  return style;
}

/// All of a grep.
class Grep {
 public:
  Grep(Process& process, const Options& options, const GrepMatcher& matcher)
      : process_(process),
        options_(options),
        matcher_(matcher),
        style_(style_of(options)),
        output_(process) {}

  int run(const std::vector<std::string>& files) {
    const bool recursive = options_.has("r") || options_.has("R");
    const Found first = process_.machine.tree.find(process_.absolute(files.front()));
    const bool folder = recursive && first && first.inode->is_directory();
    style_.names = !options_.has("h") && (options_.has("H") || files.size() > 1 || folder);
    for (const std::string& file : files) {
      search_file(file, recursive);
      if (done_) break;
    }
    output_.flush();
    if (style_.show == Style::Show::nothing && selected_) return 0;
    if (trouble_) return kTrouble;
    return selected_ ? 0 : 1;
  }

 private:
  void search_file(const std::string& file, bool recursive) {
    if (file != "-") {
      const Found found = process_.machine.tree.find(process_.absolute(file));
      if (found && found.inode->is_directory()) {
        if (recursive) {
          search_folder(file, *found.inode);
        } else if (!options_.has("s")) {
          output_.flush();
          fail(process_, fmt::format("{}: Is a directory", file));
        }
        return;
      }
    }
    const InputText text = read_operand(process_, file);
    if (!text) {
      output_.flush();
      trouble_ = true;
      if (!options_.has("s")) fail(process_, fmt::format("{}: {}", file, describe(text.error)));
      return;
    }
    search_text(file == "-" ? "(standard input)" : file, text.text);
  }

  /// Links are followed by -R only; the order is the names', where grep's is the file system's.
  void search_folder(const std::string& path, const Inode& folder) {
    const Budget::Level level(process_.machine.budget);
    for (const auto& [name, child] : folder.children) {
      if (done_) return;
      const std::string below = path.ends_with('/') ? path + name : path + '/' + name;
      if (child->is_symlink() && !options_.has("R")) continue;
      if (child->is_directory()) {
        search_folder(below, *child);
      } else if (child->is_file() || child->is_symlink()) {
        search_file(below, true);
      }
    }
  }

  void search_text(const std::string& name, std::string_view text) {
    if (style_.most == 0) return;
    Search search(matcher_, style_, output_);
    const std::uint64_t count = search.run(name, text, printed_);
    using Show = Style::Show;
    if (style_.show == Show::files_without) {
      if (count == 0) print_name(name);
      selected_ = selected_ || count == 0;
      return;
    }
    selected_ = selected_ || count > 0;
    if (style_.show == Show::files_with && count > 0) print_name(name);
    if (style_.show == Show::count) {
      if (style_.names) output_.add(fmt::format("{}{}", name, style_.null_names ? '\0' : ':'));
      output_.add(fmt::format("{}\n", count));
    }
    if (search.is_binary_match()) {
      output_.flush();
      process_.err(fmt::format("grep: {}: binary file matches\n", name));
    }
    done_ = style_.show == Show::nothing && count > 0;
  }

  void print_name(const std::string& name) {
    output_.add(name);
    output_.add(style_.null_names ? '\0' : '\n');
  }

  Process& process_;
  const Options& options_;
  const GrepMatcher& matcher_;
  Style style_;
  Output output_;
  bool printed_ = false;
  bool selected_ = false;
  bool trouble_ = false;
  bool done_ = false;
};

/// "-5": as -C 5.
void spell_context(std::vector<std::string>& args) {
  for (std::size_t i = 1; i < args.size() && args[i] != "--"; ++i) {
    if (args[i].size() < 2 || args[i][0] != '-') continue;
    if (std::string_view("efmABC").find(args[i].back()) != std::string_view::npos) {
      ++i;  // an option's argument
      continue;
    }
    if (!is_digit(args[i][1])) continue;
    if (!parse_number(std::string_view(args[i]).substr(1))) {
      throw Unknown(fmt::format("option '{}' is not known", args[i]));
    }
    args[i] = "-C" + args[i].substr(1);
  }
}

}  // namespace

int grep(Process& process) {
  spell_context(process.args);
  const Options options =
      parse_options(process, "EFGe:f:ivwxclLnbohHrRqsm:A:B:C:azZyU", kGrepOptions);
  static constexpr std::string_view kSyntaxes[] = {"E", "F", "G"};
  std::string_view syntax = options.last_of(kSyntaxes);
  if (process.name() == "egrep") syntax = "E";
  if (process.name() == "fgrep") syntax = "F";
  using Kind = GrepMatcher::Kind;
  Kind kind = Kind::basic;
  if (syntax == "E") kind = Kind::extended;
  if (syntax == "F") kind = Kind::fixed;
  GrepMatcher matcher(process.machine.budget, options, kind);
  std::vector<std::string> files = options.operands;
  bool given = false;
  for (const Option& option : options.given) {
    if (option.name == "e") matcher.add(*option.value);
    if (option.name == "f") {
      InputText text = read_operand(process, *option.value);
      if (!text) {
        return fail(process, fmt::format("{}: {}", *option.value, describe(text.error)), kTrouble);
      }
      if (text.text.ends_with('\n'))
        text.text.pop_back();
      else if (text.text.empty())
        continue;
      matcher.add(text.text);
    }
    given = given || option.name == "e" || option.name == "f";
  }
  if (!given) {
    if (files.empty()) {
      process.err(
          "Usage: grep [OPTION]... PATTERNS [FILE]...\n"
          "Try 'grep --help' for more information.\n");
      return kTrouble;
    }
    matcher.add(files.front());
    files.erase(files.begin());
  }
  const bool recursive = options.has("r") || options.has("R");
  if (files.empty()) {
    if (recursive) throw Unknown("grep -r without files");
    files.emplace_back("-");
  }
  return Grep(process, options, matcher).run(files);
}

}  // namespace stamp::scripts
