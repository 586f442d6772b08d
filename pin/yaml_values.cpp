// Helm values, whose form each chart chooses. What is an image in them is told by the keys that
// stand together: {repository, tag}, {registry, image, digest}, or `image` with a text.

#include <algorithm>
#include <array>

#include "pin/yaml_shapes.h"

namespace stamp::pin {
namespace {

/// A key whose text may be a reference, if it has a tag or a digest.
bool sounds_like_image(std::string_view key) {
  constexpr std::array<std::string_view, 4> kEnds{"Image", "_image", "-image", "_IMAGE"};
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return key.ends_with(end); });
}

/// A variant of an image that a chart makes of the same name, with a digest of its own.
struct Variant {
  std::string_view digest;     ///< the key of its digest
  std::string_view condition;  ///< the key that chooses it; empty: the digest's own key does
  std::string_view suffix;
};

constexpr std::array<Variant, 2> kVariants{{
    {"genericDigest", "", "-generic"},      // Cilium's operator
    {"digestChroot", "chroot", "-chroot"},  // ingress-nginx
}};

/// The keys beside `repository` that only an image has.
constexpr std::array<std::string_view, 6> kImageKeys{"tag",      "digest",     "sha",
                                                     "registry", "pullPolicy", "genericDigest"};

class ValuesFinder {
 public:
  explicit ValuesFinder(YamlPlaces& places) : places_(places), walk_(places.walk()) {}

  void find_all(const Spot& values) {
    const Spot global = walk_.member(values, "global");
    if (!walk_.text_of(global, "imageRegistry").empty()) {
      note_ = "global.imageRegistry is set: the chart may use another registry";
    }
    find(values);
  }

 private:
  /// Aliases are not followed: what they stand for is looked at where it is.
  void find(const Spot& node) {
    if (node.node->is_sequence()) return find_in_list(node);
    if (!node.node->is_mapping()) return;
    const bool in_parts = add_parts(node);
    if (walk_.text_of(node, "name").ends_with("_IMAGE")) {
      places_.add(walk_.member(node, "value"), Role::hint);
    }
    const std::vector<YamlTreeNode>& items = node.node->items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const Spot value{.node = &items[i + 1], .above = &node, .key = items[i].text};
      if (value.key == "image") {
        if (!in_parts) places_.add(value, Role::reference);
      } else if (node.key == "images" || sounds_like_image(value.key)) {
        places_.add(value, Role::hint);
      }
      find(value);
    }
  }

  void find_in_list(const Spot& list) {
    const bool arguments =
        list.key.ends_with("args") || list.key.ends_with("Args") || list.key == "command";
    for (std::size_t i = 0; i < list.node->items.size(); ++i) {
      const Spot item{.node = &list.node->items[i], .above = &list, .index = i};
      if (arguments) places_.add(item, Role::option);
      if (list.key == "images") places_.add(item, Role::hint);
      find(item);
    }
  }

  bool has_version(const Spot& scalar) {
    const std::optional<oci::Reference> reference = read_reference(walk_.text_of(scalar));
    return reference && (!reference->tag.empty() || reference->digest);
  }

  /// Whether `mapping` is an image, and `image` in it a part of it.
  bool add_parts(const Spot& mapping) {
    const Spot image = walk_.member(mapping, "image");
    if (const Spot override = walk_.member(mapping, "override");
        !walk_.text_of(override).empty() && walk_.member(mapping, "repository")) {
      places_.add(override, Role::reference);
      return true;
    }
    const Spot name = name_in(mapping, image);
    if (!name) return false;
    if (walk_.scalar_of(image) != nullptr && has_version(image)) {
      // Volsync's, which goes before the parts.
      places_.add(image, Role::reference);
      return true;
    }
    Parts parts{.at = mapping, .name = name, .tag = walk_.member(mapping, "tag"), .note = note_};
    parts.registry = walk_.member(mapping, "registry");
    if (walk_.text_of(parts.registry).empty()) {
      parts.registry = walk_.member(mapping, "defaultRegistry");
    }
    find_digest(mapping, parts);
    places_.add(parts);
    return true;
  }

  Spot name_in(const Spot& mapping, const Spot& image) {
    const auto has = [&](std::string_view key) { return mapping.node->find(key) != nullptr; };
    const bool is_image = mapping.key == "image" || mapping.key.ends_with("Image");
    const bool versioned = has("tag") || has("digest");
    if (const Spot repository = walk_.member(mapping, "repository");
        !walk_.text_of(repository).empty()) {
      return is_image || std::ranges::any_of(kImageKeys, has) ? repository : Spot();
    }
    if (!versioned) return {};
    if (!walk_.text_of(image).empty()) return image;
    return is_image ? walk_.member(mapping, "name") : Spot();
  }

  void find_digest(const Spot& mapping, Parts& parts) {
    for (const std::string_view key : {"digest", "sha"}) {
      if (!parts.digest) parts.digest = walk_.member(mapping, key);
    }
    for (const Variant& variant : kVariants) {
      const Spot digest = walk_.member(mapping, variant.digest);
      if (!digest) continue;
      if (!variant.condition.empty() && walk_.text_of(mapping, variant.condition) != "true") {
        continue;
      }
      parts.digest = digest;
      parts.suffix = variant.suffix;
    }
    if (walk_.text_of(mapping, "useDigest") != "false") return;
    if (!parts.note.empty()) parts.note += "; ";
    parts.note += "useDigest is false: the digest is not used";
  }

  YamlPlaces& places_;
  YamlWalk& walk_;
  std::string note_;
};

}  // namespace

void find_in_values(YamlPlaces& places, const Spot& values) {
  if (values) ValuesFinder(places).find_all(values);
}

void find_declared(YamlPlaces& places, const Spot& spot) {
  if (!spot.node->is_mapping()) return places.add(spot, Role::declared);
  YamlWalk& walk = places.walk();
  Parts parts{.at = spot, .registry = walk.member(spot, "registry")};
  for (const std::string_view key : {"newName", "repository", "image", "name", "url"}) {
    if (walk.text_of(parts.name).empty()) parts.name = walk.member(spot, key);
  }
  for (const std::string_view key : {"newTag", "tag"}) {
    if (!parts.tag) parts.tag = walk.member(spot, key);
  }
  for (const std::string_view key : {"digest", "sha"}) {
    if (!parts.digest) parts.digest = walk.member(spot, key);
  }
  places.add(parts);
}

}  // namespace stamp::pin
