#include "base/json.h"

#include <set>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp {
namespace {

constexpr std::size_t kMaxDepth = 64;

/// Watches nlohmann's parser for what it lets pass: duplicate keys and depth.
class Checker {
 public:
  /// The callback of Json::parse. Returns true to keep the value.
  bool operator()(Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      next_item();
      if (frames_.size() == kMaxDepth) {
        throw Error(ErrorKind::invalid,
                    fmt::format("not valid JSON: nested deeper than {} levels", kMaxDepth));
      }
      frames_.push_back({.is_array = event == Event::array_start});
    } else if (event == Event::object_end || event == Event::array_end) {
      frames_.pop_back();
    } else if (event == Event::key) {
      add_key(parsed.get_ref<const std::string&>());
    } else {
      next_item();
    }
    return true;
  }

 private:
  /// An object or array that is open: what was seen of it, and where in it the parser is.
  struct Frame {
    bool is_array = false;
    std::size_t items = 0;
    std::string key;
    std::set<std::string> keys;
  };

  void next_item() {
    if (!frames_.empty() && frames_.back().is_array) ++frames_.back().items;
  }

  void add_key(const std::string& key) {
    Frame& frame = frames_.back();
    frame.key = key;
    if (frame.keys.insert(key).second) return;
    const std::string place = path();
    throw Error(ErrorKind::invalid, fmt::format("not valid JSON: duplicate key '{}'{}{}{}",
                                                printable(key, 80), place.empty() ? "" : " in '",
                                                printable(place, 200), place.empty() ? "" : "'"));
  }

  /// Where the innermost open object is: "layers[2].annotations".
  std::string path() const {
    std::string path;
    for (std::size_t i = 0; i + 1 < frames_.size(); ++i) {
      const Frame& frame = frames_[i];
      if (frame.is_array) {
        path += fmt::format("[{}]", frame.items - 1);
      } else {
        path += (path.empty() ? "" : ".") + frame.key;
      }
    }
    return path;
  }

  std::vector<Frame> frames_;
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
    return Json::parse(text, [&](int /*depth*/, Json::parse_event_t event, Json& parsed) {
      return checker(event, parsed);
    });
  } catch (const Json::parse_error& error) {
    throw Error(ErrorKind::invalid, fmt::format("not valid JSON: error at byte {}", error.byte));
  } catch (const Json::out_of_range&) {
    throw Error(ErrorKind::invalid, "not valid JSON: a number is too large");
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
