#include "registry-client/host_settings.h"

#include <fmt/core.h>

#include "registry-client/url.h"

namespace stamp::registry {
namespace {

/// Where docker.io's API is; its name as a registry has only web pages.
std::string_view api_host(std::string_view host) {
  return host == "docker.io" || host == "index.docker.io" ? "registry-1.docker.io" : host;
}

}  // namespace

const HostSettings& settings_of(const HostSettingsMap& hosts, std::string_view host) {
  static const HostSettings kDefault;
  const auto found = hosts.find(host);
  return found != hosts.end() ? found->second : kDefault;
}

bool is_loopback_host(std::string_view host) {
  if (host.starts_with("[::1]")) return host.size() == 5 || host[5] == ':';
  const std::string_view name = host.substr(0, host.find(':'));
  if (name == "localhost") return true;
  // Only an address: 127.example is a name like any other.
  return name.starts_with("127.") &&
         name.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string registry_url(std::string_view host, const HostSettings& settings) {
  bool plain = settings.protocol == Protocol::http;
  if (settings.protocol == Protocol::automatic) {
    plain = settings.ca_file.empty() && is_loopback_host(host);
  }
  std::string url =
      Url::parse(fmt::format("{}://{}/", plain ? "http" : "https", api_host(host))).str();
  url.pop_back();
  return url;
}

}  // namespace stamp::registry
