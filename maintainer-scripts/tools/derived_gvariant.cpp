#include "maintainer-scripts/tools/derived_gvariant.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/process.h"
#include "maintainer-scripts/tools/text_io.h"

namespace stamp::scripts::derived {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxType = 128;

std::size_t aligned(std::size_t size, std::size_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

std::string little_endian(std::uint64_t number, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(number >> (8 * i));
  return bytes;
}

/// The first complete type of a text: of "a(si)b" "a(si)".
std::string_view first_type(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && (text[at] == 'a' || text[at] == 'm')) ++at;
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '(' || text[at] == '{') ++depth;
    if (text[at] == ')' || text[at] == '}') {
      if (depth == 0) break;
      --depth;
    }
    if (depth == 0) {
      if (std::string_view("bynqiuxthdsogv)}").find(text[at]) == std::string_view::npos) break;
      return text.substr(0, at + 1);
    }
  }
  throw Unknown(fmt::format("type '{}' of a setting", text));
}

/// The types inside of a tuple or entry.
std::vector<std::string> member_types(std::string_view type) {
  std::vector<std::string> members;
  for (std::string_view rest = type.substr(1, type.size() - 2); !rest.empty();) {
    const std::string_view first = first_type(rest);
    members.emplace_back(first);
    rest.remove_prefix(first.size());
  }
  return members;
}

std::size_t alignment_of(std::string_view type) {
  switch (type.front()) {
    case 'n':
    case 'q':
      return 2;
    case 'i':
    case 'u':
    case 'h':
      return 4;
    case 'x':
    case 't':
    case 'd':
    case 'v':
      return 8;
    case 'a':
    case 'm':
      return alignment_of(type.substr(1));
    case '(':
    case '{': {
      std::size_t alignment = 1;
      for (const std::string& member : member_types(type)) {
        alignment = std::max(alignment, alignment_of(member));
      }
      return alignment;
    }
    default:
      return 1;
  }
}

/// The size of every value of a type; 0 when they differ.
std::size_t fixed_size(std::string_view type) {
  switch (type.front()) {
    case 's':
    case 'o':
    case 'g':
    case 'v':
    case 'a':
    case 'm':
      return 0;
    case '(':
    case '{': {
      std::size_t size = 0;
      for (const std::string& member : member_types(type)) {
        const std::size_t own = fixed_size(member);
        if (own == 0) return 0;
        size = aligned(size, alignment_of(member)) + own;
      }
      return size == 0 ? 1 : aligned(size, alignment_of(type));
    }
    default:
      return alignment_of(type);
  }
}

/// How wide the offsets behind a body are.
std::size_t offset_size(std::size_t body, std::size_t offsets) {
  if (body + offsets <= std::numeric_limits<std::uint8_t>::max()) return 1;
  if (body + 2 * offsets <= std::numeric_limits<std::uint16_t>::max()) return 2;
  return 4;
}

void append_aligned(std::string& body, const Variant& item) {
  body.resize(aligned(body.size(), alignment_of(item.type)), '\0');
  body += item.bytes;
}

void add_strings(Variant& to, const Variant& from) {
  to.strings.insert(to.strings.end(), from.strings.begin(), from.strings.end());
}

Variant sequence(std::string type, const std::vector<Variant>& items) {
  Variant result{std::move(type), {}, {}};
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < items.size(); ++i) {
    append_aligned(result.bytes, items[i]);
    add_strings(result, items[i]);
    if (fixed_size(items[i].type) == 0 && i + 1 < items.size()) ends.push_back(result.bytes.size());
  }
  if (const std::size_t size = fixed_size(result.type); size != 0) {
    result.bytes.resize(size, '\0');
  }
  const std::size_t width = offset_size(result.bytes.size(), ends.size());
  std::reverse(ends.begin(), ends.end());
  for (const std::size_t end : ends) result.bytes += little_endian(end, width);
  return result;
}

