// date, whose clock stands still: at the image's epoch, in UTC.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// Days since 1970 of a date of the Gregorian calendar.
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) {
  // years that begin in March, in eras of 400
  const std::int64_t shifted = month <= 2 ? year - 1 : year;
  const std::int64_t era = floor_divide(shifted, 400);
  const std::int64_t of_era = shifted - era * 400;
  const std::int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/// A time taken apart.
struct Moment {
  std::int64_t seconds = 0;  ///< since 1970
  std::int64_t year = 1970;
  std::int64_t month = 1;
  std::int64_t day = 1;
  std::int64_t of_year = 0;  ///< days since the first of January
  std::int64_t weekday = 4;  ///< 0: Sunday
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
};

Moment moment_of(std::int64_t seconds) {
  Moment moment;
  moment.seconds = seconds;
  const std::int64_t days = floor_divide(seconds, kDay);
  const std::int64_t rest = seconds - days * kDay;
  moment.hour = rest / 3600;
  moment.minute = rest / 60 % 60;
  moment.second = rest % 60;
  moment.weekday = ((days + 4) % 7 + 7) % 7;
  moment.year = 1970 + floor_divide(days, 366);
  while (days_of(moment.year + 1, 1, 1) <= days) ++moment.year;
  while (moment.month < 12 && days_of(moment.year, moment.month + 1, 1) <= days) ++moment.month;
  moment.day = days - days_of(moment.year, moment.month, 1) + 1;
  moment.of_year = days - days_of(moment.year, 1, 1);
  return moment;
}

/// Year and week of ISO 8601.
std::pair<std::int64_t, std::int64_t> iso_week(const Moment& moment) {
  const std::int64_t days = floor_divide(moment.seconds, kDay);
  const std::int64_t thursday = days - (moment.weekday + 6) % 7 + 3;
  const std::int64_t year = moment_of(thursday * kDay).year;
  return {year, (thursday - days_of(year, 1, 1)) / 7 + 1};
}

/// One conversion of +FORMAT.
struct Field {
  char flag = 0;  ///< of "-_0^#"
  int width = -1;
  char letter = 0;
};

class Format {
 public:
  explicit Format(const Moment& moment) : moment_(moment) {}

  std::string show(std::string_view format) const {
    std::string text;
    for (std::size_t at = 0; at < format.size();) {
      if (format[at] != '%') {
        text += format[at++];
        continue;
      }
      ++at;
      Field field;
      while (at < format.size() &&
             std::string_view("-_0^#").find(format[at]) != std::string_view::npos) {
        field.flag = format[at++];
      }
      const std::size_t digits =
          std::min(format.find_first_not_of("0123456789", at), format.size());
      if (digits > at) {
        const auto width = parse_number(format.substr(at, digits - at));
        if (!width || *width > 1000) throw Unknown(fmt::format("format '{}' of date", format));
        field.width = static_cast<int>(*width);
      }
      at = digits;
      if (at < format.size() && format[at] == ':') {
        if (format.substr(at, 2) != ":z") throw Unknown(fmt::format("format '{}' of date", format));
        text += "+00:00";
        at += 2;
        continue;
      }
      if (at == format.size()) throw Unknown(fmt::format("format '{}' of date", format));
      field.letter = format[at++];
      text += conversion(field);
    }
    return text;
  }

 private:
  static std::string number(const Field& field, std::int64_t value, int width, char padding) {
    if (field.width >= 0) width = field.width;
    if (field.flag == '-') width = 0;
    if (field.flag == '_') padding = ' ';
    if (field.flag == '0') padding = '0';
    std::string text = std::to_string(value);
    if (static_cast<int>(text.size()) < width) {
      text.insert(0, static_cast<std::size_t>(width) - text.size(), padding);
    }
    return text;
  }

  static std::string word(const Field& field, std::string_view value) {
    std::string text(value);
    if (field.flag == '^') text = to_upper(text);
    if (field.flag == '#')
      text = field.letter == 'p' || field.letter == 'Z' ? to_lower(text) : to_upper(text);
    if (field.width > static_cast<int>(text.size())) {
      text.insert(0, static_cast<std::size_t>(field.width) - text.size(),
                  field.flag == '0' ? '0' : ' ');
    }
    return text;
  }

  std::string conversion(const Field& field) const {
    const std::string combined(combination(field.letter));
    if (!combined.empty()) return word(field, show(combined));
    const Moment& m = moment_;
    const auto two = [&field](std::int64_t value) { return number(field, value, 2, '0'); };
    switch (field.letter) {
      case 'd':
        return two(m.day);
      case 'e':
        return number(field, m.day, 2, ' ');
      case 'm':
        return two(m.month);
      case 'y':
        return two(m.year % 100);
      case 'Y':
        return number(field, m.year, 4, '0');
      case 'C':
        return two(m.year / 100);
      case 'j':
        return number(field, m.of_year + 1, 3, '0');
      case 'H':
        return two(m.hour);
      case 'k':
        return number(field, m.hour, 2, ' ');
      case 'I':
        return two((m.hour + 11) % 12 + 1);
      case 'l':
        return number(field, (m.hour + 11) % 12 + 1, 2, ' ');
      case 'M':
        return two(m.minute);
      case 'S':
        return two(m.second);
      case 's':
        return number(field, m.seconds, 1, '0');
      default:
        return rare(field);
    }
  }

  std::string rare(const Field& field) const {
    const Moment& m = moment_;
    const auto two = [&field](std::int64_t value) { return number(field, value, 2, '0'); };
    switch (field.letter) {
      case 'a':
        return word(field, kDays.at(static_cast<std::size_t>(m.weekday)).substr(0, 3));
      case 'A':
        return word(field, kDays.at(static_cast<std::size_t>(m.weekday)));
      case 'b':
      case 'h':
        return word(field, kMonths.at(static_cast<std::size_t>(m.month - 1)).substr(0, 3));
      case 'B':
        return word(field, kMonths.at(static_cast<std::size_t>(m.month - 1)));
      case 'p':
        return word(field, m.hour < 12 ? "AM" : "PM");
      case 'P':
        return word(field, m.hour < 12 ? "am" : "pm");
      case 'u':
        return number(field, (m.weekday + 6) % 7 + 1, 1, '0');
      case 'w':
        return number(field, m.weekday, 1, '0');
      case 'U':
        return two((m.of_year + 7 - m.weekday) / 7);
      case 'W':
        return two((m.of_year + 7 - (m.weekday + 6) % 7) / 7);
      case 'V':
        return two(iso_week(m).second);
      case 'G':
        return number(field, iso_week(m).first, 4, '0');
      case 'g':
        return two(iso_week(m).first % 100);
      case 'q':
        return number(field, (m.month - 1) / 3 + 1, 1, '0');
      case 'N':
        return "000000000";
      case 'z':
        return "+0000";
      case 'Z':
        return word(field, "UTC");
      case 'n':
        return "\n";
      case 't':
        return "\t";
      case '%':
        return "%";
      default:
        throw Unknown(fmt::format("conversion '%{}' of date", field.letter));
    }
  }

  static std::string_view combination(char letter) {
    switch (letter) {
      case 'D':
      case 'x':
        return "%m/%d/%y";
      case 'F':
        return "%Y-%m-%d";
      case 'T':
      case 'X':
        return "%H:%M:%S";
      case 'R':
        return "%H:%M";
      case 'r':
        return "%I:%M:%S %p";
      case 'c':
        return "%a %b %e %H:%M:%S %Y";
      default:
        return {};
    }
  }

  const Moment& moment_;
};

/// "2024-01-31", with " 10:20" or " 10:20:30" behind it.
std::optional<std::int64_t> parse_date(std::string_view text) {
  const auto digits = [&text](std::size_t at, std::size_t size) -> std::optional<std::int64_t> {
    if (at + size > text.size()) return std::nullopt;
    const auto value = parse_number(text.substr(at, size));
    if (!value) return std::nullopt;
    return static_cast<std::int64_t>(*value);
  };
  const auto year = digits(0, 4);
  const auto month = digits(5, 2);
  const auto day = digits(8, 2);
  if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (*month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  const std::int64_t start = days_of(*year, *month, *day) * kDay;
  if (moment_of(start).day != *day) return std::nullopt;
  if (text.size() == 10) return start;
  const auto hour = digits(11, 2);
  const auto minute = digits(14, 2);
  if (!hour || !minute || (text[10] != ' ' && text[10] != 'T') || text[13] != ':')
    return std::nullopt;
  if (*hour > 23 || *minute > 59) return std::nullopt;
  const std::int64_t time = start + *hour * 3600 + *minute * 60;
  if (text.size() == 16) return time;
  const auto second = digits(17, 2);
  if (!second || text[16] != ':' || *second > 59) return std::nullopt;
  const std::string_view zone = text.substr(19);
  if (!zone.empty() && zone != "Z" && zone != " UTC" && zone != "+00:00") return std::nullopt;
  return time + *second;
}

/// What date itself prints: "Fri Nov 20 02:11:10 UTC 2026". With another weekday than the date's it
/// would be a later day.
std::optional<std::int64_t> parse_shown(std::string_view text) {
  if (text.size() != 28) return std::nullopt;
  const auto month = std::find_if(kMonths.begin(), kMonths.end(), [&text](std::string_view name) {
    return name.substr(0, 3) == text.substr(4, 3);
  });
  const auto day = parse_number(text.substr(text[8] == ' ' ? 9 : 8, text[8] == ' ' ? 1 : 2));
  if (month == kMonths.end() || !day) return std::nullopt;
  const auto time = parse_date(fmt::format("{}-{:02}-{:02} {}", text.substr(24),
                                           month - kMonths.begin() + 1, *day, text.substr(11, 8)));
  if (!time) return std::nullopt;
  const Moment moment = moment_of(*time);
  const bool same = Format(moment).show("%a %b %e %H:%M:%S UTC %Y") == text;
  return same ? time : std::nullopt;
}

std::int64_t time_of(const Process& process, std::string_view text) {
  if (text == "now" || text.empty()) return process.machine.now;
  if (text.starts_with('@')) {
    const bool negative = text.substr(1).starts_with('-');
    const auto number = parse_number(text.substr(negative ? 2 : 1));
    if (number && *number < (std::uint64_t{1} << 40U)) {
      const auto value = static_cast<std::int64_t>(*number);
      return negative ? -value : value;
    }
  }
  if (const auto time = parse_date(text)) return *time;
  if (const auto time = parse_shown(text)) return *time;
  throw Unknown(fmt::format("date '{}' is not known", text));
}

std::string iso_format(std::string_view precision) {
  static constexpr std::pair<std::string_view, std::string_view> kFormats[] = {
      {"date", "%Y-%m-%d"},
      {"hours", "%Y-%m-%dT%H+00:00"},
      {"minutes", "%Y-%m-%dT%H:%M+00:00"},
      {"seconds", "%Y-%m-%dT%H:%M:%S+00:00"},
      {"ns", "%Y-%m-%dT%H:%M:%S,%N+00:00"}};
  for (const auto& [name, format] : kFormats) {
    if (name == precision) return std::string(format);
  }
  throw Unknown(fmt::format("precision '{}' of date", precision));
}

}  // namespace

int date(Process& process) {
  static constexpr LongOption kLong[] = {
      {"utc", Argument::none, "u"},          {"universal", Argument::none, "u"},
      {"date", Argument::required, "d"},     {"reference", Argument::required, "r"},
      {"rfc-email", Argument::none, "R"},    {"rfc-2822", Argument::none, "R"},
      {"iso-8601", Argument::optional, "I"}, {"rfc-3339", Argument::required}};
  const Options options = parse_options(process, "ud:r:RI::", kLong);
  const std::string_view zone = process.variable("TZ");
  if (!options.has("u") && !zone.empty() && zone != "UTC" && zone != "UTC0") {
    throw Unknown(fmt::format("date in time zone '{}'", zone));
  }
  std::int64_t time = process.machine.now;
  if (const std::string* text = options.value("d")) time = time_of(process, *text);
  if (const std::string* file = options.value("r")) {
    const Found found = process.machine.tree.find(process.absolute(*file));
    if (!found) return fail(process, fmt::format("{}: {}", *file, describe(found.error)));
    time = found.inode->mtime;
  }
  std::string format = "%a %b %e %H:%M:%S %Z %Y";
  if (options.has("R")) format = "%a, %d %b %Y %H:%M:%S +0000";
  if (options.has("I")) {
    const std::string* precision = options.value("I");
    format = iso_format(precision == nullptr ? "date" : *precision);
  }
  if (const std::string* precision = options.value("rfc-3339")) {
    format = iso_format(*precision);
    const std::size_t between = format.find('T');
    if (between != std::string::npos) format[between] = ' ';
  }
  for (const std::string& operand : options.operands) {
    if (!operand.starts_with('+')) throw Unknown("setting the clock");
    format = operand.substr(1);
  }
  process.out(Format(moment_of(time)).show(format) + "\n");
  return 0;
}

}  // namespace stamp::scripts
