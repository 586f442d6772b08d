#include "tests/registry-client/real/docker_registry.h"

#include <chrono>
#include <csignal>
#include <regex>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/fd.h"

namespace stamp::registry {
namespace {

constexpr const char* kProgram = "/usr/bin/docker-registry";
// bcrypt of "secret", with the least work.
constexpr const char* kPasswords =
    "me:$2b$04$axYCuQULoRN9mmAlAeAKyuMUqzPWPKEs7n0Rt/h.Qr9XDZgr2JOGC\n";

}  // namespace

std::string docker_registry_missing() {
  return ::access(kProgram, X_OK) == 0 ? "" : "docker-registry is not installed";
}

DockerRegistry::DockerRegistry(const DockerRegistryOptions& options) {
  const std::filesystem::path folder = folder_.path();
  replace_file(folder / "config.yml", config(options));
  replace_file(folder / "htpasswd", kPasswords);
  if (options.signer != nullptr) {
    replace_file(folder / "signer.pem", options.signer->certificate());
  }
  if (options.tls != nullptr) {
    const fakes::TlsIdentity identity = options.tls->issue();
    replace_file(folder / "ca.pem", options.tls->certificate());
    replace_file(folder / "tls.pem", identity.certificate);
    replace_file(folder / "tls.key", identity.key);
  }
  start();
  wait_until_it_listens();
}

DockerRegistry::~DockerRegistry() {
  static_cast<void>(::kill(pid_, SIGKILL));
  static_cast<void>(::waitpid(pid_, nullptr, 0));
}

std::string DockerRegistry::log() const {
  return read_file(folder_.path() / "log");
}

std::string DockerRegistry::config(const DockerRegistryOptions& options) const {
  using Changes = DockerRegistryOptions::Changes;
  const std::string folder = folder_.path().string();
  std::string text = fmt::format(
      "version: 0.1\n"
      "storage:\n"
      "  filesystem: {{rootdirectory: '{}'}}\n"
      "  delete: {{enabled: {}}}\n"
      "  maintenance: {{uploadpurging: {{enabled: false}}, readonly: {{enabled: {}}}}}\n",
      options.storage.empty() ? folder + "/storage" : options.storage.string(),
      options.changes == Changes::all, options.changes == Changes::none);
  text += "http:\n  addr: 127.0.0.1:0\n  secret: test\n";
  if (options.tls != nullptr) {
    text += fmt::format("  tls: {{certificate: '{0}/tls.pem', key: '{0}/tls.key'}}\n", folder);
  }
  if (options.htpasswd) {
    text += fmt::format("auth: {{htpasswd: {{realm: tests, path: '{}/htpasswd'}}}}\n", folder);
  }
  if (options.tokens != nullptr) {
    text += fmt::format(
        "auth: {{token: {{realm: '{}', service: '{}', issuer: stamp tests, "
        "rootcertbundle: '{}/signer.pem'}}}}\n",
        options.tokens->realm(), options.tokens->service(), folder);
  }
  return text;
}

void DockerRegistry::start() {
  const std::string config = (folder_.path() / "config.yml").string();
  const std::string log = (folder_.path() / "log").string();
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ != 0) return;
  // Only calls that are safe after fork() from here on.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(126);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (::dup2(out, 1) < 0 || ::dup2(out, 2) < 0) ::_exit(126);
  ::execl(kProgram, kProgram, "serve", config.c_str(), nullptr);
  ::_exit(127);
}

void DockerRegistry::wait_until_it_listens() {
  static const std::regex listening("listening on (127\\.0\\.0\\.1:[0-9]+)");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < end) {
    std::smatch found;
    if (std::filesystem::exists(folder_.path() / "log")) {
      const std::string text = log();
      if (std::regex_search(text, found, listening)) {
        host_ = found[1];
        return;
      }
    }
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("docker-registry does not start: " + log());
}

}  // namespace stamp::registry
