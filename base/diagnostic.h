#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <vector>

namespace stamp {

/// A problem of a text that a user wrote, at a place in it.
struct Diagnostic {
  std::string file;         ///< as the user would name it
  std::size_t line = 0;     ///< from 1
  std::size_t column = 0;   ///< from 1, in characters (code points)
  std::string message;      ///< "unknown key 'entrpoint' in 'config'; did you mean 'entrypoint'?"
  std::string source_line;  ///< the line itself, without its end

  friend auto operator<=>(const Diagnostic&, const Diagnostic&) = default;
};

/// One problem as the terminal shows it, without a line end after it:
///
///     recipes/app.yaml:14:5: unknown key 'entrpoint' in 'config'; did you mean 'entrypoint'?
///       entrpoint: [app]
///       ^
std::string render(const Diagnostic& diagnostic);

/// Errors: invalid, with all of `diagnostics` (sorted by file and position) in its headline, if
/// there are any.
void throw_if_any(std::vector<Diagnostic> diagnostics);

}  // namespace stamp
