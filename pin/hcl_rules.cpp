#include "pin/hcl_rules.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/core.h>

namespace stamp::pin {
namespace {

/// Types of resources whose images are those of virtual machines.
constexpr std::array<std::string_view, 15> kMachines{
    "azurerm_linux_virtual_machine",
    "azurerm_windows_virtual_machine",
    "digitalocean_droplet",
    "equinix_",
    "google_compute_",
    "hcloud_",
    "incus_",
    "libvirt_",
    "linode_",
    "lxd_",
    "opennebula_",
    "openstack_",
    "proxmox_",
    "scaleway_instance_",
    "vultr_",
};

/// Types of resources whose images are those of containers, so that one word is an image, too.
constexpr std::array<std::string_view, 3> kContainers{"docker_", "kubernetes_", "podman_"};

template <typename Prefixes>
bool has_prefix(std::string_view text, const Prefixes& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
}

std::string joined(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

/// How much a key says about its text.
enum class Says {
  nothing,
  container_image,  ///< it is an image
  image,            ///< it is one when more than one word, for it may be one of machines
  may_image,        ///< it is one when it is written with its folder
};

Says what_says(std::string_view key, const HclContext& context) {
  if (context.of_machines) return Says::nothing;
  const Says image = context.of_containers ? Says::container_image : Says::image;
  if (context.named_by_name && key == "name") return image;
  if (key == "default" && !context.default_stands_for.empty()) key = context.default_stands_for;
  if (key == "image" || key.ends_with("_image")) return image;
  return context.list_of_images || key.starts_with("image_") ? Says::may_image : Says::nothing;
}

void leave_alone(const std::string& path, const HclString& text, Found& found) {
  found.left_alone.push_back({path, text.field.span.begin, "a template"});
}

/// Adds a text that is a reference as a whole.
void find_whole(const std::string& kind, std::string path, Says says, const HclString& text,
                Found& found) {
  if (text.has_template) {
    if (says != Says::may_image) leave_alone(path, text, found);
    return;
  }
  constexpr std::string_view kScheme = "docker://";
  const std::string& whole = text.field.text;
  const std::size_t before = whole.starts_with(kScheme) ? kScheme.size() : 0;
  const std::string_view written = std::string_view(whole).substr(before);
  const bool qualified = says == Says::may_image ? written.find('/') != written.npos
                                                 : says == Says::container_image || before > 0 ||
                                                       written.find_first_of("/:@") != written.npos;
  if (!qualified) return;
  std::optional<oci::Reference> reference = read_reference(written);
  if (!reference) return;
  Place place;
  place.kind = kind;
  place.path = std::move(path);
  place.reference = *std::move(reference);
  place.whole = text.field;
  place.before = before;
  found.places.push_back(std::move(place));
}

/// The attributes that together are one reference.
struct Parts {
  const HclString* registry = nullptr;
  const HclString* name = nullptr;
  const HclString* tag = nullptr;
  const HclString* digest = nullptr;

  std::array<const HclString*, 4> all() const { return {registry, name, tag, digest}; }
};

/// {repository, tag, digest} with or without registry, or {registry, image, tag, digest}: a tag or
/// a digest must be there, and none may be computed.
std::optional<Parts> parts_of(const HclAttributes& attributes) {
  const auto find = [&](std::string_view key) -> const HclString* {
    const auto at = attributes.texts.find(key);
    return at == attributes.texts.end() ? nullptr : &at->second;
  };
  for (const std::string_view key : {"registry", "repository", "tag", "digest"}) {
    if (attributes.expressions.contains(key)) return std::nullopt;
  }
  Parts parts{find("registry"), find("repository"), find("tag"), find("digest")};
  if (parts.name == nullptr && parts.registry != nullptr) parts.name = find("image");
  if (parts.name == nullptr || (parts.tag == nullptr && parts.digest == nullptr)) {
    return std::nullopt;
  }
  return parts;
}

std::string text_of(const HclString* part, std::string_view before, std::string_view after) {
  if (part == nullptr || part->field.text.empty()) return {};
  return fmt::format("{}{}{}", before, part->field.text, after);
}

void find_parts(const std::string& kind, const HclContext& context, const Parts& parts,
                Found& found) {
  for (const HclString* const part : parts.all()) {
    if (part == nullptr || !part->has_template) continue;
    return leave_alone(context.path, *part, found);
  }
  std::optional<oci::Reference> reference =
      read_reference(text_of(parts.registry, "", "/") + parts.name->field.text +
                     text_of(parts.tag, ":", "") + text_of(parts.digest, "@", ""));
  if (!reference) return;
  Place place;
  place.kind = kind;
  place.path = context.path;
  place.reference = *std::move(reference);
  place.name = parts.name->field;
  if (parts.tag != nullptr) place.tag = parts.tag->field;
  if (parts.digest != nullptr) place.digest = parts.digest->field;
  found.places.push_back(std::move(place));
}

}  // namespace

HclContext HclContext::block(std::string_view type, const std::vector<std::string>& labels) const {
  HclContext out;
  out.path = joined(path, type);
  for (const std::string& label : labels) out.path += "." + label;
  out.of_machines = of_machines;
  out.of_containers = of_containers;
  const bool data = type == "data";
  if (!path.empty() || labels.empty()) return out;
  const std::string& first = labels.front();
  if (type == "variable") out.default_stands_for = first;
  if (type != "resource" && !data) return out;
  out.of_machines = has_prefix(first, kMachines);
  out.of_containers = has_prefix(first, kContainers);
  out.named_by_name = first == "docker_image" || (data && first == "docker_registry_image");
  return out;
}

HclContext HclContext::value(std::string_view key) const {
  HclContext out;
  out.path = joined(path, key);
  out.of_machines = of_machines;
  out.of_containers = of_containers;
  const std::string_view name =
      key == "default" && !default_stands_for.empty() ? default_stands_for : key;
  out.list_of_images = name == "images" || name.ends_with("_images");
  return out;
}

HclContext HclContext::item(std::size_t index) const {
  HclContext out = *this;
  out.path += fmt::format("[{}]", index);
  return out;
}

void find_in_attributes(const std::string& kind, const HclContext& context,
                        const HclAttributes& attributes, Found& found) {
  const std::optional<Parts> parts = context.of_machines ? std::nullopt : parts_of(attributes);
  if (parts) find_parts(kind, context, *parts, found);
  for (const auto& [key, text] : attributes.texts) {
    const Says says = what_says(key, context);
    if (says == Says::nothing || (parts && parts->name == &text)) continue;
    find_whole(kind, joined(context.path, key), says, text, found);
  }
}

void find_in_item(const std::string& kind, const HclContext& context, const HclString& text,
                  Found& found) {
  if (!context.list_of_images || context.of_machines) return;
  find_whole(kind, context.path, Says::may_image, text, found);
}

}  // namespace stamp::pin
