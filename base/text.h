#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stamp {

/// The text with the letters A to Z in lower case and everything else as it is.
std::string lower_case(std::string_view text);

/// The lines of a text, without their ends and without empty ones. They point into the text.
std::vector<std::string_view> lines_of(std::string_view text);

/// The words of a text, between which are blanks, tabs and ends of lines. They point into the text.
std::vector<std::string_view> words_of(std::string_view text);

}  // namespace stamp
