#include "maintainer-scripts/tools/files_find_number.h"

#include <charconv>

namespace stamp::scripts {

std::optional<FindNumber> parse_find_number(std::string_view text) {
  FindNumber number;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    number.sign = text.front();
    text.remove_prefix(1);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (error != std::errc()) return std::nullopt;
  number.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace stamp::scripts
