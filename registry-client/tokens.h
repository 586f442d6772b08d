#pragma once
// Logging in to one registry. Private to the client.

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "registry-client/attempts.h"
#include "registry-client/challenge.h"
#include "registry-client/credentials.h"
#include "registry-client/exchange.h"
#include "registry-client/host_settings.h"

namespace stamp::registry {

/// What all the sessions of a client share. All must outlive it.
struct ClientParts {
  Transport& transport;
  const Clock& clock;
  const CredentialStore& credentials;
  const RetryOptions& retry;  ///< complete
  Counters& counters;
  std::atomic<int>& budget;
};

/// What rights a request needs: a repository ("" for none) and scopes of the token protocol, apart
/// by blanks: "repository:home/app:pull,push".
struct Rights {
  std::string repository;
  std::string scopes;
};

/// Gives the value of Authorization for requests to one registry: none, Basic, or a token of the
/// token server that the registry names. Tokens stay in memory, one for each repository and set of
/// scopes, and are renewed before they expire. Safe from many threads.
///
/// Credentials go to the registry itself, to a token server of the same origin, to those that
/// `settings` name and to a few known ones; to no other.
class Authorizer final {
 public:
  /// `origin` is the registry's own place. `settings` and what `parts` names must outlive this.
  Authorizer(const ClientParts& parts, std::string host, const HostSettings& settings, Url origin);

  /// What to send with a request, "" when nothing is known to be needed yet. Asks the token server
  /// when a token is missing. Errors: denied, network, corrupt, interrupted; of the credentials.
  std::string authorization(const Rights& rights);

  /// What to send after an answer of 401 from `target` to a request that had sent `used`; nothing
  /// when there is no better. Errors: like authorization().
  std::optional<std::string> renewed(const Rights& rights, const Answer& refusal,
                                     const std::string& used);

 private:
  struct Token {
    std::string text;
    std::chrono::steady_clock::time_point expires;
    bool asking = false;  ///< somebody is at it
  };
  struct State {
    std::optional<Challenge> bearer;  ///< what the registry last said about its token server
    bool from_public = false;         ///< the registry's address is a public one
    bool basic = false;
    std::map<std::string, Token> tokens;
    std::map<std::string, std::optional<Credentials>> credentials;
  };

  std::optional<Credentials> credentials_for(const std::string& repository);
  std::string bearer(const Rights& rights, const std::string& extra_scope, const std::string& used);
  /// Waits after a failure. Errors: unavailable, when that was the last attempt.
  static void wait(Attempts& attempts, const Setback& setback);
  Token ask(const Challenge& challenge, Addresses addresses, const Rights& rights,
            const std::string& extra_scope);
  Url token_server(const Challenge& challenge, const std::optional<Credentials>& credentials) const;
  Outgoing token_request(const Challenge& challenge, Addresses addresses,
                         const std::vector<std::string>& scopes,
                         const std::optional<Credentials>& credentials) const;
  bool is_trusted(const Url& realm) const;

  ClientParts parts_;
  std::string host_;
  const HostSettings& settings_;
  Url origin_;
  Limiter limiter_;  ///< of the token server
  Guarded<State> state_;
};

}  // namespace stamp::registry
