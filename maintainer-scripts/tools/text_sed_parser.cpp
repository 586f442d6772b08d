#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_sed.h"
#include "maintainer-scripts/tools/text_sed_escapes.h"

namespace stamp::scripts::sed_script {
namespace {

constexpr int kEnd = -1;
constexpr std::size_t kMostBlocks = 200;

class Parser {
 public:
  Parser(Budget& budget, std::string_view script, const Dialect& dialect)
      : budget_(budget), script_(script), dialect_(dialect) {}

  Program parse() {
    if (script_ == "#n" || script_.starts_with("#n\n")) program_.quiet = true;
    while (true) {
      while (is_space_byte(peek()) || peek() == ';') ++at_;
      if (peek() == kEnd) break;
      if (peek() == '#') {
        skip_comment();
      } else {
        command();
      }
    }
    if (!blocks_.empty()) bad("unmatched '{'");
    resolve_labels();
    return std::move(program_);
  }

 private:
  [[noreturn]] void bad(std::string_view what) const {
    throw Unknown(fmt::format("sed script '{}': {} at byte {}", script_, what, at_ + 1));
  }

  static bool is_space_byte(int c) { return c != kEnd && is_space(static_cast<char>(c)); }
  static bool is_digit_byte(int c) { return c != kEnd && is_digit(static_cast<char>(c)); }

  int peek() const {
    return at_ < script_.size() ? static_cast<unsigned char>(script_[at_]) : kEnd;
  }

  char take() {
    if (at_ == script_.size()) bad("unexpected end");
    return script_[at_++];
  }

  bool take_if(char c) {
    if (peek() != static_cast<unsigned char>(c)) return false;
    ++at_;
    return true;
  }

  void skip_blanks() {
    while (is_space_byte(peek()) && peek() != '\n') ++at_;
  }

  void skip_comment() {
    while (peek() != kEnd && peek() != '\n') ++at_;
  }

  std::string rest_of_line() {
    const std::size_t end = std::min(script_.find('\n', at_), script_.size());
    std::string text(script_.substr(at_, end - at_));
    at_ = end;
    return text;
  }

  std::uint64_t number() {
    const std::size_t start = at_;
    while (is_digit_byte(peek())) ++at_;
    const auto value = parse_number(script_.substr(start, at_ - start));
    if (!value) bad("a number");
    return *value;
  }

  /// Text up to an unescaped `slash`, as sed's match_slash reads it.
  std::string delimited(char slash, bool is_pattern) {
    std::string text;
    while (true) {
      if (peek() == kEnd || peek() == '\n') bad("an unterminated pattern or text");
      char c = take();
      if (c == slash) return text;
      if (c == '[' && is_pattern) {
        text += c;
        bracket(text);
        continue;
      }
      if (c == '\\') {
        c = take();
        if (c == 'n' && is_pattern && slash != 'n') {
          c = '\n';
        } else if (c != '\n' && (c != slash || (!is_pattern && c == '&'))) {
          text += '\\';
        }
      }
      text += c;
    }
  }

  /// The rest of a bracket expression, in which a delimiter is a byte as others.
  void bracket(std::string& text) {
    if (peek() == '^') text += take();
    if (peek() == ']') text += take();
    while (peek() != kEnd && peek() != '\n') {
      const char c = take();
      if (c == '\\' && peek() == 'n') {
        ++at_;
        text += '\n';
        continue;
      }
      text += c;
      if (c == ']') return;
      if (c == '[' && (peek() == ':' || peek() == '.' || peek() == '=')) {
        const std::size_t end = script_.find(std::string{script_[at_], ']'}, at_ + 1);
        if (end == std::string_view::npos) bad("an unterminated class");
        text += script_.substr(at_, end + 2 - at_);
        at_ = end + 2;
      }
    }
    bad("an unterminated pattern or text");
  }

  PatternRef make_pattern(const std::string& text, const Regex::Options& options) {
    if (text.empty()) return {};
    program_.patterns.emplace_back(budget_, unescape_pattern(text), options);
    return {program_.patterns.size() - 1};
  }

