#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tools/text_sed.h"

namespace stamp::scripts::sed_script {

/// A byte written as \n, \t, \x41, \o101, \d065 or \cA.
struct Escape {
  char byte = 0;
  std::size_t length = 0;  ///< of what was read, after the backslash
};

/// The escape that `text`, which begins after a backslash, begins with.
std::optional<Escape> parse_escape(std::string_view text);
/// A pattern's text with its escapes replaced.
std::string unescape_pattern(std::string_view text);
/// What s puts in place of a match.
std::vector<Piece> parse_replacement(std::string_view text);

}  // namespace stamp::scripts::sed_script
