#include "pin/yaml_places.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

namespace stamp::pin {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// Where the first thing stands that is filled in.
std::size_t template_in(std::string_view text) {
  return std::min({text.find("{{"), text.find("{%"), text.find('$')});
}

/// Whether a chart's reader would take a plain scalar for a number.
bool is_number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    const char* const digits = text[1] == 'x' ? "0123456789abcdefABCDEF" : "01234567";
    return text.size() > 2 && text.find_first_not_of(digits, 2) == std::string_view::npos;
  }
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  const std::size_t exponent = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, exponent);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::ranges::any_of(mantissa, is_digit) || std::ranges::count(mantissa, '.') > 1 ||
      !std::ranges::all_of(mantissa, [&](char c) { return is_digit(c) || c == '.'; })) {
    return false;
  }
  if (exponent == std::string_view::npos) return true;
  std::string_view power = text.substr(exponent + 1);
  if (!power.empty() && (power.front() == '-' || power.front() == '+')) power.remove_prefix(1);
  return !power.empty() && std::ranges::all_of(power, is_digit);
}

/// Whether a plain scalar is a number or a truth to YAML: no system takes one for a reference.
bool is_no_text(std::string_view text) {
  return text == "true" || text == "false" || is_number(text);
}

/// The bytes of an argument up to its value, when its name says that this is an image.
std::optional<std::size_t> option_size(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (!text.starts_with('-') || equals == std::string_view::npos) return std::nullopt;
  const std::string_view name = text.substr(0, equals);
  if (!name.ends_with("image") && !name.ends_with("Image") &&
      !name.ends_with("-prometheus-config-reloader")) {
    return std::nullopt;
  }
  return equals + 1;
}

/// The bytes of whatever a user declares to be a reference that stand before it.
std::size_t declared_size(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::size_t begin = equals == std::string_view::npos ? 0 : equals + 1;
  const std::size_t scheme = text.find("://", begin);
  return scheme == std::string_view::npos ? begin : scheme + 3;
}

/// How many bytes stand before the reference; nothing when the text cannot be one in that role.
std::optional<std::size_t> size_before(std::string_view text, Role role) {
  constexpr std::string_view kDocker = "docker://";
  switch (role) {
    case Role::docker:
      return text.starts_with(kDocker) ? std::optional(kDocker.size()) : std::nullopt;
    case Role::option:
      return option_size(text);
    case Role::declared:
      return declared_size(text);
    case Role::reference:
    case Role::hint:
      break;
  }
  return 0;
}

bool needs_version(Role role) {
  return role == Role::option || role == Role::hint;
}

bool has_version(const oci::Reference& reference) {
  return !reference.tag.empty() || reference.digest.has_value();
}

void join(std::string& text, std::string_view more) {
  if (!text.empty() && !more.empty()) text += "; ";
  text += more;
}

}  // namespace

bool is_template(std::string_view text) {
  return template_in(text) != std::string_view::npos;
}

Field YamlPlaces::field_of(const Spot& spot) {
  const YamlTreeNode& node = *spot.node;
  Field field{.span = node.span, .notation = Notation::yaml_plain};
  if (format_ == Format::json) {
    field.notation = Notation::json;
  } else if (node.style == YamlTreeNode::Style::single_quoted) {
    field.notation = Notation::yaml_single_quoted;
  } else if (node.style == YamlTreeNode::Style::double_quoted) {
    field.notation = Notation::yaml_double_quoted;
  }
  field.text = walk_.text_of(spot);
  return field;
}

std::optional<Field> YamlPlaces::part_of(const Spot& spot) {
  if (walk_.scalar_of(spot) == nullptr) return std::nullopt;
  Field field = field_of(spot);
  return field.span.size() == 0 ? std::nullopt : std::optional(std::move(field));
}

std::string YamlPlaces::obstacle_of(const Spot& spot) {
  if (std::string shared = walk_.shared_with(spot); !shared.empty()) return shared;
  const YamlTreeNode& node = *spot.node;
  if (node.style == YamlTreeNode::Style::literal || node.style == YamlTreeNode::Style::folded) {
    return "a block text";
  }
  if (!node.tag.empty() && node.tag != "!!str" && node.tag != "!" &&
      node.tag != "tag:yaml.org,2002:str") {
    return fmt::format("the tag '{}'", node.tag);
  }
  return "";
}

void YamlPlaces::leave_alone(const Spot& spot, std::size_t at) {
  found_.left_alone.push_back({.path = path_of(spot), .at = at, .reason = std::string(kTemplate)});
}

