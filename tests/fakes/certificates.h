#pragma once
// Certificates for servers of tests, made when they are needed.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/http_connection.h"

namespace stamp::fakes {

/// What a server's certificate says.
struct CertificateOptions {
  /// Names in the form of OpenSSL's subjectAltName: "IP:127.0.0.1", "DNS:registry.example".
  std::string names = "IP:127.0.0.1,DNS:localhost";
  std::chrono::hours starts_in{-1};  ///< from now
  std::chrono::hours ends_in{24};    ///< from now
};

/// A certificate authority with a key of its own.
class CertificateAuthority final {
 public:
  CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;
  ~CertificateAuthority();

  /// The authority's own certificate in PEM, for those who trust it.
  const std::string& certificate() const { return certificate_; }
  /// The same in base64 of DER, as a JSON Web Token carries it.
  std::string certificate_base64() const;
  /// A new key, and a certificate for it.
  TlsIdentity issue(const CertificateOptions& options = {}) const;
  /// A JSON Web Token (RFC 7515, ES256) with these claims, signed by the authority's key and with
  /// its certificate in the header.
  std::string sign_token(std::string_view claims) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string certificate_;
};

}  // namespace stamp::fakes
