#include "maintainer-scripts/tools/text_sed_escapes.h"

#include <algorithm>
#include <utility>

#include "maintainer-scripts/tools/text_io.h"

namespace stamp::scripts::sed_script {
namespace {

int digit_of(char c, int base) {
  const char lower = to_lower(c);
  int value = 99;
  if (is_digit(c)) value = c - '0';
  if (lower >= 'a' && lower <= 'f') value = lower - 'a' + 10;
  return value < base ? value : -1;
}

std::optional<Escape> parse_number_escape(std::string_view text) {
  static constexpr std::string_view kKinds = "dox";
  static constexpr int kBases[] = {10, 8, 16};
  static constexpr std::size_t kDigits[] = {3, 3, 2};
  const std::size_t kind = kKinds.find(text.front());
  if (kind == std::string_view::npos) return std::nullopt;
  int value = 0;
  std::size_t length = 1;
  while (length <= kDigits[kind] && length < text.size()) {
    const int digit = digit_of(text[length], kBases[kind]);
    if (digit < 0) break;
    value = value * kBases[kind] + digit;
    ++length;
  }
  if (length == 1) return std::nullopt;
  return Escape{static_cast<char>(value), length};
}

}  // namespace

std::optional<Escape> parse_escape(std::string_view text) {
  if (text.empty()) return std::nullopt;
  static constexpr std::string_view kNames = "afnrtv";
  static constexpr std::string_view kBytes = "\a\f\n\r\t\v";
  const std::size_t named = kNames.find(text.front());
  if (named != std::string_view::npos) return Escape{kBytes[named], 1};
  if (text.front() == 'c' && text.size() > 1) {
    return Escape{static_cast<char>(to_upper(text[1]) ^ 0x40), 2};
  }
  return parse_number_escape(text);
}

std::string unescape_pattern(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    const auto escape = parse_escape(text.substr(i + 1));
    if (!escape) {
      result += text[i];
      result += text[++i];
      continue;
    }
    result += escape->byte;
    i += escape->length;
  }
  return result;
}

std::vector<Piece> parse_replacement(std::string_view text) {
  std::vector<Piece> pieces;
  const auto literal = [&pieces](char c) {
    if (pieces.empty() || pieces.back().kind != Piece::Kind::text) pieces.emplace_back();
    pieces.back().text += c;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      pieces.push_back({Piece::Kind::group, {}, 0});
      continue;
    }
    if (text[i] != '\\' || i + 1 == text.size()) {
      literal(text[i]);
      continue;
    }
    const char c = text[i + 1];
    static constexpr std::pair<char, Piece::Kind> kCases[] = {{'U', Piece::Kind::upper},
                                                              {'L', Piece::Kind::lower},
                                                              {'u', Piece::Kind::upper_once},
                                                              {'l', Piece::Kind::lower_once},
                                                              {'E', Piece::Kind::plain}};
    const auto* named = std::find_if(std::begin(kCases), std::end(kCases),
                                     [c](const auto& row) { return row.first == c; });
    if (is_digit(c)) {
      pieces.push_back({Piece::Kind::group, {}, static_cast<std::size_t>(c - '0')});
      ++i;
    } else if (named != std::end(kCases)) {
      pieces.push_back({named->second, {}, 0});
      ++i;
    } else if (const auto escape = parse_escape(text.substr(i + 1))) {
      literal(escape->byte);
      i += escape->length;
    } else {
      literal(c);
      ++i;
    }
  }
  return pieces;
}

}  // namespace stamp::scripts::sed_script
