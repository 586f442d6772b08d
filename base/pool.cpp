#include "base/pool.h"

#include <atomic>
#include <deque>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sched.h>

#include "base/error.h"
#include "base/guarded.h"

namespace stamp {

struct Pool::State {
  struct Shared {
    std::deque<std::function<void()>> queue;
    std::size_t running = 0;
    bool stopping = false;
    std::exception_ptr error;
  };
  Guarded<Shared> shared;
  std::atomic<bool> failed{false};
  std::vector<std::jthread> threads;

  void work() {
    while (true) {
      std::function<void()> task;
      {
        auto access = shared.lock();
        access.wait([](const Shared& s) { return s.stopping || !s.queue.empty(); });
        if (access->queue.empty()) return;
        task = std::move(access->queue.front());
        access->queue.pop_front();
        ++access->running;
      }
      std::exception_ptr error;
      try {
        task();
      } catch (...) {  // the task boundary: the error goes on in wait()
        error = std::current_exception();
      }
      task = nullptr;  // what the task owns is gone before wait() returns
      {
        auto access = shared.lock();
        --access->running;
        if (error) {
          // Handed over, not shared: whoever waits is to be the only one that frees it.
          if (!access->error) access->error = std::move(error);
          access->queue.clear();
          failed.store(true);
        }
      }
      shared.notify_all();
    }
  }
};

Pool::Pool(std::size_t threads) : state_(std::make_unique<State>()) {
  try {
    for (std::size_t i = 0; i < threads; ++i) {
      state_->threads.emplace_back([state = state_.get()] { state->work(); });
    }
  } catch (const std::system_error&) {
    if (state_->threads.empty()) {
      throw Error(ErrorKind::unavailable, "cannot start a thread: the system refuses",
                  {.hint = "raise the limit of processes (ulimit -u)"});
    }
    // Fewer threads than wished for do the same work.
  }
}

Pool::~Pool() {
  {
    auto access = state_->shared.lock();
    access->stopping = true;
    access->queue.clear();
  }
  state_->shared.notify_all();
}

void Pool::add(std::function<void()> task) {
  {
    auto access = state_->shared.lock();
    if (access->error) return;  // wait() will report it
    access->queue.push_back(std::move(task));
  }
  state_->shared.notify_all();
}

void Pool::wait() {
  auto access = state_->shared.lock();
  access.wait([](const State::Shared& s) { return s.queue.empty() && s.running == 0; });
  if (access->error) {
    const std::exception_ptr error = std::exchange(access->error, nullptr);
    state_->failed.store(false);
    std::rethrow_exception(error);
  }
}

bool Pool::failed() const {
  return state_->failed.load();
}

std::size_t Pool::cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    const int count = CPU_COUNT(&set);
    if (count > 0) return static_cast<std::size_t>(count);
  }
  return 1;
}

}  // namespace stamp
