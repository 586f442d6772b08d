#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "debian/host_apt.h"

namespace stamp::cli {

/// What this machine and this user say outside of the workspace. The only place that reads the
/// environment's variables; none of it decides an output byte.
struct Environment {
  std::filesystem::path cache_wanted;  ///< $STAMP_CACHE_DIR; empty when it is not set
  std::filesystem::path
      cache_default;  ///< $XDG_CACHE_HOME/stamp; empty when there is no home folder
  std::filesystem::path settings_file;  ///< $XDG_CONFIG_HOME/stamp/config.yaml
  std::string terminal;                 ///< $TERM
  std::string http_proxy;               ///< $http_proxy
  std::string https_proxy;              ///< $https_proxy or $HTTPS_PROXY
  std::string no_proxy;                 ///< $no_proxy or $NO_PROXY
  std::filesystem::path program;        ///< this program's own file
  /// Where podman, skopeo and docker keep what `login` gave them, the most particular first.
  std::vector<std::filesystem::path> credential_files;
  /// The one of them that `login` makes when none knows the registry: $REGISTRY_AUTH_FILE, else
  /// docker's, which all of those programs read. Empty when there is no home folder.
  std::filesystem::path login_file;
  std::string search_path;                      ///< $PATH
  std::vector<std::string> helper_environment;  ///< what credential helpers get of it
};

/// Reads it.
Environment read_environment();

/// $SOURCE_DATE_EPOCH, which a new lock takes as its epoch. Errors: usage (not a number).
/// Spec: reproducible-builds.org SOURCE_DATE_EPOCH.
std::optional<std::int64_t> source_date_epoch();

/// This machine's apt sources; none on a system without apt. What cannot be read is left out: these
/// are settings of another program.
std::vector<debian::AptSourcesFile> read_apt_sources();

}  // namespace stamp::cli
