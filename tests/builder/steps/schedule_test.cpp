#include "builder/steps/schedule.h"

#include <atomic>
#include <csignal>
#include <cstdlib>

#include "base/guarded.h"
#include "base/interrupt.h"
#include "tests/builder/builder_fixture.h"

namespace stamp::build {
namespace {

using Names = std::vector<std::string>;

/// Notes which tasks ran, in the order in which they ended.
class Journal {
 public:
  Task task(std::string name, std::uint64_t weight = 1, std::vector<std::size_t> needs = {}) {
    return {name, weight, std::move(needs), [this, name] { names_.lock()->push_back(name); }};
  }
  Names names() { return *names_.lock(); }

 private:
  Guarded<Names> names_;
};

TEST(Schedule, RunsTheHeadOfTheLongestWayFirst) {
  Journal journal;
  SilentProgress progress;
  const std::vector<Task> tasks = {journal.task("short", 5), journal.task("head", 1),
                                   journal.task("tail", 9, {1}), journal.task("middle", 7)};
  run_tasks(tasks, 1, progress);
  EXPECT_EQ(journal.names(), (Names{"head", "tail", "middle", "short"}));
}

TEST(Schedule, RunsTasksOfTheSameWeightInTheirOrder) {
  Journal journal;
  SilentProgress progress;
  const std::vector<Task> tasks = {journal.task("a"), journal.task("b"), journal.task("c")};
  run_tasks(tasks, 1, progress);
  EXPECT_EQ(journal.names(), (Names{"a", "b", "c"}));
}

TEST(Schedule, RunsEachTaskOnceAndAfterWhatItNeedsOnManyThreads) {
  constexpr std::size_t kTasks = 300;
  std::vector<std::atomic<int>> runs(kTasks);
  std::atomic<int> early{0};
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < kTasks; ++i) {
    Task task{std::to_string(i), i % 7 + 1, {}, {}};
    if (i >= 10) task.needs = {i - 10, i / 2};
    task.run = [&runs, &early, needs = task.needs, i] {
      for (const std::size_t need : needs) early += runs[need] == 0 ? 1 : 0;
      ++runs[i];
    };
    tasks.push_back(std::move(task));
  }
  SilentProgress progress;
  run_tasks(tasks, 4, progress);
  for (const auto& count : runs) EXPECT_EQ(count, 1);
  EXPECT_EQ(early, 0);
}

TEST(Schedule, FirstErrorStopsWhatHasNotStarted) {
  Journal journal;
  SilentProgress progress;
  std::vector<Task> tasks = {journal.task("good", 9), journal.task("bad", 5), journal.task("later"),
                             journal.task("dependent", 1, {1})};
  tasks[1].run = [] { throw Error(ErrorKind::corrupt, "cannot unpack 'x': it is damaged"); };
  EXPECT_EQ(message_of([&] { run_tasks(tasks, 1, progress); }),
            "stamp: error: cannot unpack 'x': it is damaged\n");
  EXPECT_EQ(journal.names(), (Names{"good"}));
}

TEST(Schedule, ErrorWakesThreadsThatWait) {
  SilentProgress progress;
  std::vector<Task> tasks = {{"bad", 1, {}, [] { throw Error(ErrorKind::io, "disk full"); }},
                             {"waits", 1, {0}, [] { FAIL() << "it needs what failed"; }}};
  EXPECT_EQ(kind_of([&] { run_tasks(tasks, 2, progress); }), ErrorKind::io);
}

TEST(Schedule, RefusesACircle) {
  Journal journal;
  SilentProgress progress;
  const std::vector<Task> tasks = {journal.task("a", 1, {1}), journal.task("b", 1, {0})};
  EXPECT_EQ(message_of([&] { run_tasks(tasks, 2, progress); }),
            "stamp: error: steps need each other in a circle\n");
}

TEST(Schedule, TellsProgressOfEachTask) {
  class Recording final : public Progress {
   public:
    void begin(std::string_view, std::uint64_t, std::uint64_t) override {}
    void started(std::string_view step) override { add("+", step); }
    void moved(std::uint64_t) override {}
    void finished(std::string_view step) override { add("-", step); }
    void end() override {}
    void note(std::string_view) override {}
    void warn(std::string_view) override {}
    std::string text;

   private:
    void add(std::string_view sign, std::string_view step) {
      text += fmt::format("{}{}", sign, step);
    }
  };
  Journal journal;
  Recording progress;
  run_tasks({journal.task("a"), journal.task("b")}, 1, progress);
  EXPECT_EQ(progress.text, "+a-a+b-b");
}

TEST(ScheduleDeathTest, StopsWhenInterrupted) {
  const auto interrupted_run = [] {
    watch_for_interruption();
    SilentProgress progress;
    bool second = false;
    const std::vector<Task> tasks = {
        {"first", 1, {}, [] { static_cast<void>(std::raise(SIGTERM)); }},
        {"second", 1, {0}, [&second] { second = true; }}};
    const ErrorKind kind = kind_of([&] { run_tasks(tasks, 1, progress); });
    std::exit(kind == ErrorKind::interrupted && !second ? 42 : 1);  // NOLINT(concurrency-mt-unsafe)
  };
  EXPECT_EXIT(interrupted_run(), testing::ExitedWithCode(42), "");
}

}  // namespace
}  // namespace stamp::build
