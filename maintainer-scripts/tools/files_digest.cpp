// md5sum, sha1sum, sha224sum, sha256sum, sha384sum and sha512sum.
#include <algorithm>

#include <fmt/core.h>

#include "base/digest.h"
#include "base/error.h"
#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/files_common.h"

namespace stamp::scripts {
namespace {

constexpr LongOption kOptions[] = {
    {"binary", Argument::none, "b"},
    {"check", Argument::none, "c"},
    {"ignore-missing", Argument::none},
    {"quiet", Argument::none},
    {"status", Argument::none},
    {"strict", Argument::none},
    {"tag", Argument::none},
    {"text", Argument::none, "t"},
    {"warn", Argument::none, "w"},
    {"zero", Argument::none, "z"},
};

struct Kind {
  std::string_view tool;
  std::string_view tag;
  HashAlgorithm algorithm;
  std::size_t digits;
};
constexpr Kind kKinds[] = {
    {"md5sum", "MD5", HashAlgorithm::md5, 32},
    {"sha1sum", "SHA1", HashAlgorithm::sha1, 40},
    {"sha224sum", "SHA224", HashAlgorithm::sha224, 56},
    {"sha256sum", "SHA256", HashAlgorithm::sha256, 64},
    {"sha384sum", "SHA384", HashAlgorithm::sha384, 96},
    {"sha512sum", "SHA512", HashAlgorithm::sha512, 128},
};

const Kind& kind_of(const Process& process) {
  const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](const Kind& each) { return each.tool == process.name(); });
  if (kind == std::end(kKinds)) throw Unknown("it is called by a name that is not known");
  return *kind;
}

/// The hash of a file or, of "-", standard input.
struct Hashed {
  std::errc error = {};
  std::string hex;
};
Hashed hash_of(Process& process, const Kind& kind, const std::string& path) {
  const FileText file = path == "-" ? FileText{{}, process.read_input()} : read_file(process, path);
  if (file.error != std::errc()) return {file.error, {}};
  process.machine.budget.take_steps(1 + file.text.size() / 4096);
  return {{}, hash_hex(kind.algorithm, std::as_bytes(std::span(file.text)))};
}

/// A line of a list of checksums.
struct Line {
  std::string_view hash;
  std::string_view path;
};
bool is_hash(std::string_view text, const Kind& kind) {
  return text.size() == kind.digits &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}
std::optional<Line> parse_line(std::string_view line, const Kind& kind) {
  if (line.starts_with('\\')) throw Unknown("a list with escaped names is not known");
  // "MD5 (path) = hash"
  if (line.starts_with(kind.tag) && line.substr(kind.tag.size()).starts_with(" (")) {
    const std::size_t end = line.rfind(") = ");
    if (end == std::string_view::npos) return std::nullopt;
    const Line parsed{line.substr(end + 4),
                      line.substr(kind.tag.size() + 2, end - kind.tag.size() - 2)};
    return is_hash(parsed.hash, kind) ? std::optional(parsed) : std::nullopt;
  }
  if (line.size() < kind.digits + 3 || line[kind.digits] != ' ') return std::nullopt;
  const Line parsed{line.substr(0, kind.digits), line.substr(kind.digits + 2)};
  const char mark = line[kind.digits + 1];
  if ((mark != ' ' && mark != '*') || !is_hash(parsed.hash, kind)) return std::nullopt;
  return parsed;
}

bool equal_hex(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'F' ? x + 32 : x) == (y >= 'A' && y <= 'F' ? y + 32 : y);
  });
}

/// -c over one list.
class Check {
 public:
  Check(Process& process, const Kind& kind, const Options& options)
      : process_(process), kind_(kind), options_(options) {}

  int run(const std::string& list) {
    const FileText file =
        list == "-" ? FileText{{}, process_.read_input()} : read_file(process_, list);
    if (file.error != std::errc()) return complain(process_, quoted_if_needed(list), file.error);
    std::string_view text = file.text;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      check(text.substr(0, end), list);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (good_lines_ == 0) {
      return complain(process_, fmt::format("{}: no properly formatted checksum lines found",
                                            quoted_if_needed(list)));
    }
    return finish(list);
  }

