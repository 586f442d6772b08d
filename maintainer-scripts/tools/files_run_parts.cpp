#include <algorithm>

#include <fmt/core.h>

#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/files_common.h"
#include "maintainer-scripts/tools/regex.h"

namespace stamp::scripts {
namespace {

constexpr LongOption kOptions[] = {
    {"arg", Argument::required, "a"}, {"exit-on-error", Argument::none},
    {"list", Argument::none},         {"lsbsysinit", Argument::none},
    {"new-session", Argument::none},  {"regex", Argument::required},
    {"report", Argument::none},       {"reverse", Argument::none},
    {"test", Argument::none},         {"umask", Argument::required, "u"},
    {"verbose", Argument::none, "v"},
};

constexpr std::string_view kUsual = "^[a-zA-Z0-9_-]+$";
// The LANANA-assigned, LSB hierarchical and reserved, and Debian cron script namespaces.
constexpr std::string_view kLsb = "^[a-z0-9]+$|^_?([a-z0-9_.]+-)+[a-z0-9]+$|^[a-zA-Z0-9_-]+$";

bool is_left_by_dpkg(std::string_view name) {
  return name.ends_with(".dpkg-old") || name.ends_with(".dpkg-dist") ||
         name.ends_with(".dpkg-new") || name.ends_with(".dpkg-tmp");
}

class Parts {
 public:
  Parts(Process& process, const Options& options)
      : process_(process),
        options_(options),
        names_(process.machine.budget, pattern(options), {.syntax = Regex::Syntax::extended}) {
    for (const Option& option : options.given) {
      if (option.name == "a") arguments_.push_back(*option.value);
    }
    if (const std::string* umask = options.value("u")) {
      const std::optional<ModeChange> mode = ModeChange::parse(*umask);
      if (!mode) throw Unknown(fmt::format("umask '{}' is not known", *umask));
      umask_ = mode->apply(0, ModeChange::Of::file, 0);
    }
  }

  int run(const std::string& folder) {
    const Found found = find(process_, folder);
    if (!found || !found.inode->is_directory()) {
      return complain(process_, fmt::format("failed to open directory {}", folder),
                      found ? std::errc::not_a_directory : found.error);
    }
    std::vector<std::string> names;
    for (const auto& [name, child] : found.inode->children) {
      if (!names_.matches(name)) continue;
      if (options_.has("lsbsysinit") && is_left_by_dpkg(name)) continue;
      names.push_back(name);
    }
    if (options_.has("reverse")) std::reverse(names.begin(), names.end());
    int status = 0;
    for (const std::string& name : names) {
      const int result = part(joined(folder, name));
      if (result == 0) continue;
      status = result;
      if (options_.has("exit-on-error")) break;
    }
    return status;
  }

 private:
  static std::string_view pattern(const Options& options) {
    if (const std::string* regex = options.value("regex")) return *regex;
    return options.has("lsbsysinit") ? kLsb : kUsual;
  }

  int part(const std::string& path) {
    const Found found = find(process_, path);
    if (!found) {
      complain(process_, fmt::format("failed to stat component {}", path), found.error);
      return 0;
    }
    if (found.inode->is_directory()) return 0;
    if (!found.inode->is_file()) {
      complain(process_, fmt::format("component {} is not an executable plain file", path));
      return 1;
    }
    const bool may_run = (found.inode->mode & 0111U) != 0;
    if (options_.has("list") || (options_.has("test") && may_run)) process_.out(path + "\n");
    if (options_.has("list") || options_.has("test") || !may_run) return 0;
    if (options_.has("v")) {
      std::string line = fmt::format("{}: executing {}", process_.name(), path);
      for (const std::string& argument : arguments_) line += " " + argument;
      process_.err(line + "\n");
    }
    Process child = process_;
    child.args = {path};
    child.args.insert(child.args.end(), arguments_.begin(), arguments_.end());
    child.umask = umask_;
    const int status = process_.machine.runner.run(child);
    if (status == 0) return 0;
    complain(process_, fmt::format("{} exited with return code {}", path, status));
    return 1;
  }

  Process& process_;
  const Options& options_;
  Regex names_;
  std::vector<std::string> arguments_;
  std::uint32_t umask_ = 022;
};

}  // namespace

int run_parts(Process& process) {
  const Options options = parse_options(process, "a:u:v", kOptions);
  if (options.has("report")) throw Unknown("option '--report' is not known");
  if (options.operands.empty()) return usage_error(process, "missing operand");
  if (options.operands.size() > 1) throw Unknown("more than one folder is not known");
  return Parts(process, options).run(options.operands.front());
}

}  // namespace stamp::scripts
