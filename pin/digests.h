#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "oci/reference.h"
#include "registry-client/client.h"

namespace stamp::pin {

/// Asks registries what tags name and whether digests are there, each once, several at a time.
class RegistryDigests final {
 public:
  /// `registries` must outlive this.
  explicit RegistryDigests(registry::RegistryClient& registries) : registries_(registries) {}

  /// What each reference's tag ("latest" when it has none) names; nothing for what is absent. A
  /// digest that a reference has is asked for instead. In the order of `references`.
  /// Errors: those of registry::Repository, naming the image.
  std::vector<std::optional<Digest>> ask(const std::vector<oci::Reference>& references);

 private:
  registry::RegistryClient& registries_;
  std::map<oci::Reference, std::optional<Digest>> known_;
};

}  // namespace stamp::pin
