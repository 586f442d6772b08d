#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stamp::registry {

/// A number of bytes in decimal digits, and nothing else.
std::optional<std::uint64_t> parse_byte_count(std::string_view text);

/// What "bytes 5-9/10" says.
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::optional<std::uint64_t> size;  ///< of the whole; nothing for "*"
};

/// Reads a Content-Range field; nothing when it is malformed. Spec: RFC 9110 section 14.4.
std::optional<ContentRange> parse_content_range(std::string_view text);

/// The number of bytes that a registry says it has of an upload: "0-9" (or "bytes=0-9") are ten,
/// "0-0" is how registries write none. Nothing when it is malformed.
/// Spec: OCI distribution-spec 1.1 "Pushing a blob in chunks".
std::optional<std::uint64_t> parse_upload_range(std::string_view text);

}  // namespace stamp::registry
