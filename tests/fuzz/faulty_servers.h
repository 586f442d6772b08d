#pragma once
// A registry, its mirror and its token server without a network, which err as a script of bytes
// says. Whatever they do, the requests that come must be ones that a client may send.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry-client/transport.h"
#include "registry-client/url.h"
#include "tests/fakes/registry_state.h"

namespace stamp::fuzz {

/// The fuzzer's input, read as numbers and texts. After its end everything is 0 or empty.
class Script final {
 public:
  explicit Script(std::string_view bytes) : rest_(bytes) {}
  bool ended() const { return rest_.empty(); }
  /// A number below `count`.
  unsigned next(unsigned count);
  /// A text fit for a field of a head, without any of the secrets.
  std::string text();

 private:
  std::string_view rest_;
};

/// How the registry lets in.
enum class Login { nobody_asks, basic, token };

/// What the servers are like when nothing errs.
struct ServerSettings {
  Login login = Login::nobody_asks;
  bool loopback = false;  ///< the registry is here, over http; else a public one over https
  bool for_ever = false;  ///< the script's last faults go on, instead of ending with it
  fakes::RegistryOptions registry;
};

inline constexpr std::string_view kMirror = "mirror.example";
inline constexpr std::string_view kTokenServer = "https://auth.example";
inline constexpr std::string_view kUser = "me";
inline constexpr std::string_view kPassword = "registry-secret";
inline constexpr std::string_view kRefreshToken = "refresh-secret";
inline constexpr std::string_view kRegistryToken = "preset-secret";
inline constexpr std::string_view kMirrorPassword = "mirror-secret";

/// Whether a text holds something that only some servers may see.
bool holds_secret(std::string_view text);

/// All servers that there are: they answer what they should, unless the script says otherwise.
class FaultyServers final : public registry::Transport {
 public:
  FaultyServers(Script& script, ServerSettings settings);

  registry::Response send(const registry::Request& request,
                          const registry::ChooseSink& choose) override;

  /// "registry.example", or an address of this machine.
  std::string host() const;
  fakes::RegistryState& state() { return state_; }
  /// Whether all that went wrong was of the kind that passes: the next attempt may succeed, and
  /// nothing was said that is not so.
  bool only_passing_faults() const { return !lied_; }
  int faults() const { return faults_; }
  int requests() const { return requests_; }
  /// The time that answers took.
  std::chrono::seconds taken() const { return taken_; }
  /// The blob that uploads must bring, for checking their parts.
  void expect_upload(std::string_view bytes) { upload_ = bytes; }

 private:
  enum class Owner { registry, mirror, tokens, stranger };
  struct Fault {
    unsigned kind = 0;
    unsigned number = 0;
    unsigned which = 0;
    std::string text;
  };

  Owner owner_of(const registry::Url& url) const;
  void check(const registry::Request& request, const registry::Url& url) const;
  void check_secrets(const registry::Request& request, const registry::Url& url,
                     const std::string& body) const;
  void check_piece(const fakes::HttpRequest& request, std::uint64_t length) const;
  std::vector<Fault> next_faults();
  Fault read_fault();
  fakes::HttpRequest take(const registry::Request& request, const registry::Url& url,
                          const std::vector<Fault>& faults) const;
  fakes::HttpReply answer(const fakes::HttpRequest& request, const registry::Url& url);
  fakes::HttpReply answer_registry(const fakes::HttpRequest& request);
  fakes::HttpReply answer_tokens();
  std::optional<fakes::HttpReply> refusal(const fakes::HttpRequest& request) const;
  std::optional<fakes::HttpReply> instead(const Fault& fault);
  void change(fakes::HttpReply& reply, const Fault& fault);

  Script& script_;
  ServerSettings settings_;
  fakes::RegistryState state_;
  std::vector<Fault> last_;
  std::string_view upload_;
  std::chrono::seconds taken_{0};
  int tokens_given_ = 0;
  int tokens_ended_ = 0;  ///< those up to this number hold no more
  int requests_ = 0;
  int faults_ = 0;
  bool lied_ = false;
};

}  // namespace stamp::fuzz
