// dpkg(1), as far as scripts ask it: versions, architectures, names; its queries are dpkg-query's.

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/core.h>

#include "maintainer-scripts/dpkg/package_database.h"
#include "maintainer-scripts/tools/debian_common.h"
#include "maintainer-scripts/tools/debian_fields.h"
#include "maintainer-scripts/tools/debian_tools.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kHelp =
    "Type dpkg --help for help about installing and deinstalling packages [*];\n"
    "Use 'apt' or 'aptitude' for user-friendly package management;\n"
    "Type dpkg -Dhelp for a list of dpkg debug flag values;\n"
    "Type dpkg --force-help for a list of forcing options;\n"
    "Type dpkg-deb --help for help about manipulating *.deb files;\n"
    "\n"
    "Options marked [*] produce a lot of output - pipe it through 'less' or 'more' !";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_made_of(std::string_view text, std::string_view marks) {
  return std::all_of(text.begin(), text.end(), [marks](char c) {
    return is_alphanumeric(c) || marks.find(c) != std::string_view::npos;
  });
}

/// What is wrong with a version, and whether dpkg goes on all the same.
struct VersionFlaw {
  std::string text;
  bool is_error = false;
};

std::optional<VersionFlaw> epoch_flaw(std::string_view epoch, std::string_view rest) {
  std::int64_t number = 0;
  const char* end = epoch.data() + epoch.size();
  const auto parsed = std::from_chars(epoch.data(), end, number);
  if (parsed.ec == std::errc::result_out_of_range ||
      number > std::numeric_limits<std::int32_t>::max()) {
    return VersionFlaw{"epoch in version is too big", true};
  }
  if (parsed.ec != std::errc{}) return VersionFlaw{"epoch in version is empty", true};
  if (parsed.ptr != end) return VersionFlaw{"epoch in version is not number", true};
  if (number < 0) return VersionFlaw{"epoch in version is negative", true};
  if (rest.empty()) return VersionFlaw{"nothing after colon in version number", true};
  return std::nullopt;
}

std::optional<VersionFlaw> version_flaw(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t start = text.find_first_not_of(kBlank);
  if (start == std::string_view::npos) return VersionFlaw{"version string is empty", true};
  std::string_view version = text.substr(start, text.find_last_not_of(kBlank) - start + 1);
  if (version.find_first_of(kBlank) != std::string_view::npos) {
    return VersionFlaw{"version string has embedded spaces", true};
  }
  if (const std::size_t colon = version.find(':'); colon != std::string_view::npos) {
    const std::string_view rest = version.substr(colon + 1);
    if (auto flaw = epoch_flaw(version.substr(0, colon), rest)) return flaw;
    version = rest;
  }
  const std::size_t dash = version.rfind('-');
  const std::string_view upstream = version.substr(0, dash);
  const std::string_view revision =
      dash == std::string_view::npos ? std::string_view() : version.substr(dash + 1);
  if (dash != std::string_view::npos && revision.empty()) {
    return VersionFlaw{"revision number is empty", true};
  }
  if (upstream.empty()) return VersionFlaw{"version number is empty", true};
  if (!is_digit(upstream.front())) return VersionFlaw{"version number does not start with digit"};
  if (!is_made_of(upstream, ".-+~:")) return VersionFlaw{"invalid character in version number"};
  if (!is_made_of(revision, ".+~")) return VersionFlaw{"invalid character in revision number"};
  return std::nullopt;
}

/// Reports a flawed version as dpkg does. Returns the status to end with, or 0 to go on.
int check_version(Process& process, const std::string& version) {
  const std::optional<VersionFlaw> flaw = version_flaw(version);
  if (!flaw) return 0;
  const std::string message = fmt::format("version '{}' has bad syntax: {}", version, flaw->text);
  if (flaw->is_error) return dpkg_error(process, message);
  dpkg_warning(process, message);
  return 0;
}

/// What a relation says of lesser, equal and greater, and of versions that are missing.
struct Relation {
  std::string_view name;
  bool lesser, equal, greater;
  bool no_first, neither, no_second;
};

