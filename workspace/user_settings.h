#pragma once
// config.yaml: a user's own settings, never part of a recipe. Format: docs/formats.md section 1.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace stamp::workspace {

/// The word in `mirrors:` that stands for what this machine's own apt sources name.
inline constexpr std::string_view kHostApt = "host-apt";

/// Places to try, in order, for everything below an archive's prefix.
struct Mirror {
  std::string prefix;               ///< "https://snapshot.debian.org/archive/debian"
  std::vector<std::string> places;  ///< URLs, or kHostApt
};

/// How one registry is talked to.
struct RegistrySettings {
  bool plain_http = false;
  std::filesystem::path ca_file;  ///< empty: the system's
  std::uint32_t concurrency = 0;  ///< 0: the program's default
  /// Servers beside the registry itself that may see its credentials: "https://auth.example".
  std::vector<std::string> token_servers;
};

/// How the cache is shared with other machines. Whom to believe is said here and nowhere else: what
/// a workspace brings along must not decide what this user's other workspaces are built from.
struct SharedCacheSettings {
  std::string repository;                           ///< in a registry; empty: none
  std::filesystem::path signing_key;                ///< a private key; empty: none
  std::vector<std::filesystem::path> trusted_keys;  ///< public keys
};

/// The content of config.yaml; the default is what holds without one.
struct UserSettings {
  std::vector<Mirror> mirrors;                         ///< in the order of the file
  std::map<std::string, RegistrySettings> registries;  ///< by host[:port]
  /// By host[:port] of the registry: servers that are asked before it for what is named by digest,
  /// in order ("https://mirror.example").
  std::map<std::string, std::vector<std::string>> registry_mirrors;
  std::filesystem::path cache_folder;       ///< empty: the default place
  std::optional<std::uint64_t> cache_size;  ///< bytes
  SharedCacheSettings shared_cache;

  /// The places to try for `archive`: those of the longest prefix that it lies below (with the rest
  /// of the path added to URLs), else kHostApt alone. The archive itself, tried last, is not
  /// among them.
  std::vector<std::string> places_for(std::string_view archive) const;
};

/// Reads the text of a config.yaml. Problems are appended to `problems`.
UserSettings parse_user_settings(std::string file, std::string text,
                                 std::vector<Diagnostic>& problems);

/// Reads config.yaml at `path`; without such a file, the defaults. Errors: invalid, with all
/// problems; io.
UserSettings load_user_settings(const std::filesystem::path& path);

}  // namespace stamp::workspace
