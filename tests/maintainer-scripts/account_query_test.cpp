#include <gtest/gtest.h>

#include "tests/maintainer-scripts/account_machine.h"

namespace stamp::scripts {
namespace {

TEST(Getent, AnswersByNameAndNumber) {
  AccountMachine machine;
  EXPECT_EQ(machine.run_tool({"getent", "passwd", "root", "1"}).out,
            "root:x:0:0:root:/root:/bin/bash\n"
            "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n");
  EXPECT_EQ(machine.run_tool({"getent", "group", "42"}), (ToolResult{0, "shadow:x:42:\n", ""}));
  EXPECT_EQ(machine.run_tool({"getent", "group", "redis"}), (ToolResult{2, "", ""}));
  EXPECT_EQ(machine.run_tool({"getent", "shadow"}).out, machine.text("/etc/shadow"));
  EXPECT_THROW(machine.run_tool({"getent", "hosts", "example.org"}), Unknown);
}

TEST(Getent, AnswersForServices) {
  AccountMachine machine;
  machine.file("/etc/services",
               "# names\nssh\t\t22/tcp\t\t\t# SSH\nhttp 80/tcp www\nhttp 80/udp\n");
  EXPECT_EQ(machine.run_tool({"getent", "services", "22"}).out, "ssh                   22/tcp\n");
  EXPECT_EQ(machine.run_tool({"getent", "services", "www"}).out,
            "http                  80/tcp www\n");
  EXPECT_EQ(machine.run_tool({"getent", "services", "http/udp"}).out,
            "http                  80/udp\n");
  EXPECT_EQ(machine.run_tool({"getent", "services", "none"}).status, 2);
}

TEST(Getent, LeavesOddLinesAlone) {
  AccountMachine machine;
  machine.tree.append("/etc/passwd", "# a note\n+::::::\n");
  machine.run_tool({"adduser", "--system", "x"});
  EXPECT_EQ(machine.run_tool({"getent", "passwd", "# a note"}).status, 2);
  EXPECT_NE(machine.text("/etc/passwd").find("# a note\n+::::::\nx:x:100:"), std::string::npos);
}

TEST(Groups, ListsThem) {
  AccountMachine machine;
  machine.run_tool({"gpasswd", "-a", "daemon", "users"});
  EXPECT_EQ(machine.run_tool({"groups", "daemon"}).out, "daemon : daemon users\n");
  EXPECT_EQ(machine.run_tool({"groups"}).out, "root\n");
  EXPECT_EQ(machine.run_tool({"groups", "x"}), (ToolResult{1, "", "groups: 'x': no such user\n"}));
}

TEST(UpdatePasswd, AddsWhatIsMissing) {
  AccountMachine machine;
  machine.file("/usr/share/base-passwd/passwd.master",
               "root:*:0:0:root:/root:/bin/bash\nlp:*:7:7:lp:/var/spool/lpd:/usr/sbin/nologin\n");
  machine.file("/usr/share/base-passwd/group.master", "root:*:0:\nlp:*:7:\n");
  EXPECT_EQ(machine.run_tool({"update-passwd", "--dry-run"}).status, 1);
  EXPECT_EQ(machine.run_tool({"update-passwd", "--verbose"}).status, 0);
  EXPECT_EQ(machine.last_line("/etc/passwd"), "lp:x:7:7:lp:/var/spool/lpd:/usr/sbin/nologin");
  EXPECT_EQ(machine.last_line("/etc/group"), "lp:x:7:");
  EXPECT_EQ(machine.run_tool({"update-passwd", "--dry-run"}).status, 0);
}

}  // namespace
}  // namespace stamp::scripts
