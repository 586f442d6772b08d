#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry-client/credentials.h"

namespace stamp::registry {

/// Asks the program docker-credential-`name` for the credentials of a server; nothing when it has
/// none. It is found in `options.search_path` once, gets a fixed argument and `options.environment`
/// only, and what it writes to standard error is dropped: it could hold a secret.
/// Errors: unavailable (not there, fails, too slow); invalid (a name that cannot be); corrupt (what
/// it printed is no answer).
/// Spec: docker-credential-helpers README "Development".
std::optional<Credentials> ask_credential_helper(const std::string& name, std::string_view server,
                                                 const CredentialOptions& options);

/// Gives a helper credentials to keep, or takes them away from it. Errors: as above.
void store_in_credential_helper(const std::string& name, std::string_view server,
                                const Credentials& credentials, const CredentialOptions& options);
void erase_from_credential_helper(const std::string& name, std::string_view server,
                                  const CredentialOptions& options);

}  // namespace stamp::registry
