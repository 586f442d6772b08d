#include "pin/unruled.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "base/yaml_tree.h"

namespace stamp::pin {
namespace {

constexpr const char* kReason =
    "no rule looks here: name the path in 'pin: {paths: …}' of stamp.yaml, or mark it";

class Search {
 public:
  Search(const Wanted& wanted, const Found& found) : wanted_(wanted) {
    for (const Place& place : found.places) {
      for (const auto* field : {&place.whole, &place.name, &place.tag, &place.digest}) {
        if (*field) known_.insert((*field)->span.begin);
      }
    }
    for (const LeftAlone& left : found.left_alone) known_.insert(left.at);
  }

  void look(const std::vector<YamlTreeNode>& nodes, std::vector<LeftAlone>& left_alone) const {
    for (const YamlTreeNode& node : nodes) {
      if (is_unruled(node)) left_alone.push_back({"", node.span.begin, kReason});
      look(node.items, left_alone);
    }
  }

 private:
  bool is_unruled(const YamlTreeNode& node) const {
    if (!node.is_scalar() || node.text.find('/') == std::string::npos) return false;
    const std::optional<oci::Reference> reference = read_reference(node.text);
    if (!reference || (reference->tag.empty() && !reference->digest)) return false;
    if (!wanted_.names(*reference)) return false;
    // A marked text may begin within the scalar's bytes.
    const auto known = known_.lower_bound(node.span.begin);
    return known == known_.end() || *known > node.span.end;
  }

  const Wanted& wanted_;
  std::set<std::size_t> known_;
};

}  // namespace

void add_unruled(const FileText& file, const Wanted& wanted, Found& found) {
  const Format format = format_of(file.name);
  if (format != Format::yaml && format != Format::json) return;
  const bool is_unread =
      std::any_of(found.left_alone.begin(), found.left_alone.end(),
                  [](const LeftAlone& left) { return left.path.empty() && left.at == 0; });
  if (is_unread || !wanted.may_be_named_in(file.text)) return;
  const std::size_t before = found.left_alone.size();
  Search(wanted, found).look(YamlTree::parse(file.name, file.text).documents(), found.left_alone);
  if (found.left_alone.size() == before) return;
  std::stable_sort(found.left_alone.begin(), found.left_alone.end(),
                   [](const LeftAlone& a, const LeftAlone& b) { return a.at < b.at; });
}

}  // namespace stamp::pin
