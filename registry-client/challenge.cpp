#include "registry-client/challenge.h"

#include <optional>

#include <fmt/core.h>

#include "base/error.h"
#include "base/text.h"

namespace stamp::registry {
namespace {

constexpr std::size_t kMaxField = 16 * 1024;

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

constexpr bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// A character of a token. Spec: RFC 9110 section 5.6.2.
constexpr bool is_token_char(char c) {
  return is_alphanumeric(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// Reads a field from left to right.
class Reader {
 public:
  explicit Reader(std::string_view field) : field_(field), rest_(field) {}

  std::vector<Challenge> read() {
    std::vector<Challenge> challenges;
    while (true) {
      skip_list_marks();
      if (rest_.empty()) return challenges;
      const std::string name = lower_case(token());
      if (const std::optional<std::string> value = parameter_value()) {
        if (challenges.empty()) fail("a parameter without a scheme");
        if (!challenges.back().parameters.emplace(name, *value).second) {
          fail(fmt::format("'{}' is there twice", printable(name, 40)));
        }
      } else {
        challenges.push_back({.scheme = name});
        skip_token68();
      }
      skip_blanks();
      const bool more_of_this = !challenges.back().parameters.empty() || rest_.empty() ||
                                rest_.front() == ',' || is_token_char(rest_.front());
      if (!more_of_this) fail("something is there that cannot be");
    }
  }

 private:
  [[noreturn]] void fail(std::string_view problem) const {
    throw Error(ErrorKind::corrupt,
                fmt::format("cannot read the server's WWW-Authenticate '{}': {}",
                            printable(field_, 200), problem));
  }

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  void skip_list_marks() {
    while (!rest_.empty() && (is_blank(rest_.front()) || rest_.front() == ',')) {
      rest_.remove_prefix(1);
    }
  }

  std::string_view token() {
    std::size_t size = 0;
    while (size < rest_.size() && is_token_char(rest_[size])) ++size;
    if (size == 0) fail("a name is missing");
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }

  /// The value after "=", when what was just read is a parameter's name.
  std::optional<std::string> parameter_value() {
    std::size_t at = 0;
    while (at < rest_.size() && is_blank(rest_[at])) ++at;
    if (at == rest_.size() || rest_[at] != '=') return std::nullopt;
    rest_.remove_prefix(at + 1);
    skip_blanks();
    if (rest_.empty()) fail("a value is missing");
    return rest_.front() == '"' ? quoted() : std::string(token());
  }

  std::string quoted() {
    std::string out;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '"') {
        rest_.remove_prefix(at + 1);
        return out;
      }
      if (rest_[at] == '\\' && ++at == rest_.size()) break;
      out += rest_[at];
    }
    fail("a quoted text does not end");
  }

  /// Schemes other than ours carry one word of base64 instead of parameters.
  void skip_token68() {
    skip_blanks();
    std::size_t size = 0;
    while (size < rest_.size() &&
           (is_alphanumeric(rest_[size]) ||
            std::string_view("-._~+/").find(rest_[size]) != std::string_view::npos)) {
      ++size;
    }
    while (size < rest_.size() && rest_[size] == '=') ++size;
    std::size_t after = size;
    while (after < rest_.size() && is_blank(rest_[after])) ++after;
    if (after == rest_.size() || rest_[after] == ',') rest_.remove_prefix(size);
  }

  std::string_view field_;
  std::string_view rest_;
};

}  // namespace

std::string Challenge::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  return found != parameters.end() ? found->second : std::string();
}

std::vector<Challenge> parse_challenges(std::string_view field) {
  if (field.size() > kMaxField) {
    throw Error(ErrorKind::corrupt,
                fmt::format("cannot read the server's WWW-Authenticate: it is longer than {} bytes",
                            kMaxField));
  }
  return Reader(field).read();
}

}  // namespace stamp::registry
