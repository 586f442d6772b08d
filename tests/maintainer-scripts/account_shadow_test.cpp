// Lines of the account files as passwd 4.13 of Debian 12 writes them.

#include <gtest/gtest.h>

#include "tests/maintainer-scripts/account_machine.h"

namespace stamp::scripts {
namespace {

TEST(Useradd, MakesASystemUserFromTheHighestNumber) {
  AccountMachine machine;
  EXPECT_EQ(machine.run_tool({"useradd", "-r", "-M", "-d", "/var/lib/x", "-s", "/bin/false", "x"}),
            (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.last_line("/etc/passwd"), "x:x:999:999::/var/lib/x:/bin/false");
  EXPECT_EQ(machine.last_line("/etc/group"), "x:x:999:");
  EXPECT_EQ(machine.last_line("/etc/shadow"), "x:!:19675::::::");
  machine.run_tool({"useradd", "--system", "--gid", "users", "--home-dir", "/y", "y"});
  EXPECT_EQ(machine.last_line("/etc/passwd"), "y:x:998:100::/y:/bin/sh");
}

TEST(Useradd, MakesAPersonWithHome) {
  AccountMachine machine;
  machine.file("/etc/skel/.bashrc", "# rc\n");
  machine.file("/etc/default/useradd", "SHELL=/bin/bash\n");
  machine.run_tool({"useradd", "-m", "-u", "1500", "-U", "-c", "Ann", "-G", "users,shadow", "ann"});
  EXPECT_EQ(machine.last_line("/etc/passwd"), "ann:x:1500:1500:Ann:/home/ann:/bin/bash");
  EXPECT_EQ(machine.last_line("/etc/shadow"), "ann:!:19675:0:99999:7:::");
  EXPECT_EQ(machine.permissions("/home/ann"), "0755 1500:1500");
  EXPECT_EQ(machine.permissions("/home/ann/.bashrc"), "0644 1500:1500");
  EXPECT_EQ(machine.text("/etc/group"),
            "root:x:0:\ndaemon:x:1:\nshadow:x:42:ann\nusers:x:100:ann\nnogroup:x:65534:\n"
            "ann:x:1500:\n");
}

TEST(Useradd, RefusesWhatIsThere) {
  AccountMachine machine;
  EXPECT_EQ(machine.run_tool({"useradd", "daemon"}),
            (ToolResult{9, "", "useradd: user 'daemon' already exists\n"}));
  EXPECT_EQ(machine.run_tool({"useradd", "-u", "1", "x"}),
            (ToolResult{4, "", "useradd: UID 1 is not unique\n"}));
  EXPECT_EQ(machine.run_tool({"useradd", "-g", "none", "x"}),
            (ToolResult{6, "", "useradd: group 'none' does not exist\n"}));
  EXPECT_EQ(machine.run_tool({"useradd", "users"}).status, 9);
  EXPECT_THROW(machine.run_tool({"useradd", "--selinux-user", "s", "x"}), Unknown);
}

TEST(Usermod, ChangesARecord) {
  AccountMachine machine;
  machine.run_tool({"useradd", "-r", "-d", "/old", "x"});
  machine.folder("/new");
  machine.tree.set_owner("/new", 999, 999);
  EXPECT_EQ(machine.run_tool({"usermod", "-d", "/new", "-s", "/bin/sh", "-c", "X", "-g", "users",
                              "-e", "1970-01-03", "-L", "x"}),
            (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.last_line("/etc/passwd"), "x:x:999:100:X:/new:/bin/sh");
  EXPECT_EQ(machine.last_line("/etc/shadow"), "x:!:19675:::::2:");
  EXPECT_EQ(machine.permissions("/new"), "0755 999:100");
}

TEST(Usermod, ChangesMemberships) {
  AccountMachine machine;
  machine.run_tool({"usermod", "-a", "-G", "shadow", "daemon"});
  machine.run_tool({"usermod", "-a", "-G", "users", "daemon"});
  EXPECT_EQ(machine.run_tool({"groups", "daemon"}).out, "daemon : daemon shadow users\n");
  machine.run_tool({"usermod", "-G", "users", "daemon"});
  EXPECT_EQ(machine.run_tool({"groups", "daemon"}).out, "daemon : daemon users\n");
  EXPECT_EQ(machine.run_tool({"usermod", "-aG", "none", "daemon"}),
            (ToolResult{6, "", "usermod: group 'none' does not exist\n"}));
  EXPECT_EQ(machine.run_tool({"usermod", "-L", "none"}),
            (ToolResult{6, "", "usermod: user 'none' does not exist\n"}));
  EXPECT_EQ(machine.run_tool({"usermod", "daemon"}).out, "usermod: no changes\n");
}

TEST(Userdel, RemovesUserGroupAndMemberships) {
  AccountMachine machine;
  const std::string passwd = machine.text("/etc/passwd");
  const std::string group = machine.text("/etc/group");
  machine.run_tool({"useradd", "-r", "-G", "users", "x"});
  EXPECT_EQ(machine.run_tool({"userdel", "x"}).status, 0);
  EXPECT_EQ(machine.text("/etc/passwd"), passwd);
  EXPECT_EQ(machine.text("/etc/group"), group);
  EXPECT_EQ(machine.run_tool({"userdel", "x"}).status, 6);
}

TEST(Groupadd, GivesNumbersAsAsked) {
  AccountMachine machine;
  machine.run_tool({"groupadd", "-r", "sambashare"});
  EXPECT_EQ(machine.last_line("/etc/group"), "sambashare:x:999:");
  EXPECT_EQ(machine.last_line("/etc/gshadow"), "sambashare:!::");
  machine.run_tool({"groupadd", "-g", "130", "x"});
  EXPECT_EQ(machine.last_line("/etc/group"), "x:x:130:");
  machine.run_tool({"groupadd", "people"});
  EXPECT_EQ(machine.last_line("/etc/group"), "people:x:1000:");
  EXPECT_EQ(machine.run_tool({"groupadd", "-g", "42", "y"}),
            (ToolResult{4, "", "groupadd: GID '42' already exists\n"}));
  EXPECT_EQ(machine.run_tool({"groupadd", "shadow"}),
            (ToolResult{9, "", "groupadd: group 'shadow' already exists\n"}));
  EXPECT_EQ(machine.run_tool({"groupadd", "-f", "shadow"}), (ToolResult{0, "", ""}));
}

TEST(Groupdel, SparesPrimaryGroups) {
  AccountMachine machine;
  EXPECT_EQ(machine.run_tool({"groupdel", "daemon"}),
            (ToolResult{8, "", "groupdel: cannot remove the primary group of user 'daemon'\n"}));
  EXPECT_EQ(machine.run_tool({"groupdel", "shadow"}).status, 0);
  EXPECT_EQ(machine.run_tool({"groupdel", "shadow"}).status, 6);
}

TEST(Groupmod, KnowsOnlyWhatChangesNoNumber) {
  AccountMachine machine;
  EXPECT_EQ(machine.run_tool({"groupmod", "-g", "42", "shadow"}).status, 0);
  EXPECT_THROW(machine.run_tool({"groupmod", "-g", "43", "shadow"}), Unknown);
  EXPECT_THROW(machine.run_tool({"groupmod", "-n", "x", "shadow"}), Unknown);
}

}  // namespace
}  // namespace stamp::scripts
