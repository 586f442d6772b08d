// Whatever text it is, the shell's parser reads it or refuses it, and says so of a line of it.

#include "maintainer-scripts/shell/parser.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace stamp;
  const std::string_view text = fuzz::text_of(bytes, size);
  try {
    const scripts::shell::Program program = scripts::shell::parse_shell(text, "s");
    fuzz::must(program.source->text == text);
  } catch (const Error& error) {
    fuzz::must(error.headline().rfind("cannot read script 's': line ", 0) == 0);
  }
  return 0;
}
