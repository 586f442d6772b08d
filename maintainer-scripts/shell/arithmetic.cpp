#include "maintainer-scripts/shell/arithmetic.h"

#include <array>
#include <limits>

namespace stamp::scripts::shell {
namespace {

enum class Token {
  end,
  bad,
  number,
  name,
  left,
  right,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  power,
  increment,
  decrement,
  comma,
  shift_left,
  shift_right,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  bit_and,
  bit_xor,
  bit_or,
  logical_and,
  logical_or,
  logical_not,
  bit_not,
  question,
  colon,
  assign,
};

struct Spelling {
  std::string_view text;
  Token token;
};

// Longer ones first where one begins another.
constexpr std::array<Spelling, 26> kOperators{{
    {"<<", Token::shift_left},    {">>", Token::shift_right}, {"<=", Token::less_equal},
    {">=", Token::greater_equal}, {"==", Token::equal},       {"!=", Token::not_equal},
    {"&&", Token::logical_and},   {"||", Token::logical_or},  {"(", Token::left},
    {")", Token::right},          {"+", Token::add},          {"-", Token::subtract},
    {"*", Token::multiply},       {"/", Token::divide},       {"%", Token::remainder},
    {"<", Token::less},           {">", Token::greater},      {"&", Token::bit_and},
    {"^", Token::bit_xor},        {"|", Token::bit_or},       {"!", Token::logical_not},
    {"~", Token::bit_not},        {"?", Token::question},     {":", Token::colon},
    {"=", Token::assign},         {"", Token::bad},
}};

// What only bash has.
constexpr std::array<Spelling, 4> kOperatorsOfBash{{
    {"**", Token::power},
    {"++", Token::increment},
    {"--", Token::decrement},
    {",", Token::comma},
}};

/// Binding strength of a binary operator; 0 of anything else.
int strength(Token token) {
  switch (token) {
    case Token::power:
      return 9;
    case Token::multiply:
    case Token::divide:
    case Token::remainder:
      return 8;
    case Token::add:
    case Token::subtract:
      return 7;
    case Token::shift_left:
    case Token::shift_right:
      return 6;
    case Token::less:
    case Token::less_equal:
    case Token::greater:
    case Token::greater_equal:
      return 5;
    case Token::equal:
    case Token::not_equal:
      return 4;
    case Token::bit_and:
      return 3;
    case Token::bit_xor:
      return 2;
    case Token::bit_or:
      return 1;
    default:
      return 0;
  }
}

/// Operators that have a form with `=`.
bool can_assign(Token token) {
  return (strength(token) >= 6 && token != Token::power) || token == Token::bit_and ||
         token == Token::bit_xor || token == Token::bit_or;
}

std::int64_t wrapped(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

std::uint64_t raw(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

class Evaluator {
 public:
  Evaluator(std::string_view text, const ArithmeticContext& context)
      : text_(text), context_(context) {}

  std::int64_t run() {
    next();
    if (is_bash() && token_ == Token::end) return 0;
    const std::int64_t result = expression(Wanted::value);
    if (token_ != Token::end) fail("expecting EOF");
    return result;
  }

 private:
  /// Whether the value is needed: what && || and ?: skip assigns and divides nothing.
  enum class Wanted { value, syntax };

  void fail(std::string_view message) const { context_.fail(message); }
  bool is_bash() const { return context_.dialect == Dialect::bash; }

  void next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) {
      ++at_;
    }
    is_assignment_ = false;
    if (at_ == text_.size()) {
      token_ = Token::end;
      return;
    }
    const char c = text_[at_];
    if (c >= '0' && c <= '9') {
      const Number number = read_number(text_.substr(at_), 0);
      if (is_bash() && number.out_of_range) throw Unknown("a number that is too large");
      token_ = Token::number;
      number_ = number.value;
      at_ += number.length;
      return;
    }
    std::size_t end = at_;
    while (end < text_.size() && is_name_byte(text_[end])) ++end;
    if (end > at_) {
      token_ = Token::name;
      name_ = text_.substr(at_, end - at_);
      at_ = end;
      return;
    }
    next_operator();
  }

  static bool is_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  void next_operator() {
    for (const Spelling& known : kOperatorsOfBash) {
      if (!is_bash() || !text_.substr(at_).starts_with(known.text)) continue;
      token_ = known.token;
      at_ += known.text.size();
      return;
    }
    for (const Spelling& known : kOperators) {
      if (!text_.substr(at_).starts_with(known.text)) continue;
      token_ = known.token;
      at_ += known.text.size();
      break;
    }
    if (token_ == Token::bad) fail("expecting EOF");
    if (can_assign(token_) && at_ < text_.size() && text_[at_] == '=') {
      is_assignment_ = true;
      ++at_;
    }
  }

  /// With bash's comma.
  std::int64_t expression(Wanted wanted) {
    std::int64_t result = assignment(wanted);
    while (token_ == Token::comma) {
      next();
      result = assignment(wanted);
    }
    return result;
  }

  std::int64_t assignment(Wanted wanted) {
    const Budget::Level level(context_.budget);
    context_.budget.take_steps();
    if (token_ != Token::name) return conditional(wanted);
    const std::string_view name = name_;
    const std::size_t before = at_;
    next();
    if (token_ != Token::assign && !is_assignment_) {
      at_ = before;
      token_ = Token::name;
      name_ = name;
      is_assignment_ = false;
      return conditional(wanted);
    }
    const Token operation = token_;
    next();
    std::int64_t result = assignment(wanted);
    if (wanted == Wanted::syntax) return result;
    if (operation != Token::assign) result = apply(operation, context_.value(name), result);
    context_.assign(name, result);
    return result;
  }

  std::int64_t conditional(Wanted wanted) {
    const Budget::Level level(context_.budget);
    const std::int64_t condition = logical_or(wanted);
    if (token_ != Token::question) return condition;
    next();
    const std::int64_t then = expression(condition != 0 ? wanted : Wanted::syntax);
    if (token_ != Token::colon) fail("expecting ':'");
    next();
    const std::int64_t otherwise = conditional(condition == 0 ? wanted : Wanted::syntax);
    return condition != 0 ? then : otherwise;
  }

  std::int64_t logical_or(Wanted wanted) {
    std::int64_t value = logical_and(wanted);
    while (token_ == Token::logical_or) {
      next();
      const std::int64_t right = logical_and(value == 0 ? wanted : Wanted::syntax);
      value = value != 0 || right != 0 ? 1 : 0;
    }
    return value;
  }

  std::int64_t logical_and(Wanted wanted) {
    std::int64_t value = binary(1, wanted);
    while (token_ == Token::logical_and) {
      next();
      const std::int64_t right = binary(1, value != 0 ? wanted : Wanted::syntax);
      value = value != 0 && right != 0 ? 1 : 0;
    }
    return value;
  }

  /// Operators that bind at least as strongly as `least`.
  std::int64_t binary(int least, Wanted wanted) {
    std::int64_t left = unary(wanted);
    while (!is_assignment_ && strength(token_) >= least) {
      const Token operation = token_;
      next();
      const std::int64_t right =
          binary(strength(operation) + (operation == Token::power ? 0 : 1), wanted);
      left = wanted == Wanted::value ? apply(operation, left, right) : right;
    }
    return left;
  }

  std::int64_t unary(Wanted wanted) {
    if (token_ == Token::number) {
      const std::int64_t value = number_;
      next();
      return value;
    }
    if (token_ == Token::name) {
      const std::string_view name = name_;
      next();
      if (token_ == Token::increment || token_ == Token::decrement) {
        return stepped(name, token_, Step::after, wanted);
      }
      return wanted == Wanted::value ? context_.value(name) : 0;
    }
    if (token_ == Token::increment || token_ == Token::decrement) {
      const Token operation = token_;
      next();
      if (token_ != Token::name) throw Unknown("'++' or '--' of what is no variable");
      const std::string_view name = name_;
      return stepped(name, operation, Step::before, wanted);
    }
    const Budget::Level level(context_.budget);
    const Token operation = is_assignment_ ? Token::bad : token_;
    if (operation != Token::left && operation != Token::add && operation != Token::subtract &&
        operation != Token::logical_not && operation != Token::bit_not) {
      fail("expecting primary");
    }
    next();
    if (operation == Token::left) {
      const std::int64_t value = expression(wanted);
      if (token_ != Token::right) fail("expecting ')'");
      next();
      return value;
    }
    const std::int64_t value = unary(wanted);
    if (operation == Token::subtract) return wrapped(0 - raw(value));
    if (operation == Token::logical_not) return value == 0 ? 1 : 0;
    return operation == Token::bit_not ? ~value : value;
  }

  enum class Step { before, after };
  /// x++ and the like; the token behind which it stands is passed over.
  std::int64_t stepped(std::string_view name, Token operation, Step step, Wanted wanted) {
    next();
    if (wanted == Wanted::syntax) return 0;
    const std::int64_t before = context_.value(name);
    const std::uint64_t one = operation == Token::increment ? 1 : std::uint64_t{0} - 1;
    const std::int64_t after = wrapped(raw(before) + one);
    context_.assign(name, after);
    return step == Step::before ? after : before;
  }

  std::int64_t power(std::int64_t base, std::int64_t exponent) const {
    if (exponent < 0) fail("exponent less than 0");
    std::uint64_t result = 1;
    std::uint64_t factor = raw(base);
    for (std::uint64_t rest = raw(exponent); rest > 0; rest >>= 1U) {
      if ((rest & 1U) != 0) result *= factor;
      factor *= factor;
    }
    return wrapped(result);
  }

  std::int64_t divide(Token operation, std::int64_t left, std::int64_t right) const {
    if (right == 0) fail("division by zero");
    // the one quotient that does not fit
    if (right == -1) return operation == Token::divide ? wrapped(0 - raw(left)) : 0;
    return operation == Token::divide ? left / right : left % right;
  }

  std::int64_t apply(Token operation, std::int64_t left, std::int64_t right) const {
    switch (operation) {
      case Token::multiply:
        return wrapped(raw(left) * raw(right));
      case Token::divide:
      case Token::remainder:
        return divide(operation, left, right);
      case Token::power:
        return power(left, right);
      case Token::add:
        return wrapped(raw(left) + raw(right));
      case Token::subtract:
        return wrapped(raw(left) - raw(right));
      case Token::shift_left:
        return wrapped(raw(left) << (raw(right) & 63U));
      case Token::shift_right:
        return left >> (raw(right) & 63U);
      case Token::less:
        return left < right ? 1 : 0;
      case Token::less_equal:
        return left <= right ? 1 : 0;
      case Token::greater:
        return left > right ? 1 : 0;
      case Token::greater_equal:
        return left >= right ? 1 : 0;
      case Token::equal:
        return left == right ? 1 : 0;
      case Token::not_equal:
        return left != right ? 1 : 0;
      case Token::bit_and:
        return left & right;
      case Token::bit_xor:
        return left ^ right;
      default:
        return left | right;
    }
  }

  std::string_view text_;
  const ArithmeticContext& context_;
  std::size_t at_ = 0;
  Token token_ = Token::end;
  bool is_assignment_ = false;  ///< the operator in token_ has a `=` behind it
  std::int64_t number_ = 0;
  std::string_view name_;
};

unsigned digit_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A') + 10;
  return 99;
}

}  // namespace

