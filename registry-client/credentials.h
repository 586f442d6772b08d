#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::registry {

/// What a user has for a registry.
struct Credentials {
  std::string username;
  std::string password;
  std::string identity_token;  ///< an OAuth2 refresh token; used instead of the password
  std::string registry_token;  ///< a bearer token for the registry itself; used as it is

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// What somebody can do whose credentials a registry wants or refuses.
std::string login_hint(std::string_view host);

/// Where credentials come from.
struct CredentialOptions {
  /// docker's config.json and podman's auth.json, the first that knows a registry wins. Files that
  /// are not there are passed over.
  std::vector<std::filesystem::path> files;
  std::string search_path;               ///< where helpers are looked for: "/usr/bin:/bin"
  std::vector<std::string> environment;  ///< what helpers get: "HOME=/home/me"
};

/// Finds the credentials for registries. Safe from many threads.
///
/// A registry is known by its exact host and port (docker.io by its several names), in auth.json
/// also by the beginning of a repository; never by a part of its name.
class CredentialStore final {
 public:
  /// A store without any: everything is asked for anonymously.
  CredentialStore() = default;
  explicit CredentialStore(CredentialOptions options) : options_(std::move(options)) {}

  /// Adds credentials that win over those of the files, as the command line gives them. `place` is
  /// a host, or a host and the beginning of a repository ("registry.example/team").
  void add(std::string_view place, Credentials credentials);

  /// The credentials for a repository ("" for the registry as such), or nothing. Errors: invalid (a
  /// file that does not parse; names it); io (a file that cannot be read); unavailable (a helper
  /// that is missing, fails, or takes longer than 30 s).
  std::optional<Credentials> find(std::string_view host, std::string_view repository) const;

 private:
  std::map<std::string, Credentials, std::less<>> added_;
  CredentialOptions options_;
};

}  // namespace stamp::registry
