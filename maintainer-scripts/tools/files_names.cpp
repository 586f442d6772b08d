// basename, dirname, mktemp, tempfile, which and sync.
#include <algorithm>

#include <fmt/core.h>

#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/files_common.h"

namespace stamp::scripts {
namespace {

constexpr LongOption kBasenameOptions[] = {
    {"multiple", Argument::none, "a"},
    {"suffix", Argument::required, "s"},
    {"zero", Argument::none, "z"},
};
constexpr LongOption kDirnameOptions[] = {{"zero", Argument::none, "z"}};
constexpr LongOption kMktempOptions[] = {
    {"directory", Argument::none, "d"},  {"dry-run", Argument::none, "u"},
    {"quiet", Argument::none, "q"},      {"suffix", Argument::required},
    {"tmpdir", Argument::optional, "p"},
};
constexpr LongOption kTempfileOptions[] = {
    {"directory", Argument::required, "d"}, {"mode", Argument::required, "m"},
    {"name", Argument::required, "n"},      {"prefix", Argument::required, "p"},
    {"suffix", Argument::required, "s"},
};
constexpr LongOption kSyncOptions[] = {
    {"data", Argument::none, "d"},
    {"file-system", Argument::none, "f"},
};

std::string_view end_of(const Options& options) {
  return options.has("z") ? std::string_view("\0", 1) : std::string_view("\n");
}

std::string temporary_folder(const Process& process) {
  const std::string_view folder = process.variable("TMPDIR");
  return std::string(folder.empty() ? "/tmp" : folder);
}

enum class Make { nothing, file, folder };

/// A name that is free: `before`, digits in place of `count` letters, `after`. The first of them is
/// always the same, so that a build is. Makes what it is for.
struct Temporary {
  std::errc error = {};
  std::string path;
};
Temporary make_temporary(Process& process, const std::string& before, std::size_t count,
                         const std::string& after, Make make) {
  Tree& tree = process.machine.tree;
  for (std::size_t number = 0;; ++number) {
    process.machine.budget.take_steps();
    const std::string digits = fmt::format("{:0{}}", number, count);
    if (digits.size() > count) return {std::errc::file_exists, {}};
    std::string path = before + digits + after;
    const std::string absolute = process.absolute(path);
    if (tree.find(absolute, LastLink::keep)) continue;
    std::errc error = {};
    if (make == Make::file) error = tree.open(absolute, Opening::exclusive, 0600).error;
    if (make == Make::folder) error = tree.make_directory(absolute, 0700);
    return {error, std::move(path)};
  }
}

bool may_run(const Process& process, std::string_view path) {
  const Found found = find(process, path);
  return found && found.inode->is_file() && (found.inode->mode & 0111U) != 0;
}

}  // namespace

int basename_tool(Process& process) {
  const Options options = parse_options(process, "+as:z", kBasenameOptions);
  const bool many = options.has("a") || options.has("s");
  if (options.operands.empty()) return usage_error(process, "missing operand");
  if (!many && options.operands.size() > 2) {
    return usage_error(process, fmt::format("extra operand {}", quoted(options.operands[2])));
  }
  std::string_view suffix;
  if (const std::string* given = options.value("s")) suffix = *given;
  if (!many && options.operands.size() == 2) suffix = options.operands[1];
  const std::size_t count = many ? options.operands.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view name = last_component(options.operands[i]);
    if (name != suffix && name.ends_with(suffix)) name.remove_suffix(suffix.size());
    process.out(name);
    process.out(end_of(options));
  }
  return 0;
}

int dirname_tool(Process& process) {
  const Options options = parse_options(process, "z", kDirnameOptions);
  if (options.operands.empty()) return usage_error(process, "missing operand");
  for (const std::string& path : options.operands) {
    std::string_view bare = without_trailing_slashes(path);
    const std::size_t slash = bare.rfind('/');
    std::string_view folder = ".";
    if (slash != std::string_view::npos) {
      folder = without_trailing_slashes(bare.substr(0, slash + 1));
    }
    process.out(folder);
    process.out(end_of(options));
  }
  return 0;
}

