#pragma once

#include <string>

#include <fmt/core.h>

#include "pin/find.h"

namespace stamp::pin {

/// What was found, a line each: "KIND PATH = REFERENCE" and the bytes of each field as they stand
/// in the file; "PATH: REASON at BYTES…" for what is left alone.
inline std::string found_text(const std::string& text, const Found& found) {
  std::string out;
  for (const Place& place : found.places) {
    out += fmt::format("{} {} = {}", place.kind, place.path, place.reference.str());
    const auto field = [&](std::string_view name, const std::optional<Field>& part) {
      if (part) out += fmt::format(" {}<{}>", name, part->span.of(text));
    };
    field("whole", place.whole);
    field("name", place.name);
    field("tag", place.tag);
    field("digest", place.digest);
    if (place.before > 0) out += fmt::format(" before {}", place.before);
    out += '\n';
  }
  for (const LeftAlone& left : found.left_alone) {
    const std::size_t end = std::min(text.find('\n', left.at), left.at + 12);
    out += fmt::format("{}: {} at {}\n", left.path, left.reason,
                       std::string_view(text).substr(left.at, end - left.at));
  }
  return out;
}

}  // namespace stamp::pin
