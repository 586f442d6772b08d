#include "maintainer-scripts/shell/test_expression.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include <fmt/core.h>

#include "maintainer-scripts/shell/arithmetic.h"

namespace stamp::scripts::shell {
namespace {

enum class Kind { none, unary, binary, negation, connective, parenthesis };

Kind kind_of(std::string_view word, Dialect dialect) {
  if (word == "!") return Kind::negation;
  if (word == "(" || word == ")") return Kind::parenthesis;
  if (word == "-a" || word == "-o") return Kind::connective;
  constexpr std::string_view kUnary = "rwxefdcbpugksthzLnSOG";
  if (word.size() == 2 && word[0] == '-' && kUnary.find(word[1]) != std::string_view::npos) {
    return Kind::unary;
  }
  if (dialect == Dialect::bash) {
    if (word == "-v") return Kind::unary;
    if (word == "==") return Kind::binary;
    if (word == "-N" || word == "-R") throw Unknown(fmt::format("'test {}' is not known", word));
  }
  constexpr std::array<std::string_view, 13> kBinary{
      "=", "!=", "<", ">", "-eq", "-ne", "-ge", "-gt", "-le", "-lt", "-nt", "-ot", "-ef"};
  const bool known = std::find(kBinary.begin(), kBinary.end(), word) != kBinary.end();
  return known ? Kind::binary : Kind::none;
}

/// An expression read from left to right, as dash reads it.
class Evaluator {
 public:
  Evaluator(std::span<const std::string> words, const TestContext& context)
      : words_(words), context_(context) {}

  bool run() {
    if (is_bash() && words_.size() == 2 && (words_[0] == "-a" || words_[0] == "-o")) {
      throw Unknown(fmt::format("'test {}' with one word is not known", words_[0]));
    }
    if (is_bash() && words_.size() == 2 && words_[0] != "!" && kind_of(words_[0]) != Kind::unary) {
      context_.fail(fmt::format("{}: unary operator expected", words_[0]));
    }
    if (is_bash() && words_.size() == 3 && words_[0] == "!" &&
        (words_[1] == "-a" || words_[1] == "-o")) {
      throw Unknown(fmt::format("'test ! {}' is not known", words_[1]));
    }
    bool wanted = true;
    while (!words_.empty()) {
      if (words_.size() == 3 && kind_of(words_[1]) == Kind::binary) {
        return (operand_first() == wanted);
      }
      if (words_.size() != 3 && words_.size() != 4) break;
      if (words_.front() == "(" && words_.back() == ")") {
        words_ = words_.subspan(1, words_.size() - 2);
        break;
      }
      if (words_.front() != "!") break;
      wanted = !wanted;
      words_ = words_.subspan(1);
    }
    if (words_.empty()) return !wanted;
    const bool result = either(lex(0)) == wanted;
    check_end();
    return result;
  }

 private:
  bool is_bash() const { return context_.dialect == Dialect::bash; }
  Kind kind_of(std::string_view word) const { return shell::kind_of(word, context_.dialect); }

  /// What the word at a position is there.
  struct Lexed {
    Kind kind = Kind::none;  ///< none: an operand
    bool end = false;
  };

  bool operand_first() {
    const bool result = either({});
    check_end();
    return result;
  }

  void check_end() {
    if (at_ + 1 < words_.size() && at_ < words_.size()) {
      context_.fail(fmt::format("{}: unexpected operator", words_[at_]));
    }
  }

  Lexed lex(std::size_t at) const {
    if (at >= words_.size()) return {.end = true};
    const Kind kind = kind_of(words_[at]);
    if (kind == Kind::unary && is_operand(at)) return {};
    if (words_[at] == "(" && at + 1 >= words_.size()) return {};
    return {.kind = kind};
  }

  /// Whether what looks like a unary operator is an operand.
  bool is_operand(std::size_t at) const {
    if (at + 1 >= words_.size()) return true;
    if (at + 2 >= words_.size()) return false;
    return kind_of(words_[at + 1]) == Kind::binary;
  }

  bool is_at(std::size_t at, std::string_view word) const {
    return at < words_.size() && words_[at] == word;
  }

  bool either(Lexed first) {
    bool result = false;
    while (true) {
      if (both(first)) result = true;
      if (!is_at(at_ + 1, "-o")) return result;
      at_ += 2;
      first = lex(at_);
    }
  }

  bool both(Lexed first) {
    bool result = true;
    while (true) {
      if (!negated(first)) result = false;
      if (!is_at(at_ + 1, "-a")) return result;
      at_ += 2;
      first = lex(at_);
    }
  }

  bool negated(Lexed first) {
    bool wanted = true;
    while (first.kind == Kind::negation) {
      wanted = !wanted;
      first = lex(at_ + 1);
      if (!first.end) ++at_;
    }
    return primary(first) == wanted;
  }