/// Reads the text form.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), rest_(text) {}

  Variant whole(const std::string& type) {
    Variant value = read(type);
    skip_space();
    if (!rest_.empty()) fail();
    return value;
  }

 private:
  [[noreturn]] void fail() const { throw Unknown(fmt::format("the setting '{}'", text_)); }

  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n\r\f\v"), rest_.size()));
  }

  bool take(char wanted) {
    skip_space();
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void need(char wanted) {
    if (!take(wanted)) fail();
  }

  /// A word: "true", "uint32", "-1.5e3"; "" before anything else.
  std::string_view word() {
    skip_space();
    std::size_t end = 0;
    const auto in_word = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '+' || c == '.' || c == '_';
    };
    while (end < rest_.size() && in_word(rest_[end])) ++end;
    const std::string_view found = rest_.substr(0, end);
    return found;
  }

  bool take_word(std::string_view wanted) {
    if (word() != wanted) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }

  /// The type that is given before a value: "@as", "uint32"; "" when none is.
  std::string type_prefix() {
    if (take('@')) {
      std::string type(first_type(rest_));
      rest_.remove_prefix(type.size());
      return type;
    }
    static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"boolean", "b"}, {"byte", "y"},       {"int16", "n"},    {"uint16", "q"}, {"int32", "i"},
        {"uint32", "u"},  {"handle", "h"},     {"int64", "x"},    {"uint64", "t"}, {"double", "d"},
        {"string", "s"},  {"objectpath", "o"}, {"signature", "g"}};
    for (const auto& [name, type] : kNames) {
      if (take_word(name)) return std::string(type);
    }
    return {};
  }

  void check_type(const std::string& type) const {
    if (type.empty() || type.size() > kMaxType || first_type(type) != type) fail();
  }

  Variant read(const std::string& type) {
    check_type(type);
    if (++depth_ > kMaxDepth) fail();
    const std::string prefix = type_prefix();
    if (!prefix.empty() && prefix != type) fail();
    Variant value = read_bare(type);
    --depth_;
    return value;
  }

  Variant read_bare(const std::string& type) {
    switch (type.front()) {
      case 'b':
        return read_boolean();
      case 's':
        return string_variant(read_string());
      case 'd':
        return read_double();
      case 'a':
        return read_array(type);
      case 'm':
        return read_maybe(type);
      case '(':
        return read_tuple(type);
      case 'v':
        return read_boxed();
      case 'o':
      case 'g':
      case '{':
        fail();
      default:
        return read_integer(type);
    }
  }

  Variant read_boolean() {
    if (take_word("true")) return {"b", std::string(1, '\1'), {}};
    if (take_word("false")) return {"b", std::string(1, '\0'), {}};
    fail();
  }

  Variant read_double() {
    const std::string_view text = word();
    double number = 0;
    const char* const begin = text.data() + (text.starts_with('+') ? 1 : 0);
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(begin, end, number);
    if (error != std::errc() || stop != end) fail();
    rest_.remove_prefix(text.size());
    return {"d", little_endian(std::bit_cast<std::uint64_t>(number), 8), {}, number};
  }

  Variant read_integer(const std::string& type) {
    const std::string_view text = word();
    std::string_view digits = text;
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    int base = 10;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
      base = 16;
      digits.remove_prefix(2);
    } else if (digits.size() > 1 && digits.starts_with('0')) {
      base = 8;
    }
    std::uint64_t number = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (error != std::errc() || stop != digits.data() + digits.size()) fail();
    const std::size_t size = alignment_of(type);
    const bool is_signed = std::string_view("nixh").find(type) != std::string_view::npos;
    const unsigned bits = static_cast<unsigned>(8 * size) - (is_signed ? 1 : 0);
    const std::uint64_t most = ~std::uint64_t{0} >> (64U - bits);
    if (number > most + (negative && is_signed ? 1 : 0)) fail();
    if (negative && !is_signed && number != 0) fail();
    rest_.remove_prefix(text.size());
    const auto value = static_cast<long double>(number);
    return {
        type, little_endian(negative ? ~number + 1 : number, size), {}, negative ? -value : value};
  }

  std::string read_string() {
    skip_space();
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) fail();
    const char quote = rest_.front();
    std::string text;
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != quote; ++at) {
      if (rest_[at] != '\\') {
        text += rest_[at];
        continue;
      }
      static constexpr std::string_view kLetters = "abfnrtv";
      static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v";
      if (++at == rest_.size() || rest_[at] == 'u' || rest_[at] == 'U') fail();
      if (rest_[at] == '\n') continue;
      const std::size_t letter = kLetters.find(rest_[at]);
      text += letter == std::string_view::npos ? rest_[at] : kMeanings[letter];
    }
    if (at == rest_.size()) fail();
    rest_.remove_prefix(at + 1);
    return text;
  }

  Variant read_array(const std::string& type) {
    const std::string element = type.substr(1);
    std::vector<Variant> items;
    if (element.front() == '{' && take('{')) {
      const std::vector<std::string> members = member_types(element);
      while (!take('}')) {
        if (!items.empty()) need(',');
        const Variant key = read(members.at(0));
        need(':');
        items.push_back(entry_variant(key, read(members.at(1))));
      }
      return array_variant(element, items);
    }
    need('[');
    while (!take(']')) {
      if (!items.empty()) need(',');
      items.push_back(read(element));
    }
    return array_variant(element, items);
  }

  Variant read_maybe(const std::string& type) {
    if (take_word("nothing")) return {type, {}, {}};
    static_cast<void>(take_word("just"));
    Variant value = read(type.substr(1));
    if (fixed_size(value.type) == 0) value.bytes += '\0';
    value.type = type;
    return value;
  }

  Variant read_tuple(const std::string& type) {
    std::vector<Variant> items;
    need('(');
    for (const std::string& member : member_types(type)) {
      items.push_back(read(member));
      if (!take(',') && !rest_.starts_with(')')) fail();
    }
    need(')');
    return tuple_variant(items);
  }

  /// Of a value without type only the simplest are told apart.
  Variant read_boxed() {
    need('<');
    std::string type = type_prefix();
    skip_space();
    if (type.empty()) {
      const std::string_view text = word();
      if (rest_.starts_with('\'') || rest_.starts_with('"')) {
        type = "s";
      } else if (text == "true" || text == "false") {
        type = "b";
      } else if (!text.empty() && text.find_first_not_of("+-0123456789") == text.npos) {
        type = "i";
      } else if (!text.empty() && text.find_first_not_of("+-.e0123456789") == text.npos) {
        type = "d";
      } else {
        fail();
      }
    }
    check_type(type);
    Variant value = boxed_variant(read_bare(type));
    need('>');
    return value;
  }

  std::string_view text_;
  std::string_view rest_;
  std::size_t depth_ = 0;
};

}  // namespace

