// dpkg-query(1).

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <set>
#include <tuple>

#include <fmt/core.h>

#include "maintainer-scripts/dpkg/package_database.h"
#include "maintainer-scripts/shell/pattern.h"
#include "maintainer-scripts/tools/debian_common.h"
#include "maintainer-scripts/tools/debian_diversions.h"
#include "maintainer-scripts/tools/debian_fields.h"
#include "maintainer-scripts/tools/debian_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts {
namespace {

constexpr std::string_view kHelp = "Use --help for help about querying packages.";

constexpr LongOption kLong[] = {
    {"listfiles", Argument::none, "L"},
    {"status", Argument::none, "s"},
    {"list", Argument::none, "l"},
    {"search", Argument::none, "S"},
    {"show", Argument::none, "W"},
    {"control-path", Argument::none, "c"},
    {"control-list"},
    {"control-show"},
    {"showformat", Argument::required, "f"},
    {"admindir", Argument::required},
    {"no-pager"},
};

/// A piece of a format: text, or a field and its width.
struct Piece {
  std::string text;
  std::string field;
  int width = 0;
};

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char c = text[++i];
    plain += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
  }
  return plain;
}

std::string at_width(const std::string& value, int width) {
  if (width == 0) return value;
  const auto columns = static_cast<std::size_t>(std::abs(std::int64_t{width}));
  if (value.size() >= columns) return value.substr(0, columns);
  const std::string space(columns - value.size(), ' ');
  return width < 0 ? value + space : space + value;
}

/// The pieces of a format; none when it is not one.
std::optional<std::vector<Piece>> parse_format(std::string_view format) {
  std::vector<Piece> pieces;
  while (!format.empty()) {
    Piece piece;
    std::size_t end = 0;
    if (format.starts_with("${")) {
      end = format.find('}');
      if (end == std::string_view::npos) return std::nullopt;
      piece.field = format.substr(2, end - 2);
      ++end;
      if (const std::size_t at = piece.field.find(';'); at != std::string::npos) {
        const char* last = piece.field.data() + piece.field.size();
        const auto number = std::from_chars(piece.field.data() + at + 1, last, piece.width);
        if (number.ec != std::errc{} || number.ptr != last) return std::nullopt;
        piece.field.resize(at);
      }
    } else {
      end = std::min(format.find("${", 1), format.size());
      piece.text = unescaped(format.substr(0, end));
    }
    pieces.push_back(std::move(piece));
    format.remove_prefix(end);
  }
  return pieces;
}

class Query {
 public:
  explicit Query(Process& process)
      : process_(process),
        packages_(process.machine.packages),
        options_(parse_options(process, "+LslSWcf:", kLong)) {
    if (const std::string* folder = options_.value("admindir"); folder && *folder != kDpkgFolder) {
      throw Unknown(fmt::format("'--admindir {}' is not dpkg's folder", *folder));
    }
  }

  int run() {
    constexpr std::string_view kActions[] = {"L",           "s", "l", "S", "W", "c", "control-list",
                                             "control-show"};
    const std::string_view action = options_.last_of(kActions);
    if (action == "L") return list_files();
    if (action == "s") return show_status();
    if (action == "l") return list();
    if (action == "S") return search();
    if (action == "W") return show();
    if (action == "c") return show_control_path();
    if (action == "control-list") return list_control();
    if (action == "control-show") return show_control();
    return usage("need an action option");
  }

 private:
  int usage(std::string_view message) { return dpkg_bad_usage(process_, message, kHelp); }
  void notice(const std::string& message) {
    process_.err(fmt::format("{}: {}\n", process_.name(), message));
  }

  /// A package that dpkg has something of; null otherwise.
  const Package* installed(std::string_view name) const {
    const Package* package = packages_.find(name);
    return package == nullptr || package->state == PackageState::not_installed ? nullptr : package;
  }

