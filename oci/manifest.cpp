#include "oci/manifest.h"

#include <fmt/core.h>

#include "oci/descriptor_json.h"

namespace stamp::oci {
namespace {

Manifest read_manifest(const JsonFieldView& document) {
  check_schema_version(document);
  // One text must not be readable as two things. Spec: GHSA-mc8v-mgrf-8f4m (CVE-2021-41190).
  for (const std::string_view name : {"manifests", "fsLayers"}) {
    if (const auto field = document.optional(name)) throw field->wrong("a manifest has none");
  }
  Manifest manifest;
  if (const auto type = document.optional("mediaType")) {
    if (!is_manifest(type->text())) {
      throw type->wrong(
          fmt::format("'{}' is not the type of a manifest", printable(type->text(), 80)));
    }
    manifest.media_type = type->text();
  }
  manifest.artifact_type = read_media_type(document, "artifactType");
  manifest.config = read_descriptor(document.required("config"));
  for (const JsonFieldView& layer : document.required("layers").items()) {
    manifest.layers.push_back(read_descriptor(layer));
  }
  if (const auto subject = document.optional("subject")) {
    manifest.subject = read_descriptor(*subject);
  }
  manifest.annotations = read_annotations(document);
  return manifest;
}

}  // namespace

Manifest Manifest::parse(std::string_view text) {
  return read_document(text, "manifest", read_manifest);
}

std::string Manifest::serialize() const {
  Json json = {{"schemaVersion", 2},
               {"mediaType", media_type},
               {"config", to_json(config)},
               {"layers", Json::array()}};
  for (const Descriptor& layer : layers) json["layers"].push_back(to_json(layer));
  if (!artifact_type.empty()) json["artifactType"] = artifact_type;
  if (subject) json["subject"] = to_json(*subject);
  if (!annotations.empty()) json["annotations"] = annotations;
  return canonical_json(json);
}

}  // namespace stamp::oci
