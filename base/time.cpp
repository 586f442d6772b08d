#include "base/time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp {
namespace {

/// Days since 1970-01-01 of a date of the Gregorian calendar.
constexpr std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(y - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

struct Civil {
  std::int64_t year;
  unsigned month, day, hour, minute, second;
};

constexpr Civil civil_from(std::int64_t seconds) {
  std::int64_t days = seconds / 86400;
  std::int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  const std::int64_t z = days + 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(z - era * 146097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted = (5 * day_of_year + 2) / 153;
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  const auto in_day = static_cast<unsigned>(rest);
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0),
          month,
          day_of_year - (153 * shifted + 2) / 5 + 1,
          in_day / 3600,
          in_day / 60 % 60,
          in_day % 60};
}

std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

bool valid(const Civil& c) {
  constexpr std::array<unsigned, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = c.year % 4 == 0 && (c.year % 100 != 0 || c.year % 400 == 0);
  return c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= kDays[c.month - 1] &&
         (c.month != 2 || leap || c.day < 29) && c.hour < 24 && c.minute < 60 && c.second < 60;
}

std::int64_t seconds_of(const Civil& c) {
  return days_from_civil(c.year, c.month, c.day) * 86400 + c.hour * 3600 + c.minute * 60 + c.second;
}

/// "2026-11-20T00:00:00", of which nothing is left out.
std::optional<std::int64_t> local_seconds(std::string_view text) {
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  const auto second = digits(text, 17, 2);
  if (text.size() != 19 || !year || !month || !day || !hour || !minute || !second ||
      text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const Civil civil = {*year, *month, *day, *hour, *minute, *second};
  if (!valid(civil)) return std::nullopt;
  return seconds_of(civil);
}

/// The seconds of "Z", "+01:00", "-05:30".
std::optional<std::int64_t> offset_seconds(std::string_view text) {
  if (text == "Z") return 0;
  const auto hours = digits(text, 1, 2);
  const auto minutes = digits(text, 4, 2);
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' || !hours ||
      !minutes || *hours > 23 || *minutes > 59) {
    return std::nullopt;
  }
  const std::int64_t seconds = std::int64_t{*hours} * 3600 + std::int64_t{*minutes} * 60;
  return text[0] == '+' ? seconds : -seconds;
}

}  // namespace

std::int64_t parse_rfc3339(std::string_view text) {
  const auto seconds = local_seconds(text.substr(0, 19));
  if (seconds && text.substr(19) == "Z") return *seconds;
  throw Error(ErrorKind::invalid, fmt::format("'{}' is not a time of the form 2026-11-20T00:00:00Z",
                                              printable(text, 80)));
}

std::optional<std::int64_t> read_rfc3339(std::string_view text) {
  const auto seconds = local_seconds(text.substr(0, 19));
  if (!seconds) return std::nullopt;
  std::string_view rest = text.substr(19);
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end == 1) return std::nullopt;
    rest.remove_prefix(end);
  }
  const auto offset = offset_seconds(rest);
  if (!offset) return std::nullopt;
  return *seconds - *offset;
}

std::string format_rfc3339(std::int64_t seconds) {
  const Civil c = civil_from(seconds);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour,
                     c.minute, c.second);
}

std::string format_compact(std::int64_t seconds) {
  const Civil c = civil_from(seconds);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", c.year, c.month, c.day, c.hour, c.minute,
                     c.second);
}

std::int64_t parse_rfc1123(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::string_view rest = text;
  const std::size_t comma = rest.find(", ");
  if (comma == 3) rest.remove_prefix(5);
  // Debian's Release files write the day of the month with one digit at times.
  const std::size_t day_digits = rest.find(' ');
  if (day_digits == 1 || day_digits == 2) {
    const auto day = digits(rest, 0, day_digits);
    rest.remove_prefix(day_digits + 1);
    unsigned month = 0;
    for (unsigned m = 0; m < 12; ++m) {
      if (rest.starts_with(kMonths[m])) month = m + 1;
    }
    // "Nov 2024 10:10:00 UTC": the spaces stand after the month and the year.
    const bool spaced = rest.size() > 8 && rest[3] == ' ' && rest[8] == ' ';
    const auto year = digits(rest, 4, 4);
    // The hour has one digit at times, too.
    const std::size_t time = 9;
    const std::size_t colon = rest.find(':');
    if (spaced && month != 0 && day && year && colon != std::string_view::npos &&
        (colon == time + 1 || colon == time + 2)) {
      const auto hour = digits(rest, time, colon - time);
      const auto minute = digits(rest, colon + 1, 2);
      const auto second = digits(rest, colon + 4, 2);
      const bool whole =
          rest.size() > colon + 6 && rest[colon + 3] == ':' && rest[colon + 6] == ' ';
      const std::string_view zone = whole ? rest.substr(colon + 7) : "";
      if (hour && minute && second && (zone == "UTC" || zone == "GMT" || zone == "+0000")) {
        const Civil civil = {*year, month, *day, *hour, *minute, *second};
        if (valid(civil)) return seconds_of(civil);
      }
    }
  }
  throw Error(ErrorKind::invalid,
              fmt::format("'{}' is not a time of the form 'Sat, 09 Nov 2024 10:10:00 UTC'",
                          printable(text, 80)));
}

}  // namespace stamp
