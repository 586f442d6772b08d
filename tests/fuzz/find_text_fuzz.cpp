// What is found stands in the file as it is said to, whatever the file is: the bytes of each field
// say its text, the fields together say the reference, and places come in order and do not overlap.
// The first byte says which of the scanners looks.

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "pin/find.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace stamp;
using stamp::fuzz::must;

pin::Found find(char which, const pin::FileText& file) {
  if (which == 'h') return pin::find_in_hcl(file);
  return which == 'u' ? pin::find_in_unit(file) : pin::find_marked(file);
}

void check_field(const pin::Field& field, std::string_view text) {
  must(field.span.begin <= field.span.end && field.span.end <= text.size());
  const std::string_view bytes = field.span.of(text);
  if (field.notation == pin::Notation::bare) return must(bytes == field.text);
  must(field.notation == pin::Notation::hcl && bytes.size() >= 2);
  must(bytes.front() == '"' && bytes.back() == '"');
  if (bytes.find('\\') == std::string_view::npos && bytes.find('{') == std::string_view::npos) {
    must(bytes.substr(1, bytes.size() - 2) == field.text);
  }
}

void check_place(const pin::Place& place, std::string_view text) {
  must(place.whole.has_value() != place.name.has_value());
  must(oci::Reference::parse(place.reference.str()) == place.reference);
  for (const auto& field : {place.whole, place.name, place.tag, place.digest}) {
    if (field) check_field(*field, text);
  }
  if (place.name) must(place.tag || place.digest);
  if (!place.whole) return;
  const std::string& whole = place.whole->text;
  must(place.before + place.after <= whole.size());
  const std::string said = whole.substr(place.before, whole.size() - place.before - place.after);
  must(pin::read_reference(said) == place.reference);
}

/// The bytes that may be changed.
std::vector<ByteSpan> bytes_of(const std::vector<pin::Place>& places) {
  std::vector<ByteSpan> out;
  for (const pin::Place& place : places) {
    for (const auto& field : {place.whole, place.tag, place.digest}) {
      if (field) out.push_back(field->span);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input = stamp::fuzz::text_of(bytes, size);
  const pin::FileText file{"file", std::string(input.substr(1))};
  stamp::fuzz::refusing_is_fine([&] {
    const pin::Found found = find(input.front(), file);
    for (const pin::Place& place : found.places) check_place(place, file.text);
    for (const pin::LeftAlone& left : found.left_alone) must(left.at <= file.text.size());
    const std::vector<ByteSpan> spans = bytes_of(found.places);
    for (std::size_t i = 1; i < spans.size(); ++i) must(spans[i - 1].end <= spans[i].begin);
    const auto begin_of = [](const pin::Place& place) { return place.first().span.begin; };
    must(std::ranges::is_sorted(found.places, {}, begin_of));
  });
  return 0;
}
