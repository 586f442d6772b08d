#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::registry {

/// One way to log in that a server offers in WWW-Authenticate.
struct Challenge {
  std::string scheme;                             ///< lower case: "bearer", "basic"
  std::map<std::string, std::string> parameters;  ///< names in lower case

  /// The value of a parameter; "" when there is none.
  std::string parameter(const std::string& name) const;

  friend bool operator==(const Challenge&, const Challenge&) = default;
};

/// Reads one WWW-Authenticate field, which may hold several challenges. Errors: corrupt (malformed,
/// a parameter twice, longer than 16 KiB). Spec: RFC 9110 section 11.6.1.
std::vector<Challenge> parse_challenges(std::string_view field);

}  // namespace stamp::registry
