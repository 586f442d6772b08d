#include "pin/digests.h"

#include <cstddef>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "oci/descriptor.h"
#include "pin/ask_all.h"

namespace stamp::pin {
namespace {

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
  ask_all(unknown.size(), [&](std::size_t i) {
    const auto& [reference, answer] = unknown[i];
    *answer = ask_one(registries_, *reference);
  });
  std::vector<std::optional<Digest>> answers;
  answers.reserve(references.size());
  for (const oci::Reference& reference : references) answers.push_back(known_.at(reference));
  return answers;
}

}  // namespace stamp::pin
