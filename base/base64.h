#pragma once

#include <string>
#include <string_view>

namespace stamp {

/// The bytes as base64, on one line. Spec: RFC 4648 section 4.
std::string to_base64(std::string_view bytes);

/// What base64 text stands for. Strict: no white space, right padding. Errors: invalid.
std::string from_base64(std::string_view text);

}  // namespace stamp
