#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stamp {

/// The candidate that `word` was probably meant to be: the one with the smallest number of edits
/// (insert, delete, replace, swap of neighbours), if that is at most a third of the word's length
/// and at least one is allowed. Ties: the first.
std::optional<std::string> nearest(std::string_view word,
                                   std::span<const std::string_view> candidates);

}  // namespace stamp
