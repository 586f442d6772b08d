#pragma once

#include <string_view>

namespace stamp::scripts {

/// Order of `sort -n`: blanks, a sign, digits and a fraction; < 0, 0, > 0.
int compare_numbers(std::string_view a, std::string_view b);
/// Order of `sort -h`: as -n, a unit (K, M, …) before that.
int compare_human_numbers(std::string_view a, std::string_view b);
/// Order of `sort -V` and `ls -v`.
int compare_versions_of_names(std::string_view a, std::string_view b);

}  // namespace stamp::scripts
