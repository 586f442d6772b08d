#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "builder/inputs/fetch.h"
#include "builder/inputs/places.h"
#include "builder/progress.h"
#include "cache/cache.h"
#include "cli/arguments.h"
#include "cli/environment.h"
#include "registry-client/client.h"
#include "registry-client/credentials.h"
#include "registry-client/downloader.h"
#include "registry-client/transport.h"
#include "workspace/user_settings.h"
#include "workspace/workspace.h"

namespace stamp::cli {

/// The real things that commands work with, made from the command line and the environment.
class Context final {
 public:
  /// Errors: invalid (the user's settings); unavailable (no place for the cache); usage.
  explicit Context(const GlobalOptions& options);

  const GlobalOptions& options() const { return options_; }
  const Environment& environment() const { return environment_; }
  const Clock& clock() const { return clock_; }
  const workspace::UserSettings& settings() const { return settings_; }
  build::Progress& progress() { return *progress_; }
  const registry::Downloader& downloader() const { return downloader_; }
  const build::Places& places() const { return places_; }
  const build::Fetcher& fetcher() const { return fetcher_; }
  const std::filesystem::path& cache_folder() const { return cache_folder_; }
  /// Folder for temporary files, in the cache so that it is on the same file system.
  std::filesystem::path scratch() const { return cache_folder_ / "tmp"; }
  /// The cache, opened when it is first asked for; what it has to say about that is shown.
  cache::Cache& cache();
  /// The client of registries, made when it is first asked for.
  registry::RegistryClient& registries();
  /// A client of its own, for credentials that are not kept yet. `credentials` must outlive it.
  std::unique_ptr<registry::RegistryClient> make_registries(
      const registry::CredentialStore& credentials);
  /// Where credentials are kept.
  registry::CredentialOptions credential_options() const;
  /// The workspace of `-C`. Errors: as workspace::open().
  workspace::Workspace open_workspace() const;

 private:
  GlobalOptions options_;
  Environment environment_;
  workspace::UserSettings settings_;
  std::filesystem::path cache_folder_;
  SystemClock clock_;
  std::unique_ptr<build::Progress> progress_;
  std::unique_ptr<registry::Transport> transport_;
  registry::Downloader downloader_;
  build::Places places_;
  build::Fetcher fetcher_;
  std::unique_ptr<cache::Cache> cache_;
  registry::CredentialStore credentials_;
  std::unique_ptr<registry::RegistryClient> registries_;
};

/// Writes a command's result to standard output. Errors: io (it cannot be written).
void print_result(std::string_view text);

}  // namespace stamp::cli