Variant parse_variant(const std::string& type, std::string_view text) {
  return Reader(text).whole(type);
}

Variant string_variant(std::string text) {
  std::string bytes = text;
  bytes += '\0';
  return {"s", std::move(bytes), {std::move(text)}};
}

Variant byte_variant(char byte) {
  return {"y", std::string(1, byte), {}};
}

Variant boxed_variant(const Variant& value) {
  Variant boxed{"v", value.bytes, value.strings};
  boxed.bytes += '\0';
  boxed.bytes += value.type;
  return boxed;
}

Variant tuple_variant(const std::vector<Variant>& items) {
  std::string type = "(";
  for (const Variant& item : items) type += item.type;
  return sequence(type + ')', items);
}

Variant entry_variant(const Variant& key, const Variant& value) {
  return sequence(fmt::format("{{{}{}}}", key.type, value.type), {key, value});
}

Variant array_variant(const std::string& element, const std::vector<Variant>& items) {
  Variant result{"a" + element, {}, {}};
  std::vector<std::size_t> ends;
  for (const Variant& item : items) {
    append_aligned(result.bytes, item);
    add_strings(result, item);
    ends.push_back(result.bytes.size());
  }
  if (fixed_size(element) != 0 || items.empty()) return result;
  const std::size_t width = offset_size(result.bytes.size(), ends.size());
  for (const std::size_t end : ends) result.bytes += little_endian(end, width);
  return result;
}

}  // namespace stamp::scripts::derived