constexpr Relation kRelations[] = {
    {"le", true, true, false, true, true, false},
    {"lt", true, false, false, true, false, false},
    {"eq", false, true, false, false, true, false},
    {"ne", true, false, true, true, false, true},
    {"ge", false, true, true, false, true, true},
    {"gt", false, false, true, false, false, true},
    // These take a missing version for a later one than any.
    {"le-nl", true, true, false, false, true, true},
    {"lt-nl", true, false, false, false, false, true},
    {"ge-nl", false, true, true, true, true, false},
    {"gt-nl", false, false, true, true, false, false},
    // As control files write them; "<" and ">" mean what "<=" and ">=" do.
    {"<", true, true, false, true, true, false},
    {"<=", true, true, false, true, true, false},
    {"<<", true, false, false, true, false, false},
    {"=", false, true, false, false, true, false},
    {">", false, true, true, false, true, true},
    {">=", false, true, true, false, true, true},
    {">>", false, false, true, false, false, true},
};

bool is_missing(const std::string& version) {
  return version.empty() || version == "<unknown>";
}

bool holds(const Relation& relation, const PackageDatabase& packages, const std::string& a,
           const std::string& b) {
  if (is_missing(a)) return is_missing(b) ? relation.neither : relation.no_first;
  if (is_missing(b)) return relation.no_second;
  const int order = packages.compare_versions(a, b);
  return order < 0 ? relation.lesser : order > 0 ? relation.greater : relation.equal;
}

std::string trimmed(const std::string& text) {
  const std::vector<std::string> words = words_of(text);
  return words.empty() ? std::string() : words.front();
}

class Dpkg {
 public:
  Dpkg(Process& process, std::string action, std::vector<std::string> operands)
      : process_(process), action_(std::move(action)), operands_(std::move(operands)) {}

  int run() {
    if (action_ == "compare-versions") return compare();
    if (action_ == "print-architecture") return print_architecture();
    if (action_ == "print-foreign-architectures") return print_foreign_architectures();
    if (action_ == "get-selections") return get_selections();
    if (action_.starts_with("validate-")) return validate();
    if (action_.starts_with("assert-")) return check_feature();
    throw Unknown(fmt::format("dpkg '--{}' is not known", action_));
  }

 private:
  int usage(std::string_view message) { return dpkg_bad_usage(process_, message, kHelp); }