 private:
  void check(std::string_view line, const std::string& list) {
    ++number_;
    if (line.empty() || line.starts_with('#')) return;
    const std::optional<Line> parsed = parse_line(line, kind_);
    if (!parsed) {
      ++bad_lines_;
      if (options_.has("w")) {
        complain(process_, fmt::format("{}: {}: improperly formatted {} checksum line",
                                       quoted_if_needed(list), number_, kind_.tag));
      }
      return;
    }
    ++good_lines_;
    const std::string path(parsed->path);
    const Hashed hashed = hash_of(process_, kind_, path);
    if (hashed.error != std::errc()) {
      if (options_.has("ignore-missing") && hashed.error == std::errc::no_such_file_or_directory) {
        return;
      }
      ++unread_;
      complain(process_, quoted_if_needed(path), hashed.error);
      say(path, "FAILED open or read");
    } else if (!equal_hex(hashed.hex, parsed->hash)) {
      ++failed_;
      ++verified_;
      say(path, "FAILED");
    } else {
      ++verified_;
      if (!options_.has("quiet")) say(path, "OK");
    }
  }

  void say(const std::string& path, std::string_view result) {
    if (!options_.has("status")) process_.out(fmt::format("{}: {}\n", path, result));
  }

  int finish(const std::string& list) {
    if (!options_.has("status")) {
      warn(bad_lines_, "line is", "lines are", "improperly formatted");
      warn(unread_, "listed file", "listed files", "could not be read");
      warn(failed_, "computed checksum", "computed checksums", "did NOT match");
    }
    if (options_.has("ignore-missing") && verified_ == 0 && unread_ == 0) {
      if (!options_.has("status")) {
        complain(process_, fmt::format("{}: no file was verified", quoted_if_needed(list)));
      }
      return 1;
    }
    const bool is_bad = failed_ != 0 || unread_ != 0 || (options_.has("strict") && bad_lines_ != 0);
    return is_bad ? 1 : 0;
  }

  void warn(std::size_t count, std::string_view one, std::string_view more, std::string_view what) {
    if (count == 0) return;
    complain(process_, fmt::format("WARNING: {} {} {}", count, count == 1 ? one : more, what));
  }

  Process& process_;
  const Kind& kind_;
  const Options& options_;
  std::size_t number_ = 0;
  std::size_t good_lines_ = 0;
  std::size_t bad_lines_ = 0;
  std::size_t unread_ = 0;
  std::size_t failed_ = 0;
  std::size_t verified_ = 0;
};

}  // namespace

int digest_tool(Process& process) {
  const Kind& kind = kind_of(process);
  Options options = parse_options(process, "bctwz", kOptions);
  if (options.operands.empty()) options.operands.emplace_back("-");
  int status = 0;
  for (const std::string& path : options.operands) {
    if (options.has("c")) {
      status |= Check(process, kind, options).run(path);
      continue;
    }
    if (path.find_first_of("\\\n\r") != std::string::npos) {
      throw Unknown(fmt::format("name '{}' is not known", printable(path)));
    }
    const Hashed hashed = hash_of(process, kind, path);
    if (hashed.error != std::errc()) {
      status = complain(process, quoted_if_needed(path), hashed.error);
      continue;
    }
    constexpr std::string_view kModes[] = {"b", "t"};
    const std::string_view mark = options.last_of(kModes) == "b" ? " *" : "  ";
    process.out(options.has("tag") ? fmt::format("{} ({}) = {}", kind.tag, path, hashed.hex)
                                   : fmt::format("{}{}{}", hashed.hex, mark, path));
    process.out(options.has("z") ? std::string_view("\0", 1) : std::string_view("\n"));
  }
  return status;
}

}  // namespace stamp::scripts
