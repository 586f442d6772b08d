#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"

namespace stamp::fuzz {

/// The input of a fuzz target as text.
inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// Runs `body`; that it refuses the input with an Error is fine, unless the Error blames stamp.
template <typename Body>
void refusing_is_fine(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) std::abort();
  }
}

/// Says that a property must hold; where it does not, the fuzzer has found something.
inline void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace stamp::fuzz
