#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::scripts::shell {

/// A stretch of an expanded text that came from an expansion outside quotes, and is split.
struct Region {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool only_nul = false;  ///< of "$@": split between the parameters only
};

/// A field's place in the text.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Splits `text` in its regions by `separators`, and by NUL, which stands between parameters. With
/// `most`, the last field takes all the rest but the blanks at its end, as `read` wants it.
/// Spec: POSIX.1-2017 Shell Command Language 2.6.5, as dash understands it.
std::vector<Span> split_fields(std::string_view text, const std::vector<Region>& regions,
                               std::string_view separators,
                               std::optional<std::size_t> most = std::nullopt);

}  // namespace stamp::scripts::shell
