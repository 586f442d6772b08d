#include <gtest/gtest.h>

#include "maintainer-scripts/tools/debian_tools.h"
#include "tests/maintainer-scripts/debian_machine.h"

namespace stamp::scripts {
namespace {

constexpr const char* kOldSum = "149603e6c03516362a8da23f624db945";  // of "old"
constexpr const char* kNewSum = "22af645d1859cb5ca6da0c484f1f37ea";  // of "new"

class Ucf : public ::testing::Test, public DebianMachine {
 protected:
  Ucf() {
    folder("/usr/share/sshd");
    file("/usr/share/sshd/config", "new", 0600);
  }
  ToolResult place(std::vector<std::string> more = {}) {
    std::vector<std::string> args = {"ucf"};
    args.insert(args.end(), more.begin(), more.end());
    args.insert(args.end(), {"/usr/share/sshd/config", "/etc/config"});
    return run_tool(ucf, std::move(args));
  }
  std::string hashes() { return text("/var/lib/ucf/hashfile"); }
  static std::string line(const char* sum) { return std::string(sum) + "  /etc/config\n"; }
};

TEST_F(Ucf, CopiesWhatIsNotThere) {
  EXPECT_EQ(place(), (ToolResult{0, "", "\nCreating config file /etc/config with new version\n"}));
  EXPECT_EQ(text("/etc/config"), "new");
  EXPECT_EQ(tree.find("/etc/config").inode->mode, 0600U);
  EXPECT_EQ(hashes(), line(kNewSum));
  EXPECT_EQ(text("/var/lib/ucf/cache/:etc:config"), "new");
}

TEST_F(Ucf, ReplacesWhatWasNotChanged) {
  tree.write("/etc/config", "old", 0644);
  tree.make_directory("/var/lib/ucf", 0755);
  tree.write("/var/lib/ucf/hashfile", line(kOldSum));
  EXPECT_EQ(place({"--debconf-ok", "--three-way"}).err,
            "Replacing config file /etc/config with new version\n");
  EXPECT_EQ(text("/etc/config"), "new");
  EXPECT_EQ(tree.find("/etc/config").inode->mode, 0644U);
  EXPECT_EQ(hashes(), line(kNewSum));
  EXPECT_EQ(text("/var/lib/ucf/hashfile.0"), line(kOldSum));
}

TEST_F(Ucf, KeepsWhatWasChanged) {
  tree.write("/etc/config", "mine", 0644);
  EXPECT_EQ(place({"--debconf-ok"}), ToolResult());
  EXPECT_EQ(text("/etc/config"), "mine");
  EXPECT_EQ(text("/etc/config.ucf-dist"), "new");
  EXPECT_EQ(hashes(), line(kNewSum));
}

TEST_F(Ucf, KnowsOldVersionsByTheirSums) {
  tree.write("/etc/config", "old", 0644);
  file("/usr/share/sshd/config.md5sum", std::string(kOldSum) + "  1.0\n");
  EXPECT_EQ(place().status, 0);
  EXPECT_EQ(text("/etc/config"), "new");
}

TEST_F(Ucf, LeavesWhatSomebodyDeleted) {
  place();
  tree.unlink("/etc/config");
  EXPECT_EQ(place().err, "Not replacing deleted config file /etc/config\n");
  EXPECT_EQ(text("/etc/config"), "(none)");
}

TEST_F(Ucf, FollowsADiversion) {
  tree.write("/var/lib/dpkg/diversions", "/etc/config\n/etc/config.mine\nlocal-config\n");
  place();
  EXPECT_EQ(text("/etc/config.mine"), "new");
  EXPECT_EQ(text("/etc/config"), "(none)");
}

TEST_F(Ucf, ForgetsAFile) {
  place();
  EXPECT_EQ(run_tool(ucf, {"ucf", "--purge", "/etc/config"}), ToolResult());
  EXPECT_EQ(hashes(), "");
  EXPECT_EQ(text("/var/lib/ucf/cache/:etc:config"), "(none)");
}

TEST_F(Ucf, SaysWhatIsMissing) {
  EXPECT_EQ(run_tool(ucf, {"ucf", "/none", "/etc/config"}),
            (ToolResult{1, "", "Error: The new file /none does not exist!\n"}));
  EXPECT_EQ(run_tool(ucf, {"ucf", "/none"}),
            (ToolResult{2, "", "*** ERROR: Need exactly two arguments, got 1\n"}));
  EXPECT_THROW(run_tool(ucf, {"ucf", "--colour"}), Unknown);
}

TEST_F(Ucf, DoesNotKnowSettings) {
  file("/etc/ucf.conf", "# nothing\n\nconf_force_conffnew=YES\n");
  EXPECT_THROW(place(), Unknown);
}

TEST(Ucfr, RegistersAFileOfAPackage) {
  DebianMachine machine;
  const auto add = [&](const std::string& package) {
    return machine.run_tool(ucfr, {"ucfr", package, "/etc/config"});
  };
  EXPECT_EQ(add("sshd"), ToolResult());
  EXPECT_EQ(machine.text("/var/lib/ucf/registry"), "sshd \t /etc/config\n");
  EXPECT_EQ(machine.text("/var/lib/ucf/registry.0"), "");
  EXPECT_EQ(add("sshd"), ToolResult());
  EXPECT_EQ(add("other"),
            (ToolResult{4, "",
                        "ucfr: Attempt from package other  to take /etc/config away from package "
                        "sshd\nucfr: Aborting.\n"}));
  EXPECT_EQ(machine.run_tool(ucfr, {"ucfr", "--purge", "sshd", "/etc/config"}), ToolResult());
  EXPECT_EQ(machine.text("/var/lib/ucf/registry"), "");
}

}  // namespace
}  // namespace stamp::scripts
