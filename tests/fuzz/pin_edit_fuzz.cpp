// Whatever a file is: when its references are pinned, only the bytes of their fields change, a
// parser sees nothing else (edited() proves it, and must never fail to), and doing it again changes
// nothing. The first byte says what the file is called.

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "pin/edit.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace stamp;
using stamp::fuzz::must;

constexpr std::array<const char*, 8> kNames = {"apps/web.yaml", "values.yaml", "kustomization.yaml",
                                               "compose.yaml",  "main.tf",     "a.json",
                                               "web.container", "run.sh"};

/// The text without the bytes of the fields.
std::string rest_of(const std::string& text, const std::vector<pin::Edit>& edits) {
  std::string rest;
  std::size_t done = 0;
  for (const pin::Edit& edit : edits) {
    rest.append(text, done, edit.field.span.begin - done);
    done = edit.field.span.end;
  }
  return rest.append(text, done);
}

std::vector<pin::Edit> edits_of(const pin::FileText& file, const Digest& digest) {
  std::vector<pin::Edit> edits;
  for (const pin::Place& place : pin::find_places(file, {}).places) {
    if (!pin::obstacle_to(place, digest).empty()) continue;
    for (pin::Edit& edit : pin::edits_for(place, digest)) edits.push_back(std::move(edit));
  }
  std::sort(edits.begin(), edits.end(),
            [](const pin::Edit& a, const pin::Edit& b) { return a.field.span < b.field.span; });
  return edits;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input = stamp::fuzz::text_of(bytes, size);
  const auto which = static_cast<unsigned char>(input.front());
  const pin::FileText file{kNames[which % kNames.size()], std::string(input.substr(1))};
  static const Digest digest = Digest::of("new");
  stamp::fuzz::refusing_is_fine([&] {
    const std::vector<pin::Edit> edits = edits_of(file, digest);
    if (edits.empty()) return;
    const pin::FileText after{file.name, pin::edited(file, edits, {})};
    must(edits_of(after, digest).empty());
    // The same edits back give the same bytes, unless quotes had to come.
    std::size_t kept = 0;
    for (const pin::Edit& edit : edits) kept += pin::written(edit).size();
    must(after.text.size() == rest_of(file.text, edits).size() + kept);
  });
  return 0;
}
