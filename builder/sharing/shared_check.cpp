#include "builder/sharing/shared_check.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "builder/image/image.h"
#include "builder/store/layer_store.h"
#include "builder/store/segment_store.h"

namespace stamp::build {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::corrupt, why);
}

bool has_float(const Json& value) {
  if (!value.is_structured()) return value.is_number_float();
  return std::any_of(value.begin(), value.end(), has_float);
}

/// Whether a note is what canonical_json() writes.
bool is_canonical(const std::string& note) {
  const Json parsed = parse_json(note);
  return !has_float(parsed) && canonical_json(parsed) == note;
}

bool has_names(const cache::Result& result, std::initializer_list<std::string_view> names) {
  return std::equal(
      result.outputs.begin(), result.outputs.end(), names.begin(), names.end(),
      [](const cache::Output& output, std::string_view name) { return output.name == name; });
}

/// "folders"; then "piece", each with one "list" after it or with none.
bool has_names_of_layer(const cache::Result& result) {
  std::string_view before;
  for (const cache::Output& output : result.outputs) {
    const bool fits = before.empty()          ? output.name == "folders"
                      : output.name == "list" ? before == "piece"
                                              : output.name == "piece";
    if (!fits) return false;
    before = output.name;
  }
  return !before.empty();
}

void check_layer(const cache::Result& result) {
  if (!has_names_of_layer(result)) refuse("its outputs are not those of a layer");
  const StoredLayer layer = read_layer_result(result);
  static_cast<void>(compression_of(layer.media_type));
  std::uint64_t size = 0;
  for (const LayerPiece& piece : layer.pieces) size += piece.segment.blob.size;
  if (size != layer.size) {
    refuse(fmt::format("its pieces have {} bytes, and its note says {}", size, layer.size));
  }
}

void check_segment(const cache::Result& result) {
  const bool fits =
      has_names(result, {"segment", "list"}) || has_names(result, {"segment", "list", "package"});
  if (!fits) refuse("its outputs are not those of a segment");
  static_cast<void>(read_segment_result(result));
}

void check_image(const cache::Result& result) {
  if (!has_names(result, {"manifest", "config"})) refuse("its outputs are not those of an image");
  static_cast<void>(read_image_result(result));
}

void check(SharedStep::Kind kind, const cache::Result& result) {
  if (!is_canonical(result.note)) refuse("its note is not canonical JSON");
  switch (kind) {
    case SharedStep::Kind::segment:
      return check_segment(result);
    case SharedStep::Kind::layer:
      return check_layer(result);
    default:
      return check_image(result);
  }
}

}  // namespace

void check_result(SharedStep::Kind kind, const cache::Result& result) {
  try {
    during("looking at the result of a step", ErrorKind::corrupt, [&] { check(kind, result); });
  } catch (const Json::exception&) {
    refuse("its note lacks something, or has something of another type");
  }
}

}  // namespace stamp::build
