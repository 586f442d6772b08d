#include "builder/output/early_layers.h"

#include <utility>

namespace stamp::build {
namespace {

/// What is smaller is written sooner than a thread for it is begun.
constexpr std::uint64_t kLarge = 16U << 20U;

}  // namespace

void EarlyLayers::begin_plan() {
  auto state = state_.lock();
  state->wanted.clear();
  state->begun.clear();
}

void EarlyLayers::want(LayerId id, const std::filesystem::path& layout) {
  state_.lock()->wanted.emplace(id, layout);
}

Sink* EarlyLayers::begin(LayerId id, std::uint64_t size) {
  if (size < kLarge) return nullptr;
  auto state = state_.lock();
  const auto wanted = state->wanted.find(id);
  if (wanted == state->wanted.end()) return nullptr;
  Copy copy = {wanted->second, oci::UnnamedBlob::make(wanted->second)};
  if (!copy.blob) return nullptr;
  return state->begun.insert_or_assign(id, std::move(copy)).first->second.blob.get();
}

void EarlyLayers::end(LayerId id, const Digest& digest) {
  auto begun = state_.lock()->begun.extract(id);
  if (begun.empty()) return;
  begun.mapped().blob->finish();  // it may wait for long, and others with it
  state_.lock()->whole.insert_or_assign(digest, std::move(begun.mapped()));
}

bool EarlyLayers::put(const Digest& digest, const std::filesystem::path& folder,
                      oci::LayoutWriter& writer) {
  std::map<Digest, Copy>::node_type copy;
  {
    auto state = state_.lock();
    const auto found = state->whole.find(digest);
    if (found == state->whole.end() || found->second.layout != folder) return false;
    copy = state->whole.extract(found);
  }
  return writer.put(digest, *copy.mapped().blob);
}

}  // namespace stamp::build
