#pragma once

#include <filesystem>
#include <memory>

#include "base/guarded.h"
#include "cache/cache.h"
#include "cache/checked_source.h"
#include "cache/store.h"

namespace stamp::cache {

/// What a Cache and its BlobWriters share.
class Cache::State final {
 public:
  State(std::filesystem::path path, const Clock& clock)
      : folder(path), store(std::make_unique<Store>(std::move(path), clock)) {}

  /// Opens a blob's file. Errors: corrupt (gone, or of another size: its row is removed).
  BlobFile open_file(const Blob& blob);

  const BlobFolder folder;
  Guarded<std::unique_ptr<Store>> store;  // behind a pointer, since a Store cannot be moved
};

}  // namespace stamp::cache
