#include "base/interrupt.h"

#include <atomic>

#include <signal.h>

#include "base/error.h"

namespace stamp {
namespace {

// The one piece of state that a signal handler may touch.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void note_signal(int number) {
  if (interrupted.exchange(true)) {
    // The second one: the default action, now.
    static_cast<void>(::signal(number, SIG_DFL));
    static_cast<void>(::raise(number));
  }
}

}  // namespace

void watch_for_interruption() {
  struct sigaction action = {};
  action.sa_handler = note_signal;
  static_cast<void>(::sigemptyset(&action.sa_mask));
  action.sa_flags = 0;  // system calls that wait come back with EINTR
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    static_cast<void>(::sigaction(number, &action, nullptr));
  }
}

bool was_interrupted() {
  return interrupted.load();
}

void throw_if_interrupted() {
  if (was_interrupted()) throw Error(ErrorKind::interrupted, "interrupted");
}

}  // namespace stamp
