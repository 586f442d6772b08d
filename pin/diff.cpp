#include "pin/diff.h"

#include <algorithm>
#include <cstddef>
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

/// "start,count" of a hunk, as diff -u says it.
std::string range(std::size_t begin, std::size_t end) {
  if (end - begin == 1) return fmt::format("{}", begin + 1);
  return fmt::format("{},{}", begin + 1, end - begin);
}

class Diff {
 public:
  Diff(std::string_view before, std::string_view after)
      : before_(whole_lines(before)), after_(whole_lines(after)) {
    context_ = holds_secret(before_) ? 0 : kContext;
  }

  std::string hunks() const {
    std::string text;
    std::size_t line = 0;
    while ((line = next_change(line)) < before_.size()) {
      std::size_t last = line;
      for (std::size_t next = next_change(last + 1);
           next < before_.size() && next - last <= 2 * context_ + 1; next = next_change(next + 1)) {
        last = next;
      }
      text += hunk(line - std::min(line, context_), std::min(last + context_ + 1, before_.size()));
      line = last + 1;
    }
    return text;
  }

 private:
  std::size_t next_change(std::size_t line) const {
    while (line < before_.size() && before_[line] == after_[line]) ++line;
    return line;
  }

  std::string hunk(std::size_t begin, std::size_t end) const {
    const std::string lines = range(begin, end);
    std::string text = fmt::format("@@ -{0} +{0} @@\n", lines);
    std::size_t line = begin;
    while (line < end) {
      std::size_t stop = line;
      while (stop < end && before_[stop] != after_[stop]) ++stop;
      for (std::size_t i = line; i < stop; ++i) text += diff_line('-', before_[i]);
      for (std::size_t i = line; i < stop; ++i) text += diff_line('+', after_[i]);
      for (line = stop; line < end && before_[line] == after_[line]; ++line) {
        text += diff_line(' ', before_[line]);
      }
    }
    return text;
  }

  std::vector<std::string_view> before_;
  std::vector<std::string_view> after_;
  std::size_t context_ = 0;
};

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after) {
  const std::string hunks = Diff(before, after).hunks();
  if (hunks.empty()) return "";
  return fmt::format("--- {0}\n+++ {0}\n{1}", name, hunks);
}

}  // namespace stamp::pin
