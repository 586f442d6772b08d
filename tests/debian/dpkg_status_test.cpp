#include "debian/dpkg_status.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace stamp::debian {
namespace {

const std::string kSum = "d41d8cd98f00b204e9800998ecf8427e";

std::string stanza(const std::string& status, const std::string& more = "") {
  return "Package: tool\nStatus: " + status + "\nArchitecture: amd64\nVersion: 1.0\n" + more + "\n";
}

StatusEntry entry(const std::string& status) {
  return parse_status(stanza(status)).at(0);
}

TEST(DpkgStatus, KeepsTheFieldsOfTheControlFile) {
  const auto entries =
      parse_status(stanza("install ok installed",
                          "Config-Version: 0.9\nDepends: lib\nConffiles:\n /etc/tool.conf " + kSum +
                              "\nTriggers-Pending: x\nDescription: a tool\n Long.\n") +
                   "Package: other\nStatus: install ok unpacked\nArchitecture: all\nVersion: 2\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].control.str(),
            "Package: tool\nArchitecture: amd64\nVersion: 1.0\nDepends: lib\nDescription: a tool\n"
            " Long.\n");
  EXPECT_EQ(entries[0].state, "installed");
  EXPECT_EQ(entries[1].name(), "other");
  EXPECT_EQ(entries[1].version(), "2");
  EXPECT_EQ(entries[1].architecture(), "all");
  EXPECT_EQ(entries[1].state, "unpacked");
}

TEST(DpkgStatus, ConffilesAreThoseThatAreShipped) {
  const auto entries =
      parse_status(stanza("install ok installed", "Conffiles:\n /etc/a b " + kSum + "\n /etc/old " +
                                                      kSum + " obsolete\n /etc/new newconffile\n"));
  ASSERT_EQ(entries[0].conffiles.size(), 1U);
  EXPECT_EQ(entries[0].conffiles[0].path, "/etc/a b");
  EXPECT_EQ(entries[0].conffiles[0].md5, kSum);
}

TEST(DpkgStatus, StatesThatHaveFiles) {
  EXPECT_TRUE(entry("install ok installed").is_unpacked());
  EXPECT_TRUE(entry("hold ok triggers-pending").is_unpacked());
  EXPECT_FALSE(entry("deinstall ok config-files").is_unpacked());
  EXPECT_FALSE(entry("install ok half-installed").is_unpacked());
  EXPECT_FALSE(entry("install reinstreq installed").is_unpacked());
  EXPECT_FALSE(parse_status("Package: x\nStatus: purge ok not-installed\n")[0].is_unpacked());
}

TEST(DpkgStatus, AnEmptyFileHasNoPackages) {
  EXPECT_TRUE(parse_status("").empty());
}

TEST(DpkgStatus, WhatIsNoStatusIsRefused) {
  EXPECT_EQ(message_of([] { parse_status(stanza("installed")); }),
            "stamp: error: the status of 'tool' is 'installed'\n");
  EXPECT_NE(message_of([] {
              parse_status("Package: tool\nStatus: install ok installed\nVersion: 1\n");
            }).find("Architecture"),
            std::string::npos);
}

}  // namespace
}  // namespace stamp::debian
