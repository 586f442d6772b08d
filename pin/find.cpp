#include "pin/find.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "pin/by_position.h"

namespace stamp::pin {
namespace {

Found find_by_format(const FileText& file, const workspace::PinSettings& settings) {
  switch (format_of(file.name)) {
    case Format::yaml:
    case Format::json:
      return find_in_yaml(file, settings);
    case Format::hcl:
      return find_in_hcl(file);
    case Format::unit:
      return find_in_unit(file);
    case Format::text:
      break;
  }
  return {};
}

}  // namespace

Found find_places(const FileText& file, const workspace::PinSettings& settings) {
  Found found = find_by_format(file, settings);
  Found marked = find_marked(file);
  // What the format knows goes before: a marker on its line adds nothing to it.
  std::ranges::move(marked.places, std::back_inserter(found.places));
  std::ranges::move(marked.left_alone, std::back_inserter(found.left_alone));
  return by_position(std::move(found));
}

}  // namespace stamp::pin
