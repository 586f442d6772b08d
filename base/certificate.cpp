#include "base/certificate.h"

#include <array>
#include <limits>
#include <span>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/handle.h"

namespace stamp {
namespace {

void free_infos(STACK_OF(X509_INFO) * infos) {
  sk_X509_INFO_pop_free(infos, X509_INFO_free);
}

/// The digits of what a digest function of OpenSSL writes.
template <typename Object>
std::string fingerprint(const Object* object,
                        int (*digest)(const Object*, const EVP_MD*, unsigned char*, unsigned*)) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (digest(object, EVP_sha1(), bytes.data(), &size) != 1) {
    throw Error(ErrorKind::internal, "cannot compute a fingerprint: OpenSSL refused");
  }
  return to_hex(std::as_bytes(std::span(bytes).first(size)));
}

std::uint32_t name_hash(const X509_NAME* name) {
  return static_cast<std::uint32_t>(X509_NAME_hash_ex(name, nullptr, nullptr, nullptr));
}

}  // namespace

std::vector<CertificateFacts> read_certificates(std::string_view pem) {
  std::vector<CertificateFacts> all;
  if (pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return all;
  const Handle<BIO, BIO_free_all> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) throw Error(ErrorKind::internal, "cannot read certificates: out of memory");
  const Handle<STACK_OF(X509_INFO), free_infos> infos(
      PEM_X509_INFO_read_bio(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (infos == nullptr) return all;
  for (int i = 0; i < sk_X509_INFO_num(infos.get()); ++i) {
    const X509_INFO* info = sk_X509_INFO_value(infos.get(), i);
    if (info->x509 != nullptr) {
      all.push_back({CertificateFacts::Kind::certificate,
                     name_hash(X509_get_subject_name(info->x509)),
                     fingerprint<X509>(info->x509, X509_digest)});
    } else if (info->crl != nullptr) {
      all.push_back({CertificateFacts::Kind::revocations, name_hash(X509_CRL_get_issuer(info->crl)),
                     fingerprint<X509_CRL>(info->crl, X509_CRL_digest)});
    }
  }
  return all;
}

}  // namespace stamp
