#include "registry-client/address.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <arpa/inet.h>

namespace stamp::registry {
namespace {

using Octets = std::span<const std::uint8_t>;

struct Network {
  std::array<std::uint8_t, 4> prefix;
  unsigned bits;
};

bool is_within(Octets address, Octets prefix, unsigned bits) {
  for (unsigned bit = 0; bit < bits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> bit % 8);
    if ((address[bit / 8] & mask) != (prefix[bit / 8] & mask)) return false;
  }
  return true;
}

bool is_private_v4(Octets address) {
  constexpr std::array<Network, 11> kPrivate = {{{{0, 0, 0, 0}, 8},
                                                 {{10, 0, 0, 0}, 8},
                                                 {{100, 64, 0, 0}, 10},
                                                 {{127, 0, 0, 0}, 8},
                                                 {{169, 254, 0, 0}, 16},
                                                 {{172, 16, 0, 0}, 12},
                                                 {{192, 0, 0, 0}, 24},
                                                 {{192, 168, 0, 0}, 16},
                                                 {{198, 18, 0, 0}, 15},
                                                 {{224, 0, 0, 0}, 4},
                                                 {{240, 0, 0, 0}, 4}}};
  return std::ranges::any_of(kPrivate, [&](const Network& network) {
    return is_within(address, network.prefix, network.bits);
  });
}

bool is_private_v6(Octets address) {
  const auto zeros = [&](std::size_t count) {
    return std::ranges::all_of(address.first(count), [](std::uint8_t octet) { return octet == 0; });
  };
  // IPv4 inside: ::a.b.c.d (also :: and ::1), ::ffff:a.b.c.d, 64:ff9b::a.b.c.d, 2002:abcd::.
  if (zeros(12)) return true;
  if (zeros(10) && address[10] == 0xff && address[11] == 0xff) {
    return is_private_v4(address.subspan(12));
  }
  constexpr std::array<std::uint8_t, 12> kTranslated = {0, 0x64, 0xff, 0x9b, 0, 0,
                                                        0, 0,    0,    0,    0, 0};
  if (std::ranges::equal(address.first(12), kTranslated)) {
    return is_private_v4(address.subspan(12));
  }
  if (address[0] == 0x20 && address[1] == 0x02) return is_private_v4(address.subspan(2, 4));
  const bool unique_local = (address[0] & 0xfeU) == 0xfc;
  const bool link_or_site = address[0] == 0xfe && (address[1] & 0x80U) != 0;
  return unique_local || link_or_site || address[0] == 0xff;
}

}  // namespace

bool is_private_address(std::string_view text) {
  const std::string address(text.substr(0, text.find('%')));
  std::array<std::uint8_t, 4> four{};
  if (::inet_pton(AF_INET, address.c_str(), four.data()) == 1) return is_private_v4(four);
  std::array<std::uint8_t, 16> six{};
  if (::inet_pton(AF_INET6, address.c_str(), six.data()) == 1) return is_private_v6(six);
  return true;
}

}  // namespace stamp::registry
