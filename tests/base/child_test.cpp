#include "base/child.h"

#include <chrono>

#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/expect_error.h"

namespace stamp {
namespace {

Child::Command shell(std::string script) {
  return {.program = "/bin/sh", .arguments = {"-c", std::move(script)}, .environment = {"A=b"}};
}

TEST(Child, GetsInputAndGivesOutput) {
  Child child({.program = "/bin/cat"});
  const std::string text(1'000'000, 'x');  // more than pipes hold: both ways at once
  EXPECT_EQ(child.communicate(text, 2'000'000), text);
  EXPECT_EQ(child.wait(), 0);
}

TEST(Child, GivesItsExitStatus) {
  Child child(shell("exit 7"));
  EXPECT_EQ(child.communicate("", 10), "");
  EXPECT_EQ(child.wait(), 7);
}

TEST(Child, ASignalIs128AndItsNumber) {
  Child child(shell("kill -9 $$"));
  child.communicate("", 10);
  EXPECT_EQ(child.wait(), 128 + SIGKILL);
}

TEST(Child, HasOnlyTheEnvironmentGiven) {
  Child child({.program = "/usr/bin/env", .environment = {"A=b"}});
  EXPECT_EQ(child.communicate("", 1000), "A=b\n");
}

TEST(Child, HasNoneOfOurDescriptors) {
  const Fd open = open_for_reading("/dev/null");
  const Fd inheritable(::dup(open.get()));
  Child child(shell("ls /proc/self/fd | wc -l"));
  EXPECT_EQ(child.communicate("", 100), "4\n");  // 0, 1, 2 and the folder that ls reads
}

TEST(Child, ThatDoesNotReadItsInputIsNoTrouble) {
  Child child(shell("exec 0<&-; echo done"));
  EXPECT_EQ(child.communicate(std::string(1'000'000, 'x'), 100), "done\n");
  EXPECT_EQ(child.wait(), 0);
}

TEST(Child, ThatPrintsTooMuchIsAnError) {
  Child child(shell("while echo xxxxxxxxxxxxxxxx; do :; done"));
  EXPECT_EQ(message_of([&] { child.communicate("", 1000); }),
            "stamp: error: 'sh' printed more than 1000 bytes\n");
}

TEST(Child, ThatTakesTooLongIsAnError) {
  Child::Command slow = {.program = "/bin/sleep", .arguments = {"60"}};
  slow.time_limit = std::chrono::milliseconds(50);
  EXPECT_EQ(message_of([&] { Child(slow).communicate("", 10); }),
            "stamp: error: cannot wait for 'sleep': it takes longer than 1 s\n");
  Child::Command quiet = shell("exec >&-; exec sleep 60");
  quiet.time_limit = std::chrono::milliseconds(50);
  Child child(quiet);
  EXPECT_EQ(child.communicate("", 10), "");
  EXPECT_EQ(kind_of([&] { static_cast<void>(child.wait()); }), ErrorKind::unavailable);
}

TEST(Child, ItsErrorsCanBeDropped) {
  Child::Command loud = shell("echo secret >&2; readlink /proc/self/fd/2");
  loud.errors = Child::Errors::dropped;
  EXPECT_EQ(Child(loud).communicate("", 100), "/dev/null\n");
}

TEST(Child, ThatCannotRunIsAnError) {
  const auto run = [] { Child child({.program = "/nowhere/program"}); };
  EXPECT_EQ(message_of(run),
            "stamp: error: cannot run '/nowhere/program': no such file or directory\n");
  EXPECT_EQ(kind_of(run), ErrorKind::unavailable);
}

TEST(Child, IsKilledWithItsOwner) {
  const auto start = std::chrono::steady_clock::now();
  { const Child child(shell("exec sleep 60")); }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace stamp
