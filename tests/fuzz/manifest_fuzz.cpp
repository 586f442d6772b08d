// What is accepted means the same after it was serialised.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>

#include "base/error.h"
#include "base/stream.h"
#include "oci/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using stamp::oci::Manifest;
  std::optional<Manifest> value;
  try {
    value = Manifest::parse(stamp::as_text(std::as_bytes(std::span(bytes, size))));
  } catch (const stamp::Error&) {
    return 0;
  }
  if (Manifest::parse(value->serialize()) != *value) std::abort();
  return 0;
}
