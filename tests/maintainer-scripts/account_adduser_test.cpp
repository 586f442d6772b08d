// Lines of the account files as adduser 3.134 of Debian 12 writes them.

#include <gtest/gtest.h>

#include "tests/maintainer-scripts/account_machine.h"

namespace stamp::scripts {
namespace {

using Accounts = std::map<std::string, std::uint32_t, std::less<>>;

TEST(Adduser, MakesASystemUserWithItsGroup) {
  AccountMachine machine;
  const ToolResult result = machine.run_tool(
      {"adduser", "--system", "--group", "--quiet", "--home", "/var/lib/redis", "redis"});
  EXPECT_EQ(result, (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.last_line("/etc/passwd"), "redis:x:100:101::/var/lib/redis:/usr/sbin/nologin");
  EXPECT_EQ(machine.last_line("/etc/group"), "redis:x:101:");
  EXPECT_EQ(machine.last_line("/etc/shadow"), "redis:!:19675::::::");
  EXPECT_EQ(machine.last_line("/etc/gshadow"), "redis:!::");
  EXPECT_EQ(machine.permissions("/var/lib/redis"), "0755 100:101");
  EXPECT_EQ(machine.ids.users(), (Accounts{{"redis", 100}}));
  EXPECT_EQ(machine.ids.groups(), (Accounts{{"redis", 101}}));
  EXPECT_EQ(machine.permissions("/etc/passwd-"), "(none)");
}

TEST(Adduser, SaysWhatItDoes) {
  AccountMachine machine;
  const ToolResult result = machine.run_tool(
      {"adduser", "--system", "--home", "/nonexistent", "--shell", "/bin/false", "messagebus"});
  EXPECT_EQ(result.out,
            "Adding system user `messagebus' (UID 100) ...\n"
            "Adding new user `messagebus' (UID 100) with group `nogroup' ...\n"
            "Not creating `/nonexistent'.\n");
  EXPECT_EQ(machine.last_line("/etc/passwd"), "messagebus:x:100:65534::/nonexistent:/bin/false");
}

TEST(Adduser, GivesTheNumbersOfTheLock) {
  AccountMachine machine;
  machine.ids = SystemIds({{"redis", 150}, {"later", 100}}, {{"redis", 151}});
  machine.run_tool({"adduser", "--system", "--group", "--no-create-home", "redis"});
  EXPECT_EQ(machine.last_line("/etc/passwd"), "redis:x:150:151::/nonexistent:/usr/sbin/nologin");
  machine.run_tool({"adduser", "--system", "other"});
  EXPECT_EQ(machine.last_line("/etc/passwd"), "other:x:101:65534::/nonexistent:/usr/sbin/nologin");
}

TEST(Adduser, LeavesASystemUserThatIsThere) {
  AccountMachine machine;
  machine.run_tool({"adduser", "--system", "sshd"});
  const std::string before = machine.text("/etc/passwd");
  EXPECT_EQ(machine.run_tool({"adduser", "--system", "sshd"}),
            (ToolResult{0, "The system user `sshd' already exists. Exiting.\n", ""}));
  EXPECT_EQ(
      machine.run_tool({"adduser", "--system", "--uid", "7", "sshd"}),
      (ToolResult{1, "",
                  "adduser: The user `sshd' already exists with a different UID. Exiting.\n"}));
  EXPECT_EQ(
      machine.run_tool({"adduser", "--system", "nobody"}),
      (ToolResult{
          1, "",
          "adduser: The user `nobody' already exists, but is not a system user. Exiting.\n"}));
  EXPECT_EQ(machine.text("/etc/passwd"), before);
}

TEST(Adduser, TakesNumberCommentAndGroup) {
  AccountMachine machine;
  machine.run_tool({"addgroup", "--system", "--gid", "64045", "ceph"});
  const ToolResult result =
      machine.run_tool({"adduser", "--system", "--uid", "64045", "--ingroup", "ceph", "--gecos",
                        "Ceph storage service", "--home=/var/lib/ceph", "--no-create-home",
                        "--disabled-password", "--quiet", "ceph"});
  EXPECT_EQ(result, (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.last_line("/etc/passwd"),
            "ceph:x:64045:64045:Ceph storage service,,,:/var/lib/ceph:/usr/sbin/nologin");
  EXPECT_EQ(machine.permissions("/var/lib/ceph"), "(none)");
}

TEST(Adduser, UsesAGroupThatIsThere) {
  AccountMachine machine;
  machine.run_tool({"addgroup", "--system", "polkitd"});
  machine.run_tool({"adduser", "--group", "--system", "--quiet", "--gecos", "polkit", "--home",
                    "/var/lib/polkit", "polkitd"});
  EXPECT_EQ(machine.last_line("/etc/passwd"),
            "polkitd:x:100:101:polkit,,,:/var/lib/polkit:/usr/sbin/nologin");
  EXPECT_EQ(machine.permissions("/var/lib/polkit"), "0755 100:101");
}

TEST(Adduser, LeavesAHomeThatIsThere) {
  AccountMachine machine;
  machine.folder("/srv/x", 0700);
  const ToolResult result =
      machine.run_tool({"adduser", "--system", "--quiet", "--home", "/srv/x", "x"});
  EXPECT_EQ(result.err,
            "adduser: Warning: The home directory `/srv/x' does not belong to the user you are "
            "currently creating.\n");
  EXPECT_EQ(machine.permissions("/srv/x"), "0700 0:0");
}

TEST(Adduser, PutsAUserIntoAGroup) {
  AccountMachine machine;
  machine.run_tool({"addgroup", "--system", "ssl-cert"});
  machine.run_tool({"adduser", "--system", "postgres"});
  EXPECT_EQ(machine.run_tool({"adduser", "--quiet", "postgres", "ssl-cert"}),
            (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.last_line("/etc/group"), "ssl-cert:x:101:postgres");
  EXPECT_EQ(machine.last_line("/etc/gshadow"), "ssl-cert:!::postgres");
  EXPECT_EQ(machine.run_tool({"adduser", "postgres", "ssl-cert"}).err,
            "adduser: The user `postgres' is already a member of `ssl-cert'.\n");
  EXPECT_EQ(machine.run_tool({"adduser", "postgres", "none"}),
            (ToolResult{1, "", "adduser: The group `none' does not exist.\n"}));
}

TEST(Adduser, MakesAPersonWithHomeAndSkeleton) {
  AccountMachine machine;
  machine.file("/etc/skel/.profile", "# profile\n", 0600);
  machine.file("/etc/subuid", "");
  const ToolResult result = machine.run_tool(
      {"adduser", "--disabled-password", "--gecos", "", "--shell", "/bin/sh", "ann"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(machine.last_line("/etc/passwd"), "ann:x:1000:1000:,,,:/home/ann:/bin/sh");
  EXPECT_EQ(machine.last_line("/etc/shadow"), "ann:!:19675:0:99999:7:::");
  EXPECT_EQ(machine.text("/etc/subuid"), "ann:100000:65536\n");
  EXPECT_EQ(machine.permissions("/home/ann"), "0700 1000:1000");
  EXPECT_EQ(machine.permissions("/home/ann/.profile"), "0600 1000:1000");
  EXPECT_NE(machine.text("/etc/group").find("users:x:100:ann\n"), std::string::npos);
}

TEST(Adduser, RefusesBadNames) {
  AccountMachine machine;
  EXPECT_EQ(machine.run_tool({"adduser", "--system", "123"}).status, 1);
  EXPECT_EQ(machine.run_tool({"adduser", "--system", "a:b"}).status, 1);
  EXPECT_EQ(machine.run_tool({"adduser", "--system", "Debian-exim"}).status, 1);
  EXPECT_EQ(machine.run_tool({"adduser", "--system", "--force-badname", "Debian-exim"}).status, 0);
  EXPECT_EQ(machine.run_tool({"addgroup", "--system", "--quiet", "--force-badname", "_ssh"}).status,
            0);
}

TEST(Adduser, RefusesWhatItCannotDo) {
  AccountMachine machine;
  EXPECT_THROW(machine.run_tool({"adduser", "--encrypt-home", "x"}), Unknown);
  EXPECT_THROW(machine.run_tool({"adduser", "x"}), Unknown);  // would ask for a password
  EXPECT_EQ(machine.run_tool({"adduser", "--system", "--group", "--ingroup", "users", "x"}).err,
            "adduser: The --group, --ingroup, and --gid options are mutually exclusive.\n");
  EXPECT_EQ(machine.run_tool({"adduser", "--system", "--home", "x", "x"}).err,
            "adduser: The home dir must be an absolute path.\n");
  EXPECT_EQ(machine.run_tool({"adduser", "--system", "--ingroup", "none", "x"}).err,
            "adduser: The group `none' does not exist.\n");
}

TEST(Addgroup, MakesASystemGroup) {
  AccountMachine machine;
  EXPECT_EQ(machine.run_tool({"addgroup", "--system", "crontab"}),
            (ToolResult{0, "Adding group `crontab' (GID 101) ...\nDone.\n", ""}));
  EXPECT_EQ(
      machine.run_tool({"addgroup", "--system", "crontab"}),
      (ToolResult{0, "",
                  "addgroup: The group `crontab' already exists as a system group. Exiting.\n"}));
  EXPECT_EQ(machine.run_tool({"addgroup", "--system", "nogroup"}).status, 1);
  EXPECT_EQ(machine.run_tool({"addgroup", "--gid", "101", "other"}),
            (ToolResult{1, "", "addgroup: The GID `101' is already in use.\n"}));
}

TEST(Deluser, RemovesUsersGroupsAndMemberships) {
  AccountMachine machine;
  machine.run_tool({"adduser", "--system", "--group", "x"});
  machine.run_tool({"adduser", "x", "users"});
  EXPECT_EQ(machine.run_tool({"deluser", "--quiet", "x", "users"}).status, 0);
  EXPECT_EQ(machine.run_tool({"deluser", "--quiet", "x", "users"}).status, 6);
  EXPECT_EQ(machine.run_tool({"deluser", "--quiet", "--system", "x"}).status, 0);
  EXPECT_EQ(machine.run_tool({"getent", "passwd", "x"}).status, 2);
  EXPECT_EQ(machine.run_tool({"getent", "group", "x"}).status, 2);
  EXPECT_EQ(machine.run_tool({"deluser", "--quiet", "--system", "x"}).status, 0);
  EXPECT_EQ(machine.run_tool({"deluser", "--quiet", "x"}).status, 2);
  EXPECT_EQ(machine.run_tool({"delgroup", "--quiet", "x"}).status, 3);
}

}  // namespace
}  // namespace stamp::scripts
