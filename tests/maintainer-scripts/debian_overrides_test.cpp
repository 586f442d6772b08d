#include <gtest/gtest.h>

#include "maintainer-scripts/tools/debian_diversions.h"
#include "maintainer-scripts/tools/debian_statoverrides.h"
#include "maintainer-scripts/tools/debian_tools.h"
#include "tests/maintainer-scripts/debian_machine.h"

namespace stamp::scripts {
namespace {

class DpkgDivert : public ::testing::Test, public DebianMachine {
 protected:
  DpkgDivert() { file("/usr/bin/sh", "bash"); }
  ToolResult divert(std::vector<std::string> args) {
    args.insert(args.begin(), "dpkg-divert");
    return run_tool(dpkg_divert, std::move(args));
  }
};

TEST_F(DpkgDivert, MovesTheFileAndRemembersIt) {
  const ToolResult result = divert(
      {"--package", "dash", "--divert", "/usr/bin/sh.distrib", "--rename", "--add", "/usr/bin/sh"});
  EXPECT_EQ(result, (ToolResult{0,
                                "Adding 'diversion of /usr/bin/sh to /usr/bin/sh.distrib by "
                                "dash'\n",
                                ""}));
  EXPECT_EQ(text("/var/lib/dpkg/diversions"), "/usr/bin/sh\n/usr/bin/sh.distrib\ndash\n");
  EXPECT_EQ(text("/usr/bin/sh"), "(none)");
  EXPECT_EQ(text("/usr/bin/sh.distrib"), "bash");
}

TEST_F(DpkgDivert, TakesThePackageFromTheScript) {
  environment["DPKG_MAINTSCRIPT_PACKAGE"] = "dash";
  divert({"--no-rename", "/usr/bin/sh"});
  EXPECT_EQ(text("/var/lib/dpkg/diversions"), "/usr/bin/sh\n/usr/bin/sh.distrib\ndash\n");
  EXPECT_EQ(text("/usr/bin/sh"), "bash");
}

TEST_F(DpkgDivert, LeavesWhatIsThereAlready) {
  divert({"--local", "--no-rename", "--quiet", "/usr/bin/sh"});
  EXPECT_EQ(divert({"--local", "--no-rename", "/usr/bin/sh"}).out,
            "Leaving 'local diversion of /usr/bin/sh to /usr/bin/sh.distrib'\n");
  EXPECT_EQ(divert({"--package", "x", "--no-rename", "/usr/bin/sh"}),
            (ToolResult{2, "",
                        "dpkg-divert: error: 'diversion of /usr/bin/sh to /usr/bin/sh.distrib by "
                        "x' clashes with 'local diversion of /usr/bin/sh to "
                        "/usr/bin/sh.distrib'\n"}));
}

TEST_F(DpkgDivert, MovesTheFileBack) {
  divert({"--local", "--rename", "/usr/bin/sh"});
  EXPECT_EQ(divert({"--remove", "--rename", "/usr/bin/sh"}).out,
            "Removing 'local diversion of /usr/bin/sh to /usr/bin/sh.distrib'\n");
  EXPECT_EQ(text("/usr/bin/sh"), "bash");
  EXPECT_EQ(text("/var/lib/dpkg/diversions"), "");
}

TEST_F(DpkgDivert, DoesNotMoveThePackagesOwnFile) {
  install("dash", "1", {"/usr/bin/sh"});
  EXPECT_EQ(divert({"--package", "dash", "--rename", "/usr/bin/sh"}).out,
            "Adding 'diversion of /usr/bin/sh to /usr/bin/sh.distrib by dash'\n"
            "Ignoring request to rename file '/usr/bin/sh' owned by diverting package 'dash'\n");
  EXPECT_EQ(text("/usr/bin/sh"), "bash");
}

TEST_F(DpkgDivert, DoesNotOverwriteAnotherFile) {
  file("/usr/bin/sh.distrib", "zsh");
  EXPECT_EQ(divert({"--local", "--rename", "/usr/bin/sh"}).err,
            "dpkg-divert: error: rename involves overwriting '/usr/bin/sh.distrib' with\n"
            "  different file '/usr/bin/sh', not allowed\n");
  EXPECT_EQ(text("/var/lib/dpkg/diversions"), "(none)");
}

TEST_F(DpkgDivert, AnswersWhoAndWhere) {
  divert({"--package", "dash", "--no-rename", "/usr/bin/sh"});
  EXPECT_EQ(divert({"--truename", "/usr/bin/sh"}).out, "/usr/bin/sh.distrib\n");
  EXPECT_EQ(divert({"--truename", "/usr/bin/ls"}).out, "/usr/bin/ls\n");
  EXPECT_EQ(divert({"--listpackage", "/usr/bin/sh"}).out, "dash\n");
  EXPECT_EQ(divert({"--list", "*.distrib"}).out,
            "diversion of /usr/bin/sh to /usr/bin/sh.distrib by dash\n");
  EXPECT_EQ(divert({"--list", "mail"}).out, "");
}

TEST_F(DpkgDivert, TellsWhereAPackagesFileGoes) {
  divert({"--package", "dash", "--no-rename", "/usr/bin/sh"});
  const Diversions diversions = Diversions::read(tree);
  EXPECT_EQ(diversions.divert("/usr/bin/sh", "bash"), "/usr/bin/sh.distrib");
  EXPECT_EQ(diversions.divert("/usr/bin/sh", "dash"), "/usr/bin/sh");
  EXPECT_EQ(diversions.divert("/usr/bin/ls", "bash"), "/usr/bin/ls");
}

TEST_F(DpkgDivert, RefusesWhatItCannotDivert) {
  EXPECT_EQ(divert({"--no-rename", "/usr"}).err,
            "dpkg-divert: error: cannot divert directories\n\n"
            "Use --help for help about diverting files.\n");
  EXPECT_EQ(divert({"--no-rename", "usr/bin/sh"}).status, 2);
  EXPECT_THROW(divert({"--colour"}), Unknown);
}

class DpkgStatOverride : public ::testing::Test, public DebianMachine {
 protected:
  DpkgStatOverride() { file("/usr/bin/crontab", "", 0755); }
  ToolResult override_(std::vector<std::string> args) {
    args.insert(args.begin(), "dpkg-statoverride");
    return run_tool(dpkg_statoverride, std::move(args));
  }
};

TEST_F(DpkgStatOverride, SetsOwnerAndMode) {
  EXPECT_EQ(override_({"--update", "--add", "root", "mail", "02755", "/usr/bin/crontab"}),
            ToolResult());
  EXPECT_EQ(text("/var/lib/dpkg/statoverride"), "root mail 2755 /usr/bin/crontab\n");
  const Found file = tree.find("/usr/bin/crontab");
  EXPECT_EQ(file.inode->mode, 02755U);
  EXPECT_EQ(file.inode->gid, 8U);
}

TEST_F(DpkgStatOverride, ListsWithAStatus) {
  EXPECT_EQ(override_({"--list", "/usr/bin/crontab"}), (ToolResult{1, "", ""}));
  override_({"--add", "root", "#8", "755", "/usr/bin/crontab"});
  EXPECT_EQ(override_({"--list", "/usr/bin/cront*"}),
            (ToolResult{0, "root mail 755 /usr/bin/crontab\n", ""}));
}

TEST_F(DpkgStatOverride, RefusesTheUnknownAndTheSecond) {
  EXPECT_EQ(override_({"--add", "nobody", "root", "755", "/a"}).err,
            "dpkg-statoverride: error: user 'nobody' does not exist\n");
  EXPECT_EQ(override_({"--add", "root", "nobody", "755", "/a"}).err,
            "dpkg-statoverride: error: group 'nobody' does not exist\n");
  EXPECT_EQ(override_({"--add", "root", "root", "9", "/a"}).err,
            "dpkg-statoverride: error: invalid statoverride mode 9\n");
  override_({"--add", "root", "root", "755", "/a"});
  EXPECT_EQ(override_({"--add", "root", "root", "755", "/a"}).err,
            "dpkg-statoverride: error: an override for '/a' already exists; aborting\n");
  EXPECT_EQ(override_({"--force-all", "--add", "root", "root", "700", "/a"}).status, 0);
  EXPECT_EQ(text("/var/lib/dpkg/statoverride"), "root root 700 /a\n");
}

TEST_F(DpkgStatOverride, RemovesAndSaysWhenThereIsNone) {
  override_({"--add", "root", "root", "755", "/a"});
  EXPECT_EQ(override_({"--remove", "/a"}), ToolResult());
  EXPECT_EQ(text("/var/lib/dpkg/statoverride"), "");
  EXPECT_EQ(override_({"--remove", "/a"}),
            (ToolResult{2, "", "dpkg-statoverride: warning: no override present\n"}));
}

TEST_F(DpkgStatOverride, RefusesAFileThatIsWrong) {
  tree.write("/var/lib/dpkg/statoverride", "root root /a\n");
  try {
    StatOverrides::read(tree);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.headline(),
              "cannot read '/var/lib/dpkg/statoverride': line 'root root /a' is not an override");
  }
}

}  // namespace
}  // namespace stamp::scripts
