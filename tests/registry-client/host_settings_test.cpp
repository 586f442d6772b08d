#include "registry-client/host_settings.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/expect_error.h"

namespace stamp::registry {
namespace {

TEST(HostSettings, HttpsUnlessTheHostIsThisMachine) {
  EXPECT_EQ(registry_url("registry.example", {}), "https://registry.example");
  EXPECT_EQ(registry_url("registry.example:5000", {}), "https://registry.example:5000");
  EXPECT_EQ(registry_url("localhost:5000", {}), "http://localhost:5000");
  EXPECT_EQ(registry_url("127.0.0.1:5000", {}), "http://127.0.0.1:5000");
  EXPECT_EQ(registry_url("[::1]:5000", {}), "http://[::1]:5000");
}

TEST(HostSettings, TheUserDecides) {
  EXPECT_EQ(registry_url("registry.example", {.protocol = Protocol::http}),
            "http://registry.example");
  EXPECT_EQ(registry_url("localhost:5000", {.protocol = Protocol::https}),
            "https://localhost:5000");
  EXPECT_EQ(registry_url("localhost:5000", {.ca_file = "/ca.pem"}), "https://localhost:5000");
}

TEST(HostSettings, DockerIoHasItsApiElsewhere) {
  EXPECT_EQ(registry_url("docker.io", {}), "https://registry-1.docker.io");
}

TEST(HostSettings, OnlyAddressesAreLoopback) {
  EXPECT_TRUE(is_loopback_host("localhost"));
  EXPECT_TRUE(is_loopback_host("127.1.2.3"));
  EXPECT_TRUE(is_loopback_host("[::1]"));
  EXPECT_FALSE(is_loopback_host("127.registry.example"));
  EXPECT_FALSE(is_loopback_host("localhost.example"));
  EXPECT_FALSE(is_loopback_host("[::1]x"));
  EXPECT_FALSE(is_loopback_host("10.0.0.1"));
}

TEST(HostSettings, AnUnknownHostHasTheDefaults) {
  const HostSettingsMap hosts = {{"registry.example", {.concurrency = 2}}};
  EXPECT_EQ(settings_of(hosts, "registry.example").concurrency, 2U);
  EXPECT_EQ(settings_of(hosts, "other.example").concurrency, 6U);
}

TEST(HostSettings, RefusesWhatIsNoHost) {
  EXPECT_EQ(kind_of([] { static_cast<void>(registry_url("a b", {})); }), ErrorKind::invalid);
}

}  // namespace
}  // namespace stamp::registry
