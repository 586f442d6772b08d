#include "pin/yaml_walk.h"

#include <fmt/core.h>

#include "base/diagnostic.h"
#include "workspace/pin_path.h"

namespace stamp::pin {
namespace {

using workspace::PinStep;

constexpr std::size_t kMaxFollows = 1000;

bool is_merge_key(const YamlTreeNode& key) {
  return key.is_scalar() && key.style == YamlTreeNode::Style::plain && key.text == "<<";
}

bool is_null(const YamlTreeNode& scalar) {
  return scalar.style == YamlTreeNode::Style::plain &&
         (scalar.text.empty() || scalar.text == "~" || scalar.text == "null" ||
          scalar.text == "Null" || scalar.text == "NULL");
}

/// The value of the merge key, or null.
const YamlTreeNode* merge_of(const YamlTreeNode& mapping) {
  for (std::size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
    if (is_merge_key(mapping.items[i])) return &mapping.items[i + 1];
  }
  return nullptr;
}

bool is_simple_key(std::string_view key) {
  return !key.empty() && key.find_first_of(".[]\"* ") == std::string_view::npos;
}

}  // namespace

std::string path_of(const Spot& spot) {
  if (spot.above == nullptr) return spot.index > 1U ? fmt::format("{}:", *spot.index) : "";
  std::string path = path_of(*spot.above);
  if (spot.index) return path += fmt::format("[{}]", *spot.index);
  if (!path.empty() && path.back() != ':') path += '.';
  return is_simple_key(spot.key) ? path.append(spot.key)
                                 : path.append("\"").append(spot.key).append("\"");
}

void Anchors::add(const YamlTreeNode& node) {
  if (!node.anchor.empty()) anchored_[node.anchor] = &node;
  if (node.kind == YamlTreeNode::Kind::alias) {
    const auto last = anchored_.find(node.text);
    if (last != anchored_.end()) {
      targets_.emplace(&node, last->second);
      first_aliases_.emplace(last->second, &node);
    }
  }
  for (const YamlTreeNode& item : node.items) add(item);
}

const YamlTreeNode* Anchors::target(const YamlTreeNode& alias) const {
  const auto found = targets_.find(&alias);
  return found == targets_.end() ? nullptr : found->second;
}

const YamlTreeNode* Anchors::first_alias(const YamlTreeNode& anchored) const {
  const auto found = first_aliases_.find(&anchored);
  return found == first_aliases_.end() ? nullptr : found->second;
}

const Anchors& YamlWalk::anchors() {
  if (!anchors_) anchors_.emplace(*root_.node);
  return *anchors_;
}

Spot YamlWalk::followed(Spot spot) {
  if (!spot || spot.node->kind != YamlTreeNode::Kind::alias) return spot;
  const YamlTreeNode* target = anchors().target(*spot.node);
  if (target == nullptr || target->is_scalar()) return spot;
  if (++follows_ > kMaxFollows) {
    throw_if_any({problem_at(file_, text_, position_at(text_, spot.node->span.begin),
                             fmt::format("aliases lead to more than {} places", kMaxFollows))});
  }
  spot.node = spot.shared = target;
  return spot;
}

Spot YamlWalk::merged_member(const Spot& mapping, const YamlTreeNode& merge, std::string_view key) {
  const Spot from = followed({.node = &merge, .above = &mapping, .key = "<<"});
  if (from.node->is_sequence()) {
    for (const YamlTreeNode& item : from.node->items) {
      if (Spot found = merged_member(mapping, item, key)) return found;
    }
    return {};
  }
  Spot found = member(from, key);
  found.above = &mapping;
  if (found && found.shared == nullptr) found.shared = from.shared;
  return found;
}

Spot YamlWalk::member(const Spot& mapping, std::string_view key) {
  if (!mapping || !mapping.node->is_mapping()) return {};
  if (const YamlTreeNode* value = mapping.node->find(key)) {
    return followed({.node = value, .above = &mapping, .key = key});
  }
  const YamlTreeNode* merge = merge_of(*mapping.node);
  return merge == nullptr ? Spot() : merged_member(mapping, *merge, key);
}

void YamlWalk::each_member(const Spot& mapping, const Visit& visit) {
  if (!mapping || !mapping.node->is_mapping()) return;
  const std::vector<YamlTreeNode>& items = mapping.node->items;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (!items[i].is_scalar() || is_merge_key(items[i])) continue;
    visit(followed({.node = &items[i + 1], .above = &mapping, .key = items[i].text}));
  }
  if (const YamlTreeNode* merge = merge_of(*mapping.node)) each_merged(mapping, *merge, visit);
}

