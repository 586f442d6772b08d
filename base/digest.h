#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace stamp {

/// A SHA-256 digest. Its text is "sha256:" and 64 lower-case hexadecimal digits.
///
/// Spec: OCI image-spec 1.1 descriptor.md "Digests". Other algorithms are refused: nothing here
/// could verify their bytes.
class Digest {
 public:
  /// The all-zero digest, which no blob has.
  Digest() = default;
  /// From the 32 bytes of the hash.
  explicit Digest(const std::array<std::byte, 32>& bytes) : bytes_(bytes) {}

  /// Parses "sha256:<hex>". Errors: invalid.
  static Digest parse(std::string_view text);
  /// Parses the 64 hexadecimal digits alone, as Debian's indexes have them. Errors: invalid.
  static Digest parse_hex(std::string_view hex);
  /// The digest of `bytes`.
  static Digest of(std::span<const std::byte> bytes);
  /// The digest of `text`.
  static Digest of(std::string_view text);

  /// "sha256:<hex>"
  std::string str() const { return "sha256:" + hex(); }
  /// The 64 digits.
  std::string hex() const;
  /// "sha256:" and the first twelve digits: for people.
  std::string brief() const { return str().substr(0, 19); }
  const std::array<std::byte, 32>& bytes() const { return bytes_; }

  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  std::array<std::byte, 32> bytes_{};
};

/// Computes a SHA-256 piece by piece.
class Hasher final {
 public:
  Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher();
  /// Adds bytes.
  void update(std::span<const std::byte> bytes);
  /// Ends the computation; call it once.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Lower-case hexadecimal digits of `bytes`.
std::string to_hex(std::span<const std::byte> bytes);

/// Algorithms of md5sum, sha1sum and their kin.
enum class HashAlgorithm { md5, sha1, sha224, sha256, sha384, sha512 };
/// The hash of `bytes` in lower-case hexadecimal digits, for lists of checksums that others made.
std::string hash_hex(HashAlgorithm algorithm, std::span<const std::byte> bytes);

/// The MD5 of `text` as 32 digits: dpkg's md5sums and Conffiles, never a check of integrity.
std::string md5_hex(std::span<const std::byte> bytes);

/// An MD5 computed piece by piece, for the same use.
class Md5 final {
 public:
  Md5();
  Md5(const Md5&) = delete;
  Md5& operator=(const Md5&) = delete;
  ~Md5();
  void update(std::span<const std::byte> bytes);
  /// The 32 digits; call it once.
  std::string finish_hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stamp
