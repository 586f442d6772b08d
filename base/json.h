#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace stamp {

/// JSON with keys in byte order: dumping it is canonical.
using Json = nlohmann::json;

/// Parses one JSON document, strictly: UTF-8, no duplicate keys, at most 64 levels, nothing after
/// it. Errors: invalid, with the byte position. Spec: RFC 8259; RFC 7493 (I-JSON) section 2.3 for
/// duplicate names.
Json parse_json(std::string_view text);

/// The canonical bytes: keys sorted by bytes, no white space, no floating point.
/// Errors: internal (a floating-point number, or text that is not UTF-8).
std::string canonical_json(const Json& document);

}  // namespace stamp
