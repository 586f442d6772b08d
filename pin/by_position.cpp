#include "pin/by_position.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace stamp::pin {
namespace {

/// Spans that do not overlap, by their first byte.
class Spans {
 public:
  bool overlap(const ByteSpan& span) const {
    const auto next = ends_.upper_bound(span.begin);
    if (next != ends_.end() && next->first < span.end) return true;
    return next != ends_.begin() && std::prev(next)->second > span.begin;
  }
  void add(const ByteSpan& span) { ends_.emplace(span.begin, span.end); }

 private:
  std::map<std::size_t, std::size_t> ends_;
};

}  // namespace

Found by_position(Found found) {
  Spans taken;
  std::set<std::size_t> fixed_names;  // of places without anything that may change
  std::vector<Place> kept;
  kept.reserve(found.places.size());
  for (Place& place : found.places) {
    // What is only read, as a name is, may be part of several places.
    const std::array<const std::optional<Field>*, 3> fields{&place.whole, &place.tag,
                                                            &place.digest};
    const bool shares = std::ranges::any_of(fields, [&](const std::optional<Field>* field) {
      return field->has_value() && taken.overlap((*field)->span);
    });
    const bool fixed = !place.whole && !place.tag && !place.digest;
    if (shares || (fixed && !fixed_names.insert(place.name->span.begin).second)) continue;
    for (const std::optional<Field>* field : fields) {
      if (field->has_value()) taken.add((*field)->span);
    }
    kept.push_back(std::move(place));
  }
  std::stable_sort(kept.begin(), kept.end(), [](const Place& a, const Place& b) {
    return a.first().span.begin < b.first().span.begin;
  });
  const auto before = [](const LeftAlone& a, const LeftAlone& b) { return a.at < b.at; };
  const auto same = [](const LeftAlone& a, const LeftAlone& b) { return a.at == b.at; };
  std::stable_sort(found.left_alone.begin(), found.left_alone.end(), before);
  found.left_alone.erase(std::unique(found.left_alone.begin(), found.left_alone.end(), same),
                         found.left_alone.end());
  found.places = std::move(kept);
  return found;
}

}  // namespace stamp::pin
