#include "base/diagnostic.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp {
namespace {

/// Long lines are shown around the column.
constexpr std::size_t kShownWidth = 120;

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// `count` characters of `line` from character `first` on (both in code points), control bytes as
/// spaces.
std::string characters(const std::string& line, std::size_t first, std::size_t count) {
  std::string out;
  std::size_t index = 0;
  for (const char c : line) {
    if (starts_character(c)) ++index;
    if (index <= first) continue;
    if (index > first + count) break;
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return out;
}

}  // namespace

std::string render(const Diagnostic& diagnostic) {
  std::string out = fmt::format("{}:{}:{}: {}", diagnostic.file, diagnostic.line, diagnostic.column,
                                printable(diagnostic.message));
  if (diagnostic.source_line.empty()) return out;
  const std::size_t column = diagnostic.column == 0 ? 0 : diagnostic.column - 1;
  const std::size_t first = column > kShownWidth / 2 ? column - kShownWidth / 2 : 0;
  out += fmt::format("\n  {}\n  {}^", characters(diagnostic.source_line, first, kShownWidth),
                     std::string(column - first, ' '));
  return out;
}

void throw_if_any(std::vector<Diagnostic> diagnostics) {
  if (diagnostics.empty()) return;
  std::sort(diagnostics.begin(), diagnostics.end());
  diagnostics.erase(std::unique(diagnostics.begin(), diagnostics.end()), diagnostics.end());
  std::string headline;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!headline.empty()) headline += '\n';
    headline += render(diagnostic);
  }
  throw Error(ErrorKind::invalid, std::move(headline));
}

}  // namespace stamp
