#include "oci/descriptor_json.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/stream.h"
#include "oci/media_type.h"

namespace stamp::oci {
namespace {

/// Decodes base64 with padding (RFC 4648 section 4); nothing when it is not that.
std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  while (!text.empty()) {
    const bool last = text.size() == 4;
    const std::size_t padding = last && text[3] == '=' ? (text[2] == '=' ? 2U : 1U) : 0U;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4 - padding; ++i) {
      const std::size_t value = kDigits.find(text[i]);
      if (value == std::string_view::npos) return std::nullopt;
      bits |= static_cast<std::uint32_t>(value) << (18U - 6U * i);
    }
    // Bits that no byte takes must be zero, or two texts would mean the same bytes.
    if ((bits & ((1U << (8U * padding)) - 1U)) != 0) return std::nullopt;
    for (std::size_t i = 0; i < 3 - padding; ++i) {
      out += static_cast<char>((bits >> (16U - 8U * i)) & 0xFFU);
    }
    text.remove_prefix(4);
  }
  return out;
}

/// Spec: descriptor.md: the decoded data must match digest and size.
void check_data(const JsonFieldView& data, const Descriptor& descriptor) {
  const std::optional<std::string> bytes = decode_base64(data.text());
  if (!bytes) throw data.wrong("it is not base64");
  if (bytes->size() != descriptor.size || Digest::of(*bytes) != descriptor.digest) {
    throw data.wrong("it does not have the size and the digest of its descriptor");
  }
}

Platform read_platform(const JsonFieldView& field) {
  const std::string& os = field.required("os").text();
  const std::string& architecture = field.required("architecture").text();
  return during("reading a platform of the index",
                [&] { return Platform::of(os, architecture, field.text_or_empty("variant")); });
}

}  // namespace

std::string read_media_type(const JsonFieldView& object, std::string_view name) {
  const std::optional<JsonFieldView> field = object.optional(name);
  if (!field) return {};
  if (!is_media_type(field->text())) {
    throw field->wrong(fmt::format("'{}' is not a media type", printable(field->text(), 80)));
  }
  return field->text();
}

Annotations read_annotations(const JsonFieldView& object) {
  const std::optional<JsonFieldView> field = object.optional("annotations");
  return field ? field->text_map() : Annotations();
}

void check_schema_version(const JsonFieldView& document) {
  const JsonFieldView version = document.required("schemaVersion");
  if (version.json() != 2) throw version.wrong("only version 2 is known");
}

Descriptor read_descriptor(const JsonFieldView& field) {
  Descriptor descriptor;
  static_cast<void>(field.required("mediaType"));
  descriptor.media_type = read_media_type(field, "mediaType");
  descriptor.digest = field.required("digest").digest();
  descriptor.size = field.required("size").size();
  descriptor.artifact_type = read_media_type(field, "artifactType");
  descriptor.annotations = read_annotations(field);
  if (const auto platform = field.optional("platform")) {
    descriptor.platform = read_platform(*platform);
  }
  if (const auto urls = field.optional("urls")) static_cast<void>(urls->texts());
  if (const auto data = field.optional("data")) check_data(*data, descriptor);
  return descriptor;
}

Json to_json(const Descriptor& descriptor) {
  Json json = {{"mediaType", descriptor.media_type},
               {"digest", descriptor.digest.str()},
               {"size", descriptor.size}};
  if (!descriptor.artifact_type.empty()) json["artifactType"] = descriptor.artifact_type;
  if (!descriptor.annotations.empty()) json["annotations"] = descriptor.annotations;
  if (descriptor.platform) {
    json["platform"] = {{"os", descriptor.platform->os},
                        {"architecture", descriptor.platform->architecture}};
    if (!descriptor.platform->variant.empty()) {
      json["platform"]["variant"] = descriptor.platform->variant;
    }
  }
  return json;
}

}  // namespace stamp::oci
