#include "maintainer-scripts/tools/text_tools.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {
namespace {

class TextTools : public testing::Test {
 protected:
  std::string unknown(std::vector<std::string> args, std::string input = "") {
    try {
      static_cast<void>(machine.run_tool(std::move(args), std::move(input)));
    } catch (const Unknown& error) {
      return error.what();
    }
    return "";
  }

  TestMachine machine{{text_tools()}};
};

TEST_F(TextTools, SayWhichFileIsMissing) {
  using R = ToolResult;
  EXPECT_EQ(machine.run_tool({"cat", "/x"}), (R{1, "", "cat: /x: No such file or directory\n"}));
  EXPECT_EQ(machine.run_tool({"head", "/x"}),
            (R{1, "", "head: cannot open '/x' for reading: No such file or directory\n"}));
  EXPECT_EQ(machine.run_tool({"grep", "a", "/x"}),
            (R{2, "", "grep: /x: No such file or directory\n"}));
  EXPECT_EQ(machine.run_tool({"sort", "/x"}),
            (R{2, "", "sort: cannot read: /x: No such file or directory\n"}));
}

TEST_F(TextTools, StopAtWhatTheyDoNotKnow) {
  EXPECT_EQ(unknown({"cat", "--nonsense"}), "option '--nonsense' is not known");
  EXPECT_EQ(unknown({"grep", "-P", "a"}), "option '-P' is not known");
  EXPECT_EQ(unknown({"tail", "-f", "/x"}), "option '-f' is not known");
  EXPECT_EQ(unknown({"sort", "-R"}), "option '-R' is not known");
  EXPECT_EQ(unknown({"uuidgen"}),
            "uuidgen makes a secret or a random value, which an image must not hold");
}

TEST_F(TextTools, HeadLeavesTheRestOfItsInput) {
  auto input = std::make_shared<Buffer>("a\nb\nc\n");
  auto out = std::make_shared<Buffer>();
  Process process{machine.machine, {"head", "-n", "1"}};
  process.files = {{0, input}, {1, out}};
  EXPECT_EQ(head(process), 0);
  EXPECT_EQ(out->text(), "a\n");
  EXPECT_EQ(input->read(10), "b\nc\n");
}

TEST_F(TextTools, AreRootOnAFixedMachine) {
  using R = ToolResult;
  EXPECT_EQ(machine.run_tool({"uname", "-a"}),
            (R{0, "Linux localhost 6.1.0 #1 x86_64 GNU/Linux\n", ""}));
  machine.machine.architecture = "arm64";
  EXPECT_EQ(machine.run_tool({"uname", "-m"}), (R{0, "aarch64\n", ""}));
  EXPECT_EQ(machine.run_tool({"hostname", "-f"}), (R{0, "localhost\n", ""}));
  EXPECT_EQ(machine.run_tool({"id", "-u"}), (R{0, "0\n", ""}));
  EXPECT_EQ(machine.run_tool({"id"}), (R{0, "uid=0 gid=0 groups=0\n", ""}));
  EXPECT_EQ(machine.run_tool({"whoami"}), (R{1, "", "whoami: cannot find name for user ID 0\n"}));
  EXPECT_EQ(machine.run_tool({"pidof", "init"}), (R{1, "", ""}));
  EXPECT_EQ(machine.run_tool({"killall", "-q", "x"}), (R{1, "", ""}));
}

TEST_F(TextTools, IdReadsTheTreesAccounts) {
  using R = ToolResult;
  machine.file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nredis:x:101:103::/:/bin/sh\n");
  machine.file("/etc/group", "root:x:0:\nadm:x:4:syslog,redis\nredis:x:103:\n");
  EXPECT_EQ(machine.run_tool({"id"}), (R{0, "uid=0(root) gid=0(root) groups=0(root)\n", ""}));
  EXPECT_EQ(machine.run_tool({"id", "-un"}), (R{0, "root\n", ""}));
  EXPECT_EQ(machine.run_tool({"whoami"}), (R{0, "root\n", ""}));
  EXPECT_EQ(machine.run_tool({"id", "redis"}),
            (R{0, "uid=101(redis) gid=103(redis) groups=103(redis),4(adm)\n", ""}));
  EXPECT_EQ(machine.run_tool({"id", "-Gn", "redis"}), (R{0, "redis adm\n", ""}));
  EXPECT_EQ(machine.run_tool({"id", "-u", "www"}), (R{1, "", "id: 'www': no such user\n"}));
}

TEST_F(TextTools, DateSaysWhatTheImagesClockSays) {
  EXPECT_EQ(machine.run_tool({"date"}).out, "Tue Nov 14 22:13:20 UTC 2023\n");
  EXPECT_EQ(machine.run_tool({"date", "+%Y"}).out, "2023\n");
  EXPECT_EQ(unknown({"date", "-d", "tomorrow"}), "date 'tomorrow' is not known");
  EXPECT_EQ(unknown({"date", "010203042024"}), "setting the clock");
  machine.environment = {{"TZ", "Europe/Berlin"}};
  EXPECT_EQ(unknown({"date"}), "date in time zone 'Europe/Berlin'");
  EXPECT_EQ(machine.run_tool({"date", "-u", "+%H"}).out, "22\n");
}

TEST_F(TextTools, XargsTellsWhatBecameOfItsCommands) {
  using R = ToolResult;
  EXPECT_EQ(machine.run_tool({"xargs", "nothing"}, "a\n"), (R{127, "", "nothing: not found\n"}));
  EXPECT_EQ(machine.run_tool({"xargs", "-n1", "expr"}, "0 1\n"), (R{123, "0\n1\n", ""}));
  EXPECT_EQ(machine.run_tool({"xargs", "-t", "seq"}, "2\n"), (R{0, "1\n2\n", "seq 2\n"}));
  EXPECT_EQ(unknown({"xargs", "cat"}, "it's\n"), "xargs: unmatched single quote");
}

TEST_F(TextTools, GetoptComplainsInTheNameThatItWasGiven) {
  EXPECT_EQ(machine.run_tool({"getopt", "-n", "prog", "-o", "a", "--", "-x"}),
            (ToolResult{1, " --\n", "prog: invalid option -- 'x'\n"}));
  EXPECT_EQ(unknown({"getopt", "-s", "csh", "-o", "a"}), "quoting for shell 'csh'");
}

}  // namespace
}  // namespace stamp::scripts
