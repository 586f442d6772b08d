#pragma once
// A token server (Docker's token authentication, with its OAuth2 form) for registries of tests.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "tests/fakes/certificates.h"
#include "tests/fakes/http_server.h"

namespace stamp::fakes {

/// What a token server does.
struct TokenServerOptions {
  std::string service = "registry.example";
  std::string user;           ///< who gets more than `anonymous`; everybody when empty
  std::string password;       ///< the user's
  std::string refresh_token;  ///< stands for user and password in the OAuth2 form
  std::set<std::string> anonymous = {"pull"};  ///< what those without a name get
  /// What anybody may do to a repository at most; everything when empty.
  std::function<std::set<std::string>(const std::string& repository)> most;
  std::optional<int> expires_in = 300;  ///< seconds; left out when nothing
  /// Signs the tokens, for registries that do not ask this server; must outlive it.
  const CertificateAuthority* signer = nullptr;
  std::function<std::optional<HttpReply>(const HttpRequest&)> instead;  ///< answers what it likes
  HttpServerOptions server;
};

/// Gives tokens out, and knows what each is good for.
class TokenServer final {
 public:
  explicit TokenServer(TokenServerOptions options = {});

  /// The address that a registry names as its realm.
  std::string realm() const { return server_.url("/token"); }
  /// "http://127.0.0.1:PORT"
  std::string origin() const { return server_.url(""); }
  const std::string& service() const { return options_.service; }
  /// Whether `token` was given out, still holds, and allows `action` on `repository`; for an empty
  /// `repository`, whether it holds.
  bool allows(const std::string& token, const std::string& repository, const std::string& action);
  /// Ends all tokens given out so far.
  void expire_all();
  /// The requests so far.
  std::vector<HttpRequest> requests() { return server_.requests(); }

 private:
  using Access = std::map<std::string, std::set<std::string>>;  ///< actions by repository

  HttpReply answer(const HttpRequest& request);
  HttpReply grant(const std::vector<std::string>& scopes, bool known);

  TokenServerOptions options_;
  Guarded<std::map<std::string, Access>> tokens_;
  int given_ = 0;
  HttpServer server_;
};

}  // namespace stamp::fakes
