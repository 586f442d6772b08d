#pragma once
// pins.lock: the digests of images that are not the workspace's, by what manifests call them.
// Format: docs/formats.md section "pins.lock".

#include <map>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace stamp::pin {

/// The format of pins.lock that this program reads and writes.
inline constexpr int kPinsFormat = 1;

/// The content of a pins.lock.
struct PinsLock {
  /// By reference in full, with the tag if there is one: "docker.io/library/debian:12".
  std::map<std::string, Digest, std::less<>> images;

  friend bool operator==(const PinsLock&, const PinsLock&) = default;
};

/// Reads a pins.lock. `file` names it in messages. Errors: invalid (what is not as serialize()
/// writes it; a newer format).
PinsLock parse_pins_lock(std::string_view file, std::string_view text);

/// The one text of a pins.lock: each image on a line of its own, in the order of their names.
std::string serialize(const PinsLock& lock);

}  // namespace stamp::pin