void YamlWalk::each_merged(const Spot& mapping, const YamlTreeNode& merge, const Visit& visit) {
  const Spot from = followed({.node = &merge, .above = &mapping, .key = "<<"});
  if (from.node->is_sequence()) {
    for (const YamlTreeNode& item : from.node->items) each_merged(mapping, item, visit);
    return;
  }
  each_member(from, [&](Spot found) {
    if (mapping.node->find(found.key) != nullptr) return;
    found.above = &mapping;
    if (found.shared == nullptr) found.shared = from.shared;
    visit(found);
  });
}

void YamlWalk::each_item(const Spot& list, const Visit& visit) {
  if (!list || !list.node->is_sequence()) return;
  for (std::size_t i = 0; i < list.node->items.size(); ++i) {
    visit(followed({.node = &list.node->items[i], .above = &list, .index = i}));
  }
}

void YamlWalk::follow(const Spot& from, std::string_view path, const Visit& visit) {
  if (!from) return;
  const std::optional<PinStep> step = workspace::take_step(path);
  if (!step) return visit(from);
  const Visit further = [&](const Spot& next) { follow(next, path, visit); };
  switch (step->kind) {
    case PinStep::Kind::any_item:
      return each_item(from, further);
    case PinStep::Kind::item:
      return each_item(from, [&](const Spot& next) {
        if (next.index == step->index) further(next);
      });
    case PinStep::Kind::exact_key:
      break;
    case PinStep::Kind::key:
      if (step->key.find('*') == std::string_view::npos) break;
      return each_member(from, [&](const Spot& next) {
        if (step->matches(next.key)) further(next);
      });
  }
  if (const Spot next = member(from, step->key)) further(next);
}

const YamlTreeNode* YamlWalk::scalar_of(const Spot& spot) {
  if (!spot) return nullptr;
  const YamlTreeNode* node =
      spot.node->kind == YamlTreeNode::Kind::alias ? anchors().target(*spot.node) : spot.node;
  return node != nullptr && node->is_scalar() ? node : nullptr;
}

std::string_view YamlWalk::text_of(const Spot& spot) {
  const YamlTreeNode* scalar = scalar_of(spot);
  return scalar == nullptr || is_null(*scalar) ? std::string_view()
                                               : std::string_view(scalar->text);
}

std::string_view YamlWalk::text_of(const Spot& mapping, std::string_view key) {
  return text_of(member(mapping, key));
}

std::size_t YamlWalk::line_of(const YamlTreeNode& node) const {
  return position_at(text_, node.span.begin).line;
}

std::string YamlWalk::shared_with(const Spot& scalar) {
  if (scalar.node->kind == YamlTreeNode::Kind::alias) {
    const YamlTreeNode* target = anchors().target(*scalar.node);
    return target == nullptr
               ? fmt::format("an alias of '{}', which is nowhere", scalar.node->text)
               : fmt::format("an alias of '{}' of line {}", scalar.node->text, line_of(*target));
  }
  for (const Spot* spot = &scalar; spot != nullptr; spot = spot->above) {
    for (const YamlTreeNode* node : {spot->node, spot->shared}) {
      if (node == nullptr || node->anchor.empty()) continue;
      const YamlTreeNode* alias = anchors().first_alias(*node);
      if (alias == nullptr) continue;
      return fmt::format("the anchor '{}' of line {} is used on line {} too", node->anchor,
                         line_of(*node), line_of(*alias));
    }
  }
  return "";
}

}  // namespace stamp::pin
