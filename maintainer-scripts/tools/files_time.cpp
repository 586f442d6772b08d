// touch and truncate.
#include <charconv>
#include <chrono>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/files_common.h"

namespace stamp::scripts {
namespace {

constexpr LongOption kTouchOptions[] = {
    {"date", Argument::required, "d"},
    {"no-create", Argument::none, "c"},
    {"no-dereference", Argument::none, "h"},
    {"reference", Argument::required, "r"},
    {"time", Argument::required},
};
constexpr LongOption kTruncateOptions[] = {
    {"no-create", Argument::none, "c"},
    {"size", Argument::required, "s"},
};

/// Takes a decimal number of exactly `digits` digits from the front.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits || value < 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool skip(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

struct DateTime {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

/// In UTC: a build has no time zone.
std::optional<std::int64_t> seconds_of(const DateTime& at) {
  namespace ch = std::chrono;
  const ch::year_month_day date{ch::year{at.year}, ch::month{static_cast<unsigned>(at.month)},
                                ch::day{static_cast<unsigned>(at.day)}};
  if (!date.ok() || at.hour > 23 || at.minute > 59 || at.second > 60) return std::nullopt;
  const ch::sys_seconds time =
      ch::sys_days{date} + ch::hours{at.hour} + ch::minutes{at.minute} + ch::seconds{at.second};
  return time.time_since_epoch().count();
}

/// "@N", "YYYY-MM-DD", "YYYY-MM-DD HH:MM[:SS]", with "T" between and "Z" or " UTC" behind.
std::optional<std::int64_t> parse_date(std::string_view text) {
  if (skip(text, '@')) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return seconds;
  }
  DateTime at;
  const auto take = [&text](int& into, std::size_t digits) {
    const std::optional<int> value = take_digits(text, digits);
    into = value.value_or(0);
    return value.has_value();
  };
  if (!take(at.year, 4) || !skip(text, '-') || !take(at.month, 2) || !skip(text, '-') ||
      !take(at.day, 2)) {
    return std::nullopt;
  }
  if (skip(text, 'T') || skip(text, ' ')) {
    if (!take(at.hour, 2) || !skip(text, ':') || !take(at.minute, 2)) return std::nullopt;
    if (skip(text, ':') && !take(at.second, 2)) return std::nullopt;
  }
  if (!(text.empty() || text == "Z" || text == " UTC")) return std::nullopt;
  return seconds_of(at);
}

/// -t's [[CC]YY]MMDDhhmm[.ss].
std::optional<std::int64_t> parse_stamp(std::string_view text, std::int64_t now) {
  DateTime at;
  const std::size_t dot = std::min(text.find('.'), text.size());
  if (dot == 12) {
    at.year = take_digits(text, 4).value_or(0);
  } else if (dot == 10) {
    const int year = take_digits(text, 2).value_or(0);
    at.year = year < 69 ? 2000 + year : 1900 + year;
  } else if (dot == 8) {
    namespace ch = std::chrono;
    const ch::sys_seconds time{ch::seconds{now}};
    at.year = static_cast<int>(ch::year_month_day{ch::floor<ch::days>(time)}.year());
  } else {
    return std::nullopt;
  }
  for (int* part : {&at.month, &at.day, &at.hour, &at.minute}) {
    const std::optional<int> value = take_digits(text, 2);
    if (!value) return std::nullopt;
    *part = *value;
  }
  if (skip(text, '.')) at.second = take_digits(text, 2).value_or(99);
  if (!text.empty()) return std::nullopt;
  return seconds_of(at);
}

bool sets_mtime(const Options& options) {
  constexpr std::string_view kNames[] = {"a", "m"};
  if (options.has("m")) return true;
  if (const std::string* which = options.value("time")) {
    if (*which == "modify" || *which == "mtime") return true;
    if (*which != "access" && *which != "atime" && *which != "use") {
      throw Unknown(fmt::format("option '--time={}' is not known", *which));
    }
    return false;
  }
  return options.last_of(kNames) != "a";
}

/// The time to be set; an error is told by 1.
struct Time {
  int status = 0;
  std::int64_t value = 0;
};
Time time_of(Process& process, const Options& options) {
  if (const std::string* reference = options.value("r")) {
    if (options.has("d")) throw Unknown("options '-r' and '-d' together are not known");
    const Found found = find(process, *reference);
    if (found) return {0, found.inode->mtime};
    return {complain(process, fmt::format("failed to get attributes of {}", quoted(*reference)),
                     found.error)};
  }
  if (const std::string* date = options.value("d")) {
    const std::optional<std::int64_t> time = parse_date(*date);
    if (!time) throw Unknown(fmt::format("date '{}' is not known", printable(*date)));
    return {0, *time};
  }
  if (const std::string* stamp = options.value("t")) {
    const std::optional<std::int64_t> time = parse_stamp(*stamp, process.machine.now);
    if (time) return {0, *time};
    return {complain(process, fmt::format("invalid date format {}", quoted(*stamp)))};
  }
  return {0, process.machine.tree.mtime()};
}

int touch_one(Process& process, const Options& options, const std::string& path,
              std::int64_t time) {
  Tree& tree = process.machine.tree;
  const LastLink last = options.has("h") ? LastLink::keep : LastLink::follow;
  const std::string absolute = process.absolute(path);
  const Found found = tree.find(absolute, last);
  std::errc error = found.error;
  // What every machine has may be touched; nothing of it is in an image.
  if (found.path.str() == "dev/null") return 0;
  if (!found) {
    const bool makes = !options.has("c") && !options.has("h");
    if (!makes && error == std::errc::no_such_file_or_directory) {
      return options.has("c")
                 ? 0
                 : complain(process, fmt::format("setting times of {}", quoted(path)), error);
    }
    if (makes) error = tree.open(absolute, Opening::create, 0666U & ~process.umask).error;
    if (error == std::errc::is_a_directory) error = std::errc::no_such_file_or_directory;
  }
  if (error != std::errc()) {
    const std::string_view what = path.ends_with('/') ? "setting times of" : "cannot touch";
    return complain(process, fmt::format("{} {}", what, quoted(path)), error);
  }
  if (sets_mtime(options)) (void)tree.set_time(absolute, time, last);
  return 0;
}

/// A size as truncate takes it, with its sign or other mark taken off.
std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (value > layer::kMaxSize) return std::nullopt;
  if (unit.empty()) return value;
  constexpr std::string_view kUnits = "KMG";
  const std::size_t power = kUnits.find(unit.front());
  if (power == std::string_view::npos) return std::nullopt;
  const bool is_decimal = unit.substr(1) == "B";
  if (!is_decimal && unit.size() > 1 && unit.substr(1) != "iB") return std::nullopt;
  for (std::size_t i = 0; i <= power; ++i) value *= is_decimal ? 1000 : 1024;
  return value > layer::kMaxSize ? std::nullopt : std::optional(value);
}

}  // namespace

