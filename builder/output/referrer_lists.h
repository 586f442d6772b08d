#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "builder/output/image_tree.h"
#include "oci/document.h"
#include "oci/index.h"

namespace stamp::build {

/// What refers to a manifest, as an index that a layout has under `tag`.
struct ReferrerList {
  std::string tag;
  oci::Document<oci::Index> index;
};

/// The lists of an image's referrers. What the layout in `folder` lists already stays in them; an
/// empty `folder`, or one that is no layout yet, lists nothing. Errors: io; corrupt; invalid.
/// Spec: OCI distribution-spec 1.1 "Referrers Tag Schema".
std::vector<ReferrerList> referrer_lists(const ImageTree& tree,
                                         const std::filesystem::path& folder);

}  // namespace stamp::build
