#include "base/signature.h"

#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include <errno.h>
#include <sys/stat.h>

#include <fmt/core.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/handle.h"

namespace stamp {
namespace {

using Key = Handle<EVP_PKEY, EVP_PKEY_free>;

constexpr std::uint64_t kMaxKeyFile = 64U << 10U;

/// A call of OpenSSL that fails only when memory is out or an algorithm is switched off.
void check(bool done) {
  if (!done) throw Error(ErrorKind::internal, "cannot compute a signature: OpenSSL refused");
}

const unsigned char* bytes_of(std::string_view text) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL's byte type
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL's byte type
  return reinterpret_cast<unsigned char*>(text.data());
}

/// Never asks on the terminal: a key with a passphrase is refused.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

Error useless(std::string_view name, std::string_view why, std::string hint) {
  return Error(ErrorKind::invalid,
               fmt::format("cannot use the key '{}': {}", printable(name, 200), why),
               {.hint = std::move(hint)});
}

/// The one key that `read` finds in a PEM text; null when there is none.
template <typename Read>
Key read_key(std::string_view pem, std::string_view name, Read&& read) {
  if (pem.size() > kMaxKeyFile) throw useless(name, "it is too long", "");
  const Handle<BIO, BIO_free_all> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  check(bio != nullptr);
  Key key(read(bio.get(), nullptr, no_passphrase, nullptr));
  const Key second(key == nullptr ? nullptr : read(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (second != nullptr) {
    throw useless(name, "there are several keys in it", "give each key a file of its own");
  }
  return key;
}

bool is_p256(const EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t size = 0;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
         std::string_view(group.data(), size) == SN_X9_62_prime256v1;
}

void check_kind(const EVP_PKEY* key, std::string_view name) {
  const bool known = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 || is_p256(key);
  ERR_clear_error();
  if (known) return;
  throw useless(name, "it is neither for Ed25519 nor for ECDSA with P-256",
                "openssl genpkey -algorithm ed25519 -out FILE");
}

/// What is hashed before it is signed; Ed25519 does that itself.
const EVP_MD* hash_for(const EVP_PKEY* key) {
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
}

/// The key as SubjectPublicKeyInfo in DER.
std::string public_bytes(const EVP_PKEY* key) {
  const int size = i2d_PUBKEY(key, nullptr);
  check(size > 0);
  std::string der(static_cast<std::size_t>(size), '\0');
  unsigned char* out = bytes_of(der);
  check(i2d_PUBKEY(key, &out) == size);
  return der;
}

Key public_half(const EVP_PKEY* key) {
  const std::string der = public_bytes(key);
  const unsigned char* in = bytes_of(std::string_view(der));
  Key half(d2i_PUBKEY(nullptr, &in, static_cast<long>(der.size())));
  check(half != nullptr);
  return half;
}

/// A text that is wiped when it is done with.
class SecretText {
 public:
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText() { OPENSSL_cleanse(text_.data(), text_.size()); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

struct VerifyingKey::State {
  Key key;
  Digest fingerprint;
};

struct SigningKey::State {
  Key key;
  VerifyingKey half;
};

VerifyingKey::VerifyingKey(std::unique_ptr<const State> state) : state_(std::move(state)) {}
VerifyingKey::VerifyingKey(VerifyingKey&&) noexcept = default;
VerifyingKey& VerifyingKey::operator=(VerifyingKey&&) noexcept = default;
VerifyingKey::~VerifyingKey() = default;

VerifyingKey VerifyingKey::parse(std::string_view pem, std::string_view name) {
  Key key = read_key(pem, name, PEM_read_bio_PUBKEY);
  if (key == nullptr) {
    const bool is_private = pem.find("PRIVATE KEY-----") != std::string_view::npos;
    throw is_private
        ? useless(name, "it is a private key, and a public one is needed here",
                  fmt::format("openssl pkey -in {} -pubout -out FILE", printable(name, 200)))
        : useless(name, "it is no public key in PEM",
                  "openssl pkey -in PRIVATE-KEY -pubout -out FILE");
  }
  check_kind(key.get(), name);
  const Digest fingerprint = Digest::of(public_bytes(key.get()));
  return VerifyingKey(std::make_unique<const State>(State{std::move(key), fingerprint}));
}

VerifyingKey VerifyingKey::load(const std::filesystem::path& path) {
  return parse(read_file(path, kMaxKeyFile), path.string());
}

bool VerifyingKey::verify(std::string_view text, std::string_view signature) const {
  const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  check(context != nullptr);
  EVP_PKEY* key = state_->key.get();
  check(EVP_DigestVerifyInit(context.get(), nullptr, hash_for(key), nullptr, key) == 1);
  const int verdict = EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                       bytes_of(text), text.size());
  ERR_clear_error();
  return verdict == 1;
}

const Digest& VerifyingKey::fingerprint() const {
  return state_->fingerprint;
}

SigningKey::SigningKey(std::unique_ptr<const State> state) : state_(std::move(state)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

SigningKey SigningKey::parse(std::string_view pem, std::string_view name) {
  Key key = read_key(pem, name, PEM_read_bio_PrivateKey);
  if (key == nullptr) {
    const bool encrypted = pem.find("ENCRYPTED") != std::string_view::npos;
    throw encrypted ? useless(name, "it is encrypted, and there is nobody to ask for a passphrase",
                              fmt::format("openssl pkey -in {} -out FILE", printable(name, 200)))
                    : useless(name, "it is no private key in PEM",
                              "openssl genpkey -algorithm ed25519 -out FILE");
  }
  check_kind(key.get(), name);
  const Digest fingerprint = Digest::of(public_bytes(key.get()));
  VerifyingKey half(std::make_unique<const VerifyingKey::State>(
      VerifyingKey::State{public_half(key.get()), fingerprint}));
  return SigningKey(std::make_unique<const State>(State{std::move(key), std::move(half)}));
}

SigningKey SigningKey::load(const std::filesystem::path& path) {
  Fd fd = open_for_reading(path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("look at", path.string(), errno);
  if ((status.st_mode & S_IRWXO) != 0) {
    throw Error(ErrorKind::denied,
                fmt::format("cannot use the key '{}': everybody may read it", path.string()),
                {.hint = fmt::format("chmod 600 {}", path.string())});
  }
  // The very file whose mode was looked at, whatever has its name by now.
  FileSource file(std::move(fd), path.string());
  const SecretText pem(read_all(file, kMaxKeyFile, path.string()));
  return parse(pem.text(), path.string());
}

std::string SigningKey::sign(std::string_view text) const {
  const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  check(context != nullptr);
  EVP_PKEY* key = state_->key.get();
  check(EVP_DigestSignInit(context.get(), nullptr, hash_for(key), nullptr, key) == 1);
  std::size_t size = 0;
  check(EVP_DigestSign(context.get(), nullptr, &size, bytes_of(text), text.size()) == 1);
  std::string signature(size, '\0');
  check(EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(text), text.size()) ==
        1);
  signature.resize(size);
  return signature;
}

const VerifyingKey& SigningKey::verifying_key() const {
  return state_->half;
}

}  // namespace stamp
