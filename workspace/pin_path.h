#pragma once
// Paths to nodes of a YAML document, as `pin.paths` has them. Syntax: docs/formats.md section
// "pin".

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stamp::workspace {

/// One step of a path.
struct PinStep {
  enum class Kind {
    key,        ///< the key `key`, where each "*" stands for any text
    exact_key,  ///< the key `key`, which was in quotes
    item,       ///< item `index` of a list
    any_item,   ///< each item of a list
  };

  Kind kind = Kind::key;
  std::string_view key;
  std::size_t index = 0;

  /// Whether it leads to the value of `other` in a mapping.
  bool matches(std::string_view other) const;

  friend bool operator==(const PinStep&, const PinStep&) = default;
};

/// Takes the first step off `path`, which check_pin_path() has let pass; nothing when it is empty.
std::optional<PinStep> take_step(std::string_view& path);

/// `path`. Errors: invalid, saying what is wrong with it.
std::string check_pin_path(std::string_view path);

}  // namespace stamp::workspace
