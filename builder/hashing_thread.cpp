#include "builder/hashing_thread.h"

#include <algorithm>
#include <deque>
#include <thread>
#include <vector>

#include "base/guarded.h"

namespace stamp::build {

struct HashingThread::State {
  /// Buffers between the two threads: enough to smooth their speeds, and no more.
  static constexpr std::size_t kBuffers = 4;
  static constexpr std::size_t kSize = 256 * 1024;

  struct Shared {
    std::deque<std::vector<std::byte>> full;
    std::vector<std::vector<std::byte>> empty;
    bool ended = false;
  };
  Guarded<Shared> shared;
  std::vector<std::byte> filling;
  Hasher hasher;
  std::jthread thread;

  void run() {
    while (true) {
      std::vector<std::byte> buffer;
      {
        auto access = shared.lock();
        access.wait([](const Shared& s) { return s.ended || !s.full.empty(); });
        if (access->full.empty()) return;
        buffer = std::move(access->full.front());
        access->full.pop_front();
      }
      hasher.update(buffer);
      buffer.clear();
      shared.lock()->empty.push_back(std::move(buffer));
      shared.notify_all();
    }
  }

  void hand_over() {
    if (filling.empty()) return;
    {
      auto access = shared.lock();
      access.wait([](const Shared& s) { return !s.empty.empty(); });
      access->full.push_back(std::move(filling));
      filling = std::move(access->empty.back());
      access->empty.pop_back();
    }
    shared.notify_all();
  }

  void end() {
    shared.lock()->ended = true;
    shared.notify_all();
    if (thread.joinable()) thread.join();
  }
};

HashingThread::HashingThread() : state_(std::make_unique<State>()) {
  {
    auto access = state_->shared.lock();
    access->empty.resize(State::kBuffers);
    for (std::vector<std::byte>& buffer : access->empty) buffer.reserve(State::kSize);
  }
  state_->filling.reserve(State::kSize);
  state_->thread = std::jthread([state = state_.get()] { state->run(); });
}

HashingThread::~HashingThread() {
  state_->end();
}

void HashingThread::write(Bytes in) {
  size_ += in.size();
  while (!in.empty()) {
    std::vector<std::byte>& filling = state_->filling;
    const std::size_t count = std::min(in.size(), State::kSize - filling.size());
    filling.insert(filling.end(), in.begin(), in.begin() + static_cast<std::ptrdiff_t>(count));
    in = in.subspan(count);
    if (filling.size() == State::kSize) state_->hand_over();
  }
}

Digest HashingThread::finish_digest() {
  state_->hand_over();
  state_->end();
  return state_->hasher.finish();
}

}  // namespace stamp::build
