#pragma once
// `stamp cache pull`: results of steps out of a repository, into this machine's cache.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/signature.h"
#include "builder/plan/plan.h"
#include "builder/progress.h"
#include "builder/sharing/shared_plan.h"
#include "builder/sharing/shared_result.h"
#include "cache/cache.h"
#include "oci/reference.h"
#include "registry-client/client.h"

namespace stamp::build {

/// Whom to believe.
struct Trust {
  /// What one of these signed counts, the first first. Empty: nobody is believed, and blobs alone
  /// are taken.
  std::vector<const VerifyingKey*> keys;
  /// Without keys, so many bytes of blobs are taken at most: the sizes are what anybody says.
  std::uint64_t most_unbelieved = std::uint64_t{16} << 30U;
};

/// A result that was offered and is not right.
struct RefusedResult {
  std::string step;  ///< its name
  std::string why;
};

/// What came of taking.
struct TakenResults {
  std::size_t taken = 0;    ///< results that are in the cache now
  std::size_t blobs = 0;    ///< that were pulled
  std::size_t present = 0;  ///< steps that needed nothing: their results were here
  std::size_t lacking = 0;  ///< steps that nobody who is trusted offers a result of
  std::vector<RefusedResult> refused;
  std::set<std::string> strangers;  ///< who else offers results of those that are lacking
  registry::Traffic traffic;        ///< of all requests
};

/// Takes from a repository the results that a build would use. A result counts only with the
/// signature of a key that is trusted, and when all its blobs are here, verified. What is wrong
/// with one keeps nobody from taking the others.
class ResultPuller final {
 public:
  /// The references must outlive this. `downloads`: requests at the same time.
  ResultPuller(registry::RegistryClient& client, cache::Cache& cache, Progress& progress,
               std::size_t downloads = 4);

  /// `is_asked_for` as in Taking. Whatever was complete is in the cache, also when this throws.
  /// Errors: those of registry::Repository but for what is wrong with single results; io.
  TakenResults pull(const Plan& plan, const oci::Reference& repository, const Trust& trust,
                    const std::function<bool(const ImagePlan&)>& is_asked_for);

 private:
  class Run;

  registry::RegistryClient& client_;
  cache::Cache& cache_;
  Progress& progress_;
  std::size_t downloads_;
};

}  // namespace stamp::build