int touch(Process& process) {
  const Options options = parse_options(process, "acd:fhmr:t:", kTouchOptions);
  const Time time = time_of(process, options);
  if (time.status != 0) return time.status;
  if (options.operands.empty()) return usage_error(process, "missing file operand");
  int status = 0;
  for (const std::string& path : options.operands) {
    status |= touch_one(process, options, path, time.value);
  }
  return status;
}

int truncate_tool(Process& process) {
  const Options options = parse_options(process, "cs:", kTruncateOptions);
  const std::string* text = options.value("s");
  if (!text) return usage_error(process, "you must specify either '--size' or '--reference'");
  const bool adds = text->starts_with('+');
  const std::optional<std::uint64_t> size =
      parse_size(std::string_view(*text).substr(adds ? 1 : 0));
  if (!size) throw Unknown(fmt::format("size '{}' is not known", printable(*text)));
  if (options.operands.empty()) return usage_error(process, "missing file operand");
  int status = 0;
  for (const std::string& path : options.operands) {
    const Opening opening = options.has("c") ? Opening::existing : Opening::create;
    const Tree::Opened file =
        process.machine.tree.open(process.absolute(path), opening, 0666U & ~process.umask);
    if (file.error == std::errc::no_such_file_or_directory && options.has("c")) continue;
    if (file.error != std::errc()) {
      status =
          complain(process, fmt::format("cannot open {} for writing", quoted(path)), file.error);
      continue;
    }
    process.machine.tree.resize(*file.inode, adds ? file.inode->size + *size : *size);
  }
  return status;
}

}  // namespace stamp::scripts