  bool primary(Lexed first) {
    if (first.end) return false;
    if (first.kind == Kind::parenthesis && words_[at_] == "(") {
      if (++depth_ > kMostDepth) context_.fail("too many parentheses");
      const Lexed next = lex(++at_);
      if (next.kind == Kind::parenthesis && words_[at_] == ")") return false;
      const bool result = either(next);
      if (!is_at(++at_, ")")) context_.fail("closing paren expected");
      --depth_;
      return result;
    }
    if (first.kind == Kind::unary) {
      const std::string& operation = words_[at_];
      if (++at_ >= words_.size()) context_.fail(fmt::format("{}: argument expected", operation));
      return unary(operation[1], words_[at_]);
    }
    if (at_ + 1 < words_.size() && lex(at_ + 1).kind == Kind::binary) {
      const std::string& left = words_[at_];
      const std::string& operation = words_[++at_];
      if (++at_ >= words_.size()) context_.fail(fmt::format("{}: argument expected", operation));
      return binary(left, operation, words_[at_]);
    }
    return !words_[at_].empty();
  }

  std::int64_t number(const std::string& text) const {
    const Number number = read_number(text, 10);
    std::size_t end = number.length;
    while (end < text.size() && (text[end] == ' ' || (text[end] >= '\t' && text[end] <= '\r'))) {
      ++end;
    }
    if (number.length == 0 || number.out_of_range || end < text.size()) {
      context_.fail(fmt::format("Illegal number: {}", text));
    }
    return number.value;
  }

  std::shared_ptr<Inode> find(const std::string& path, LastLink last = LastLink::follow) const {
    if (path.empty()) return nullptr;
    return context_.tree.find(context_.absolute(path), last).inode;
  }

  bool unary(char operation, const std::string& operand) const {
    if (operation == 'v') return context_.is_set(operand);
    if (operation == 'z') return operand.empty();
    if (operation == 'n') return !operand.empty();
    if (operation == 't') {
      number(operand);
      return false;
    }
    const bool of_link = operation == 'h' || operation == 'L';
    const std::shared_ptr<Inode> inode = find(operand, of_link ? LastLink::keep : LastLink::follow);
    return inode != nullptr && holds(operation, *inode);
  }

  static bool holds(char operation, const Inode& inode) {
    using layer::EntryType;
    switch (operation) {
      case 'f':
        return inode.is_file();
      case 'd':
        return inode.is_directory();
      case 'c':
        return inode.type == EntryType::character_device;
      case 'b':
        return inode.type == EntryType::block_device;
      case 'p':
        return inode.type == EntryType::fifo;
      case 'S':
        return false;
      case 'h':
      case 'L':
        return inode.is_symlink();
      case 'u':
        return (inode.mode & 04000U) != 0;
      case 'g':
        return (inode.mode & 02000U) != 0;
      case 'k':
        return (inode.mode & 01000U) != 0;
      case 's':
        return inode.is_directory() || inode.size > 0;
      case 'x':
        return inode.is_directory() || (inode.mode & 0111U) != 0;
      case 'O':
        return inode.uid == 0;
      case 'G':
        return inode.gid == 0;
      default:  // -e, and root may read and write all
        return true;
    }
  }

  bool binary(const std::string& left, const std::string& operation,
              const std::string& right) const {
    if (operation == "=" || operation == "==") return left == right;
    if (operation == "!=") return left != right;
    if (operation == "<") return left < right;
    if (operation == ">") return left > right;
    if (operation == "-nt" || operation == "-ot" || operation == "-ef") {
      const std::shared_ptr<Inode> a = find(left);
      const std::shared_ptr<Inode> b = find(right);
      if (is_bash() && operation != "-ef" && (a == nullptr) != (b == nullptr)) {
        return (operation == "-nt") == (b == nullptr);
      }
      if (a == nullptr || b == nullptr) return false;
      if (operation == "-ef") return a == b;
      return operation == "-nt" ? a->mtime > b->mtime : a->mtime < b->mtime;
    }
    const std::int64_t a = number(left);
    const std::int64_t b = number(right);
    if (operation == "-eq") return a == b;
    if (operation == "-ne") return a != b;
    if (operation == "-ge") return a >= b;
    if (operation == "-gt") return a > b;
    return operation == "-le" ? a <= b : a < b;
  }

  static constexpr int kMostDepth = 100;
  std::span<const std::string> words_;
  const TestContext& context_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

int evaluate_test(std::span<const std::string> words, const TestContext& context) {
  return Evaluator(words, context).run() ? 0 : 1;
}

}  // namespace stamp::scripts::shell
