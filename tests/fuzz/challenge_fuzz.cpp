// What a server may send is read or refused; what is read has schemes and names in lower case.

#include <cstddef>

#include "registry-client/challenge.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  stamp::fuzz::refusing_is_fine([&] {
    const auto challenges = stamp::registry::parse_challenges(stamp::fuzz::text_of(bytes, size));
    constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (const auto& challenge : challenges) {
      stamp::fuzz::must(!challenge.scheme.empty());
      stamp::fuzz::must(challenge.scheme.find_first_of(kUpper) == std::string::npos);
      for (const auto& [name, value] : challenge.parameters) {
        stamp::fuzz::must(!name.empty() && value.size() <= size);
        stamp::fuzz::must(name.find_first_of(kUpper) == std::string::npos);
      }
    }
  });
  return 0;
}
