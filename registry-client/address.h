#pragma once

#include <string_view>

namespace stamp::registry {

/// Whether an IP address (without brackets or zone) is not one of the public internet: loopback,
/// private, link-local, shared, multicast, unspecified, or such an IPv4 address inside an IPv6 one.
/// What is no address counts as private. Spec: IANA special-purpose address registries.
bool is_private_address(std::string_view text);

}  // namespace stamp::registry
