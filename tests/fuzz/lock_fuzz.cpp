// There is one way to write a lock: what is read is written again byte for byte.

#include "tests/fuzz/fuzz.h"
#include "workspace/lock.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace stamp;
  const std::string_view text = fuzz::text_of(bytes, size);
  fuzz::refusing_is_fine(
      [&] { fuzz::must(workspace::serialize(workspace::parse_lock("stamp.lock", text)) == text); });
  return 0;
}