std::int64_t evaluate_arithmetic(std::string_view expression, const ArithmeticContext& context) {
  return Evaluator(expression, context).run();
}

Number read_number(std::string_view text, unsigned base) {
  std::size_t i = 0;
  while (i < text.size() && (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r'))) ++i;
  const bool negative = i < text.size() && text[i] == '-';
  if (negative || (i < text.size() && text[i] == '+')) ++i;
  if ((base == 0 || base == 16) && i + 2 < text.size() && text[i] == '0' &&
      (text[i + 1] == 'x' || text[i + 1] == 'X') && digit_value(text[i + 2]) < 16) {
    base = 16;
    i += 2;
  } else if (base == 0) {
    base = i < text.size() && text[i] == '0' ? 8 : 10;
  }
  const std::size_t first = i;
  // the magnitude of the lowest number is one more than that of the highest
  const std::uint64_t limit = raw(std::numeric_limits<std::int64_t>::max()) + (negative ? 1U : 0U);
  std::uint64_t magnitude = 0;
  Number number;
  for (; i < text.size() && digit_value(text[i]) < base; ++i) {
    const unsigned digit = digit_value(text[i]);
    if (magnitude > (limit - digit) / base) number.out_of_range = true;
    magnitude = number.out_of_range ? limit : magnitude * base + digit;
  }
  number.length = i == first ? 0 : i;
  number.value = wrapped(negative ? 0 - magnitude : magnitude);
  return number;
}

}  // namespace stamp::scripts::shell
