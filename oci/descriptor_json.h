#pragma once

#include "base/json.h"
#include "oci/descriptor.h"
#include "oci/json_field.h"

namespace stamp::oci {

/// Reads a descriptor. Errors: invalid.
Descriptor read_descriptor(const JsonFieldView& field);
/// A descriptor as JSON, absent members left out.
Json to_json(const Descriptor& descriptor);
/// Reads `name` as a media type, or "" when it is absent. Errors: invalid.
std::string read_media_type(const JsonFieldView& object, std::string_view name);
/// The names and texts of `annotations`; empty when absent. Errors: invalid.
Annotations read_annotations(const JsonFieldView& object);
/// Errors: invalid, unless `schemaVersion` is 2.
void check_schema_version(const JsonFieldView& document);

}  // namespace stamp::oci
