#include "registry-client/retry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/time.h"

namespace stamp::registry {

bool is_worth_retrying(int status) {
  return status == 408 || status == 429 ||
         (status >= 500 && status <= 599 && status != 501 && status != 505);
}

std::string describe_status(int status) {
  constexpr std::array<std::pair<int, std::string_view>, 16> kNames = {
      {{304, "Not Modified"},
       {400, "Bad Request"},
       {401, "Unauthorized"},
       {403, "Forbidden"},
       {404, "Not Found"},
       {405, "Method Not Allowed"},
       {407, "Proxy Authentication Required"},
       {408, "Request Timeout"},
       {410, "Gone"},
       {416, "Range Not Satisfiable"},
       {429, "Too Many Requests"},
       {451, "Unavailable For Legal Reasons"},
       {500, "Internal Server Error"},
       {502, "Bad Gateway"},
       {503, "Service Unavailable"},
       {504, "Gateway Timeout"}}};
  const auto* const found =
      std::ranges::find(kNames, status, &std::pair<int, std::string_view>::first);
  return found == kNames.end() ? fmt::format("status {}", status)
                               : fmt::format("{} {}", status, found->second);
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text,
                                                           std::int64_t now) {
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool number = problem == std::errc() && end == text.data() + text.size();
  if (!number) {
    try {
      seconds = parse_rfc1123(text) - now;
    } catch (const Error&) {
      return std::nullopt;
    }
  }
  constexpr std::int64_t kLongest = std::int64_t{1} << 32U;
  if (seconds < 0 || (!number && seconds == 0)) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, kLongest));
}

std::chrono::milliseconds with_jitter(std::chrono::milliseconds time, Jitter jitter) {
  const auto length = time.count();
  std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<decltype(time.count())> chance(
      jitter == Jitter::both_ways ? -length / 4 : 0,
      jitter == Jitter::both_ways ? length / 4 : length / 10);
  return std::chrono::milliseconds(length + chance(random));
}

}  // namespace stamp::registry
