#pragma once
// Signatures over small texts: Ed25519 (RFC 8032), and ECDSA with P-256 and SHA-256 (FIPS 186-5) in
// DER. Keys are PEM files, as `openssl genpkey` and `openssl pkey -pubout` write them.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace stamp {

/// A public key that signatures are checked with. Safe from many threads.
class VerifyingKey final {
 public:
  /// Reads a PEM text with one public key; `name` stands for it in messages. Errors: invalid (it is
  /// none, or of another kind).
  static VerifyingKey parse(std::string_view pem, std::string_view name);
  /// The same from a file. Errors: io; invalid.
  static VerifyingKey load(const std::filesystem::path& path);

  VerifyingKey(VerifyingKey&&) noexcept;
  VerifyingKey& operator=(VerifyingKey&&) noexcept;
  ~VerifyingKey();

  /// Whether `signature` was made over exactly `text` with this key's private half.
  bool verify(std::string_view text, std::string_view signature) const;
  /// The digest of the key's SubjectPublicKeyInfo in DER (RFC 5280 section 4.1).
  const Digest& fingerprint() const;

 private:
  friend class SigningKey;
  struct State;
  explicit VerifyingKey(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

/// A private key that signatures are made with. Safe from many threads.
class SigningKey final {
 public:
  /// Reads a PEM text with one private key; `name` stands for it in messages. Errors: invalid (it
  /// is none, is encrypted, or of another kind).
  static SigningKey parse(std::string_view pem, std::string_view name);
  /// The same from a file. Errors: io; invalid; denied (everybody may read it).
  static SigningKey load(const std::filesystem::path& path);

  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  /// The signature over `text`: bytes, not text.
  std::string sign(std::string_view text) const;
  /// Its public half.
  const VerifyingKey& verifying_key() const;

 private:
  struct State;
  explicit SigningKey(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace stamp
