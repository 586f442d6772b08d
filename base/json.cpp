#include "base/json.h"

#include <set>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp {
namespace {

constexpr std::size_t kMaxDepth = 64;

/// Builds the document through nlohmann's own DOM parser, with duplicate keys and depth checked on
/// the way.
class Checker {
 public:
  /// The callback of Json::parse. Returns true to keep the value.
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (static_cast<std::size_t>(depth) > kMaxDepth) {
      throw Error(ErrorKind::invalid, fmt::format("JSON nested deeper than {} levels", kMaxDepth));
    }
    switch (event) {
      case Json::parse_event_t::object_start:
        keys_.emplace_back();
        break;
      case Json::parse_event_t::object_end:
        keys_.pop_back();
        break;
      case Json::parse_event_t::key:
        if (!keys_.back().insert(parsed.get<std::string>()).second) {
          throw Error(ErrorKind::invalid, fmt::format("duplicate key '{}' in JSON",
                                                      printable(parsed.get<std::string>(), 80)));
        }
        break;
      default:
        break;
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> keys_;
};

void refuse_floats(const Json& value) {
  if (value.is_number_float()) {
    throw Error(ErrorKind::internal, "a floating-point number has no canonical JSON form");
  }
  if (value.is_structured()) {
    for (const Json& child : value) refuse_floats(child);
  }
}

}  // namespace

Json parse_json(std::string_view text) {
  Checker checker;
  try {
    return Json::parse(text, [&](int depth, Json::parse_event_t event, Json& parsed) {
      return checker(depth, event, parsed);
    });
  } catch (const Json::parse_error& error) {
    throw Error(ErrorKind::invalid, fmt::format("not valid JSON: error at byte {}", error.byte));
  }
}

std::string canonical_json(const Json& document) {
  refuse_floats(document);
  try {
    return document.dump(-1, ' ', false, Json::error_handler_t::strict);
  } catch (const Json::exception&) {
    throw Error(ErrorKind::internal, "text that is not UTF-8 has no canonical JSON form");
  }
}

}  // namespace stamp
