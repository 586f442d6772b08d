// A list that is accepted has one spelling: parse(x).serialize() == x.

#include <cstdint>
#include <cstdlib>
#include <optional>

#include "base/error.h"
#include "base/stream.h"
#include "layer/segment_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = stamp::as_text(std::as_bytes(std::span(bytes, size)));
  std::optional<stamp::layer::SegmentList> list;
  try {
    list = stamp::layer::SegmentList::parse(text);
  } catch (const stamp::Error&) {
    return 0;
  }
  if (list->serialize() != text) std::abort();
  return 0;
}
