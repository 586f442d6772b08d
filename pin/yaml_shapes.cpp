#include "pin/yaml_shapes.h"

#include "pin/yaml_member.h"

namespace stamp::pin {
namespace {

void find_in_container(YamlPlaces& places, const Spot& container) {
  YamlWalk& walk = places.walk();
  places.add(walk.member(container, "image"), Role::reference);
  for (const std::string_view key : {"command", "args"}) {
    const Spot arguments = walk.member(container, key);
    walk.each_item(arguments, [&](const Spot& argument) { places.add(argument, Role::option); });
  }
  const Spot variables = walk.member(container, "env");
  walk.each_item(variables, [&](const Spot& variable) {
    if (walk.text_of(variable, "name").ends_with("_IMAGE")) {
      places.add(walk.member(variable, "value"), Role::hint);
    }
  });
}

}  // namespace

void find_in_pod(YamlPlaces& places, const Spot& pod) {
  YamlWalk& walk = places.walk();
  for (const std::string_view key : {"initContainers", "containers", "ephemeralContainers"}) {
    const Spot containers = walk.member(pod, key);
    walk.each_item(containers,
                   [&](const Spot& container) { find_in_container(places, container); });
  }
  const Spot volumes = walk.member(pod, "volumes");
  walk.each_item(volumes, [&](const Spot& volume) {
    const Spot image = walk.member(volume, "image");
    places.add(walk.member(image, "reference"), Role::reference);
  });
}

void find_renamed(YamlPlaces& places, const Spot& image) {
  YamlWalk& walk = places.walk();
  Parts parts{.at = image, .name = walk.member(image, "newName")};
  if (walk.text_of(parts.name).empty()) parts.name = walk.member(image, "name");
  parts.tag = walk.member(image, "newTag");
  parts.digest = walk.member(image, "digest");
  places.add(parts);
}

void find_in_oci_repository(YamlPlaces& places, const Spot& spec) {
  YamlWalk& walk = places.walk();
  const Spot ref = walk.member(spec, "ref");
  Parts parts{.at = spec, .name = walk.member(spec, "url")};
  if (!walk.text_of(parts.name).starts_with("oci://")) return;
  parts.tag = walk.member(ref, "tag");
  parts.digest = walk.member(ref, "digest");
  const bool has_range = !walk.text_of(ref, "semver").empty();
  if (!parts.digest && !has_range && !walk.text_of(parts.tag).empty()) {
    // A tag is what counts when nothing else is there.
    parts.new_digest = new_member(places.file(), *ref.node, *parts.tag.node, "digest");
  }
  const YamlTreeNode* digest = walk.scalar_of(parts.digest);
  if (digest != nullptr && digest->span.size() == 0) {
    parts.obstacle = "'digest' has no value: write digest: \"\"";
  } else if (!parts.digest && !parts.new_digest) {
    parts.obstacle = "'ref' has no 'digest', and 'tag' can hold none: write digest: \"\" beside it";
  } else if (parts.digest && has_range) {
    parts.note = "the digest goes before 'semver'";
  }
  places.add(parts);
}

void find_in_patch(YamlPlaces& places, const Spot& operation) {
  YamlWalk& walk = places.walk();
  const std::string_view verb = walk.text_of(operation, "op");
  if (verb != "add" && verb != "replace") return;
  if (!walk.text_of(operation, "path").ends_with("/image")) return;
  places.add(walk.member(operation, "value"), Role::reference);
}

}  // namespace stamp::pin
