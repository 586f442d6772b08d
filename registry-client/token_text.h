#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace stamp::registry {

/// What a token server answers.
struct TokenText {
  std::string text;
  std::chrono::seconds life{0};  ///< how long to use it: less than the server says
};

/// Reads an answer of 200. Without `expires_in` a token lives for 60 s; it is used until 10 s
/// before its end. Errors: corrupt (no token, wrong types, a token that no field can hold).
/// Spec: docs/content/spec/auth/token.md and oauth.md of distribution.
TokenText read_token(std::string_view body);

}  // namespace stamp::registry
