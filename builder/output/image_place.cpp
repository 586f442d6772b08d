#include "builder/output/image_place.h"

#include <array>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::build {
namespace {

struct KindName {
  std::string_view prefix;
  ImagePlace::Kind kind;
};
constexpr std::array<KindName, 4> kKinds = {
    {{"docker://", ImagePlace::Kind::registry},
     {"oci:", ImagePlace::Kind::layout},
     {"oci-archive:", ImagePlace::Kind::oci_archive},
     {"docker-archive:", ImagePlace::Kind::docker_archive}}};

[[noreturn]] void refuse(std::string_view text, std::string_view problem, std::string hint) {
  throw Error(ErrorKind::usage, fmt::format("cannot use '{}': {}", printable(text, 300), problem),
              {.hint = std::move(hint)});
}

/// A name in a registry. Errors: usage.
oci::Reference parse_reference(std::string_view text, std::string_view name) {
  if (name.empty()) refuse(text, "it names no image", "docker://registry.example/app:1.4");
  return during(fmt::format("reading '{}'", printable(text, 300)), [&] {
    oci::Reference reference = oci::Reference::parse(name);
    if (!reference.tag.empty() || reference.digest) return reference;
    refuse(text, "it has neither a tag nor a digest", fmt::format("{}:latest", text));
  });
}

/// A path, and behind its last colon a tag.
void parse_tagged_path(ImagePlace& place, std::string_view rest) {
  const std::size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find('/', colon) == std::string_view::npos) {
    place.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!oci::is_tag(place.tag)) {
      refuse(place.text, fmt::format("'{}' is not a tag", printable(place.tag, 80)),
             "a tag has letters, digits, '_', '.' and '-', at most 128, and begins with one of the "
             "first three");
    }
  }
  place.path = rest;
}

/// A path, and behind its first colon a name.
void parse_named_path(ImagePlace& place, std::string_view rest) {
  const std::size_t colon = rest.find(':');
  place.path = rest.substr(0, colon);
  if (colon == std::string_view::npos) return;
  place.reference = parse_reference(place.text, rest.substr(colon + 1));
  if (place.reference.digest) {
    refuse(place.text, "images in a docker archive have no digest", "leave it out");
  }
}

std::string hint_for(std::string_view text) {
  if (text.empty()) return {};
  if (text.find("://") != std::string_view::npos) return {};
  return fmt::format("docker://{0} for an image in a registry, oci:{0} for a folder", text);
}

}  // namespace

ImagePlace ImagePlace::parse(std::string_view text) {
  for (const KindName& name : kKinds) {
    if (!text.starts_with(name.prefix)) continue;
    const std::string_view rest = text.substr(name.prefix.size());
    ImagePlace place;
    place.kind = name.kind;
    place.text = text;
    if (name.kind == Kind::registry) {
      place.reference = parse_reference(text, rest);
      return place;
    }
    if (name.kind == Kind::docker_archive) {
      parse_named_path(place, rest);
    } else {
      parse_tagged_path(place, rest);
    }
    if (place.path.empty()) {
      refuse(text, "it names no file or folder", fmt::format("{}out/app", name.prefix));
    }
    return place;
  }
  refuse(text,
         "an image is docker://REFERENCE, oci:DIR[:TAG], oci-archive:FILE[:TAG] or "
         "docker-archive:FILE[:REFERENCE]",
         hint_for(printable(text, 100)));
}

}  // namespace stamp::build