void YamlPlaces::add(const Spot& spot, Role role) {
  if (!spot) return;
  if (walk_.scalar_of(spot) == nullptr) {
    // "{{ .Values.image }}" without quotes is a mapping in a mapping.
    const std::size_t begin = spot.node->span.begin;
    if (walk_.text().substr(begin).starts_with("{{")) leave_alone(spot, begin);
    return;
  }
  const std::string_view text = walk_.text_of(spot);
  const std::string_view trimmed = text.substr(0, text.find_last_not_of(kBlanks) + 1);
  const std::optional<std::size_t> before = size_before(trimmed, role);
  if (!before) return;
  if (is_template(trimmed)) {
    if (role != Role::hint || trimmed.find('/') != std::string_view::npos) {
      add_template(spot, *before);
    }
    return;
  }
  if (walk_.scalar_of(spot)->style == YamlTreeNode::Style::plain && is_no_text(text)) return;
  std::string obstacle = obstacle_of(spot);
  // Blanks after the text are YAML's own in a block alone.
  const std::string_view rest = (obstacle.empty() ? text : trimmed).substr(*before);
  std::optional<oci::Reference> reference = read_reference(rest);
  if (!reference || (needs_version(role) && !has_version(*reference))) return;
  Place place{.kind = std::string(kind_),
              .path = path_of(spot),
              .reference = std::move(*reference),
              .whole = field_of(spot),
              .before = *before,
              .obstacle = std::move(obstacle)};
  place.after = text.size() - *before - rest.size();
  found_.places.push_back(std::move(place));
}

void YamlPlaces::add_template(const Spot& spot, std::size_t before) {
  const std::string_view text = walk_.text_of(spot);
  const std::string_view rest = text.substr(before);
  const std::string_view lead = rest.substr(0, template_in(rest));
  const std::size_t mark = lead.find_last_of("/:@");
  const bool names_it = mark != std::string_view::npos && lead[mark] != '/';
  const std::string_view name = names_it ? lead.substr(0, mark) : std::string_view();
  std::optional<oci::Reference> reference = read_reference(name);
  if (!reference) return leave_alone(spot, spot.node->span.begin);
  found_.places.push_back({.kind = std::string(kind_),
                           .path = path_of(spot),
                           .reference = std::move(*reference),
                           .whole = field_of(spot),
                           .before = before,
                           .after = rest.size() - name.size(),
                           .obstacle = std::string(kTemplate)});
}

void YamlPlaces::add(const Parts& parts) {
  const std::string_view registry = walk_.text_of(parts.registry);
  std::string name(walk_.text_of(parts.name));
  if (name.empty()) return;
  if (name.starts_with("oci://")) name.erase(0, 6);
  if (!registry.empty()) name = fmt::format("{}/{}", registry, name);
  name += parts.suffix;
  if (is_template(name)) return leave_alone(parts.at, parts.name.node->span.begin);
  const std::optional<oci::Reference> repository = read_reference(name);
  if (!repository) return;

  Place place{.kind = std::string(kind_), .path = path_of(parts.at), .note = parts.note};
  place.name = field_of(parts.name);
  place.tag = part_of(parts.tag);
  place.digest = parts.new_digest ? parts.new_digest : part_of(parts.digest);
  std::string_view tag = walk_.text_of(parts.tag);
  std::string_view digest = walk_.text_of(parts.digest);
  if (has_version(*repository)) {
    if (tag.empty() && digest.empty()) add(parts.name, Role::hint);
    return;
  }
  place.obstacle = obstacle_of(parts, place);
  if (is_template(tag)) tag = {};
  if (is_template(digest)) digest = {};
  place.bare_digest = parts.digest && parts.digest.key == "sha" && !digest.starts_with("sha256:");
  std::string text = name;
  if (!tag.empty()) text.append(":").append(tag);
  if (!digest.empty() && tag.find('@') == std::string_view::npos) {
    text.append(place.bare_digest ? "@sha256:" : "@").append(digest);
  }
  std::optional<oci::Reference> reference = read_reference(text);
  if (!reference) return;
  place.reference = std::move(*reference);
  const YamlTreeNode* written = walk_.scalar_of(parts.tag);
  if (written != nullptr && written->style == YamlTreeNode::Style::plain && is_number(tag)) {
    join(place.note, "the tag is a number to YAML: quote it");
  }
  found_.places.push_back(std::move(place));
}

std::string YamlPlaces::obstacle_of(const Parts& parts, const Place& place) {
  if (!parts.obstacle.empty()) return parts.obstacle;
  const std::string_view tag = walk_.text_of(parts.tag);
  const std::string_view digest = walk_.text_of(parts.digest);
  if (is_template(tag) || is_template(digest)) return std::string(kTemplate);
  for (const Spot* part : {&parts.tag, &parts.digest}) {
    if (walk_.scalar_of(*part) == nullptr) continue;
    if (std::string obstacle = obstacle_of(*part); !obstacle.empty()) return obstacle;
  }
  if (!place.tag && !place.digest) return "neither a tag nor a digest is written";
  if (tag.empty() && !place.digest) return "the tag is empty: the chart chooses it";
  const std::size_t at = tag.find('@');
  if (at != std::string_view::npos && !digest.empty() && !tag.ends_with(digest)) {
    return "tag and digest name two digests";
  }
  return "";
}

}  // namespace stamp::pin
