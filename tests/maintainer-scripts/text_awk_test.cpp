#include <string>

#include <gtest/gtest.h>

#include "maintainer-scripts/tools/text_tools.h"
#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {
namespace {

/// Says what it was given.
int fake_shell(Process& process) {
  process.out(process.args.at(2) + "|" + process.read_input() + "\n");
  return 3;
}

constexpr ToolRow kShell[] = {{"sh", fake_shell}};

class Awk : public testing::Test {
 protected:
  std::string error(const std::string& program, const std::string& input = "a\n") {
    try {
      static_cast<void>(machine.run_tool({"awk", program}, input));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  TestMachine machine{{text_tools(), kShell}};
};

TEST_F(Awk, SaysWhereAProgramIsWrong) {
  EXPECT_EQ(error("{print"), "awk program, line 1: no '}' at ''");
  EXPECT_EQ(error("BEGIN{\nx = = 1}"), "awk program, line 2: no expression at '='");
  EXPECT_EQ(error("BEGIN{print \"a}"), "awk program, line 1: a text has no end");
  EXPECT_EQ(error("/a"), "awk program, line 1: a pattern has no end");
  EXPECT_EQ(error("BEGIN{f(1)}"), "awk function 'f' is not known");
  EXPECT_EQ(error("BEGIN{print gensub(/a/,\"b\",1)}"),
            "awk program, line 1: a function that is not known at 'gensub'");
}

TEST_F(Awk, MakesNoRandomNumbers) {
  EXPECT_EQ(error("BEGIN{print rand()}"),
            "awk program, line 1: a function that is not known at 'rand'");
}

TEST_F(Awk, EndsEndlessPrograms) {
  machine.budget = Budget(Budget::Limits{.steps = 10'000});
  EXPECT_EQ(error("BEGIN{while (1) {}}"), "step 10001 is past the limit of an evaluation");
  machine.budget = Budget(Budget::Limits{.depth = 100});
  EXPECT_EQ(error("function f() {f()} BEGIN{f()}"),
            "nesting of 101 levels is past the limit of an evaluation");
  machine.budget = Budget(Budget::Limits{.depth = 100});
  EXPECT_EQ(error("BEGIN{x = " + std::string(500, '(')),
            "nesting of 101 levels is past the limit of an evaluation");
  machine.budget = Budget(Budget::Limits{.memory = 1000});
  EXPECT_EQ(error("BEGIN{x = \"a\"; while (1) x = x x}"),
            "a text of 1024 bytes is past the limit of an evaluation");
}

TEST_F(Awk, RunsCommands) {
  using R = ToolResult;
  EXPECT_EQ(machine.run_tool({"awk", "BEGIN{printf \"1 \"; print system(\"x y\")}"}),
            (R{0, "1 x y|\n3\n", ""}));
  EXPECT_EQ(machine.run_tool({"awk", "BEGIN{\"cmd\" | getline l; print \"<\" l \">\"}"}),
            (R{0, "<cmd|>\n", ""}));
  EXPECT_EQ(machine.run_tool({"awk", "{print | \"sort -u\"} END{print \"end\"}"}, "b\na\n"),
            (R{0, "end\nsort -u|b\na\n\n", ""}));
}

TEST_F(Awk, ReadsTheEnvironmentThatItWasGiven) {
  machine.environment = {{"HOME", "/root"}};
  EXPECT_EQ(machine.run_tool({"awk", "BEGIN{print ENVIRON[\"HOME\"] ENVIRON[\"PATH\"]}"}).out,
            "/root\n");
}

TEST_F(Awk, WritesToTheTree) {
  machine.folder("/etc");
  EXPECT_EQ(
      machine.run_tool({"awk", "{print > \"/etc/x\"; print $1 >> \"/etc/x\"}"}, "a b\n").status, 0);
  EXPECT_EQ(machine.text("/etc/x"), "a b\na\n");
  EXPECT_EQ(error("BEGIN{print 1 > \"/none/x\"}"),
            "awk cannot write '/none/x': No such file or directory");
}

}  // namespace
}  // namespace stamp::scripts
