#pragma once
// Keys for tests: known to everybody, good for nothing else.

#include "base/signature.h"

namespace stamp::build {

/// The key of RFC 8032 section 7.1, TEST 1.
inline SigningKey first_key() {
  return SigningKey::parse(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
      "-----END PRIVATE KEY-----\n",
      "the first key");
}

/// The key of RFC 8032 section 7.1, TEST 2.
inline SigningKey second_key() {
  return SigningKey::parse(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
      "-----END PRIVATE KEY-----\n",
      "the second key");
}

}  // namespace stamp::build