  int list_files() {
    if (options_.operands.empty()) {
      return usage("--listfiles needs at least one package name argument");
    }
    const Diversions diversions = Diversions::read(process_.machine.tree);
    int status = 0;
    for (std::size_t i = 0; i < options_.operands.size(); ++i) {
      const std::string& name = options_.operands[i];
      const Package* package = installed(name);
      if (package == nullptr) {
        notice(fmt::format("package '{}' is not installed", name));
        status = 1;
      } else if (package->files.empty() || package->state == PackageState::half_installed) {
        process_.out(fmt::format("Package '{}' does not contain any files (!)\n",
                                 shown_name(packages_, *package)));
      } else {
        list_files_of(*package, diversions);
      }
      if (i + 1 < options_.operands.size()) process_.out("\n");
    }
    if (status != 0) {
      process_.err("Use dpkg --contents (= dpkg-deb --contents) to list archive files contents.\n");
    }
    return status;
  }

  void list_files_of(const Package& package, const Diversions& diversions) {
    std::string text;
    for (const std::string& file : package.files) {
      text += file + "\n";
      const Diversion* diversion = diversions.of(file);
      if (diversion == nullptr) continue;
      if (diversion->package.empty()) {
        text += fmt::format("locally diverted to: {}\n", diversion->to);
      } else if (diversion->package == package.name) {
        text += fmt::format("package diverts others to: {}\n", diversion->to);
      } else {
        text += fmt::format("diverted by {} to: {}\n", diversion->package, diversion->to);
      }
    }
    process_.out(text);
  }

  int show_status() {
    if (options_.operands.empty()) throw Unknown("the status of all packages is not one text");
    int status = 0;
    for (std::size_t i = 0; i < options_.operands.size(); ++i) {
      const std::string& name = options_.operands[i];
      if (const Package* package = installed(name)) {
        process_.out(stanza(packages_, *package));
      } else {
        notice(fmt::format("package '{}' is not installed and no information is available", name));
        status = 1;
      }
      if (i + 1 < options_.operands.size()) process_.out("\n");
    }
    if (status != 0) {
      process_.err("Use dpkg --info (= dpkg-deb --info) to examine archive files.\n");
    }
    return status;
  }

  /// What patterns match, by name and architecture, each package once. `status` of the answer: 1
  /// when one of them matches nothing.
  struct Matches {
    std::vector<const Package*> packages;
    int status = 0;
  };

  /// A package's name and, where one is given, architecture.
  struct NamePattern {
    std::string text;  ///< as given
    shell::Pattern name;
    std::optional<shell::Pattern> architecture;
  };

  std::vector<NamePattern> name_patterns() const {
    std::vector<NamePattern> patterns;
    for (const std::string& text : options_.operands) {
      const std::size_t colon = text.find(':');
      NamePattern pattern{text, shell::Pattern(text.substr(0, colon)), std::nullopt};
      if (colon != std::string::npos) pattern.architecture.emplace(text.substr(colon + 1));
      patterns.push_back(std::move(pattern));
    }
    return patterns;
  }

  bool is_match(const NamePattern& pattern, const Package& package) const {
    Budget& budget = process_.machine.budget;
    return pattern.name.matches(package.name, budget) &&
           (!pattern.architecture || pattern.architecture->matches(package.architecture, budget));
  }

  Matches match() {
    Matches matches;
    std::set<std::string> found;
    const std::vector<NamePattern> patterns = name_patterns();
    for (const Package* package : candidates()) {
      bool wanted = patterns.empty();
      for (const NamePattern& pattern : patterns) {
        if (!is_match(pattern, *package)) continue;
        found.insert(pattern.text);
        wanted = true;
      }
      if (wanted) matches.packages.push_back(package);
    }
    std::stable_sort(
        matches.packages.begin(), matches.packages.end(), [](const Package* a, const Package* b) {
          return std::tie(a->name, a->architecture) < std::tie(b->name, b->architecture);
        });
    for (const std::string& pattern : options_.operands) {
      if (found.contains(pattern)) continue;
      missing_.push_back(pattern);
      matches.status = 1;
    }
    return matches;
  }

