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

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  out.reserve(std::min(text.size(), limit));
  for (const char c : text) {
    if (out.size() >= limit) {
      out += "…";
      break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
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
