#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stamp::registry {

/// Whether an answer with this status may be another one soon: 408, 429 and 5xx but 501 and 505.
bool is_worth_retrying(int status);

/// "404 Not Found"; the number alone when it has no common name.
std::string describe_status(int status);

/// What a Retry-After field asks for: seconds, or a date (compared with `now`). Nothing when it is
/// malformed or in the past. Spec: RFC 9110 section 10.2.3.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, std::int64_t now);

enum class Jitter { both_ways, only_longer };

/// The time, changed by chance: by up to a quarter, or made longer by up to a tenth, so that many
/// clients do not come back at once.
std::chrono::milliseconds with_jitter(std::chrono::milliseconds time, Jitter jitter);

}  // namespace stamp::registry
