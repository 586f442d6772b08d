#include "pin/diff.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include <fmt/core.h>

namespace stamp::pin {
namespace {

constexpr std::size_t kContext = 3;

/// The lines of a text with their ends.
std::vector<std::string_view> whole_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

bool holds_secret(const std::vector<std::string_view>& lines) {
  return std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
    const std::size_t kind = line.find("kind");
    return kind != std::string_view::npos && line.find("Secret", kind) != std::string_view::npos;
  });
}

std::string diff_line(char sign, std::string_view line) {
  std::string text(1, sign);
  text += line;
  if (!line.ends_with('\n')) text += "\n\\ No newline at end of file\n";
  return text;
}

/// "start,count" of a hunk, as diff -u says it: of no lines, behind the line before them.
std::string range(std::size_t before, std::size_t count) {
  if (count == 1) return fmt::format("{}", before + 1);
  return fmt::format("{},{}", count == 0 ? before : before + 1, count);
}

/// A line of the old text beside one of the new text, or one that was added.
struct Row {
  std::optional<std::string_view> before;
  std::string_view after;

  bool is_same() const { return before == after; }
};

/// A line is taken for an added one when what follows it is what comes next in the old text.
std::vector<Row> rows_of(const std::vector<std::string_view>& before,
                         const std::vector<std::string_view>& after) {
  std::vector<Row> rows;
  std::size_t old = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const std::size_t more = (after.size() - i) - (before.size() - old);
    const bool is_next = old < before.size() && before[old] != after[i] && i + 1 < after.size() &&
                         before[old] == after[i + 1];
    if (more > 0 && (old == before.size() || is_next)) {
      rows.push_back({std::nullopt, after[i]});
    } else {
      rows.push_back({before[old++], after[i]});
    }
  }
  return rows;
}

class Diff {
 public:
  Diff(std::string_view before, std::string_view after) {
    const std::vector<std::string_view> old = whole_lines(before);
    rows_ = rows_of(old, whole_lines(after));
    context_ = holds_secret(old) ? 0 : kContext;
  }

  std::string hunks() const {
    std::string text;
    std::size_t row = 0;
    while ((row = next_change(row)) < rows_.size()) {
      std::size_t last = row;
      for (std::size_t next = next_change(last + 1);
           next < rows_.size() && next - last <= 2 * context_ + 1; next = next_change(next + 1)) {
        last = next;
      }
      text += hunk(row - std::min(row, context_), std::min(last + context_ + 1, rows_.size()));
      row = last + 1;
    }
    return text;
  }

 private:
  std::size_t next_change(std::size_t row) const {
    while (row < rows_.size() && rows_[row].is_same()) ++row;
    return row;
  }

  /// The lines of the old text in rows [begin, end).
  std::size_t old_lines(std::size_t begin, std::size_t end) const {
    std::size_t count = 0;
    for (std::size_t i = begin; i < end; ++i) {
      if (rows_[i].before) ++count;
    }
    return count;
  }

  std::string hunk(std::size_t begin, std::size_t end) const {
    std::string text =
        fmt::format("@@ -{} +{} @@\n", range(old_lines(0, begin), old_lines(begin, end)),
                    range(begin, end - begin));
    std::size_t row = begin;
    while (row < end) {
      const std::size_t stop = std::min(next_same(row), end);
      for (std::size_t i = row; i < stop; ++i) {
        if (rows_[i].before) text += diff_line('-', *rows_[i].before);
      }
      for (std::size_t i = row; i < stop; ++i) text += diff_line('+', rows_[i].after);
      for (row = stop; row < end && rows_[row].is_same(); ++row) {
        text += diff_line(' ', rows_[row].after);
      }
    }
    return text;
  }

  std::size_t next_same(std::size_t row) const {
    while (row < rows_.size() && !rows_[row].is_same()) ++row;
    return row;
  }

  std::vector<Row> rows_;
  std::size_t context_ = 0;
};

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after) {
  const std::string hunks = Diff(before, after).hunks();
  if (hunks.empty()) return "";
  return fmt::format("--- {0}\n+++ {0}\n{1}", name, hunks);
}

}  // namespace stamp::pin
