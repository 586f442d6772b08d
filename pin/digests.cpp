#include "pin/digests.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/pool.h"
#include "oci/descriptor.h"

namespace stamp::pin {
namespace {

/// Questions that wait for registries at the same time; a registry gets no more than its settings
/// say.
constexpr std::size_t kAtOnce = 8;

std::optional<Digest> ask_one(registry::RegistryClient& registries,
                              const oci::Reference& reference) {
  return during(fmt::format("asking for {}", reference.str()), [&]() -> std::optional<Digest> {
    const registry::Repository repository =
        registries.repository(reference, registry::Access::pull);
    const std::optional<oci::Descriptor> found =
        reference.digest
            ? repository.head_manifest(*reference.digest)
            : repository.head_manifest(reference.tag.empty() ? "latest" : reference.tag);
    if (!found) return std::nullopt;
    return found->digest;
  });
}

}  // namespace

std::vector<std::optional<Digest>> RegistryDigests::ask(
    const std::vector<oci::Reference>& references) {
  std::vector<std::pair<const oci::Reference*, std::optional<Digest>*>> unknown;
  for (const oci::Reference& reference : references) {
    const auto [entry, is_new] = known_.try_emplace(reference);
    if (is_new) unknown.emplace_back(&entry->first, &entry->second);
  }
  if (!unknown.empty()) {
    Pool pool(std::min(kAtOnce, unknown.size()));
    for (const auto& question : unknown) {
      pool.add([this, question] { *question.second = ask_one(registries_, *question.first); });
    }
    pool.wait();
  }
  std::vector<std::optional<Digest>> answers;
  answers.reserve(references.size());
  for (const oci::Reference& reference : references) answers.push_back(known_.at(reference));
  return answers;
}

}  // namespace stamp::pin