  /// What may match: all that is installed and, where names are given that are not, what others
  /// speak of.
  std::vector<const Package*> candidates() {
    std::vector<const Package*> packages;
    for (const Package& package : packages_.all()) {
      if (package.state != PackageState::not_installed) packages.push_back(&package);
    }
    const bool is_settled = std::all_of(
        options_.operands.begin(), options_.operands.end(), [this](const std::string& pattern) {
          return pattern.find_first_of("*[?\\") == std::string::npos &&
                 installed(pattern) != nullptr;
        });
    if (is_settled) return packages;
    for (const std::string& name : mentioned_packages(packages_)) {
      mentioned_.emplace_back().name = name;
    }
    for (const Package& package : mentioned_) packages.push_back(&package);
    return packages;
  }

  void complain() {
    for (const std::string& pattern : missing_) {
      notice(fmt::format("no packages found matching {}", pattern));
    }
  }

  int show() {
    const std::string* given = options_.value("f");
    std::string_view format = "${binary:Package}\t${Version}\n";
    if (given != nullptr) format = *given;
    // `-f=FORMAT` is the same as `-fFORMAT`.
    if (format.starts_with('=')) format.remove_prefix(1);
    const std::optional<std::vector<Piece>> pieces = parse_format(format);
    if (!pieces || pieces->empty()) {
      notice("error in show format: it does not parse");
      return 1;
    }
    const Matches matches = match();
    std::string text;
    for (const Package* package : matches.packages) {
      for (const Piece& piece : *pieces) {
        if (piece.field.empty()) {
          text += piece.text;
          continue;
        }
        const auto value = field_value(packages_, *package, piece.field);
        if (!value) continue;
        const auto columns = static_cast<std::uint64_t>(std::abs(std::int64_t{piece.width}));
        process_.machine.budget.check_size(text.size() + columns);
        text += at_width(*value, piece.width);
      }
    }
    process_.out(text);
    complain();
    return matches.status;
  }

  int list() {
    const Matches matches = match();
    std::size_t widths[] = {14, 12, 12, 33};
    std::vector<std::vector<std::string>> rows;
    for (const Package* match : matches.packages) {
      const Package& package = *match;
      const bool known = package.state != PackageState::not_installed;
      rows.push_back({fmt::format("{}{} ", known ? 'i' : 'u', state_letter(package.state)),
                      shown_name(packages_, package), known ? package.version : "<none>",
                      known ? package.architecture : "<none>",
                      known ? synopsis(package) : "(no description available)"});
      for (std::size_t i = 0; i < 4; ++i) {
        widths[i] = std::max(widths[i], rows.back()[i + 1].size());
      }
    }
    if (!rows.empty()) {
      process_.out(
          "Desired=Unknown/Install/Remove/Purge/Hold\n"
          "| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n"
          "|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n");
      print_row({"||/", "Name", "Version", "Architecture", "Description"}, widths);
      process_.out(fmt::format("+++-{:=<{}}-{:=<{}}-{:=<{}}-{:=<{}}\n", "", widths[0], "",
                               widths[1], "", widths[2], "", widths[3]));
    }
    for (const std::vector<std::string>& row : rows) print_row(row, widths);
    complain();
    return matches.status;
  }

  void print_row(const std::vector<std::string>& row, const std::size_t (&widths)[4]) {
    process_.out(fmt::format("{} {:<{}} {:<{}} {:<{}} {}\n", row[0], row[1], widths[0], row[2],
                             widths[1], row[3], widths[2], row[4]));
  }

  int search() {
    if (options_.operands.empty()) {
      return usage("--search needs at least one file name pattern argument");
    }
    const Diversions diversions = Diversions::read(process_.machine.tree);
    int status = 0;
    for (const std::string& operand : options_.operands) {
      const bool is_inner = operand.empty() || std::string_view("*[?/").find(operand.front()) ==
                                                   std::string_view::npos;
      const std::string pattern = is_inner ? "*" + operand + "*" : operand;
      if (find_owners(pattern, diversions)) continue;
      notice(fmt::format("no path found matching pattern {}", pattern));
      status = 1;
    }
    return status;
  }