int mktemp_tool(Process& process) {
  const Options options = parse_options(process, "dp:qtu", kMktempOptions);
  if (options.operands.size() > 1) return usage_error(process, "too many templates");
  const bool has_template = !options.operands.empty();
  std::string text = has_template ? options.operands.front() : "tmp.XXXXXXXXXX";
  std::string after;
  if (const std::string* suffix = options.value("suffix")) {
    after = *suffix;
  } else {
    const std::size_t last = text.rfind('X');
    const std::size_t end = last == std::string::npos ? text.size() : last + 1;
    after = text.substr(end);
    text.resize(end);
  }
  const std::size_t before = text.find_last_not_of('X');
  const std::size_t letters = text.size() - (before == std::string::npos ? 0 : before + 1);
  if (letters < 3) {
    return complain(process, fmt::format("too few X's in template {}", quoted(text + after)));
  }
  if (options.has("t") || options.has("p") || !has_template) {
    const std::string* folder = options.value("p");
    std::string place = folder && !folder->empty() ? *folder : temporary_folder(process);
    if (options.has("t")) {
      if (text.find('/') != std::string::npos) {
        return complain(process, fmt::format("invalid template, {}, contains directory separator",
                                             quoted(text + after)));
      }
      if (!process.variable("TMPDIR").empty()) place = process.variable("TMPDIR");
    } else if (text.starts_with('/')) {
      return complain(process,
                      fmt::format("invalid template, {}; with --tmpdir, it may not be absolute",
                                  quoted(text + after)));
    }
    text = joined(place, text);
  }
  const Make make = options.has("u") ? Make::nothing : options.has("d") ? Make::folder : Make::file;
  const Temporary made =
      make_temporary(process, text.substr(0, text.size() - letters), letters, after, make);
  if (made.error != std::errc()) {
    if (options.has("q")) return 1;
    return complain(process,
                    fmt::format("failed to create {} via template {}",
                                options.has("d") ? "directory" : "file", quoted(text + after)),
                    made.error);
  }
  process.out(made.path + "\n");
  return 0;
}

int tempfile(Process& process) {
  const Options options = parse_options(process, "d:m:n:p:s:", kTempfileOptions);
  process.err("WARNING: tempfile is deprecated; consider using mktemp instead.\n");
  if (options.has("n") || options.has("m")) {
    throw Unknown("options '-n' and '-m' are not known");
  }
  const std::string* folder = options.value("d");
  const std::string* prefix = options.value("p");
  const std::string* suffix = options.value("s");
  const std::string before =
      joined(folder ? *folder : temporary_folder(process), prefix ? *prefix : "file");
  const Temporary made =
      make_temporary(process, before, 6, suffix ? *suffix : std::string(), Make::file);
  if (made.error != std::errc()) return complain(process, before, made.error);
  process.out(made.path + "\n");
  return 0;
}

int which(Process& process) {
  const Options options = parse_options(process, "+a");
  int status = options.operands.empty() ? 1 : 0;
  for (const std::string& program : options.operands) {
    bool found = false;
    if (program.find('/') != std::string::npos) {
      found = may_run(process, program);
      if (found) process.out(program + "\n");
    } else {
      std::string_view path = process.variable("PATH");
      while (!path.empty() && (!found || options.has("a"))) {
        const std::size_t end = std::min(path.find(':'), path.size());
        const std::string_view folder = path.substr(0, end);
        path.remove_prefix(std::min(end + 1, path.size()));
        const std::string candidate =
            fmt::format("{}/{}", folder.empty() ? std::string_view(".") : folder, program);
        if (!may_run(process, candidate)) continue;
        process.out(candidate + "\n");
        found = true;
      }
    }
    if (!found) status = 1;
  }
  return status;
}

int sync_tool(Process& process) {
  const Options options = parse_options(process, "df", kSyncOptions);
  int status = 0;
  for (const std::string& path : options.operands) {
    const Found found = find(process, path);
    if (!found) {
      status = complain(process, fmt::format("error opening {}", quoted(path)), found.error);
    }
  }
  return status;
}

}  // namespace stamp::scripts
