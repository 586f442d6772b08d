#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stamp::registry {

/// The address of the link whose relation is "next" in a Link field, or nothing.
/// Spec: RFC 8288 section 3.
std::optional<std::string> parse_next_link(std::string_view field);

}  // namespace stamp::registry
