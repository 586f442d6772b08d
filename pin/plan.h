#pragma once
// What has to change so that manifests name the right digests: see docs/formats.md "stamp pin".

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "oci/reference.h"
#include "pin/digests.h"
#include "pin/edit.h"
#include "pin/manifests.h"
#include "pin/own_image.h"
#include "pin/pins_lock.h"
#include "pin/transaction.h"

namespace stamp::pin {

/// Which images of others get a new digest.
struct Update {
  bool all = false;
  std::vector<oci::Reference> repositories;

  bool covers(const oci::Reference& image) const;
};

struct PinRequest {
  std::vector<OwnImage> own;
  bool all = false;  ///< images of others too
  Update update;
  PinsLock pins;
};

/// A place that is to name another digest.
struct PinChange {
  std::size_t file = 0;     ///< of Findings::files
  std::size_t finding = 0;  ///< of that file
  std::string recipe;       ///< empty: an image of others
  std::optional<Digest> from;
  std::optional<Digest> to;  ///< nothing: to be asked for, see plan_offline()
};

/// A place that would be a change, and stays as it is.
struct PinRefusal {
  std::size_t file = 0;  ///< as of PinChange
  std::size_t finding = 0;
  std::string reason;  ///< "a template"
};

struct PinPlan {
  std::vector<PinChange> changes;      ///< by file and position
  std::vector<PinRefusal> left_alone;  ///< templates, and images of others that cannot be edited
  std::size_t unchanged = 0;           ///< places that name the right digest
  PinsLock pins;                       ///< as it is to be; of what was found only
  std::vector<std::string> warnings;
};

/// Plans without asking anybody: from the workspace's locks, pins.lock, and what the manifests say
/// of images that are in neither. Images that nobody has pinned yet are changes without `to`.
/// Errors: invalid (a recipe that was not built; a place of an image of the workspace that cannot
/// be edited; an image of others with several digests), with file and line of each.
PinPlan plan_offline(const Findings& findings, const PinRequest& request);

/// The same with the registries: asks what tags name where nobody knows, or where an update is
/// wanted, and makes sure that every digest that is to be written is there. Errors also: network
/// (an image that is not there; a registry that does not answer).
PinPlan plan_online(const Findings& findings, const PinRequest& request,
                    RegistryDigests& registries);

/// The new texts of the files that change. Errors: io; differs (a file has changed since it was
/// looked into); invalid; internal.
std::vector<FileChange> new_texts(const Findings& findings, const PinPlan& plan,
                                  const workspace::PinSettings& settings);

}  // namespace stamp::pin
