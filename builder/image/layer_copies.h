#pragma once

#include <cstdint>

#include "base/digest.h"
#include "base/stream.h"
#include "builder/plan/plan.h"

namespace stamp::build {

/// Whoever wants the bytes of layers while they are hashed, so that they need not be read again.
/// Every function may be called from any thread.
class LayerCopies {
 public:
  LayerCopies() = default;
  LayerCopies(const LayerCopies&) = delete;
  LayerCopies& operator=(const LayerCopies&) = delete;
  virtual ~LayerCopies() = default;

  /// Where the bytes of a layer go that has so many of them; null: nobody wants them.
  virtual Sink* begin(LayerId id, std::uint64_t size) = 0;
  /// All bytes of the layer were written, and this is their digest.
  virtual void end(LayerId id, const Digest& digest) = 0;
};

}  // namespace stamp::build
