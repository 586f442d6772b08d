// What is accepted is written back as a text that means the same.

#include <cstddef>

#include "oci/reference.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using stamp::oci::Reference;
  stamp::fuzz::refusing_is_fine([&] {
    const Reference reference = Reference::parse(stamp::fuzz::text_of(bytes, size));
    stamp::fuzz::must(Reference::parse(reference.str()) == reference);
    stamp::fuzz::must(stamp::oci::is_repository(reference.repository));
    stamp::fuzz::must(reference.host.find_first_of("/@ ") == std::string::npos);
  });
  return 0;
}
