#include "builder/output/referrer_lists.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "oci/layout.h"
#include "oci/referrers_tag.h"

namespace stamp::build {
namespace {

/// What a layout lists under a tag.
std::vector<oci::Descriptor> listed(const std::optional<oci::LayoutReader>& layout,
                                    const std::string& tag) {
  if (!layout) return {};
  for (const oci::Descriptor& entry : layout->index().manifests) {
    const auto name = entry.annotations.find(std::string(oci::kRefNameAnnotation));
    if (name == entry.annotations.end() || name->second != tag) continue;
    return oci::Document<oci::Index>::parse(layout->read(entry), entry.media_type)
        .value()
        .manifests;
  }
  return {};
}

}  // namespace

std::vector<ReferrerList> referrer_lists(const ImageTree& tree,
                                         const std::filesystem::path& folder) {
  std::optional<oci::LayoutReader> layout;
  if (!folder.empty() && std::filesystem::exists(folder / "index.json")) layout.emplace(folder);
  std::map<std::string, oci::Index> indexes;
  for (const Referrer& referrer : tree.referrers) {
    const std::string tag = oci::referrers_tag(referrer.subject);
    const auto [place, is_new] = indexes.try_emplace(tag);
    std::vector<oci::Descriptor>& list = place->second.manifests;
    if (is_new) list = listed(layout, tag);
    const bool known = std::ranges::any_of(list, [&](const oci::Descriptor& each) {
      return each.digest == referrer.descriptor.digest;
    });
    if (!known) list.push_back(referrer.descriptor);
  }
  std::vector<ReferrerList> lists;
  for (auto& [tag, index] : indexes) {
    lists.push_back({tag, oci::Document<oci::Index>::of(std::move(index))});
  }
  return lists;
}

}  // namespace stamp::build
