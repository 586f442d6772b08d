#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stamp {

/// What a folder of trusted certificates needs to know of one of them, or of a list of revoked
/// ones.
struct CertificateFacts {
  enum class Kind { certificate, revocations } kind = Kind::certificate;
  /// OpenSSL's hash of the subject's name, or of the issuer's of a revocation list: the links by
  /// which it finds certificates are named after it.
  std::uint32_t name_hash = 0;
  std::string fingerprint;  ///< SHA-1, as 40 digits: tells equal ones, secures nothing

  friend bool operator==(const CertificateFacts&, const CertificateFacts&) = default;
};

/// The certificates and revocation lists of a PEM text, in order; none when it does not parse.
std::vector<CertificateFacts> read_certificates(std::string_view pem);

}  // namespace stamp
