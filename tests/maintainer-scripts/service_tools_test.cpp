#include <set>

#include <gtest/gtest.h>

#include "tests/maintainer-scripts/account_machine.h"

namespace stamp::scripts {
namespace {

TEST(ServiceTools, SayWhatTheyLeaveOut) {
  std::set<std::string_view> names;
  for (const ToolRow& row : service_tools()) {
    EXPECT_FALSE(row.left_out.empty()) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
}

TEST(ServiceTools, AnswerAsWithoutAnInitSystem) {
  AccountMachine machine;
  EXPECT_EQ(machine.run_tool({"deb-systemd-helper", "--quiet", "was-enabled", "x.service"}),
            (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.run_tool({"deb-systemd-helper", "enable", "x.service"}).status, 0);
  EXPECT_EQ(machine.run_tool({"deb-systemd-helper", "debian-installed", "x.service"}).status, 1);
  EXPECT_EQ(machine.run_tool({"invoke-rc.d", "ssh", "start"}),
            (ToolResult{0, "", "invoke-rc.d: policy-rc.d denied execution of start.\n"}));
  EXPECT_EQ(machine.run_tool({"policy-rc.d", "ssh", "start"}).status, 101);
  EXPECT_EQ(machine.run_tool({"update-rc.d", "ssh", "defaults"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.run_tool({"systemctl", "--system", "daemon-reload"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.run_tool({"systemctl", "is-active", "-q", "x"}).status, 3);
  EXPECT_EQ(machine.run_tool({"mountpoint", "-q", "/proc"}).status, 1);
  EXPECT_THROW(machine.run_tool({"systemctl", "edit", "x"}), Unknown);
  EXPECT_THROW(machine.run_tool({"deb-systemd-helper", "x"}), Unknown);
}

TEST(ServiceTools, MakeNoSecretsAndTouchNothing) {
  AccountMachine machine;
  std::vector<TreeEvent> events;
  machine.tree.watch([&](const TreeEvent& event) { events.push_back(event); });
  for (const ToolRow& row : service_tools()) {
    if (row.name == "su" || row.name == "runuser" || row.name == "setpriv") continue;
    const std::string name(row.name);
    const std::string verb = name == "deb-systemd-helper" || name == "systemctl" ? "enable" : "x";
    machine.run_tool({name, verb, "/etc/ssh/ssh_host_ed25519_key"});
  }
  EXPECT_TRUE(events.empty());
}

}  // namespace
}  // namespace stamp::scripts
