#include "cli/context.h"

#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"

namespace stamp::cli {
namespace {

workspace::UserSettings load_settings(const Environment& environment) {
  if (environment.settings_file.empty()) return {};
  return workspace::load_user_settings(environment.settings_file);
}

std::filesystem::path choose_cache(const GlobalOptions& options, const Environment& environment,
                                   const workspace::UserSettings& settings) {
  for (const std::filesystem::path& folder :
       {options.cache.value_or(std::filesystem::path()), environment.cache_wanted,
        settings.cache_folder, environment.cache_default}) {
    if (!folder.empty()) return folder;
  }
  throw Error(ErrorKind::unavailable, "there is no place for the cache: HOME is not set",
              {.hint = "name a folder with --cache or $STAMP_CACHE_DIR"});
}

registry::HostSettingsMap host_settings(const workspace::UserSettings& settings) {
  registry::HostSettingsMap hosts;
  for (const auto& [host, registry] : settings.registries) {
    registry::HostSettings& to = hosts[host];
    if (registry.plain_http) to.protocol = registry::Protocol::http;
    to.ca_file = registry.ca_file.string();
    if (registry.concurrency > 0) to.concurrency = registry.concurrency;
    to.token_servers = registry.token_servers;
  }
  for (const auto& [host, mirrors] : settings.registry_mirrors) {
    for (const std::string& mirror : mirrors) {
      const std::size_t scheme_end = mirror.find("://");
      const std::string name = mirror.substr(scheme_end + 3);
      hosts[host].mirrors.push_back(name);
      if (hosts[name].protocol != registry::Protocol::automatic) continue;
      const bool plain = mirror.substr(0, scheme_end) == "http";
      hosts[name].protocol = plain ? registry::Protocol::http : registry::Protocol::https;
    }
  }
  return hosts;
}

}  // namespace

Context::Context(const GlobalOptions& options)
    : options_(options),
      environment_(read_environment()),
      settings_(load_settings(environment_)),
      cache_folder_(choose_cache(options, environment_, settings_)),
      progress_(make_progress(options.progress, environment_.terminal, options.verbosity)),
      transport_(registry::make_curl_transport({.http_proxy = environment_.http_proxy,
                                                .https_proxy = environment_.https_proxy,
                                                .no_proxy = environment_.no_proxy})),
      downloader_(*transport_, clock_),
      places_(settings_, read_apt_sources()),
      fetcher_(downloader_, places_, scratch()),
      credentials_(credential_options()) {}

cache::Cache& Context::cache() {
  if (!cache_) {
    cache_ = std::make_unique<cache::Cache>(cache_folder_, clock_);
    for (const std::string& notice : cache_->notices()) progress_->warn(notice);
  }
  return *cache_;
}

registry::RegistryClient& Context::registries() {
  if (!registries_) registries_ = make_registries(credentials_);
  return *registries_;
}

std::unique_ptr<registry::RegistryClient> Context::make_registries(
    const registry::CredentialStore& credentials) {
  return std::make_unique<registry::RegistryClient>(
      *transport_, clock_, credentials,
      registry::ClientOptions{.hosts = host_settings(settings_),
                              .retry = {},
                              .warn = [this](std::string_view host, std::string_view text) {
                                progress_->warn(fmt::format("{}: {}", host, text));
                              }});
}

registry::CredentialOptions Context::credential_options() const {
  return {.files = environment_.credential_files,
          .search_path = environment_.search_path,
          .environment = environment_.helper_environment};
}

workspace::Workspace Context::open_workspace() const {
  return workspace::open(options_.directory);
}

void print_result(std::string_view text) {
  write_all(STDOUT_FILENO, as_bytes(text), "standard output");
}

}  // namespace stamp::cli
