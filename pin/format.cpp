#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"
#include "pin/find.h"

namespace stamp::pin {
namespace {

struct Suffix {
  std::string_view suffix;
  Format format;
};

constexpr std::array<Suffix, 13> kSuffixes{{
    {".yaml", Format::yaml},
    {".yml", Format::yaml},
    {".json", Format::json},
    {".tf", Format::hcl},
    {".tfvars", Format::hcl},
    {".hcl", Format::hcl},
    {".container", Format::unit},
    {".image", Format::unit},
    {".pod", Format::unit},
    {".volume", Format::unit},
    {".kube", Format::unit},
    {".build", Format::unit},
    {".service", Format::unit},
}};

}  // namespace

Format format_of(std::string_view file) {
  const std::string name = lower_case(file.substr(file.rfind('/') + 1));
  if (name == "kustomization") return Format::yaml;
  const auto* const known = std::find_if(
      kSuffixes.begin(), kSuffixes.end(),
      [&](const Suffix& suffix) { return std::string_view(name).ends_with(suffix.suffix); });
  return known == kSuffixes.end() ? Format::text : known->format;
}

}  // namespace stamp::pin
