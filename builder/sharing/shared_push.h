#pragma once
// `stamp cache push`: results of steps into a repository, for caches of other machines.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "builder/output/repository_push.h"
#include "builder/plan/plan.h"
#include "builder/progress.h"
#include "builder/sharing/shared_plan.h"
#include "builder/sharing/shared_result.h"
#include "cache/cache.h"
#include "oci/reference.h"
#include "registry-client/client.h"

namespace stamp::build {

/// What is sent.
enum class SendResults {
  lacking,  ///< those that the registry has no tag for
  all,      ///< all, and every blob is asked for: mends a repository that lost something
};

/// What came of sharing.
struct SharedResults {
  std::size_t pushed = 0;     ///< results that were sent
  std::size_t present = 0;    ///< that were there, under this signer
  std::size_t not_built = 0;  ///< steps that others have to run: their results are nowhere
  std::size_t blobs = 0;      ///< that were sent
  registry::Traffic traffic;  ///< of all requests
};

/// Puts the results that a cache has into a repository. Each becomes a manifest of its own under a
/// tag of its own, after its blobs: nothing that is there is read and written again, so writers
/// cannot undo each other, and what is killed is finished by the next.
class ResultPusher final {
 public:
  /// The references must outlive this. `uploads`: requests at the same time.
  ResultPusher(registry::RegistryClient& client, cache::Cache& cache, Progress& progress,
               std::size_t uploads = 4);

  /// Errors: those of registry::Repository; corrupt (a blob of the cache is damaged; it is removed
  /// from there).
  SharedResults push(const Plan& plan, const oci::Reference& repository, const ResultSigner& signer,
                     SendResults which);

 private:
  struct Found;
  std::vector<Found> find(std::vector<SharedStep> steps);
  void send(std::span<const Found> results, const ResultSigner& signer, RepositoryPush& push,
            SharedResults& counts);
  std::size_t send_some(std::span<const Found> results, const ResultSigner& signer,
                        RepositoryPush& push);

  registry::RegistryClient& client_;
  cache::Cache& cache_;
  Progress& progress_;
  std::size_t uploads_;
};

}  // namespace stamp::build
