#pragma once

#include <compare>
#include <string_view>

namespace stamp::debian {

/// Compares two versions as dpkg does ("1:2.0~rc1-1" < "1:2.0-1"). Any text has a place in the
/// order. Spec: deb-version(7) "Sorting algorithm".
std::strong_ordering compare_versions(std::string_view a, std::string_view b);

}  // namespace stamp::debian
