#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/digest.h"
#include "base/stream.h"

namespace stamp::build {

/// Hashes what is written on a thread of its own, so that whoever makes the bytes need not wait.
class HashingThread final : public Sink {
 public:
  HashingThread();
  ~HashingThread() override;
  void write(Bytes in) override;
  /// Room for the next bytes, never empty, for whoever can make them in place: filled() follows.
  std::span<std::byte> room();
  /// The first `count` bytes of room() were filled.
  void filled(std::size_t count);
  /// The digest of all that was written; call it once.
  Digest finish_digest();
  std::uint64_t size() const { return size_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::uint64_t size_ = 0;
};

}  // namespace stamp::build
