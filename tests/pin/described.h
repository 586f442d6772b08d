#pragma once

#include <string>
#include <string_view>

#include <fmt/core.h>

#include "base/yaml_tree.h"
#include "pin/find.h"

namespace stamp::pin {

/// A text on one line.
inline std::string visible(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\r' || c == '\n') {
      out += c == '\r' ? "\\r" : "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

/// What was found in a text, one line each: position, kind, path, reference, then the fields and
/// what else is to be said. Left alone: "-".
inline std::string described(std::string_view text, const Found& found) {
  const auto at = [&](std::size_t byte) {
    const TextPosition position = position_at(text, byte);
    return fmt::format("{}:{}", position.line, position.column);
  };
  const auto field = [&](std::string_view name, const std::optional<Field>& part) {
    if (!part) return std::string();
    std::string_view bytes = part->span.of(text);
    bytes = bytes.substr(0, bytes.find_last_not_of(" \t\r\n") + 1);
    if (!part->lead.empty()) {
      return fmt::format("  new {} {} {}\n", name, at(part->span.begin), visible(part->lead));
    }
    return fmt::format("  {} {} {}\n", name, at(part->span.begin), bytes);
  };
  std::string out;
  for (const Place& place : found.places) {
    out += fmt::format("{} {}: {}\n", place.kind, place.path, place.reference.str());
    out += field("whole", place.whole) + field("name", place.name) + field("tag", place.tag);
    out += field(place.bare_digest ? "bare digest" : "digest", place.digest);
    if (place.before != 0) out += fmt::format("  before {}\n", place.before);
    if (place.after != 0) out += fmt::format("  after {}\n", place.after);
    if (!place.obstacle.empty()) out += "  obstacle: " + place.obstacle + "\n";
    if (!place.note.empty()) out += "  note: " + place.note + "\n";
  }
  for (const LeftAlone& left : found.left_alone) {
    out += left.path.empty() ? fmt::format("- {}\n", left.reason)
                             : fmt::format("- {} {}: {}\n", left.path, at(left.at), left.reason);
  }
  return out;
}

}  // namespace stamp::pin
