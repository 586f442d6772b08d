#include "base/error.h"

#include <algorithm>
#include <cctype>

#include <errno.h>
#include <string.h>

#include <fmt/core.h>

namespace stamp {

Error::Error(ErrorKind kind, std::string headline, ErrorDetails details)
    : kind_(kind), headline_(std::move(headline)), details_(std::move(details)) {}

Error Error::within(std::string doing) const {
  Error outer = *this;
  outer.details_.during.push_back(std::move(doing));
  return outer;
}

Error Error::as(ErrorKind kind) const {
  Error other = *this;
  other.kind_ = kind;
  return other;
}

Error Error::with_hint(std::string hint) const {
  Error other = *this;
  if (other.details_.hint.empty()) other.details_.hint = std::move(hint);
  return other;
}

namespace {

/// The bytes of the UTF-8 character that `text` starts with, or 0 when it starts with none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t length = 1;
  if (byte(0) >= 0xC2 && byte(0) <= 0xDF) length = 2;
  if (byte(0) >= 0xE0 && byte(0) <= 0xEF) length = 3;
  if (byte(0) >= 0xF0 && byte(0) <= 0xF4) length = 4;
  if ((length == 1 && byte(0) >= 0x80) || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  const bool overlong = (byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xF0 && byte(1) < 0x90);
  const bool beyond = (byte(0) == 0xED && byte(1) > 0x9F) || (byte(0) == 0xF4 && byte(1) > 0x8F);
  return overlong || beyond ? 0 : length;
}

/// Whether a character is one that terminals obey: C0, DEL and C1.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7F ||
         (first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0);
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  out.reserve(std::min(text.size(), limit));
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    if (out.size() + character.size() > limit) return out + "…";
    if (length == 0 || is_control(character)) {
      for (const char c : character) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      }
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
  return out;
}

namespace {

/// Headlines may have several lines (recipe problems have): each is made printable by itself.
std::string printable_lines(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t end = text.find('\n');
    out += printable(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string render(const Error& error) {
  std::string out = fmt::format("stamp: error: {}\n", printable_lines(error.headline()));
  const ErrorDetails& details = error.details();
  if (!details.input.empty()) out += fmt::format("  in:  {}\n", printable(details.input));
  for (const std::string& doing : details.during) {
    out += fmt::format("  while {}\n", printable(doing));
  }
  if (!details.hint.empty()) out += fmt::format("  try: {}\n", printable(details.hint));
  return out;
}

std::string describe_errno(int error_number) {
  char buffer[256];
  std::string text = ::strerror_r(error_number, buffer, sizeof buffer);
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

Error system_error(std::string_view verb, std::string_view path, int error_number) {
  ErrorDetails details;
  if (error_number == ENOSPC) details.hint = "free some space on that file system";
  return {ErrorKind::io,
          fmt::format("cannot {} '{}': {}", verb, path, describe_errno(error_number)),
          std::move(details)};
}

}  // namespace stamp
