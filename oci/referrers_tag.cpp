#include "oci/referrers_tag.h"

namespace stamp::oci {
namespace {

constexpr std::string_view kPrefix = "sha256-";

}  // namespace

std::string referrers_tag(const Digest& subject) {
  return std::string(kPrefix) + subject.hex();
}

bool is_referrers_tag(std::string_view tag) {
  return tag.starts_with(kPrefix) && tag.size() == kPrefix.size() + 64 &&
         tag.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

}  // namespace stamp::oci
