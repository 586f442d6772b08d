#include "maintainer-scripts/shell/fields.h"

#include <algorithm>

namespace stamp::scripts::shell {
namespace {

class Splitter {
 public:
  Splitter(std::string_view text, std::string_view separators, std::optional<std::size_t> most)
      : text_(text), separators_(separators), most_(most) {}

  void split(const Region& region) {
    after_nul_ = only_nul_;
    only_nul_ = region.only_nul;
    after_blank_ = false;
    for (std::size_t at = region.begin; at < region.end; ++at) {
      if (most_ == 0U) {
        take_rest(at);
      } else {
        take(at);
      }
    }
  }

  std::vector<Span> finish() {
    const std::size_t end = only_nul_ ? text_.size() : std::min(rest_end_, text_.size());
    if (only_nul_ || start_ < end) fields_.push_back({.begin = start_, .end = end});
    return std::move(fields_);
  }

 private:
  bool is_separator(char c) const {
    return c == '\0' || (!only_nul_ && separators_.find(c) != std::string_view::npos);
  }
  /// Of a separator: whether several of them are one.
  static bool is_blank(char c) { return c == '\0' || c == ' ' || c == '\t' || c == '\n'; }

  void take(std::size_t at) {
    bool separator = is_separator(text_[at]);
    const bool blank = separator && is_blank(text_[at]);
    if (after_blank_) {
      start_ = separator ? at + 1 : at;
      if (blank) return;
      separator = false;  // one that is no blank belongs to the blanks before it
    }
    if (!separator) {
      after_blank_ = false;
      return;
    }
    if (!after_nul_ && !only_nul_) after_blank_ = blank;
    if (at == start_ && after_blank_) {
      start_ = at + 1;
      after_blank_ = false;
      return;
    }
    if (most_ && --*most_ == 0) {
      rest_end_ = at;
      return;
    }
    fields_.push_back({.begin = start_, .end = at});
    start_ = at + 1;
  }

  /// In the last field: remembers where the separators begin that may end it.
  void take_rest(std::size_t at) {
    const bool separator = is_separator(text_[at]);
    if (separator && is_blank(text_[at])) {
      rest_end_ = std::min(rest_end_, at);
      return;
    }
    if (!separator || !after_blank_) rest_end_ = std::string_view::npos;
    after_blank_ = false;
  }

  std::string_view text_;
  std::string_view separators_;
  std::optional<std::size_t> most_;
  std::vector<Span> fields_;
  std::size_t start_ = 0;
  std::size_t rest_end_ = std::string_view::npos;
  bool after_blank_ = false;
  bool after_nul_ = false;
  bool only_nul_ = false;
};

}  // namespace

std::vector<Span> split_fields(std::string_view text, const std::vector<Region>& regions,
                               std::string_view separators, std::optional<std::size_t> most) {
  Splitter splitter(text, separators, most);
  for (const Region& region : regions) splitter.split(region);
  return splitter.finish();
}

}  // namespace stamp::scripts::shell
