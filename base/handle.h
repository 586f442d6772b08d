#pragma once

#include <memory>

namespace stamp {

/// Calls `free_fn` on a pointer: the deleter of `Handle`.
template <auto free_fn>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    static_cast<void>(free_fn(pointer));
  }
};

/// Owns an object of a C library: `Handle<ZSTD_CCtx, ZSTD_freeCCtx>`. Null when empty.
template <typename T, auto free_fn>
using Handle = std::unique_ptr<T, Freed<free_fn>>;

}  // namespace stamp
