#include "registry-client/manifest_text.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "oci/media_type.h"

namespace stamp::registry {
namespace {

Error wrong(std::string_view problem) {
  return Error(ErrorKind::corrupt, fmt::format("cannot read the manifest: {}", problem));
}

Json parse(std::string_view text) {
  Json document =
      during("reading a manifest", ErrorKind::corrupt, [&] { return parse_json(text); });
  if (!document.is_object()) throw wrong("it is no object");
  return document;
}

std::string text_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return {};
  if (!found->is_string()) throw wrong(fmt::format("{}: it must be text", name));
  return found->get<std::string>();
}

/// The type without parameters.
std::string bare_type(std::string_view field) {
  std::string_view type = field.substr(0, field.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return lower_case(type);
}

/// Types that servers give to what they do not know.
bool says_nothing(std::string_view type) {
  return type.empty() || type == "application/json" || type == "application/octet-stream" ||
         type == "text/plain";
}

}  // namespace

std::string manifest_type(std::string_view text, std::string_view announced) {
  const Json document = parse(text);
  const bool index = document.contains("manifests");
  const bool manifest =
      document.contains("layers") || document.contains("config") || document.contains("fsLayers");
  // One text must not be readable as two things.
  if (index && manifest) throw wrong("it is a manifest and an index at once");
  std::string own = lower_case(text_member(document, "mediaType"));
  std::string outer = bare_type(announced);
  if (!own.empty()) {
    if (!says_nothing(outer) && outer != own) {
      throw wrong(fmt::format("it came as '{}' but says that it is '{}'", printable(outer, 100),
                              printable(own, 100)));
    }
    if ((index && oci::is_manifest(own)) || (manifest && oci::is_index(own))) {
      throw wrong(fmt::format("its members are not those of '{}'", own));
    }
    return own;
  }
  if (!says_nothing(outer)) {
    if ((index && oci::is_manifest(outer)) || (manifest && oci::is_index(outer))) {
      throw wrong(fmt::format("its members are not those of '{}'", outer));
    }
    return outer;
  }
  if (!index && !manifest) throw wrong("nothing says what it is");
  return std::string(index ? oci::kMediaTypeIndex : oci::kMediaTypeManifest);
}

std::optional<oci::Descriptor> subject_of(std::string_view text) {
  const Json document = parse(text);
  const auto found = document.find("subject");
  if (found == document.end() || found->is_null()) return std::nullopt;
  if (!found->is_object()) throw wrong("subject: it must be an object");
  oci::Descriptor subject;
  subject.media_type = text_member(*found, "mediaType");
  subject.digest = during("reading the manifest's subject", ErrorKind::corrupt,
                          [&] { return Digest::parse(text_member(*found, "digest")); });
  return subject;
}

ReferrerFacts referrer_facts(std::string_view text) {
  const Json document = parse(text);
  ReferrerFacts facts = {.artifact_type = text_member(document, "artifactType")};
  const auto config = document.find("config");
  if (facts.artifact_type.empty() && config != document.end() && config->is_object()) {
    facts.artifact_type = text_member(*config, "mediaType");
  }
  const auto annotations = document.find("annotations");
  if (annotations != document.end() && annotations->is_object()) {
    for (const auto& [name, value] : annotations->items()) {
      if (value.is_string()) facts.annotations.emplace(name, value.get<std::string>());
    }
  }
  return facts;
}

}  // namespace stamp::registry
