#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stamp::debian {

/// A message whose signature was found valid.
struct VerifiedMessage {
  std::string text;         ///< the bytes that the verifier gave out
  std::string fingerprint;  ///< of the primary key, 40 upper-case digits
  std::string key;          ///< that key's packets, without other people's signatures
};

/// Verifies a clearsigned message against the keys of `keyring` at `time`. Confines the process
/// before it reads either. Errors: corrupt.
VerifiedMessage verify_message(std::string_view message, std::string_view keyring,
                               std::int64_t time);

}  // namespace stamp::debian
