// Scripts that mean harm: each ends soon, with a clear error or a harmless result, and sees nothing
// of the machine that evaluates it.

#include <chrono>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "tests/maintainer-scripts/shell_machine.h"

namespace stamp::scripts {
namespace {

struct Case {
  const char* name;
  const char* script;
  /// A part of the error that it ends with; "" when it ends well.
  const char* error;
  /// Where it ends well: what it writes, errors behind output.
  const char* output = "";
};

std::string repeated(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

const Budget::Limits kLimits{.steps = 20'000, .output = 1 << 16, .memory = 1 << 16};

const Case kCases[] = {
    // work without end
    {"EndlessLoop", "while :; do :; done", "step 20001 is past the limit"},
    {"EndlessUntil", "until false; do :; done", "step 20001 is past the limit"},
    {"EndlessEmptyCondition", "while true; do continue; done", "step 20001 is past the limit"},
    {"EndlessFor", "for i in 1; do while :; do continue 1; done; done", "past the limit"},
    {"EndlessArithmetic", "i=0; while [ $((i=i+1)) -gt 0 ]; do :; done", "past the limit"},
    {"EndlessLoopInASubshell", "(while :; do :; done)", "past the limit"},
    {"EndlessLoopInASubstitution", "x=$(while :; do :; done)", "past the limit"},
    {"EndlessLoopInAPipe", "while :; do :; done | true", "past the limit"},
    {"EndlessLoopInATrap", "trap 'while :; do :; done' EXIT", "past the limit"},
    {"EndlessLoopInATrapAfterALimit", "trap 'while :; do :; done' EXIT; while :; do :; done",
     "past the limit"},
    {"EndlessParameters", "set -- a; while [ $# -gt 0 ]; do set -- \"$@\" b; done",
     "past the limit"},
    {"EndlessGetopts", "while :; do getopts a x -a; OPTIND=1; done", "past the limit"},
    {"EndlessReading", "while :; do read x </tmp/file; done", "past the limit"},
    {"LoopThatFeedsItself", "echo a >/tmp/f; while read x; do echo $x$x >>/tmp/f; done </tmp/f",
     "past the limit"},
    // recursion
    {"FunctionThatCallsItself", "f() { f; }; f", "nesting of 401 levels is past the limit"},
    {"FunctionThatCallsItselfTwice", "f() { f | f; }; f", "past the limit"},
    {"ForkBomb", ":() { :|:& }; :", "cannot read script"},
    {"ForkBombByName", "b() { b | b & }; b", "a command in the background"},
    {"FunctionsThatCallEachOther", "f() { g; }; g() { f; }; f", "past the limit"},
    {"SubstitutionThatCallsItself", "f() { x=$(f); }; f", "past the limit"},
    {"SubshellThatCallsItself", "f() { (f); }; f", "past the limit"},
    {"ParameterThatCallsItself", "f() { : \"${x:-$(f)}\"; }; f", "past the limit"},
    {"TrapThatSetsItself", "t() { trap t EXIT; exit; }; trap t EXIT", "", ""},
    {"TrapThatCallsItself", "t() { t; }; trap t EXIT", "past the limit"},
    {"EvalTower", "x='eval \"$x\"'; eval \"$x\"", "past the limit"},
    {"EvalThatGrows", "x=:; while :; do x=\"eval '$x;$x'\"; eval \"$x\"; done", "past the limit"},
    {"ScriptThatSourcesItself", ". /tmp/sources-itself", "past the limit"},
    {"ScriptThatRunsItself", "/usr/bin/runs-itself", "past the limit"},
    {"ScriptThatExecsItself", "exec /usr/bin/execs-itself", "past the limit"},
    {"ShellThatRunsShells", "x='sh -c \"$x\"'; export x; sh -c \"$x\"", "past the limit"},
    {"EnvThatRunsItself", "/usr/bin/env-itself", "past the limit"},
    {"FunctionThatDefinesItself", "f() { f() { f; }; f; }; f", "past the limit"},
    {"HereDocumentThatCallsItself", "f() { read x <<E\n$(f)\nE\n}; f", "past the limit"},
    {"RedirectionThatCallsItself", "f() { : >/tmp/$(f); }; f", "past the limit"},
    {"ArithmeticThatCallsItself", "f() { echo $(( $(f) )); }; f", "past the limit"},
    // growth
    {"VariableThatDoubles", "a=a; while :; do a=$a$a; done", "a text of 98350 bytes is past"},
    {"VariableThatDoublesInQuotes", "x=x; while :; do x=\"$x$x\"; done", "is past the limit"},
    {"ParametersThatDouble", "set -- a; while :; do set -- \"$@\" \"$@\"; done", "past the limit"},
    {"OutputWithoutEnd", "while :; do echo 0123456789012345678901234567890123456789; done",
     "past the limit"},
    {"SubstitutionThatDoubles", "x=a; while :; do x=$(echo $x$x); done", "past the limit"},
    {"FileThatGrows", "while :; do echo 0123456789012345678901234567890123456789 >>/tmp/f; done",
     "past the limit"},
    {"PatternThatDoubles", "p='*a'; while :; do p=$p$p; case aaaa in $p) ;; esac; done",
     "past the limit"},
    {"FormatThatIsWide", "printf '%999999999d' 1", "a text of 999999999 bytes is past the limit"},
    {"FormatThatIsPrecise", "printf '%.99999999999999999999d' 1", "is past the limit"},
    {"FormatWithAStar", "printf '%*d' 999999999 1", "is past the limit"},
    {"GlobsOverAll", "set -- /*/* /*/*/* /*/*/*/*; while :; do set -- \"$@\" /*/*; done",
     "past the limit"},
    {"NamesWithoutEnd", "i=0; while :; do i=$((i+1)); eval \"v$i=1\"; done", "past the limit"},
    {"FunctionsWithoutEnd", "i=0; while :; do i=$((i+1)); eval \"f$i() { :; }\"; done",
     "past the limit"},
    {"LongFieldSplitting", "x=' a b c d e f'; while :; do x=$x$x; set -- $x; done",
     "past the limit"},
    // patterns
    {"ManyStarsInACase",
     "case aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa in "
     "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b) echo yes ;; *) echo no ;; esac",
     "", "no\n"},
    {"ManyStarsInASuffix", "x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; echo ${x%%*a*a*a*a*a*a*a*a*b}",
     "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"},
    {"ManyStarsOverFiles", "echo /*/*t*m*p*x*/***********************y", "",
     "/*/*t*m*p*x*/***********************y\n"},
    {"UnclosedSets", "case '[' in [[[[[[[[[[[[[[[) echo yes ;; [) echo one ;; esac", "", "one\n"},
    // numbers
    {"LowestNumberDivided",
     "echo $((-9223372036854775807 - 1)) $(((-9223372036854775807 - 1) / -1))"
     " $(((-9223372036854775807 - 1) % -1))",
     "", "-9223372036854775808 -9223372036854775808 0\n"},
    {"NumberPastTheLimit", "echo $((99999999999999999999999999))", "", "9223372036854775807\n"},
    {"ShiftPastTheWidth", "echo $((1 << 64)) $((1 << -1)) $((-1 >> 65))", "",
     "1 -9223372036854775808 -1\n"},
    {"DivisionByZero", "echo $((1 / 0)); echo no", "",
     "sh: 1: arithmetic expression: division by zero: \"1 / 0\"\n2"},
    {"RemainderByZero", "echo $((1 % (1 - 1)))", "",
     "sh: 1: arithmetic expression: division by zero: \"1 % (1 - 1)\"\n2"},
    {"VariableThatNamesItself", "x=x; echo $((x))", "", "sh: 1: Illegal number: x\n2"},
    {"ShiftOfHugeCount", "shift 99999999999999999999", "",
     "sh: 1: shift: Illegal number: 99999999999999999999\n2"},
    {"BreakOfHugeCount", "while :; do break 2147483647; done; echo out", "", "out\n"},
    {"ExitOfHugeStatus", "exit 2147483647", "", "255"},
    {"HugePositionalNumber", "echo \"${99999999999999999999}\"", "", "\n"},
    // descriptors
    {"ReadingAClosedDescriptor", "read x <&-; echo $?", "", "1\n"},
    {"WritingToAClosedDescriptor", "echo a >&-", "", "sh: 1: echo: I/O error\n1"},
    {"CopyingADescriptorThatIsNotThere", "echo a >&7", "", "sh: 1: 7: Bad file descriptor\n2"},
    {"DescriptorWithTwoDigits", "echo a >&10", "", "sh: 1: Syntax error: Bad fd number\n2"},
    {"DescriptorThatIsNoNumber", "x=a; echo a >&$x", "", "sh: 1: Syntax error: Bad fd number\n2"},
    {"AllDescriptorsClosed", "exec <&- >&- 2>&-; echo a; read x; nothing", "", "127"},
    {"PipeIntoItself", "exec 3<>/tmp/f; echo a >&3; cat <&3; read x <&3", "",
     "sh: 1: cat: not found\n1"},
    {"ManyRedirections", "exec 3>/tmp/f 4>&3 5>&4 6>&5; echo a >&6; read x </tmp/f; echo $x", "",
     "a\n"},
    // the machine
    {"ReadingProc", "read x </proc/self/environ", "'/proc/self/environ'"},
    {"ReadingProcByALink", "read x </tmp/to-proc", "cannot evaluate 'read x': '/tmp/to-proc'"},
    {"ReadingSys", "read x </sys/kernel/uevent_seqnum", "'/sys/kernel/uevent_seqnum'"},
    {"ReadingADisk", "read x </dev/sda", "'/dev/sda'"},
    {"ReadingRandomBytes", "read x </dev/urandom", "'/dev/urandom'"},
    {"WritingToADevice", "echo a >/dev/sda", "'/dev/sda'"},
    {"WritingToProc", "echo a >/proc/sysrq-trigger", "'/proc/sysrq-trigger'"},
    {"ReadingTheHostsShadow", "read x </etc/shadow", "",
     "sh: 1: cannot open /etc/shadow: No such "
     "file\n2"},
    {"LinkThatLeavesTheTree", "read x </tmp/out-of-tree; echo $x", "",
     "\nsh: 1: cannot open /tmp/out-of-tree: No such file\n"},
    {"DotsThatLeaveTheTree", "read x </../../../../../../etc/hostname", "",
     "sh: 1: cannot open /../../../../../../etc/hostname: No such file\n2"},
    {"LinkToItself", "read x </tmp/loop", "",
     "sh: 1: cannot open /tmp/loop: Too many levels of symbolic links\n2"},
    {"FoldersThatLeaveTheTree", "cd /../..; pwd; cd -P ..; pwd", "", "/\n/\n"},
    {"TheHostsEnvironment", "echo \"$USER$LOGNAME$SHELL$HOSTNAME$TERM\" $HOME $PATH", "",
     " /root /usr/sbin:/usr/bin:/sbin:/bin\n"},
    {"TheProcessNumber", "echo $$ $PPID \"$!\"", "", "1000 1 \n"},
    {"TheClock", "times", "how long something takes is not known"},
    {"Signals", "kill -9 1", "the builtin 'kill' is not known"},
    {"Limits", "ulimit -v unlimited", "the builtin 'ulimit' is not known"},
    {"Jobs", "sleep 1 &", "a command in the background"},
    {"WaitingForOthers", "wait 1", "there are no processes to wait for"},
    {"ATerminal", "test -t 0 || read x </dev/tty", "'/dev/tty'"},
    {"AProgram", "/usr/bin/program", "'/usr/bin/program' is a program: what it does is not known"},
    {"AScriptForAnotherInterpreter", "/usr/bin/perl-script",
     "'/usr/bin/perl-script' is a script for /usr/bin/perl"},
    {"AFolderAsAProgram", "/tmp", "", "sh: 1: /tmp: Permission denied\n126"},
    {"AnEmptyName", "''", "", "sh: 1: : not found\n127"},
    {"ControlCharacters", "x=$(printf 'a\\033]0;b\\007'); kill \"$x\"",
     "cannot evaluate 'kill 'a\\x1b]0;b\\x07'': the builtin 'kill' is not known"},
    {"ControlCharactersInNames",
     "x=$(printf '/tmp/\\001\\n\\177'); echo a >\"$x\"; read y <\"$x\";"
     " echo $y",
     "", "a\n"},
    {"NulBytes", "x=$(printf 'a\\000b'); echo \"${#x}$x\"", "", "2ab\n"},
    {"LongNames", "x=0123456789; x=$x$x$x$x$x$x$x$x$x$x; x=$x$x$x; : 2>/dev/null >/tmp/$x; echo no",
     "", "2"},
    {"VariablesOfTheShell", "readonly PATH; unset PATH; echo no", "",
     "sh: 1: unset: PATH: is read only\n2"},
};

/// For gtest's messages.
std::ostream& operator<<(std::ostream& out, const Case& each) {
  return out << each.script;
}

class Abuse : public testing::TestWithParam<Case> {};

void fill(ShellMachine& machine) {
  machine.file("/tmp/file", "text\n");
  machine.file("/tmp/sources-itself", ". /tmp/sources-itself\n");
  machine.file("/usr/bin/runs-itself", "#!/bin/sh\n$0\n", 0755);
  machine.file("/usr/bin/execs-itself", "#!/bin/sh\nexec $0\n", 0755);
  machine.file("/usr/bin/env-itself", "#!/bin/sh\nenv /usr/bin/env-itself\n", 0755);
  machine.file("/usr/bin/program", "\177ELF", 0755);
  machine.file("/usr/bin/perl-script", "#!/usr/bin/perl -w\n", 0755);
  machine.file("/usr/bin/sh", "\177ELF", 0755);
  machine.file("/usr/bin/env", "\177ELF", 0755);
  machine.symlink("/tmp/to-proc", "/proc/self/status");
  machine.symlink("/tmp/out-of-tree", "../../../../../../../etc/hostname");
  machine.symlink("/tmp/loop", "loop");
}

TEST_P(Abuse, EndsSoonAndClearly) {
  const Case& given = GetParam();
  ShellMachine machine(kLimits);
  fill(machine);
  const auto start = std::chrono::steady_clock::now();
  std::string error;
  ToolResult result;
  try {
    result = machine.run(given.script);
  } catch (const Error& thrown) {
    EXPECT_EQ(thrown.kind(), ErrorKind::invalid);
    error = thrown.headline();
  }
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took, std::chrono::seconds(10));
  if (*given.error != '\0') {
    EXPECT_NE(error.find(given.error), std::string::npos) << error << result.out << result.err;
  } else {
    EXPECT_EQ(error, "");
    const std::string all =
        result.out + result.err + (result.status == 0 ? "" : std::to_string(result.status));
    EXPECT_EQ(all, given.output);
  }
}

INSTANTIATE_TEST_SUITE_P(Scripts, Abuse, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case>& each) {
                           return std::string(each.param.name);
                         });

std::string error_of(const std::string& script) {
  ShellMachine machine(kLimits);
  return machine.error(script);
}

TEST(AbuseOfSize, NestedSubshellsAreRefused) {
  EXPECT_NE(error_of(repeated("(", 100'000) + "a" + repeated(")", 100'000)).find("cannot read"),
            std::string::npos);
}

TEST(AbuseOfSize, NestedQuotesAreRefused) {
  EXPECT_NE(error_of("echo " + repeated("\"${x:-", 100'000)).find("cannot read"),
            std::string::npos);
}

TEST(AbuseOfSize, NestedParenthesesOfArithmeticAreRefused) {
  const std::string deep = repeated("(", 50'000) + "1" + repeated(")", 50'000);
  EXPECT_NE(error_of("x='" + deep + "'; echo $(($x))").find("past the limit"), std::string::npos);
}

TEST(AbuseOfSize, ManySignsOfArithmeticAreRefused) {
  EXPECT_NE(error_of("x='" + repeated("- ", 50'000) + "1'; echo $(($x))").find("past the limit"),
            std::string::npos);
}

TEST(AbuseOfSize, ManyConditionsOfArithmeticAreRefused) {
  EXPECT_NE(error_of("x='" + repeated("0?0:", 50'000) + "1'; echo $(($x))").find("past the limit"),
            std::string::npos);
}

TEST(AbuseOfSize, NestedParenthesesOfTestAreRefused) {
  ShellMachine machine(kLimits);
  const ToolResult result = machine.run("[ a = a -a " + repeated("\\( ", 5'000) + " ]");
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.err, "sh: 1: [: too many parentheses\n");
}

TEST(AbuseOfSize, LongHereDocumentsArePassedOn) {
  ShellMachine machine;
  EXPECT_EQ(
      machine.run("while read x; do y=$x; done <<E\n" + repeated("line\n", 20'000) + "E\necho $y")
          .out,
      "line\n");
}

TEST(AbuseOfSize, HereDocumentsPastTheLimitAreRefused) {
  EXPECT_NE(error_of("read x <<E\n" + repeated("0123456789 $x\n", 10'000) + "E\n").find("past"),
            std::string::npos);
}

TEST(AbuseOfSize, ManyCommandsInARowNeedNoStack) {
  ShellMachine machine;
  EXPECT_EQ(machine.run(repeated("true && ", 20'000) + "echo end").out, "end\n");
}

TEST(AbuseOfSize, LongPipelinesNeedNoStack) {
  ShellMachine machine;
  EXPECT_EQ(machine.run(repeated("true | ", 1'000) + "echo end").out, "end\n");
}

TEST(AbuseOfSize, LongWordsMatchInLinearTime) {
  ShellMachine machine;
  const std::string text = repeated("a", 100'000);
  EXPECT_EQ(machine.run("x=" + text + "; case $x in *b*) echo yes ;; *) echo ${#x} ;; esac").out,
            "100000\n");
}

TEST(AbuseOfSize, ManyPatternsOnALongWordAreBounded) {
  EXPECT_NE(error_of("x=" + repeated("a", 100'000) + "; echo ${x##" + repeated("*a", 1000) + "b}")
                .find("past the limit"),
            std::string::npos);
}

TEST(AbuseOfSize, ShiftingManyParametersIsLinear) {
  ShellMachine machine;
  const std::string words = repeated("a ", 10'000);
  EXPECT_EQ(machine.run("set -- " + words + "; while [ $# -gt 1 ]; do shift; done; echo $#").out,
            "1\n");
}

}  // namespace
}  // namespace stamp::scripts
