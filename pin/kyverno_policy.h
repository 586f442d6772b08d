#pragma once

#include <string>
#include <vector>

#include "oci/reference.h"

namespace stamp::pin {

/// Policies for Kyverno (1.17 or later), as YAML: a Pod whose containers or volumes name one of
/// `repositories` without a digest is refused, and so is a workload that would make such Pods.
/// Images that were there before an update do not hinder it. The same text for the same set of
/// repositories.
/// Spec: Kyverno "ValidatingPolicy", policies.kyverno.io/v1; Kubernetes "Common Expression
/// Language".
std::string kyverno_policy(std::vector<oci::Reference> repositories);

}  // namespace stamp::pin
