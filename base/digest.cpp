#include "base/digest.h"

#include <vector>

#include <fmt/core.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "base/handle.h"

namespace stamp {
namespace {

/// The value of a lower-case hexadecimal digit, or -1.
int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// One hash computation of OpenSSL. Its calls fail only when memory is out or the algorithm is
/// switched off, which no input of the user's can bring about.
class Computation {
 public:
  explicit Computation(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new()) {
    check(context_ != nullptr && EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1);
  }
  void update(std::span<const std::byte> bytes) {
    check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  /// Writes the hash to `out`, which has room for it.
  void finish(std::span<std::byte> out) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL's byte type
    auto* target = reinterpret_cast<unsigned char*>(out.data());
    check(EVP_DigestFinal_ex(context_.get(), target, nullptr) == 1);
  }

 private:
  static void check(bool done) {
    if (!done) throw Error(ErrorKind::internal, "cannot compute a hash: OpenSSL refused");
  }
  Handle<EVP_MD_CTX, EVP_MD_CTX_free> context_;
};

/// Fetched once: for EVP_sha256() OpenSSL looks the algorithm up anew each time, which takes longer
/// than to hash a key. Null when it is switched off.
const EVP_MD* sha256() {
  static const Handle<EVP_MD, EVP_MD_free> kFetched(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  return kFetched.get();
}

}  // namespace

std::string to_hex(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(bytes.size() * 2, '\0');
  std::size_t at = 0;
  for (const std::byte byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    out[at++] = kDigits[value >> 4U];
    out[at++] = kDigits[value & 15U];
  }
  return out;
}

Digest Digest::parse_hex(std::string_view hex) {
  std::array<std::byte, 32> bytes{};
  bool valid = hex.size() == 64;
  for (std::size_t i = 0; valid && i < 32; ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    valid = high >= 0 && low >= 0;
    if (valid) bytes[i] = static_cast<std::byte>(high * 16 + low);
  }
  if (!valid) {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}' is not a SHA-256 of 64 lower-case hexadecimal digits",
                            printable(hex, 80)));
  }
  return Digest(bytes);
}

Digest Digest::parse(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  if (!text.starts_with(kPrefix)) {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}' is not a digest of the form sha256:<64 hexadecimal digits>",
                            printable(text, 80)));
  }
  return parse_hex(text.substr(kPrefix.size()));
}

std::string Digest::hex() const {
  return to_hex(bytes_);
}

Digest Digest::of(std::span<const std::byte> bytes) {
  Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

Digest Digest::of(std::string_view text) {
  return of(std::as_bytes(std::span(text)));
}

struct Hasher::State {
  Computation computation{sha256()};
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;
void Hasher::update(std::span<const std::byte> bytes) {
  state_->computation.update(bytes);
}
Digest Hasher::finish() {
  std::array<std::byte, 32> bytes{};
  state_->computation.finish(bytes);
  return Digest(bytes);
}

struct Md5::State {
  Computation computation{EVP_md5()};
};

Md5::Md5() : state_(std::make_unique<State>()) {}
Md5::~Md5() = default;
void Md5::update(std::span<const std::byte> bytes) {
  state_->computation.update(bytes);
}
std::string Md5::finish_hex() {
  std::array<std::byte, 16> bytes{};
  state_->computation.finish(bytes);
  return to_hex(bytes);
}

std::string hash_hex(HashAlgorithm algorithm, std::span<const std::byte> bytes) {
  // In the order of the enumerators.
  const EVP_MD* const kMethods[] = {EVP_md5(),    EVP_sha1(),   EVP_sha224(),
                                    EVP_sha256(), EVP_sha384(), EVP_sha512()};
  const EVP_MD* method = kMethods[static_cast<std::size_t>(algorithm)];
  Computation computation{method};
  computation.update(bytes);
  std::vector<std::byte> hash(static_cast<std::size_t>(EVP_MD_get_size(method)));
  computation.finish(hash);
  return to_hex(hash);
}

std::string md5_hex(std::span<const std::byte> bytes) {
  Md5 md5;
  md5.update(bytes);
  return md5.finish_hex();
}

}  // namespace stamp
