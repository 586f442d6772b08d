#pragma once

#include "cache/cache.h"

namespace stamp::build {

/// Keeps what was made or taken although the work did not end well: the next run need not do it
/// again. Where all goes well, call Cache::flush() yourself, whose errors this drops.
class FlushAtEnd final {
 public:
  /// `cache` must outlive this.
  explicit FlushAtEnd(cache::Cache& cache) : cache_(cache) {}
  FlushAtEnd(const FlushAtEnd&) = delete;
  FlushAtEnd& operator=(const FlushAtEnd&) = delete;
  ~FlushAtEnd();

 private:
  cache::Cache& cache_;
};

}  // namespace stamp::build
