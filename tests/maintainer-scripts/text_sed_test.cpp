#include <string>

#include <gtest/gtest.h>

#include "maintainer-scripts/tools/text_tools.h"
#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {
namespace {

class Sed : public testing::Test {
 protected:
  std::string error(const std::string& script, const std::string& input = "a\n") {
    try {
      static_cast<void>(machine.run_tool({"sed", script}, input));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  TestMachine machine{{text_tools()}};
};

TEST_F(Sed, SaysWhereItsScriptIsWrong) {
  EXPECT_EQ(error("s/a/b"), "sed script 's/a/b': an unterminated pattern or text at byte 6");
  EXPECT_EQ(error("s/a/b/e"), "sed script 's/a/b/e': the flag e, which runs commands, at byte 7");
  EXPECT_EQ(error("1e"), "sed script '1e': command 'e' at byte 3");
  EXPECT_EQ(error("bx"), "sed script 'bx': no label 'x' at byte 3");
  EXPECT_EQ(error("{p"), "sed script '{p': unmatched '{' at byte 3");
  EXPECT_EQ(error("s/a/\\1/"), "sed script 's/a/\\1/': a reference to group 1 at byte 8");
  EXPECT_EQ(error("s//x/"), "sed: no previous pattern");
}

TEST_F(Sed, EndsEndlessScripts) {
  machine.budget = Budget(Budget::Limits{.steps = 1000});
  EXPECT_EQ(error(":a;ba"), "step 1001 is past the limit of an evaluation");
  machine.budget = Budget(Budget::Limits{.memory = 1000});
  EXPECT_EQ(error(":a;s/.*/&&/;ba"), "a text of 1024 bytes is past the limit of an evaluation");
}

TEST_F(Sed, KeepsModeAndOwnerOfAFileThatItEdits) {
  machine.file("/etc/secret.conf", "a=1\n", 0640);
  ASSERT_EQ(machine.tree.set_owner("/etc/secret.conf", 5, 7), std::errc());
  EXPECT_EQ(machine.run_tool({"sed", "-i", "s/1/2/", "/etc/secret.conf"}).status, 0);
  const Found found = machine.tree.find("/etc/secret.conf");
  EXPECT_EQ(machine.tree.read(*found.inode), "a=2\n");
  EXPECT_EQ(found.inode->mode, 0640U);
  EXPECT_EQ(found.inode->uid, 5U);
  EXPECT_EQ(found.inode->gid, 7U);
}

TEST_F(Sed, PutsAFileInPlaceOfALink) {
  machine.file("/usr/share/x.conf", "a\n");
  machine.symlink("/etc/x.conf", "/usr/share/x.conf");
  EXPECT_EQ(machine.run_tool({"sed", "-i", "s/a/b/", "/etc/x.conf"}).status, 0);
  EXPECT_EQ(machine.text("/usr/share/x.conf"), "a\n");
  EXPECT_TRUE(machine.tree.find("/etc/x.conf", LastLink::keep).inode->is_file());
  EXPECT_EQ(machine.text("/etc/x.conf"), "b\n");
}

TEST_F(Sed, FollowsALinkWhereItIsToldTo) {
  machine.file("/usr/share/x.conf", "a\n");
  machine.symlink("/etc/x.conf", "/usr/share/x.conf");
  EXPECT_EQ(machine.run_tool({"sed", "-i", "--follow-symlinks", "s/a/b/", "/etc/x.conf"}).status,
            0);
  EXPECT_EQ(machine.text("/usr/share/x.conf"), "b\n");
}

TEST_F(Sed, LeavesTheOtherNamesOfAFile) {
  machine.file("/etc/a", "a\n");
  machine.hard_link("/etc/b", "/etc/a");
  EXPECT_EQ(machine.run_tool({"sed", "-i", "s/a/b/", "/etc/a"}).status, 0);
  EXPECT_EQ(machine.text("/etc/a"), "b\n");
  EXPECT_EQ(machine.text("/etc/b"), "a\n");
}

TEST_F(Sed, ComplainsAboutFiles) {
  using R = ToolResult;
  machine.folder("/etc");
  EXPECT_EQ(machine.run_tool({"sed", "p", "/x"}),
            (R{2, "", "sed: can't read /x: No such file or directory\n"}));
  EXPECT_EQ(machine.run_tool({"sed", "-i", "p", "/etc"}),
            (R{4, "", "sed: couldn't edit /etc: not a regular file\n"}));
}

}  // namespace
}  // namespace stamp::scripts
