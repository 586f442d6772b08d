#include "registry-client/limiter.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/interrupt.h"

namespace stamp::registry {
namespace {

using std::chrono::milliseconds;

void sleep_noticing_interruption(milliseconds time) {
  constexpr milliseconds kSlice{50};
  while (time.count() > 0) {
    throw_if_interrupted();
    const milliseconds slice = std::min(time, kSlice);
    std::this_thread::sleep_for(slice);
    time -= slice;
  }
  throw_if_interrupted();
}

}  // namespace

RetryOptions with_defaults(RetryOptions options) {
  if (!options.wait) options.wait = sleep_noticing_interruption;
  if (!options.now) options.now = [] { return std::chrono::steady_clock::now(); };
  return options;
}

void Limiter::hold_back(milliseconds time) {
  auto state = state_.lock();
  state->not_before = std::max(state->not_before, options_.now() + time);
}

void Limiter::acquire() {
  constexpr milliseconds kLook{100};
  while (true) {
    milliseconds left{0};
    {
      auto state = state_.lock();
      if (!state.wait_for(kLook, [](const State& now) { return now.free > 0; })) {
        throw_if_interrupted();
        continue;
      }
      left = std::chrono::ceil<milliseconds>(state->not_before - options_.now());
      if (left.count() <= 0) {
        --state->free;
        return;
      }
    }
    options_.wait(left);
  }
}

void Limiter::release() {
  ++state_.lock()->free;
  state_.notify_all();
}

}  // namespace stamp::registry