  std::optional<Address> address() {
    const int c = peek();
    if (is_digit_byte(c)) {
      Address result{.kind = Address::Kind::line, .number = number()};
      skip_blanks();
      if (take_if('~')) {
        skip_blanks();
        result.kind = Address::Kind::step;
        result.step = is_digit_byte(peek()) ? number() : 0;
      }
      return result;
    }
    if (take_if('$')) return Address{.kind = Address::Kind::last};
    if (c != '/' && c != '\\') return std::nullopt;
    ++at_;
    const char slash = c == '/' ? '/' : take();
    const std::string text = delimited(slash, true);
    Regex::Options options{.syntax = dialect_.syntax};
    while (peek() == 'I' || peek() == 'M') {
      if (take() == 'I') {
        options.letters = Regex::Case::ignore;
      } else {
        set_lines(options);
      }
    }
    return Address{.kind = Address::Kind::pattern, .pattern = make_pattern(text, options)};
  }

  void set_lines(Regex::Options& options) const {
    if (dialect_.delimiter == '\n') options.anchors = Regex::Anchors::lines;
  }

  std::optional<Address> second_address() {
    if (peek() != '+' && peek() != '~') return address();
    const auto kind = take() == '+' ? Address::Kind::plus : Address::Kind::multiple;
    return Address{.kind = kind, .number = number()};
  }

  void addresses(Command& command) {
    command.first = address();
    skip_blanks();
    if (command.first && take_if(',')) {
      skip_blanks();
      command.second = second_address();
      if (!command.second) bad("a second address");
    }
    const bool zero =
        command.first && command.first->kind == Address::Kind::line && command.first->number == 0;
    if (zero && (!command.second || command.second->kind != Address::Kind::pattern)) {
      bad("address 0");
    }
    skip_blanks();
    while (take_if('!')) {
      command.negated = true;
      skip_blanks();
    }
  }

  void command() {
    Command command;
    addresses(command);
    command.name = take();
    switch (command.name) {
      case '{':
        if (blocks_.size() == kMostBlocks) bad("too many blocks");
        blocks_.push_back(program_.commands.size());
        break;
      case '}':
        if (blocks_.empty() || command.first) bad("unexpected '}'");
        program_.commands[blocks_.back()].target = program_.commands.size();
        blocks_.pop_back();
        end_of_command();
        return;
      case ':':
        if (command.first) bad("a label with an address");
        labels_[label()] = program_.commands.size();
        return;
      case 'a':
      case 'i':
      case 'c':
        command.text = inserted_text();
        break;
      default:
        simple(command);
    }
    program_.commands.push_back(std::move(command));
  }

  void simple(Command& command) {
    switch (command.name) {
      case 'b':
      case 't':
      case 'T':
        command.text = label();
        break;
      case 'r':
      case 'R':
      case 'w':
      case 'W':
        skip_blanks();
        command.text = rest_of_line();
        if (command.text.empty()) bad("no file name");
        break;
      case 's':
        substitution(command);
        break;
      case 'y':
        translation(command);
        break;
      case 'q':
      case 'Q':
      case 'l':
        skip_blanks();
        if (is_digit_byte(peek())) command.number = number();
        if (command.name == 'l' && command.number == 1U) bad("the width 1");
        end_of_command();
        break;
      default:
        if (std::string_view("=dDgGhHnNpPxzF").find(command.name) == std::string_view::npos) {
          bad(fmt::format("command '{}'", command.name));
        }
        end_of_command();
    }
  }

  void end_of_command() {
    skip_blanks();
    const int c = peek();
    if (c == kEnd || c == '\n' || c == ';' || c == '}' || c == '#') return;
    bad("extra characters after a command");
  }

  std::string label() {
    skip_blanks();
    std::string name;
    while (peek() != kEnd && !is_space_byte(peek()) && peek() != ';' && peek() != '}') {
      name += take();
    }
    return name;
  }

  /// The text of a, i and c: a backslash keeps the byte behind it, and ends no line.
  std::string inserted_text() {
    skip_blanks();
    if (peek() == kEnd) bad("no text");
    if (peek() == '\\') {
      ++at_;
      const std::size_t start = at_;
      skip_blanks();
      if (!take_if('\n')) at_ = start;
    }
    return text_lines();
  }

