#include "oci/index.h"

#include <algorithm>

#include <fmt/core.h>

#include "oci/descriptor_json.h"

namespace stamp::oci {
namespace {

Index read_index(const JsonFieldView& document) {
  check_schema_version(document);
  // One text must not be readable as two things. Spec: GHSA-mc8v-mgrf-8f4m (CVE-2021-41190).
  for (const std::string_view name : {"layers", "config", "fsLayers"}) {
    if (const auto field = document.optional(name)) throw field->wrong("an index has none");
  }
  Index index;
  if (const auto type = document.optional("mediaType")) {
    if (!is_index(type->text())) {
      throw type->wrong(
          fmt::format("'{}' is not the type of an index", printable(type->text(), 80)));
    }
    index.media_type = type->text();
  }
  index.artifact_type = read_media_type(document, "artifactType");
  const JsonFieldView manifests = document.required("manifests");
  if (manifests.json().is_array() && manifests.json().size() > Index::kMaxManifests) {
    throw manifests.wrong(fmt::format("it has {} entries, more than {}", manifests.json().size(),
                                      Index::kMaxManifests));
  }
  for (const JsonFieldView& manifest : manifests.items()) {
    index.manifests.push_back(read_descriptor(manifest));
  }
  if (const auto subject = document.optional("subject")) {
    index.subject = read_descriptor(*subject);
  }
  index.annotations = read_annotations(document);
  return index;
}

}  // namespace

Index Index::parse(std::string_view text) {
  return read_document(text, "index", read_index);
}

std::string Index::serialize() const {
  Json json = {{"schemaVersion", 2}, {"mediaType", media_type}, {"manifests", Json::array()}};
  for (const Descriptor& manifest : manifests) json["manifests"].push_back(to_json(manifest));
  if (!artifact_type.empty()) json["artifactType"] = artifact_type;
  if (subject) json["subject"] = to_json(*subject);
  if (!annotations.empty()) json["annotations"] = annotations;
  return canonical_json(json);
}

const Descriptor* Index::find(const Platform& platform) const {
  const auto found = std::ranges::find_if(manifests, [&](const Descriptor& manifest) {
    return is_manifest(manifest.media_type) && manifest.platform == platform;
  });
  return found == manifests.end() ? nullptr : &*found;
}

}  // namespace stamp::oci
