#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "registry-client/credentials.h"

namespace stamp::registry {

/// Keeps credentials for a registry where stamp, podman, skopeo and docker find them; returns
/// where: a file's path, or a helper's name ("docker-credential-pass").
///
/// The first of `options.files` that has an entry for the registry, or names a helper for it, keeps
/// them, since it would win; else `default_file`, one of them, which is made if need be. Files are
/// replaced whole, of mode 0600, and nothing else in them changes.
/// Errors: io; invalid (a file that does not parse); unavailable (a helper fails).
/// Spec: containers-auth.json(5); docker's config.json; docker-credential-helpers.
std::string keep_credentials(const CredentialOptions& options,
                             const std::filesystem::path& default_file, std::string_view host,
                             const Credentials& credentials);

/// Forgets the credentials for a registry in all files and in the helpers that they name for it;
/// returns from where. Entries for parts of the registry ("host/team") stay. Errors: as above.
std::vector<std::string> forget_credentials(const CredentialOptions& options,
                                            std::string_view host);

}  // namespace stamp::registry