  int compare() {
    if (operands_.size() != 3) {
      return usage("--compare-versions takes three arguments: <version> <relation> <version>");
    }
    const auto relation = std::find_if(std::begin(kRelations), std::end(kRelations),
                                       [&](const Relation& r) { return r.name == operands_[1]; });
    if (relation == std::end(kRelations)) return usage("--compare-versions bad relation");
    if (relation->name == "<" || relation->name == ">") {
      dpkg_warning(process_,
                   fmt::format("--compare-versions used with obsolete relation operator '{}'",
                               relation->name));
    }
    for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
      if (is_missing(operands_[i])) continue;
      if (const int failed = check_version(process_, operands_[i]); failed != 0) return failed;
    }
    const bool yes =
        holds(*relation, process_.machine.packages, trimmed(operands_[0]), trimmed(operands_[2]));
    return yes ? 0 : 1;
  }

  int print_architecture() {
    if (!operands_.empty()) return usage("--print-architecture takes no arguments");
    process_.out(process_.machine.architecture + "\n");
    return 0;
  }

  int print_foreign_architectures() {
    if (!operands_.empty()) return usage("--print-foreign-architectures takes no arguments");
    const auto text = file_text(process_.machine.tree, "/var/lib/dpkg/arch");
    for (const std::string& name : lines_of(text.value_or(""))) {
      if (!name.empty() && name != process_.machine.architecture) process_.out(name + "\n");
    }
    return 0;
  }

  int get_selections() {
    if (!operands_.empty()) throw Unknown("'dpkg --get-selections' with a pattern");
    const PackageDatabase& packages = process_.machine.packages;
    std::vector<std::string> names;
    for (const Package& package : packages.all()) {
      if (package.state != PackageState::not_installed) {
        names.push_back(shown_name(packages, package));
      }
    }
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      const std::size_t tabs = name.size() / 8 >= 6 ? 1 : 6 - name.size() / 8;
      process_.out(name + std::string(tabs, '\t') + "install\n");
    }
    return 0;
  }

  int validate() {
    const std::string what = action_.substr(action_.find('-') + 1);
    if (what != "pkgname" && what != "trigname" && what != "archname" && what != "version") {
      throw Unknown(fmt::format("dpkg '--{}' is not known", action_));
    }
    if (operands_.size() != 1)
      return usage(fmt::format("--{} takes one <{}> argument", action_, what));
    const std::string& text = operands_.front();
    if (what == "version") {
      const std::optional<VersionFlaw> flaw = version_flaw(text);
      if (!flaw) return 0;
      const int status = check_version(process_, text);
      return status == 0 ? 1 : status;
    }
    const std::string flaw = what == "trigname" ? trigger_flaw(text) : name_flaw(text, what);
    if (flaw.empty()) return 0;
    const std::string_view kind = what == "pkgname"    ? "package"
                                  : what == "trigname" ? "trigger"
                                                       : "architecture";
    return dpkg_error(process_, fmt::format("{} name '{}' is invalid: {}", kind, text, flaw));
  }

  static std::string name_flaw(std::string_view name, std::string_view what) {
    const std::string_view marks = what == "pkgname" ? "-+._" : "-";
    if (name.empty()) return "may not be empty string";
    if (!is_alphanumeric(name.front())) {
      return what == "pkgname" ? "must start with an alphanumeric character"
                               : "must start with an alphanumeric";
    }
    for (const char c : name) {
      if (!is_alphanumeric(c) && marks.find(c) == std::string_view::npos) {
        return fmt::format("character '{}' not allowed (only letters, digits and characters '{}')",
                           c, marks);
      }
    }
    return {};
  }

  static std::string trigger_flaw(std::string_view name) {
    if (name.empty()) return "empty trigger names are not permitted";
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return c > ' ' && static_cast<unsigned char>(c) < 0177;
    });
    return plain ? "" : "trigger name contains invalid character";
  }

  int check_feature() {
    struct Feature {
      std::string_view name, description, since;
    };
    constexpr Feature kFeatures[] = {
        {"support-predepends", "the Pre-Depends field", "1.1.0"},
        {"working-epoch", "epochs in versions", "1.4.0.7"},
        {"long-filenames", "long filenames in .deb archives", "1.4.1.17"},
        {"multi-conrep", "multiple Conflicts and Replaces", "1.4.1.19"},
        {"multi-arch", "multi-arch fields and semantics", "1.16.2"},
        {"versioned-provides", "versioned relationships in the Provides field", "1.17.11"},
        {"protected-field", "the Protected field", "1.20.1"},
    };
    const std::string_view name = std::string_view(action_).substr(7);
    const auto feature = std::find_if(std::begin(kFeatures), std::end(kFeatures),
                                      [name](const Feature& f) { return f.name == name; });
    if (feature == std::end(kFeatures)) return usage("unknown --assert-<feature>");
    const std::string running(process_.variable("DPKG_RUNNING_VERSION"));
    if (running.empty() ||
        process_.machine.packages.compare_versions(running, feature->since) >= 0) {
      return 0;
    }
    process_.out(
        fmt::format("Running version of dpkg does not support {}.\n"
                    " Please upgrade to at least dpkg {}, and then try again.\n",
                    feature->description, feature->since));
    return 1;
  }

  Process& process_;
  std::string action_;
  std::vector<std::string> operands_;
};

/// Whether dpkg hands an option to dpkg-query.
bool is_query(std::string_view option) {
  constexpr std::string_view kQueries[] = {"-l", "--list",      "-s", "--status",
                                           "-L", "--listfiles", "-S", "--search"};
  return std::find(std::begin(kQueries), std::end(kQueries), option) != std::end(kQueries);
}

}  // namespace

int dpkg(Process& process) {
  std::string action;
  std::size_t next = 1;
  for (; next < process.args.size(); ++next) {
    const std::string& word = process.args[next];
    if (word == "--") {
      ++next;
      break;
    }
    if (!word.starts_with('-') || word.size() == 1) break;
    if (is_query(word)) {
      Process query = process;
      query.args.front() = "dpkg-query";
      return dpkg_query(query);
    }
    if (!word.starts_with("--")) throw Unknown(fmt::format("dpkg '{}' is not known", word));
    // What it is told about forcing and colours changes nothing of what it is asked here.
    if (word.starts_with("--force-") || word == "--no-pager") continue;
    action = word.substr(2);
  }
  if (action.empty()) return dpkg_bad_usage(process, "need an action option", kHelp);
  return Dpkg(process, action,
              {process.args.begin() + static_cast<std::ptrdiff_t>(next), process.args.end()})
      .run();
}

}  // namespace stamp::scripts
