// A recipe is read whole or its problems are listed, each with a place inside the text.

#include <algorithm>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"
#include "workspace/recipe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace stamp;
  const std::string text(fuzz::text_of(bytes, size));
  fuzz::refusing_is_fine([&] {
    std::vector<Diagnostic> problems;
    workspace::parse_recipe("app/recipe.yaml", text, "/nonexistent/app", problems);
    for (const Diagnostic& problem : problems) fuzz::must(!problem.message.empty());
  });
  return 0;
}
