#pragma once
// Debian's docker-registry, started by a test on a loopback port.

#include <filesystem>
#include <string>

#include <sys/types.h>

#include "base/temp_file.h"
#include "tests/fakes/certificates.h"
#include "tests/fakes/token_server.h"

namespace stamp::registry {

/// Why docker-registry cannot be started here; "" when it can.
std::string docker_registry_missing();

/// How a docker-registry is configured.
struct DockerRegistryOptions {
  enum class Changes { all, no_deletes, none };
  Changes changes = Changes::all;
  const fakes::CertificateAuthority* tls = nullptr;  ///< https, with a certificate of this one
  bool htpasswd = false;                             ///< asks for "me" and "secret"
  /// Asks for tokens of this server, which `signer` signs. Both must outlive the registry.
  fakes::TokenServer* tokens = nullptr;
  const fakes::CertificateAuthority* signer = nullptr;
  std::filesystem::path storage;  ///< where its content is; a folder of its own when empty
};

/// A docker-registry that runs as long as this lives.
class DockerRegistry final {
 public:
  explicit DockerRegistry(const DockerRegistryOptions& options);
  DockerRegistry(const DockerRegistry&) = delete;
  DockerRegistry& operator=(const DockerRegistry&) = delete;
  ~DockerRegistry();

  /// "127.0.0.1:PORT"
  const std::string& host() const { return host_; }
  /// A file with the certificate that the registry's is signed by.
  std::string ca_file() const { return (folder_.path() / "ca.pem").string(); }
  /// What it said so far.
  std::string log() const;

 private:
  std::string config(const DockerRegistryOptions& options) const;
  void start();
  void wait_until_it_listens();

  TempDir folder_;
  std::string host_;
  pid_t pid_ = -1;
};

}  // namespace stamp::registry
