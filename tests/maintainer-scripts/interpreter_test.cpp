#include "maintainer-scripts/shell/interpreter.h"

#include <gtest/gtest.h>

#include "tests/maintainer-scripts/shell_machine.h"

namespace stamp::scripts {
namespace {

std::string output(std::string text) {
  ShellMachine machine;
  const ToolResult result = machine.run(std::move(text));
  return result.out + result.err + (result.status == 0 ? "" : std::to_string(result.status));
}

TEST(Interpreter, RunsCommandsOneAfterTheOther) {
  EXPECT_EQ(output("echo a; echo b\nfalse || echo c && echo d"), "a\nb\nc\nd\n");
}

TEST(Interpreter, ExpandsParameters) {
  EXPECT_EQ(output("x=abc; echo $x ${x#a} ${x%c} ${y:-d} ${#x} \"${z-e f}\""),
            "abc bc ab d 3 e f\n");
}

TEST(Interpreter, SplitsFieldsAndKeepsQuotedOnes) {
  EXPECT_EQ(output("x='a  b'; for i in $x \"$x\"; do echo \"<$i>\"; done"), "<a>\n<b>\n<a  b>\n");
}

TEST(Interpreter, CallsFunctionsWithTheirOwnParameters) {
  EXPECT_EQ(output("f() { local a=$1; echo $a $#; return 3; }; a=x; f y z; echo $? $a"),
            "y 2\n3 x\n");
}

TEST(Interpreter, PassesPipesOn) {
  EXPECT_EQ(output("{ echo a b; echo c d; } | while read x y; do echo $y $x; done"), "b a\nd c\n");
}

TEST(Interpreter, SubstitutesCommands) {
  EXPECT_EQ(output("x=$(echo a; echo b; exit 4); echo \"$x\" $?"), "a\nb 4\n");
}

TEST(Interpreter, MatchesCases) {
  EXPECT_EQ(
      output("for i in install remove; do case $i in r*|x) echo yes;; *) echo no;; esac; done"),
      "no\nyes\n");
}

TEST(Interpreter, EndsAtAFailureWithErrexit) {
  EXPECT_EQ(output("set -e; if false; then :; fi; false || true; ! true; false; echo no"), "1");
}

TEST(Interpreter, RunsTheExitTrap) {
  EXPECT_EQ(output("trap 'echo bye' EXIT; exit 3"), "bye\n3");
}

TEST(Interpreter, WritesAndReadsFilesOfTheTree) {
  ShellMachine machine;
  EXPECT_EQ(
      machine.run("echo a >/tmp/f; echo b >>/tmp/f; while read x; do echo \"-$x\"; done </tmp/f")
          .out,
      "-a\n-b\n");
  EXPECT_EQ(machine.text("/tmp/f"), "a\nb\n");
}

TEST(Interpreter, ExpandsPathnames) {
  EXPECT_EQ(output(": >/tmp/b; : >/tmp/a; : >/tmp/.c; cd /tmp; echo * /tmp/[a]* /x*"),
            "a b /tmp/a /x*\n");
}

TEST(Interpreter, CalculatesInSixtyFourBits) {
  EXPECT_EQ(output("echo $((1 + 2 * 3)) $((9223372036854775807 + 1)) $((0x10 | 010))"),
            "7 -9223372036854775808 24\n");
}

TEST(Interpreter, SaysWhatIsNotFound) {
  EXPECT_EQ(output("echo a\nfoo"), "a\nsh: 2: foo: not found\n127");
}

TEST(Interpreter, NamesThePlaceOfWhatItDoesNotKnow) {
  ShellMachine machine;
  EXPECT_EQ(machine.error("x='a b'\n  kill -9 \"$x\""),
            "cannot evaluate 'kill -9 'a b'': the builtin 'kill' is not known\n"
            "    kill -9 \"$x\"\n    ^\ntest, line 2, column 3");
}

}  // namespace
}  // namespace stamp::scripts
