#include <gtest/gtest.h>

#include "tests/maintainer-scripts/account_machine.h"

namespace stamp::scripts {
namespace {

/// The files that base-passwd gives a fresh image.
class FreshMachine : public AccountMachine {
 public:
  FreshMachine() {
    tree.unlink("/etc/shadow");
    tree.unlink("/etc/gshadow");
    tree.write("/etc/passwd",
               "root:*:0:0:root:/root:/bin/bash\n"
               "nobody:*:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n");
    tree.write("/etc/group", "root:*:0:\nshadow:*:42:\nnogroup:*:65534:\n");
  }
};

TEST(Pwconv, MakesTheShadowFilesOfAFreshImage) {
  FreshMachine machine;
  EXPECT_EQ(machine.run_tool({"pwck", "-q", "-r"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.run_tool({"grpck", "-r"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.run_tool({"pwconv"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.run_tool({"grpconv"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.text("/etc/passwd"),
            "root:x:0:0:root:/root:/bin/bash\n"
            "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n");
  EXPECT_EQ(machine.text("/etc/group"), "root:x:0:\nshadow:x:42:\nnogroup:x:65534:\n");
  EXPECT_EQ(machine.text("/etc/shadow"),
            "root:*:19675:0:99999:7:::\nnobody:*:19675:0:99999:7:::\n");
  EXPECT_EQ(machine.text("/etc/gshadow"), "root:*::\nshadow:*::\nnogroup:*::\n");
  EXPECT_EQ(machine.permissions("/etc/shadow"), "0400 0:0");
  EXPECT_EQ(machine.permissions("/etc/passwd"), "0644 0:0");
}

TEST(Pwconv, KeepsWhatTheShadowFileHas) {
  AccountMachine machine;
  const std::string before = machine.text("/etc/shadow");
  machine.run_tool({"pwconv"});
  EXPECT_EQ(machine.text("/etc/shadow"), before);
}

TEST(Pwunconv, PutsPasswordsBack) {
  AccountMachine machine;
  machine.run_tool({"pwunconv"});
  machine.run_tool({"grpunconv"});
  EXPECT_EQ(machine.run_tool({"getent", "passwd", "root"}).out,
            "root:*:0:0:root:/root:/bin/bash\n");
  EXPECT_EQ(machine.permissions("/etc/shadow"), "(none)");
  EXPECT_EQ(machine.permissions("/etc/gshadow"), "(none)");
}

TEST(Pwck, FindsFaults) {
  AccountMachine machine;
  machine.tree.append("/etc/passwd", "odd line\nx:x:7:7::/x:/bin/none\n");
  EXPECT_EQ(machine.run_tool({"pwck", "-q", "-r"}),
            (ToolResult{2,
                        "invalid password file entry\n"
                        "user 'x': no group 7\n"
                        "user 'x': program '/bin/none' does not exist\n"
                        "no matching entry of 'x' in /etc/shadow\n",
                        ""}));
}

TEST(Pwck, SortsByNumber) {
  AccountMachine machine;
  machine.run_tool({"adduser", "--system", "x"});
  machine.run_tool({"pwck", "-s"});
  EXPECT_EQ(machine.last_line("/etc/passwd"),
            "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin");
  EXPECT_EQ(machine.last_line("/etc/shadow"), "nobody:*:19000:0:99999:7:::");
}

TEST(Passwd, LocksUnlocksAndDeletes) {
  AccountMachine machine;
  machine.run_tool({"passwd", "-l", "daemon"});
  EXPECT_EQ(machine.run_tool({"getent", "shadow", "daemon"}).out, "daemon:!*:19000:0:99999:7:::\n");
  machine.run_tool({"passwd", "-u", "daemon"});
  EXPECT_EQ(machine.run_tool({"getent", "shadow", "daemon"}).out, "daemon:*:19000:0:99999:7:::\n");
  EXPECT_EQ(machine.run_tool({"passwd", "-S", "daemon"}).out, "daemon L 01/08/2022 0 99999 7 -1\n");
  machine.run_tool({"passwd", "-d", "daemon"});
  EXPECT_EQ(machine.run_tool({"getent", "shadow", "daemon"}).out, "daemon::19000:0:99999:7:::\n");
  EXPECT_THROW(machine.run_tool({"passwd", "daemon"}), Unknown);
}

TEST(Chfn, ChangesPartsOfTheName) {
  AccountMachine machine;
  machine.run_tool({"chfn", "-f", "Ann", "-w", "7", "daemon"});
  machine.run_tool({"chsh", "-s", "/bin/sh", "daemon"});
  EXPECT_EQ(machine.run_tool({"getent", "passwd", "daemon"}).out,
            "daemon:x:1:1:Ann,,7,:/usr/sbin:/bin/sh\n");
}

TEST(Chage, SetsDays) {
  AccountMachine machine;
  machine.run_tool({"chage", "-M", "-1", "-E", "2026-11-20", "-d", "0", "daemon"});
  EXPECT_EQ(machine.run_tool({"getent", "shadow", "daemon"}).out, "daemon:*:0:0::7::20777:\n");
  EXPECT_THROW(machine.run_tool({"chage", "-E", "tomorrow", "daemon"}), Unknown);
}

TEST(Gpasswd, ChangesMembers) {
  AccountMachine machine;
  EXPECT_EQ(machine.run_tool({"gpasswd", "-a", "daemon", "users"}).out,
            "Adding user daemon to group users\n");
  EXPECT_EQ(machine.run_tool({"getent", "group", "users"}).out, "users:x:100:daemon\n");
  machine.run_tool({"gpasswd", "-M", "root,nobody", "users"});
  EXPECT_EQ(machine.run_tool({"getent", "gshadow", "users"}).out, "users:*::root,nobody\n");
  EXPECT_EQ(machine.run_tool({"gpasswd", "-d", "daemon", "users"}).status, 3);
}

}  // namespace
}  // namespace stamp::scripts
