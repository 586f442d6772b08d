#include "oci/platform.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "base/text.h"

namespace stamp::oci {
namespace {

constexpr std::array<std::string_view, 14> kArchitectures = {
    "386",  "amd64",  "arm",   "arm64",   "loong64", "mips64", "mips64le",
    "mips", "mipsle", "ppc64", "ppc64le", "riscv64", "s390x",  "wasm"};

Error not_a_platform(std::string_view text) {
  return {ErrorKind::invalid,
          fmt::format("'{}' is not a platform of the form os/architecture[/variant]",
                      printable(text, 80)),
          {.hint = "write it like linux/amd64 or linux/arm64"}};
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.front() != '.' &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == '-';
         });
}

/// Other names for an architecture, and what they mean. Spec: containerd's platforms package, which
/// Docker and Kubernetes use.
void normalise(Platform& platform) {
  std::string& architecture = platform.architecture;
  std::string& variant = platform.variant;
  if (architecture == "x86_64" || architecture == "x86-64") architecture = "amd64";
  if (architecture == "aarch64") architecture = "arm64";
  if (architecture == "i386") architecture = "386";
  if (architecture == "armhf") {
    architecture = "arm";
    variant = "v7";
  }
  if (architecture == "armel") {
    architecture = "arm";
    variant = "v6";
  }
  if (architecture == "arm64" && (variant == "v8" || variant == "8")) variant.clear();
  if (architecture == "amd64" && variant == "v1") variant.clear();
  if (architecture == "arm" && variant.empty()) variant = "v7";
  if (architecture == "arm" && variant.size() == 1) variant.insert(0, 1, 'v');
}

}  // namespace

Platform Platform::of(std::string_view os, std::string_view architecture,
                      std::string_view variant) {
  Platform platform{lower_case(os), lower_case(architecture), lower_case(variant)};
  if (!is_word(platform.os) || !is_word(platform.architecture) ||
      !(variant.empty() || is_word(platform.variant))) {
    throw not_a_platform(
        fmt::format("{}/{}{}{}", os, architecture, variant.empty() ? "" : "/", variant));
  }
  normalise(platform);
  return platform;
}

Platform Platform::parse(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t slash = std::min(text.find('/', start), text.size());
    parts.push_back(text.substr(start, slash - start));
    start = slash + 1;
  }
  if (parts.size() > 3 || (parts.size() == 3 && parts[2].empty())) throw not_a_platform(text);
  if (parts.size() > 1) {
    if (!is_word(lower_case(parts[0])) || !is_word(lower_case(parts[1])))
      throw not_a_platform(text);
    return of(parts[0], parts[1], parts.size() == 3 ? parts[2] : std::string_view());
  }
  if (!is_word(lower_case(text))) throw not_a_platform(text);
  Platform platform = of("linux", text, "");
  if (std::ranges::find(kArchitectures, platform.architecture) == kArchitectures.end()) {
    throw not_a_platform(text);
  }
  return platform;
}

std::string Platform::str() const {
  return fmt::format("{}/{}{}{}", os, architecture, variant.empty() ? "" : "/", variant);
}

}  // namespace stamp::oci
