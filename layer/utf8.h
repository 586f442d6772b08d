#pragma once

#include <string_view>

namespace stamp::layer {

/// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
/// Spec: RFC 3629 section 4.
bool is_utf8(std::string_view text);

}  // namespace stamp::layer
