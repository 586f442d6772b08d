// What systemd-sysusers and systemd-tmpfiles of systemd 252 make.

#include <gtest/gtest.h>

#include "tests/maintainer-scripts/account_machine.h"

namespace stamp::scripts {
namespace {

TEST(Sysusers, MakesUsersAndGroups) {
  AccountMachine machine;
  machine.file("/usr/lib/sysusers.d/x.conf",
               "# comment\n"
               "g systemd-journal - -\n"
               "u systemd-network - \"systemd Network Management\"\n"
               "u sync 4:65534 - /bin /bin/sync\n"
               "m systemd-network systemd-journal\n");
  EXPECT_EQ(machine.run_tool({"systemd-sysusers", "x.conf"}),
            (ToolResult{0, "",
                        "Creating group 'systemd-journal' with GID 999.\n"
                        "Creating group 'systemd-network' with GID 998.\n"
                        "Creating user 'systemd-network' (systemd Network Management) with UID 998 "
                        "and GID 998.\n"
                        "Creating user 'sync' (n/a) with UID 4 and GID 65534.\n"}));
  EXPECT_EQ(machine.run_tool({"getent", "passwd", "systemd-network"}).out,
            "systemd-network:x:998:998:systemd Network Management:/:/usr/sbin/nologin\n");
  EXPECT_EQ(machine.last_line("/etc/passwd"), "sync:x:4:65534::/bin:/bin/sync");
  EXPECT_EQ(machine.last_line("/etc/shadow"), "sync:!*:19675::::::");
  EXPECT_EQ(machine.run_tool({"getent", "group", "systemd-journal"}).out,
            "systemd-journal:x:999:systemd-network\n");
  EXPECT_EQ(machine.last_line("/etc/gshadow"), "systemd-network:!*::");
  const std::string passwd = machine.text("/etc/passwd");
  EXPECT_EQ(machine.run_tool({"systemd-sysusers"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.text("/etc/passwd"), passwd);
}

// As systemd-sysusers of Debian 12 leaves a tree with no more than /etc/passwd and group.
TEST(Sysusers, MakesShadowFilesThatAreMissing) {
  AccountMachine machine;
  for (const char* file : {"/etc/shadow", "/etc/gshadow"}) machine.tree.unlink(file);
  EXPECT_EQ(machine.run_tool({"systemd-sysusers", "-"}, "g x - -\nu y - \"Y\"\nm y x\n").status, 0);
  EXPECT_EQ(machine.last_line("/etc/passwd"), "y:x:998:998:Y:/:/usr/sbin/nologin");
  EXPECT_EQ(machine.text("/etc/shadow"), "y:!*:19675::::::\n");
  EXPECT_EQ(machine.text("/etc/gshadow"), "x:!*::y\ny:!*::\n");
  EXPECT_EQ(machine.tree.find("/etc/shadow").inode->mode, 0U);
  EXPECT_EQ(machine.tree.find("/etc/gshadow").inode->mode, 0U);
}

TEST(Sysusers, ReadsStandardInputAndSaysWhatIsMissing) {
  AccountMachine machine;
  EXPECT_EQ(machine.run_tool({"systemd-sysusers", "-"}, "u x 150 \"X\" /var/x\n").status, 0);
  EXPECT_EQ(machine.last_line("/etc/passwd"), "x:x:150:150:X:/var/x:/usr/sbin/nologin");
  EXPECT_EQ(machine.run_tool({"systemd-sysusers", "none.conf"}),
            (ToolResult{1, "",
                        "systemd-sysusers: Failed to open 'none.conf': No such file or "
                        "directory\n"}));
  EXPECT_THROW(machine.run_tool({"systemd-sysusers", "-"}, "r - 500-900\n"), Unknown);
}

TEST(Tmpfiles, MakesWhatAnImageKeeps) {
  AccountMachine machine;
  machine.folder("/run");
  machine.symlink("/var/run", "/run");
  machine.file("/usr/lib/tmpfiles.d/x.conf",
               "d /var/lib/x/y 0750 daemon shadow 10d\n"
               "d /run/x 0755 - - -\n"
               "d /var/run/y 0755 - - -\n"
               "f /var/log/x.log 0640 daemon - - a\\x20line\\n\n"
               "L /var/x - - - - ../usr/x\n"
               "L+ /etc/mtab - - - - ../proc/self/mounts\n"
               "r! /etc/gone\n"
               "h /var/log/journal - - - - +C\n"
               "z /var/log/journal/%m 2755 root shadow - -\n");
  machine.file("/etc/mtab", "old");
  machine.file("/etc/gone", "stays");
  EXPECT_EQ(machine.run_tool({"systemd-tmpfiles", "--create", "x.conf"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.permissions("/var/lib/x"), "0755 0:0");
  EXPECT_EQ(machine.permissions("/var/lib/x/y"), "0750 1:42");
  EXPECT_EQ(machine.permissions("/run/x"), "(none)");
  EXPECT_EQ(machine.permissions("/run/y"), "(none)");
  EXPECT_EQ(machine.text("/var/log/x.log"), "a line\n");
  EXPECT_EQ(machine.permissions("/var/log/x.log"), "0640 1:0");
  EXPECT_EQ(machine.tree.find("/var/x", LastLink::keep).inode->link_target, "../usr/x");
  EXPECT_EQ(machine.tree.find("/etc/mtab", LastLink::keep).inode->link_target,
            "../proc/self/mounts");
  EXPECT_EQ(machine.text("/etc/gone"), "stays");
}

TEST(Tmpfiles, ChangesModesOfWhatIsThere) {
  AccountMachine machine;
  machine.folder("/var/a", 0700);
  machine.file("/var/a/b", "", 0600);
  machine.file("/var/c1", "", 0644);
  machine.file("/x.conf",
               "Z /var/a ~0755 daemon - -\n"
               "z /var/c? 0600 - - -\n"
               "d /var/a :0711 :root - -\n");
  EXPECT_EQ(machine.run_tool({"systemd-tmpfiles", "--create", "/x.conf"}).status, 0);
  EXPECT_EQ(machine.permissions("/var/a"), "0755 1:0");
  EXPECT_EQ(machine.permissions("/var/a/b"), "0644 1:0");
  EXPECT_EQ(machine.permissions("/var/c1"), "0600 0:0");
}

TEST(Tmpfiles, GoesByPrefixAndNamesUnknownUsers) {
  AccountMachine machine;
  machine.file("/etc/tmpfiles.d/x.conf", "d /var/a\nd /srv/b\nd /srv/c - redis\n");
  EXPECT_EQ(
      machine.run_tool({"systemd-tmpfiles", "--create", "--prefix=/srv"}),
      (ToolResult{65, "", "systemd-tmpfiles: Failed to resolve user 'redis': No such process\n"}));
  EXPECT_EQ(machine.permissions("/srv/b"), "0755 0:0");
  EXPECT_EQ(machine.permissions("/srv/c"), "(none)");
  EXPECT_EQ(machine.permissions("/var/a"), "(none)");
  EXPECT_THROW(machine.run_tool({"systemd-tmpfiles", "--clean"}), Unknown);
}

}  // namespace
}  // namespace stamp::scripts
