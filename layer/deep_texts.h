#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/stream.h"

namespace stamp::layer {

/// Texts in a file that a loader may need, found while its content streams by: those that end with
/// NUL and name a shared library (".so") or are a path. Bounded in number and length.
class DeepTexts {
 public:
  /// Starts with a new file.
  void clear();
  /// Sees the next piece of the file, which lies at `offset` in it, where the one before ended.
  void feed(Bytes piece, std::uint64_t offset);
  /// The text at `offset` of the file, which may be the end of one that starts before; nothing when
  /// it was not kept.
  std::optional<std::string> at(std::uint64_t offset) const;

 private:
  void scan(std::string_view texts, std::uint64_t offset);
  void keep(std::string_view text, std::uint64_t offset);

  std::map<std::uint64_t, std::string> texts_;  // by offset in the file
  std::size_t kept_ = 0;                        // their length in all
  std::string open_;                            // the start of a text whose end has not come yet
  std::uint64_t open_offset_ = 0;
};

}  // namespace stamp::layer
