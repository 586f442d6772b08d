#include "tests/fakes/certificates.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <fmt/core.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/base64.h"
#include "base/handle.h"

namespace stamp::fakes {
namespace {

using Bio = Handle<BIO, BIO_free_all>;
using Certificate = Handle<X509, X509_free>;
using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using Extension = Handle<X509_EXTENSION, X509_EXTENSION_free>;
using Signing = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using Signature = Handle<ECDSA_SIG, ECDSA_SIG_free>;

unsigned char* octets(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

std::string text_of(const Bio& bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1,
          "no extension of a certificate");
}

/// A certificate for `key` that is not signed yet.
Certificate certificate_for(EVP_PKEY* key, const std::string& name,
                            const CertificateOptions& options) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  static std::atomic<long> serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  const auto seconds = [](std::chrono::hours hours) {
    return static_cast<long>(std::chrono::seconds(hours).count());
  };
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), seconds(options.starts_in));
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds(options.ends_in));
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             octets(name), static_cast<int>(name.size()), -1, 0);
  return certificate;
}

std::string pem_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio);
}

/// The two numbers of a signature, 32 bytes each, as ES256 has them (RFC 7518 section 3.4).
std::string joined_numbers(const std::string& der) {
  const unsigned char* at = octets(std::string_view(der));
  const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string numbers(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), octets(numbers), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), octets(numbers) + 32, 32);
  return numbers;
}

/// base64 as URLs have it: RFC 7515 section 2.
std::string base64_url(std::string_view text) {
  std::string encoded = to_base64(text);
  while (encoded.ends_with('=')) encoded.pop_back();
  for (char& c : encoded) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return encoded;
}

}  // namespace

struct CertificateAuthority::State {
  Key key;
  Certificate certificate;
};

CertificateAuthority::CertificateAuthority() : state_(std::make_unique<State>()) {
  state_->key.reset(EVP_EC_gen("P-256"));
  state_->certificate = certificate_for(state_->key.get(), "Test Authority", {});
  X509* own = state_->certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(own, own, NID_key_usage, "critical,keyCertSign,digitalSignature");
  add_extension(own, own, NID_subject_key_identifier, "hash");
  require(X509_sign(own, state_->key.get(), EVP_sha256()) != 0, "no certificate of an authority");
  certificate_ = pem_of(own);
}

CertificateAuthority::~CertificateAuthority() = default;

std::string CertificateAuthority::certificate_base64() const {
  unsigned char* der = nullptr;
  const int size = i2d_X509(state_->certificate.get(), &der);
  const std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return to_base64(text);
}

TlsIdentity CertificateAuthority::issue(const CertificateOptions& options) const {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = certificate_for(key.get(), "Test Server", options);
  X509* authority = state_->certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(authority));
  add_extension(certificate.get(), authority, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), authority, NID_subject_alt_name, options.names);
  add_extension(certificate.get(), authority, NID_authority_key_identifier, "keyid");
  require(X509_sign(certificate.get(), state_->key.get(), EVP_sha256()) != 0,
          "no certificate of a server");
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {.certificate = pem_of(certificate.get()), .key = text_of(bio)};
}

std::string CertificateAuthority::sign_token(std::string_view claims) const {
  const std::string header =
      fmt::format(R"({{"alg":"ES256","typ":"JWT","x5c":["{}"]}})", certificate_base64());
  const std::string signed_text = base64_url(header) + "." + base64_url(claims);
  const Signing signing(EVP_MD_CTX_new());
  std::string signature(128, '\0');
  std::size_t size = signature.size();
  require(
      EVP_DigestSignInit(signing.get(), nullptr, EVP_sha256(), nullptr, state_->key.get()) == 1 &&
          EVP_DigestSign(signing.get(), octets(signature), &size,
                         octets(std::string_view(signed_text)), signed_text.size()) == 1,
      "no signature of a token");
  signature.resize(size);
  return signed_text + "." + base64_url(joined_numbers(signature));
}

}  // namespace stamp::fakes
