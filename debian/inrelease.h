#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "debian/release.h"
#include "debian/resolver_program.h"

namespace stamp::debian {

/// An InRelease file whose signature is valid.
struct VerifiedRelease {
  Release release;          ///< parsed from the bytes that the verifier gave, nothing else
  std::string fingerprint;  ///< of the primary key whose signature counted: 40 upper-case digits
  std::string key;          ///< that key alone, as the lock records it: base64 of its packets
  Digest digest;            ///< of the InRelease file
};

/// What an InRelease file is checked against.
struct Trust {
  std::string keyring;  ///< the keys that may sign: the bytes of the keyring file, or a lock's key
  std::int64_t time = 0;  ///< keys and signatures must be valid then: now, or the lock's time
};

/// Verifies an InRelease file: framing, at least one valid signature by a key of the keyring, none
/// that is wrong. Errors: corrupt (unsigned text, no known key, expired key, bad signature, weak
/// digest); unavailable (the helper is missing).
VerifiedRelease verify_inrelease(const ResolverProgram& program, std::string_view inrelease,
                                 const Trust& trust);

/// The bytes of a key that VerifiedRelease::key holds: for Trust::keyring. Errors: invalid.
std::string decode_key(std::string_view base64);

}  // namespace stamp::debian
