// ClientSuite against go-containerregistry's registry, where STAMP_SUITE_REGISTRY names the program
// (scripts/interop builds it). Without the name there are no such tests.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/registry-client/client_suite.h"

namespace stamp::registry {
namespace {

/// A socket of this machine; asks for any free port when `port` is 0.
sockaddr_in loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int free_port() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  return ntohs(address.sin_port);
}

bool listens(int port) {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

class NamedTarget final : public SuiteTarget {
 public:
  explicit NamedTarget(const std::string& program) : port_(free_port()) {
    // What v0.22 does: a simple registry for tests.
    referrers = false;
    exact_deletes = false;
    mounts = false;
    checks_manifests = false;
    const std::string port = std::to_string(port_);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
      // Only calls that are safe after fork().
      if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(126);
      const int nothing = ::open("/dev/null", O_WRONLY);
      if (::dup2(nothing, 1) < 0 || ::dup2(nothing, 2) < 0) ::_exit(126);
      ::execl(program.c_str(), program.c_str(), "-port", port.c_str(), nullptr);
      ::_exit(127);
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!listens(port_)) {
      if (std::chrono::steady_clock::now() > end)
        throw std::runtime_error(program + " does not start");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  ~NamedTarget() override {
    static_cast<void>(::kill(pid_, SIGKILL));
    static_cast<void>(::waitpid(pid_, nullptr, 0));
  }
  std::string host() const override { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int port_;
  pid_t pid_ = -1;
};

std::vector<SuiteRegistry> named() {
  const char* program = std::getenv("STAMP_SUITE_REGISTRY");
  if (program == nullptr) return {};
  return {{.name = "registry",
           .start = [program] { return std::make_unique<NamedTarget>(program); },
           .missing = [] { return std::string(); }}};
}

INSTANTIATE_TEST_SUITE_P(Named, ClientSuite, ::testing::ValuesIn(named()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace stamp::registry
