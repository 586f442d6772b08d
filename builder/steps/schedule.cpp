#include "builder/steps/schedule.h"

#include <algorithm>
#include <queue>
#include <utility>

#include "base/error.h"
#include "base/guarded.h"
#include "base/interrupt.h"
#include "base/pool.h"

namespace stamp::build {
namespace {

/// How tasks depend on each other, seen from those that are needed.
struct Graph {
  std::vector<std::vector<std::size_t>> dependents;
  std::vector<std::size_t> missing;     ///< number of needed tasks that are not done
  std::vector<std::uint64_t> priority;  ///< weight of the longest way to the end
};

Graph make_graph(const std::vector<Task>& tasks) {
  Graph graph;
  graph.dependents.resize(tasks.size());
  graph.missing.resize(tasks.size());
  graph.priority.resize(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    graph.missing[i] = tasks[i].needs.size();
    for (const std::size_t need : tasks[i].needs) graph.dependents.at(need).push_back(i);
  }
  // In topological order; then the priorities from the end.
  std::vector<std::size_t> order;
  std::vector<std::size_t> missing = graph.missing;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (missing[i] == 0) order.push_back(i);
  }
  for (std::size_t at = 0; at < order.size(); ++at) {
    for (const std::size_t dependent : graph.dependents[order[at]]) {
      if (--missing[dependent] == 0) order.push_back(dependent);
    }
  }
  if (order.size() != tasks.size()) {
    throw Error(ErrorKind::internal, "steps need each other in a circle");
  }
  std::reverse(order.begin(), order.end());
  for (const std::size_t task : order) {
    std::uint64_t rest = 0;
    for (const std::size_t dependent : graph.dependents[task]) {
      rest = std::max(rest, graph.priority[dependent]);
    }
    graph.priority[task] = tasks[task].weight + rest;
  }
  return graph;
}

/// What the threads share while tasks run.
struct Shared {
  /// (priority, position counted from the end): the largest pair is the next; ties go by position.
  std::priority_queue<std::pair<std::uint64_t, std::size_t>> ready;
  std::vector<std::size_t> missing;
  std::size_t left = 0;
  bool failed = false;
};

class Runner {
 public:
  Runner(const std::vector<Task>& tasks, Progress& progress)
      : tasks_(tasks), progress_(progress), graph_(make_graph(tasks)) {
    auto shared = shared_.lock();
    shared->missing = graph_.missing;
    shared->left = tasks.size();
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (shared->missing[i] == 0) push(*shared, i);
    }
  }

  /// One thread's work: tasks until none is left.
  void work() {
    while (true) {
      std::size_t task = 0;
      {
        auto shared = shared_.lock();
        shared.wait([](const Shared& s) { return s.failed || s.left == 0 || !s.ready.empty(); });
        if (shared->failed || shared->left == 0) return;
        task = tasks_.size() - 1 - shared->ready.top().second;
        shared->ready.pop();
      }
      // The pool keeps the error; the other threads must not wait for what will never be ready.
      FailureMark mark(*this);
      run(tasks_[task]);
      mark.done();
      finish(task);
    }
  }

 private:
  /// Says that a task failed, unless done() was called.
  class FailureMark {
   public:
    explicit FailureMark(Runner& runner) : runner_(&runner) {}
    FailureMark(const FailureMark&) = delete;
    FailureMark& operator=(const FailureMark&) = delete;
    ~FailureMark() {
      if (runner_ == nullptr) return;
      runner_->shared_.lock()->failed = true;
      runner_->shared_.notify_all();
    }
    void done() { runner_ = nullptr; }

   private:
    Runner* runner_;
  };

  void push(Shared& shared, std::size_t task) {
    shared.ready.emplace(graph_.priority[task], tasks_.size() - 1 - task);
  }

  void run(const Task& task) {
    throw_if_interrupted();
    progress_.started(task.name);
    task.run();
    progress_.finished(task.name);
  }

  void finish(std::size_t task) {
    {
      auto shared = shared_.lock();
      --shared->left;
      for (const std::size_t dependent : graph_.dependents[task]) {
        if (--shared->missing[dependent] == 0) push(*shared, dependent);
      }
    }
    shared_.notify_all();
  }

  const std::vector<Task>& tasks_;
  Progress& progress_;
  Graph graph_;
  Guarded<Shared> shared_;
};

}  // namespace

void run_tasks(const std::vector<Task>& tasks, std::size_t threads, Progress& progress) {
  if (tasks.empty()) return;
  Runner runner(tasks, progress);
  Pool pool(std::min(threads, tasks.size()));
  for (std::size_t i = 0; i < threads && i < tasks.size(); ++i) {
    pool.add([&runner] { runner.work(); });
  }
  pool.wait();
}

}  // namespace stamp::build
