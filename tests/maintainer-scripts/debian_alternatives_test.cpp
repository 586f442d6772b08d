#include "maintainer-scripts/tools/debian_alternatives.h"

#include <gtest/gtest.h>

#include "maintainer-scripts/tools/debian_tools.h"
#include "tests/maintainer-scripts/debian_machine.h"

namespace stamp::scripts {
namespace {

class UpdateAlternatives : public ::testing::Test, public DebianMachine {
 protected:
  UpdateAlternatives() {
    folder("/usr/share/man");
    for (const char* path : {"/usr/bin/mawk", "/usr/bin/gawk", "/usr/bin/busybox",
                             "/usr/share/man/mawk.1", "/usr/share/man/gawk.1"}) {
      file(path, path);
    }
  }
  ToolResult update(std::vector<std::string> args) {
    args.insert(args.begin(), "update-alternatives");
    return run_tool(update_alternatives, std::move(args));
  }
  ToolResult install_mawk() {
    return update({"--install", "/usr/bin/awk", "awk", "/usr/bin/mawk", "5", "--slave",
                   "/usr/share/man/awk.1", "awk.1", "/usr/share/man/mawk.1"});
  }
  ToolResult install_gawk() {
    return update({"--install", "/usr/bin/awk", "awk", "/usr/bin/gawk", "10", "--slave",
                   "/usr/share/man/awk.1", "awk.1", "/usr/share/man/gawk.1"});
  }
};

TEST_F(UpdateAlternatives, MakesTheGroupsFileAndItsLinks) {
  const ToolResult result = install_mawk();
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out,
            "update-alternatives: using /usr/bin/mawk to provide /usr/bin/awk (awk) in auto "
            "mode\n");
  EXPECT_EQ(text("/var/lib/dpkg/alternatives/awk"),
            "auto\n/usr/bin/awk\nawk.1\n/usr/share/man/awk.1\n\n/usr/bin/mawk\n5\n"
            "/usr/share/man/mawk.1\n\n");
  EXPECT_EQ(link("/usr/bin/awk"), "/etc/alternatives/awk");
  EXPECT_EQ(link("/etc/alternatives/awk"), "/usr/bin/mawk");
  EXPECT_EQ(link("/usr/share/man/awk.1"), "/etc/alternatives/awk.1");
  EXPECT_EQ(link("/etc/alternatives/awk.1"), "/usr/share/man/mawk.1");
}

TEST_F(UpdateAlternatives, GivesANewLinkTheTimeOfItsTarget) {
  install_mawk();
  EXPECT_EQ(tree.find("/usr/bin/awk", LastLink::keep).inode->mtime, 1000);
}

TEST_F(UpdateAlternatives, TakesTheOneOfHighestPriority) {
  install_mawk();
  install_gawk();
  EXPECT_EQ(link("/etc/alternatives/awk"), "/usr/bin/gawk");
  EXPECT_EQ(link("/etc/alternatives/awk.1"), "/usr/share/man/gawk.1");
  EXPECT_EQ(text("/var/lib/dpkg/alternatives/awk"),
            "auto\n/usr/bin/awk\nawk.1\n/usr/share/man/awk.1\n\n/usr/bin/gawk\n10\n"
            "/usr/share/man/gawk.1\n/usr/bin/mawk\n5\n/usr/share/man/mawk.1\n\n");
}

TEST_F(UpdateAlternatives, StaysAtTheCurrentOneOfEqualPriority) {
  update({"--install", "/usr/bin/awk", "awk", "/usr/bin/mawk", "5"});
  EXPECT_EQ(update({"--install", "/usr/bin/awk", "awk", "/usr/bin/gawk", "5"}).out, "");
  EXPECT_EQ(link("/etc/alternatives/awk"), "/usr/bin/mawk");
}

TEST_F(UpdateAlternatives, LeavesOutASlaveWhoseFileIsMissing) {
  const ToolResult result =
      update({"--install", "/usr/bin/awk", "awk", "/usr/bin/mawk", "5", "--slave",
              "/usr/share/man/awk.1", "awk.1", "/usr/share/man/none.1"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.err,
            "update-alternatives: warning: skip creation of /usr/share/man/awk.1 because "
            "associated file /usr/share/man/none.1 (of link group awk) doesn't exist\n");
  EXPECT_EQ(link("/usr/share/man/awk.1"), "(none)");
}

TEST_F(UpdateAlternatives, DoesNotReplaceAFile) {
  file("/usr/bin/awk", "#!");
  EXPECT_EQ(install_mawk().err,
            "update-alternatives: warning: not replacing /usr/bin/awk with a link\n");
  EXPECT_EQ(text("/usr/bin/awk"), "#!");
}

TEST_F(UpdateAlternatives, ReplacesAFileByForce) {
  file("/usr/bin/awk", "#!");
  update({"--force", "--install", "/usr/bin/awk", "awk", "/usr/bin/mawk", "5"});
  EXPECT_EQ(link("/usr/bin/awk"), "/etc/alternatives/awk");
}

TEST_F(UpdateAlternatives, RefusesAPathThatIsNotThere) {
  const ToolResult result = update({"--install", "/usr/bin/awk", "awk", "/usr/bin/none", "5"});
  EXPECT_EQ(result, (ToolResult{2, "",
                                "update-alternatives: error: alternative path /usr/bin/none "
                                "doesn't exist\n"}));
}

TEST_F(UpdateAlternatives, RefusesALinkOfAnotherGroup) {
  install_mawk();
  const ToolResult result = update({"--install", "/usr/bin/awk", "nawk", "/usr/bin/gawk", "5"});
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.err,
            "update-alternatives: error: alternative link /usr/bin/awk is already managed by "
            "awk\n");
}

TEST_F(UpdateAlternatives, KeepsWhatWasSetByHand) {
  install_mawk();
  install_gawk();
  EXPECT_EQ(update({"--set", "awk", "/usr/bin/mawk"}).out,
            "update-alternatives: using /usr/bin/mawk to provide /usr/bin/awk (awk) in manual "
            "mode\n");
  update({"--install", "/usr/bin/awk", "awk", "/usr/bin/busybox", "99"});
  EXPECT_EQ(link("/etc/alternatives/awk"), "/usr/bin/mawk");
  update({"--auto", "awk"});
  EXPECT_EQ(link("/etc/alternatives/awk"), "/usr/bin/busybox");
  EXPECT_EQ(link("/usr/share/man/awk.1"), "(none)");
}

TEST_F(UpdateAlternatives, RemovesTheLastOneWithAllLinks) {
  install_mawk();
  EXPECT_EQ(update({"--remove", "awk", "/usr/bin/mawk"}).status, 0);
  EXPECT_EQ(link("/usr/bin/awk"), "(none)");
  EXPECT_EQ(link("/etc/alternatives/awk.1"), "(none)");
  EXPECT_EQ(text("/var/lib/dpkg/alternatives/awk"), "(none)");
}

TEST_F(UpdateAlternatives, RemovingFromNoGroupIsNoFailure) {
  EXPECT_EQ(update({"--remove", "awk", "/usr/bin/mawk"}), ToolResult());
}

TEST_F(UpdateAlternatives, AnswersAQuery) {
  install_mawk();
  EXPECT_EQ(update({"--query", "awk"}).out,
            "Name: awk\nLink: /usr/bin/awk\nSlaves:\n awk.1 /usr/share/man/awk.1\nStatus: auto\n"
            "Best: /usr/bin/mawk\nValue: /usr/bin/mawk\n\nAlternative: /usr/bin/mawk\n"
            "Priority: 5\nSlaves:\n awk.1 /usr/share/man/mawk.1\n");
  EXPECT_EQ(update({"--list", "awk"}).out, "/usr/bin/mawk\n");
  EXPECT_EQ(update({"--list", "none"}).err,
            "update-alternatives: error: no alternatives for none\n");
}

TEST_F(UpdateAlternatives, SaysWhatItDoesNotKnow) {
  EXPECT_THROW(update({"--config", "awk"}), Unknown);
  EXPECT_THROW(update({"--colour"}), Unknown);
}

TEST_F(UpdateAlternatives, RefusesAFileThatIsWrong) {
  tree.make_directory("/var/lib/dpkg/alternatives", 0755);
  tree.write("/var/lib/dpkg/alternatives/awk", "sometimes\n/usr/bin/awk\n\n\n");
  EXPECT_EQ(update({"--list", "awk"}).err,
            "update-alternatives: error: /var/lib/dpkg/alternatives/awk corrupt: invalid "
            "status\n");
}

}  // namespace
}  // namespace stamp::scripts
