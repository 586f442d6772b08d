#pragma once
// The parts of a request's target and of a form, decoded.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stamp::fakes {

/// The bytes that percent-encoded text stands for.
std::string percent_decoded(std::string_view text);
/// `text` with all but letters, digits, "-", "_" and "." percent-encoded.
std::string percent_encoded(std::string_view text);

/// Names and values, decoded, in the order of "a=1&b=2".
class Query final {
 public:
  explicit Query(std::string_view text);
  /// The first value of that name; "" when there is none.
  std::string get(std::string_view name) const;
  /// All values of that name.
  std::vector<std::string> all(std::string_view name) const;
  /// Whether there is that name.
  bool has(std::string_view name) const { return !all(name).empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

/// What stands before and after the first `mark`; the second is "" when there is none.
std::pair<std::string, std::string> split_at(std::string_view text, std::string_view mark);

}  // namespace stamp::fakes
