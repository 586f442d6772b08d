#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stamp {

/// Parses "2026-11-20T00:00:00Z" (seconds, UTC) to seconds since 1970. Errors: invalid.
/// Spec: RFC 3339 section 5.6, without fractions and offsets.
std::int64_t parse_rfc3339(std::string_view text);

/// The seconds since 1970 of a time as other programs write it, with a fraction, which is cut off,
/// and with an offset: "2026-11-20T01:00:00.25+01:00". Nothing when it is none.
/// Spec: RFC 3339 section 5.6.
std::optional<std::int64_t> read_rfc3339(std::string_view text);

/// Seconds since 1970 as "2026-11-20T00:00:00Z".
std::string format_rfc3339(std::int64_t seconds);

/// Parses "Sat, 09 Nov 2024 10:10:00 UTC" (also GMT or +0000), as Debian's Release files and HTTP
/// have it. Errors: invalid. Spec: RFC 9110 section 5.6.7.
std::int64_t parse_rfc1123(std::string_view text);

/// Seconds since 1970 as "20261120T000000Z": the form that snapshot archives use.
std::string format_compact(std::int64_t seconds);

}  // namespace stamp
