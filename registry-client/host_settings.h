#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::registry {

/// How a registry is reached.
enum class Protocol {
  automatic,  ///< https; http for a loopback address without `ca_file`
  https,
  http,  ///< the user asked for plain HTTP
};

/// A user's settings for one registry.
struct HostSettings {
  Protocol protocol = Protocol::automatic;
  std::string ca_file;  ///< certificates to trust instead of the system's; empty: the system's
  /// Registries ("host[:port]") that are asked first for what is named by digest. They get no
  /// credentials of this one, and what they give is verified like everything.
  std::vector<std::string> mirrors;
  /// Origins ("https://auth.example") beside the registry's own that may see its credentials.
  std::vector<std::string> token_servers;
  std::size_t concurrency = 6;   ///< requests at a time
  std::uint64_t chunk_size = 0;  ///< most bytes of an upload in one request; 0: all in one
};

/// Settings by host, as references name it ("registry.example:5000").
using HostSettingsMap = std::map<std::string, HostSettings, std::less<>>;

/// The settings of a host; the default ones for a host that the user did not mention.
const HostSettings& settings_of(const HostSettingsMap& hosts, std::string_view host);

/// Whether "host[:port]" is this machine: localhost, 127.0.0.0/8 or [::1].
bool is_loopback_host(std::string_view host);

/// The URL under which a host's API is: "https://registry.example:5000". docker.io's is at
/// registry-1.docker.io. Errors: invalid (no host).
std::string registry_url(std::string_view host, const HostSettings& settings);

}  // namespace stamp::registry
