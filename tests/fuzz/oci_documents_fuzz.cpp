// Writing what was read is stable: a second reading and writing changes nothing.

#include "oci/config.h"
#include "oci/index.h"
#include "oci/manifest.h"
#include "tests/fuzz/fuzz.h"

namespace {

template <typename Document>
void read_write(std::string_view text) {
  stamp::fuzz::refusing_is_fine([&] {
    const std::string written = Document::parse(text).serialize();
    stamp::fuzz::must(Document::parse(written).serialize() == written);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace stamp;
  const std::string_view text = fuzz::text_of(bytes, size);
  read_write<oci::Manifest>(text);
  read_write<oci::Index>(text);
  read_write<oci::ImageConfig>(text);
  return 0;
}
