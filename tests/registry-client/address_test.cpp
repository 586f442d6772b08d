#include "registry-client/address.h"

#include <gtest/gtest.h>

namespace stamp::registry {
namespace {

TEST(Address, KnowsPrivateIpv4) {
  for (const char* text : {"0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255",
                           "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                           "198.18.0.1", "224.0.0.1", "255.255.255.255"}) {
    EXPECT_TRUE(is_private_address(text)) << text;
  }
}

TEST(Address, KnowsPublicIpv4) {
  for (const char* text : {"1.1.1.1", "9.255.255.255", "100.128.0.1", "172.32.0.1", "172.15.0.1",
                           "192.167.1.1", "151.101.2.132"}) {
    EXPECT_FALSE(is_private_address(text)) << text;
  }
}

TEST(Address, KnowsPrivateIpv6) {
  for (const char* text :
       {"::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:0a00:0001::1",
        "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"}) {
    EXPECT_TRUE(is_private_address(text)) << text;
  }
}

TEST(Address, KnowsPublicIpv6) {
  for (const char* text : {"2606:4700::1111", "2a04:4e42::644", "::ffff:1.1.1.1",
                           "64:ff9b::1.1.1.1", "2002:0101:0101::1"}) {
    EXPECT_FALSE(is_private_address(text)) << text;
  }
}

TEST(Address, WhatIsNoAddressCountsAsPrivate) {
  EXPECT_TRUE(is_private_address(""));
  EXPECT_TRUE(is_private_address("localhost"));
}

}  // namespace
}  // namespace stamp::registry
