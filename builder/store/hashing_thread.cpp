#include "builder/store/hashing_thread.h"

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

  /// kSize bytes, of which the first `used` count.
  struct Buffer {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t used = 0;
  };
  struct Shared {
    std::deque<Buffer> full;
    std::vector<Buffer> empty;
    bool ended = false;
  };
  Guarded<Shared> shared;
  Buffer filling;
  Hasher hasher;
  std::jthread thread;

  void run() {
    while (true) {
      Buffer buffer;
      {
        auto access = shared.lock();
        access.wait([](const Shared& s) { return s.ended || !s.full.empty(); });
        if (access->full.empty()) return;
        buffer = std::move(access->full.front());
        access->full.pop_front();
      }
      hasher.update(Bytes(buffer.bytes.get(), buffer.used));
      buffer.used = 0;
      shared.lock()->empty.push_back(std::move(buffer));
      shared.notify_all();
    }
  }

  void hand_over() {
    if (filling.used == 0) return;
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
  const auto make = [] { return State::Buffer{std::make_unique<std::byte[]>(State::kSize)}; };
  {
    auto access = state_->shared.lock();
    for (std::size_t i = 0; i < State::kBuffers; ++i) access->empty.push_back(make());
  }
  state_->filling = make();
  state_->thread = std::jthread([state = state_.get()] { state->run(); });
}

HashingThread::~HashingThread() {
  state_->end();
}

std::span<std::byte> HashingThread::room() {
  const State::Buffer& filling = state_->filling;
  return std::span(filling.bytes.get(), State::kSize).subspan(filling.used);
}

void HashingThread::filled(std::size_t count) {
  size_ += count;
  state_->filling.used += count;
  if (state_->filling.used == State::kSize) state_->hand_over();
}

void HashingThread::write(Bytes in) {
  while (!in.empty()) {
    const std::span<std::byte> out = room();
    const std::size_t count = std::min(in.size(), out.size());
    std::copy_n(in.begin(), count, out.begin());
    filled(count);
    in = in.subspan(count);
  }
}

Digest HashingThread::finish_digest() {
  state_->hand_over();
  state_->end();
  return state_->hasher.finish();
}

}  // namespace stamp::build