  /// Prints who owns what the pattern matches; false when nothing does.
  bool find_owners(const std::string& pattern, const Diversions& diversions) {
    const bool literal = pattern.find_first_of("*[?\\") == std::string::npos;
    std::string path = pattern;
    while (literal && path.size() > 1 && (path.ends_with('/') || path.ends_with("/."))) {
      path.resize(path.size() - (path.ends_with('/') ? 1 : 2));
    }
    const shell::Pattern glob(pattern);
    const auto matches = [&](const std::string& file) {
      return literal ? file == path : glob.matches(file, process_.machine.budget);
    };
    std::map<std::string, std::set<std::string>> owners;
    for (const Package& package : packages_.all()) {
      if (package.state <= PackageState::half_installed) continue;
      for (const std::string& file : package.files) {
        if (matches(file)) owners[file].insert(shown_name(packages_, package));
      }
    }
    for (const Diversion& diversion : diversions.all()) {
      if (matches(diversion.from)) owners[diversion.from];
      if (matches(diversion.to)) owners[diversion.to];
    }
    std::vector<std::string> files;
    files.reserve(owners.size());
    for (const auto& [file, names] : owners) files.push_back(file);
    std::stable_sort(files.begin(), files.end(), [](const std::string& a, const std::string& b) {
      return dpkg_position(a) < dpkg_position(b);
    });
    for (const std::string& file : files) print_owners(file, owners[file], diversions);
    return !files.empty();
  }

  void print_owners(const std::string& file, const std::set<std::string>& names,
                    const Diversions& diversions) {
    const Diversion* diversion = diversions.of(file);
    if (diversion == nullptr) diversion = diversions.to(file);
    if (diversion != nullptr) {
      const std::string by =
          diversion->package.empty() ? "local diversion" : "diversion by " + diversion->package;
      process_.out(fmt::format("{0} from: {1}\n{0} to: {2}\n", by, diversion->from, diversion->to));
    }
    if (names.empty()) return;
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
    process_.out(fmt::format("{}: {}\n", all, file));
  }

  /// The package that a --control-… action is about; null after a message.
  const Package* control_package() {
    const std::string& name = options_.operands.front();
    const Package* package = installed(name);
    if (package == nullptr) {
      dpkg_error(process_, fmt::format("package '{}' is not installed", name));
    }
    return package;
  }

  /// Control members that dpkg shows: not those that it keeps in a form of its own.
  static bool is_shown(const std::string& member) {
    return member != "list" && member != "conffiles" && member != "control";
  }

  int show_control_path() {
    const std::vector<std::string>& operands = options_.operands;
    if (operands.empty()) return usage("--control-path needs at least one package name argument");
    if (operands.size() > 2) return usage("--control-path takes at most two arguments");
    const Package* package = control_package();
    if (package == nullptr) return 2;
    for (const auto& [member, text] : package->members) {
      if (!is_shown(member) || (operands.size() == 2 && member != operands[1])) continue;
      process_.out(fmt::format("{}/info/{}.{}\n", kDpkgFolder, package->info_name(), member));
    }
    return 0;
  }

  int list_control() {
    if (options_.operands.size() != 1)
      return usage("--control-list takes one package name argument");
    const Package* package = control_package();
    if (package == nullptr) return 2;
    for (const auto& [member, text] : package->members) {
      if (is_shown(member)) process_.out(member + "\n");
    }
    return 0;
  }

  int show_control() {
    if (options_.operands.size() != 2) return usage("--control-show takes exactly two arguments");
    const Package* package = control_package();
    if (package == nullptr) return 2;
    const auto member = package->members.find(options_.operands[1]);
    if (member == package->members.end() || member->first == "control") {
      return dpkg_error(process_,
                        fmt::format("control file '{}' does not exist", options_.operands[1]));
    }
    process_.out(member->second);
    return 0;
  }

  Process& process_;
  const PackageDatabase& packages_;
  Options options_;
  std::vector<Package> mentioned_;
  std::vector<std::string> missing_;
};

}  // namespace

int dpkg_query(Process& process) {
  return Query(process).run();
}

}  // namespace stamp::scripts
