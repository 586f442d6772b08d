#include "oci/media_type.h"

#include <algorithm>

namespace stamp::oci {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_restricted_name(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$&-^_.+";
  return !text.empty() && text.size() <= 127 && is_alphanumeric(text.front()) &&
         std::ranges::all_of(text, [](char c) {
           return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
         });
}

}  // namespace

bool is_media_type(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_restricted_name(text.substr(0, slash)) &&
         is_restricted_name(text.substr(slash + 1));
}

}  // namespace stamp::oci
