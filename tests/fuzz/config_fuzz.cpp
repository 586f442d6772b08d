// What is accepted means the same after it was serialised.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>

#include "base/error.h"
#include "base/stream.h"
#include "oci/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using stamp::oci::ImageConfig;
  std::optional<ImageConfig> value;
  try {
    value = ImageConfig::parse(stamp::as_text(std::as_bytes(std::span(bytes, size))));
  } catch (const stamp::Error&) {
    return 0;
  }
  if (ImageConfig::parse(value->serialize()) != *value) std::abort();
  return 0;
}
