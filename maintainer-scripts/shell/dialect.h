#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stamp::scripts {

/// Which shell evaluates a script. What the two do differently is known for each; where bash does
/// something that is not known, evaluation stops: it is never what dash would do.
enum class Dialect : std::uint8_t { dash, bash };

/// The dialect of an interpreter: "/bin/sh" and "dash" are dash, "/usr/bin/bash" is bash. None when
/// it is no shell.
inline std::optional<Dialect> dialect_of(std::string_view interpreter) {
  const std::string_view name = interpreter.substr(interpreter.rfind('/') + 1);
  if (name == "sh" || name == "dash") return Dialect::dash;
  return name == "bash" ? std::optional(Dialect::bash) : std::nullopt;
}

}  // namespace stamp::scripts
