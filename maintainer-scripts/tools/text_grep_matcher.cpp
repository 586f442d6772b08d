#include "maintainer-scripts/tools/text_grep_matcher.h"

#include <algorithm>

#include <fmt/core.h>

#include "maintainer-scripts/tools/text_io.h"

namespace stamp::scripts {
namespace {

bool is_word_byte(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}

bool has_reference(std::string_view pattern) {
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] != '\\') continue;
    if (is_digit(pattern[++i])) return true;
  }
  return false;
}

bool is_word(std::string_view line, const TextRange& range) {
  return (range.begin == 0 || !is_word_byte(line[range.begin - 1])) &&
         (range.end == line.size() || !is_word_byte(line[range.end]));
}

std::optional<TextRange> find_word(const GrepPattern& pattern, std::string_view line,
                                   std::size_t from) {
  while (from <= line.size()) {
    auto found = pattern.find(line, from);
    if (!found) return std::nullopt;
    const std::size_t begin = found->begin;
    while (found) {
      if (is_word(line, *found)) return found;
      found = pattern.shorter(line, *found);
    }
    from = begin + 1;
  }
  return std::nullopt;
}

}  // namespace

std::optional<TextRange> GrepPattern::find(std::string_view line, std::size_t from) const {
  if (regex_) return regex_->find(line, from);
  const std::size_t at = line.find(fixed_, from);
  if (at == std::string_view::npos) return std::nullopt;
  return TextRange{at, at + fixed_.size()};
}

std::optional<TextRange> GrepPattern::shorter(std::string_view line, const TextRange& range) const {
  if (!regex_) return std::nullopt;
  for (std::size_t end = range.end; end-- > range.begin;) {
    if (regex_->matches_range(line, {range.begin, end})) return TextRange{range.begin, end};
  }
  return std::nullopt;
}

GrepMatcher::GrepMatcher(Budget& budget, const Options& options, Kind kind)
    : budget_(&budget), fixed_(kind == Kind::fixed) {
  const bool fold = options.has("i") || options.has("y");
  fold_fixed_ = fixed_ && fold;
  if (options.has("w")) whole_ = Whole::word;
  if (options.has("x")) whole_ = Whole::line;
  if (kind == Kind::extended) regex_options_.syntax = Regex::Syntax::extended;
  if (fold) regex_options_.letters = Regex::Case::ignore;
}

void GrepMatcher::add(std::string_view lines) {
  std::size_t at = 0;
  while (at <= lines.size()) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    add_one(lines.substr(at, end - at));
    at = end + 1;
  }
}

std::optional<TextRange> GrepMatcher::find(std::string_view text, std::size_t from) const {
  const std::string folded = fold_fixed_ ? to_lower(text) : std::string();
  const std::string_view line = fold_fixed_ ? std::string_view(folded) : text;
  std::optional<TextRange> best;
  for (const GrepPattern& pattern : patterns_) {
    const auto found =
        whole_ == Whole::word ? find_word(pattern, line, from) : find_plain(pattern, line, from);
    if (!found) continue;
    if (!best || found->begin < best->begin ||
        (found->begin == best->begin && found->end > best->end)) {
      best = found;
    }
  }
  return best;
}

void GrepMatcher::add_one(std::string_view pattern) {
  if (fixed_) {
    patterns_.emplace_back(fold_fixed_ ? to_lower(pattern) : std::string(pattern));
    return;
  }
  const bool extended = regex_options_.syntax == Regex::Syntax::extended;
  if (whole_ == Whole::line) {
    const std::string line =
        extended ? fmt::format("^({})$", pattern) : fmt::format("^\\({}\\)$", pattern);
    if (has_reference(pattern)) throw Unknown("a back-reference with -x");
    patterns_.emplace_back(Regex(*budget_, line, regex_options_));
    return;
  }
  patterns_.emplace_back(Regex(*budget_, pattern, regex_options_));
}

std::optional<TextRange> GrepMatcher::find_plain(const GrepPattern& pattern, std::string_view line,
                                                 std::size_t from) const {
  const auto found = pattern.find(line, from);
  if (found && whole_ == Whole::line && (found->begin != 0 || found->end != line.size())) {
    return std::nullopt;
  }
  return found;
}

}  // namespace stamp::scripts
