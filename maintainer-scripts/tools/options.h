#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/process.h"

namespace stamp::scripts {

/// Whether an option takes an argument; an optional one is given as `--name=value` or `-xvalue`.
enum class Argument { none, required, optional };

/// A long option that a tool knows.
struct LongOption {
  std::string_view name;  ///< without dashes: "recursive"
  Argument argument = Argument::none;
  /// Name under which it is reported, where it means the same as a short option: "r".
  std::string_view same_as = {};
};

/// An option that was given.
struct Option {
  std::string name;  ///< without dashes: "r", "reference"
  std::optional<std::string> value;

  friend bool operator==(const Option&, const Option&) = default;
};

/// A tool's command line, taken apart.
struct Options {
  std::vector<Option> given;  ///< in order
  std::vector<std::string> operands;

  /// Whether an option was given.
  bool has(std::string_view name) const;
  /// The argument of the last one of that name; null when it was not given or had none.
  const std::string* value(std::string_view name) const;
  /// Which of `names` was given last; "" when none was. For options that undo each other.
  std::string_view last_of(std::span<const std::string_view> names) const;
};

/// Takes `process.args` (but the first) apart as getopt_long does. `short_options` as getopt's:
/// "rm:t::", a colon after one with an argument, two where that is optional; with a leading '+'
/// options end at the first operand, else they may stand among operands. `--` ends them; short ones
/// may be grouped; `--name value` and `--name=value` are the same.
/// Long options are not abbreviated.
/// Errors: Unknown: an option that is not listed, an argument missing or too many.
Options parse_options(const Process& process, std::string_view short_options,
                      std::span<const LongOption> long_options = {});

}  // namespace stamp::scripts