  std::string text_lines() {
    std::string text;
    // "$a\\" with nothing behind it only gives the last line its newline
    if (peek() == kEnd) return text;
    while (peek() != kEnd && peek() != '\n') {
      const char c = take();
      if (c != '\\') {
        text += c;
        continue;
      }
      if (peek() == kEnd) break;
      const auto escape = parse_escape(script_.substr(at_));
      if (escape) {
        text += escape->byte;
        at_ += escape->length;
      } else {
        text += take();
      }
    }
    return text + '\n';
  }

  void substitution(Command& command) {
    const char slash = take();
    if (slash == '\n' || slash == '\\') bad("a delimiter");
    const std::string pattern = delimited(slash, true);
    Substitution result;
    result.pieces = parse_replacement(delimited(slash, false));
    Regex::Options options{.syntax = dialect_.syntax};
    flags(result, options);
    if (!result.file.empty()) {
      command.text = result.file;
    } else {
      end_of_command();
    }
    result.pattern = make_pattern(pattern, options);
    std::size_t most = 0;
    for (const Piece& piece : result.pieces) most = std::max(most, piece.group);
    if (result.pattern.index && program_.patterns[*result.pattern.index].group_count() < most) {
      bad(fmt::format("a reference to group {}", most));
    }
    command.substitution = std::move(result);
  }

  void flags(Substitution& result, Regex::Options& options) {
    while (true) {
      const int c = peek();
      if (is_digit_byte(c)) {
        result.number = number();
        if (result.number == 0) bad("the number 0");
        continue;
      }
      if (c == 'g') {
        result.global = true;
      } else if (c == 'p') {
        result.print = true;
      } else if (c == 'i' || c == 'I') {
        options.letters = Regex::Case::ignore;
      } else if (c == 'm' || c == 'M') {
        set_lines(options);
      } else if (c == 'e') {
        bad("the flag e, which runs commands,");
      } else if (c == 'w') {
        ++at_;
        skip_blanks();
        result.file = rest_of_line();
        if (result.file.empty()) bad("no file name");
        return;
      } else {
        return;
      }
      ++at_;
    }
  }

  std::string unescape_set(const std::string& text, char slash) const {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 == text.size()) {
        result += text[i];
        continue;
      }
      const char c = text[i + 1];
      if (c == '\\' || c == slash || c == '\n') {
        result += c;
        ++i;
      } else if (const auto escape = parse_escape(std::string_view(text).substr(i + 1))) {
        result += escape->byte;
        i += escape->length;
      } else {
        bad("a backslash in y");
      }
    }
    return result;
  }

  void translation(Command& command) {
    const char slash = take();
    const std::string from = unescape_set(delimited(slash, false), slash);
    const std::string to = unescape_set(delimited(slash, false), slash);
    if (from.size() != to.size()) bad("sets of different lengths");
    for (std::size_t i = 0; i < command.translation.size(); ++i) {
      command.translation.at(i) = static_cast<char>(i);
    }
    for (std::size_t i = from.size(); i-- > 0;) {
      command.translation.at(static_cast<unsigned char>(from[i])) = to[i];
    }
    end_of_command();
  }

  void resolve_labels() {
    for (Command& command : program_.commands) {
      if (std::string_view("btT").find(command.name) == std::string_view::npos) continue;
      if (command.text.empty()) {
        command.target = program_.commands.size();
        continue;
      }
      const auto found = labels_.find(command.text);
      if (found == labels_.end()) bad(fmt::format("no label '{}'", command.text));
      command.target = found->second;
    }
  }

  Budget& budget_;
  std::string_view script_;
  Dialect dialect_;
  std::size_t at_ = 0;
  Program program_;
  std::vector<std::size_t> blocks_;
  std::map<std::string, std::size_t> labels_;
};

}  // namespace

Program parse(Budget& budget, std::string_view script, const Dialect& dialect) {
  return Parser(budget, script, dialect).parse();
}

}  // namespace stamp::scripts::sed_script
