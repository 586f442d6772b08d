#pragma once
// What the two readers of YAML share.

#include <optional>
#include <string>
#include <string_view>

#include "base/yaml.h"

struct fy_token;

namespace stamp {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct BadCharacter {
  TextPosition position;
  std::string message;
};

/// The first character that a YAML text cannot have. Spec: YAML 1.2.2 section 5.1.
std::optional<BadCharacter> find_bad_character(std::string_view text);

/// The value of a scalar's token; nothing when libfyaml cannot read it. Errors: internal.
std::optional<std::string> text_of_token(fy_token& token);

}  // namespace stamp
