#pragma once
// Published tags that nothing refers to any more.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/digest.h"
#include "oci/reference.h"
#include "pin/kept_references.h"
#include "pin/own_image.h"
#include "registry-client/client.h"

namespace stamp::pin {

/// What was done about a tag.
enum class TagRemoval {
  listed,    ///< nothing
  tag,       ///< it was deleted
  manifest,  ///< the registry deletes no tag alone: its manifest was deleted, with all its tags
  moved,     ///< nothing: it names something else by now
  gone,      ///< nothing: somebody else had deleted it
};

/// A tag that nothing refers to.
struct UnreferencedTag {
  oci::Reference image;  ///< with tag and digest
  TagRemoval removal = TagRemoval::listed;

  friend bool operator==(const UnreferencedTag&, const UnreferencedTag&) = default;
};

/// The tags of some repositories.
struct PublishedTags {
  std::vector<UnreferencedTag> unreferenced;  ///< by repository, then tag
  std::size_t referenced = 0;
};

/// Looks for the tags of the repositories that nothing refers to.
///
/// Referenced are: what `kept` has as a digest or tag, what a lock of `own` records, with all tags
/// of the same manifest; an index with such a manifest in it, and the manifests of such an index;
/// and tags that belong to one of these ("sha256-DIGEST…", which lists referrers). Errors: those of
/// registry::Repository, for any question that has no answer.
PublishedTags find_unreferenced(std::span<const OwnImage> own, const KeptReferences& kept,
                                registry::RegistryClient& client);

/// Deletes a tag, unless it names something else by now, and returns what was done. Where the
/// registry does not delete a tag alone, its manifest is deleted: no tag that is referenced shares
/// it. Errors: those of registry::Repository; denied (the registry does not delete).
TagRemoval remove(const UnreferencedTag& tag, registry::RegistryClient& client);

}  // namespace stamp::pin
