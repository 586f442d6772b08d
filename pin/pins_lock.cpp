#include "pin/pins_lock.h"

#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "oci/reference.h"

namespace stamp::pin {
namespace {

constexpr std::string_view kHint =
    "restore it from version control, or delete it: 'stamp pin --all' makes it anew from what the "
    "manifests say";

Error broken(std::string_view file, std::string_view why) {
  return Error(ErrorKind::invalid, fmt::format("cannot read '{}': {}", file, why),
               {.hint = std::string(kHint)});
}

/// The member of an object that is a text. Errors: invalid.
std::string text_of(std::string_view file, const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    throw broken(file, fmt::format("an image has no '{}'", key));
  }
  return found->get<std::string>();
}

}  // namespace

PinsLock parse_pins_lock(std::string_view file, std::string_view text) {
  return hinting(ErrorKind::invalid, kHint, [&] {
    const Json document =
        during(fmt::format("reading '{}'", file), [&] { return parse_json(text); });
    if (!document.is_object() || !document.contains("format") || !document.contains("images") ||
        !document["images"].is_array()) {
      throw broken(file, "it is no list of images");
    }
    if (document["format"] != kPinsFormat) {
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot read '{}': it has format {}, this program reads {}", file,
                              document["format"].dump(), kPinsFormat),
                  {.hint = "use a newer stamp"});
    }
    PinsLock lock;
    for (const Json& item : document["images"]) {
      if (!item.is_object()) throw broken(file, "an image is no object");
      const oci::Reference image = oci::Reference::parse(text_of(file, item, "image"));
      if (image.digest) throw broken(file, "an image is named by digest");
      lock.images.emplace(image.str(), Digest::parse(text_of(file, item, "digest")));
    }
    if (serialize(lock) != text) throw broken(file, "it is not as stamp wrote it");
    return lock;
  });
}

std::string serialize(const PinsLock& lock) {
  std::string text = fmt::format("{{\n  \"format\": {},\n  \"images\": [", kPinsFormat);
  bool is_first = true;
  for (const auto& [image, digest] : lock.images) {
    // References have no character that JSON would escape.
    text += fmt::format("{}\n    {{\"image\": \"{}\", \"digest\": \"{}\"}}", is_first ? "" : ",",
                        image, digest.str());
    is_first = false;
  }
  text += is_first ? "]\n}\n" : "\n  ]\n}\n";
  return text;
}

}  // namespace stamp::pin
