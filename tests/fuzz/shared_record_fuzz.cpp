// The record of a result that another machine made, as a signer may have written it: what is
// accepted means the same after it was written again, and reading it as a step's result ends in an
// Error at most.

#include "builder/sharing/shared_check.h"
#include "builder/sharing/shared_result.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace stamp;
  using Kind = build::SharedStep::Kind;
  const Digest key = Digest::of("step");
  const std::string_view text = fuzz::text_of(bytes, size);
  fuzz::refusing_is_fine([&] {
    const cache::Result result = build::read_shared_record(text, key);
    const registry::ManifestText again = build::shared_manifest(key, result, {nullptr, "stamp"});
    fuzz::must(build::read_shared_manifest(again, key, nullptr) == result);
    for (const Kind kind : {Kind::segment, Kind::layer, Kind::image}) {
      fuzz::refusing_is_fine([&] { build::check_result(kind, result); });
    }
  });
  return 0;
}
