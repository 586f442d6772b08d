// stat and ls.
#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/tools/files.h"
#include "maintainer-scripts/tools/files_show.h"

namespace stamp::scripts {
namespace {

constexpr int kTrouble = 2;

constexpr LongOption kStatOptions[] = {
    {"dereference", Argument::none, "L"},
    {"format", Argument::required, "c"},
    {"printf", Argument::required},
};
constexpr LongOption kListOptions[] = {
    {"all", Argument::none, "a"},       {"almost-all", Argument::none, "A"},
    {"color", Argument::optional},      {"dereference", Argument::none, "L"},
    {"directory", Argument::none, "d"}, {"numeric-uid-gid", Argument::none, "n"},
    {"recursive", Argument::none, "R"}, {"reverse", Argument::none, "r"},
    {"size", Argument::none, "s"},
};

std::string name_or(std::optional<std::string> name, std::string_view other) {
  return name ? *std::move(name) : std::string(other);
}

std::string type_name(const Inode& inode) {
  if (inode.is_file()) return inode.size == 0 ? "regular empty file" : "regular file";
  if (inode.is_symlink()) return "symbolic link";
  if (inode.type == layer::EntryType::character_device) return "character special file";
  if (inode.type == layer::EntryType::block_device) return "block special file";
  return std::string(layer::describe(inode.type));
}

std::string stat_field(Process& process, char letter, const std::string& path, const Inode& inode) {
  switch (letter) {
    case 'a':
      return fmt::format("{:o}", inode.mode);
    case 'A':
      return type_and_mode(inode);
    case 'd':
    case 'i':
      // The numbers of a file system: an image has none, but scripts ask whether two names are the
      // root, which has these.
      if (&inode != process.machine.tree.root().get()) {
        throw Unknown(fmt::format("format '%{}' is known of the root alone", letter));
      }
      return letter == 'd' ? "1" : "2";
    case 'F':
      return type_name(inode);
    case 'g':
      return std::to_string(inode.gid);
    case 'G':
      return name_or(group_name(process, inode.gid), "UNKNOWN");
    case 'h':
      return std::to_string(link_count(inode));
    case 'n':
      return path;
    case 'N':
      return inode.is_symlink() ? fmt::format("{} -> {}", quoted(path), quoted(inode.link_target))
                                : quoted(path);
    case 's':
      return std::to_string(shown_size(inode));
    case 'u':
      return std::to_string(inode.uid);
    case 'U':
      return name_or(user_name(process, inode.uid), "UNKNOWN");
    case 'y':
      return shown_time(inode.mtime, TimeForm::full);
    case 'Y':
      return std::to_string(inode.mtime);
    default:
      // Times of reading and of birth: an image has none.
      throw Unknown(fmt::format("format '%{}' is not known", printable({&letter, 1})));
  }
}

enum class Escapes { no, yes };

std::string stat_line(Process& process, std::string_view format, const std::string& path,
                      const Inode& inode, Escapes escapes) {
  std::string line;
  while (!format.empty()) {
    const char c = format.front();
    format.remove_prefix(1);
    if (c == '\\' && escapes == Escapes::yes) {
      line += take_escape(format);
    } else if (c != '%') {
      line += c;
    } else if (format.starts_with('%')) {
      format.remove_prefix(1);
      line += '%';
    } else {
      const Conversion conversion = take_conversion(format);
      line += padded(conversion, stat_field(process, conversion.letter, path, inode));
    }
  }
  return line;
}

/// A name that ls shows.
struct Listed {
  std::string name;
  std::string path;
  std::shared_ptr<Inode> inode;
};

class Lister {
 public:
  Lister(Process& process, const Options& options) : process_(process), options_(options) {
    constexpr std::string_view kFormats[] = {"1", "l", "n", "C", "m", "x"};
    const std::string_view format = options.last_of(kFormats);
    if (format == "C" || format == "m" || format == "x") {
      throw Unknown(fmt::format("option '-{}' is not known", format));
    }
    is_long_ = options.has("l") || options.has("n");
  }

  int run() {
    std::vector<std::string> operands = options_.operands;
    if (operands.empty()) operands.emplace_back(".");
    std::vector<Listed> files;
    std::vector<Listed> folders;
    for (const std::string& path : operands) {
      const Found found = look(path);
      if (!found) {
        complain(process_, fmt::format("cannot access {}", quoted(path)), found.error);
        status_ = kTrouble;
      } else if (found.inode->is_directory() && !options_.has("d")) {
        folders.push_back({path, path, found.inode});
      } else {
        files.push_back({path, path, found.inode});
      }
    }
    print(files);
    sort(folders);
    has_output_ = !files.empty();
    const bool with_heads = operands.size() > 1 || options_.has("R");
    for (const Listed& folder : folders) print_folder(folder, with_heads ? Head::yes : Head::no);
    return status_;
  }

 private:
  enum class Head { no, yes };

  Found look(const std::string& path) const {
    // A link is shown as such by -l and -d; else it is opened when it leads to a folder.
    const bool as_link = (is_long_ || options_.has("d")) && !options_.has("L");
    const Found found = find(process_, path, as_link ? LastLink::keep : LastLink::follow);
    if (found || as_link) return found;
    return find(process_, path, LastLink::keep);
  }

  void print_folder(const Listed& folder, Head head) {
    process_.machine.budget.take_steps();
    if (head == Head::yes) {
      process_.out(fmt::format("{}{}:\n", has_output_ ? "\n" : "", folder.path));
    }
    has_output_ = true;
    if (is_long_) throw Unknown("the blocks that a folder's files take are not known");
    std::vector<Listed> listed;
    if (options_.has("a")) {
      listed.push_back({".", folder.path, folder.inode});
      listed.push_back(
          {"..", joined(folder.path, ".."), find(process_, joined(folder.path, "..")).inode});
    }
    for (const auto& [name, child] : folder.inode->children) {
      if (name.starts_with('.') && !options_.has("a") && !options_.has("A")) continue;
      listed.push_back({name, joined(folder.path, name), child});
    }
    print(listed);
    if (!options_.has("R")) return;
    for (const Listed& each : listed) {
      if (each.inode->is_directory() && each.name != "." && each.name != "..") {
        print_folder(each, Head::yes);
      }
    }
  }

  void sort(std::vector<Listed>& listed) const {
    if (options_.has("U") || options_.has("f")) {
      throw Unknown("the order that a file system has is not known");
    }
    std::sort(listed.begin(), listed.end(),
              [](const Listed& a, const Listed& b) { return a.name < b.name; });
    if (options_.has("t")) {
      std::stable_sort(listed.begin(), listed.end(), [](const Listed& a, const Listed& b) {
        return a.inode->mtime > b.inode->mtime;
      });
    }
    if (options_.has("S")) {
      std::stable_sort(listed.begin(), listed.end(), [](const Listed& a, const Listed& b) {
        return shown_size(*a.inode) > shown_size(*b.inode);
      });
    }
    if (options_.has("r")) std::reverse(listed.begin(), listed.end());
  }

  void print(std::vector<Listed>& listed) {
    sort(listed);
    std::vector<std::vector<std::string>> rows;
    for (const Listed& each : listed) {
      process_.machine.budget.take_steps();
      if (is_long_) {
        rows.push_back(columns(*each.inode));
      } else {
        process_.out(shown(each.name) + mark(*each.inode) + "\n");
      }
    }
    if (rows.empty()) return;
    // Numbers to the right, names to the left, each column as wide as it must be.
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows) {
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (std::size_t line = 0; line < rows.size(); ++line) {
      const auto& row = rows[line];
      process_.out(fmt::format("{} {:>{}} {:<{}} {:<{}} {:>{}} {} {}", row[0], row[1], widths[1],
                               row[2], widths[2], row[3], widths[3], row[4], widths[4], row[5],
                               listed[line].name));
      if (listed[line].inode->is_symlink()) {
        process_.out(" -> " + listed[line].inode->link_target);
      }
      process_.out(mark(*listed[line].inode) + "\n");
    }
  }

  std::vector<std::string> columns(const Inode& inode) {
    const std::string uid = std::to_string(inode.uid);
    const std::string gid = std::to_string(inode.gid);
    const bool numbers = options_.has("n");
    // Half a year before and after now, a time; else a year.
    constexpr std::int64_t kRecent = 31556952 / 2;
    const std::int64_t age = process_.machine.now - inode.mtime;
    const TimeForm form = age >= 0 && age < kRecent ? TimeForm::clock : TimeForm::year;
    return {type_and_mode(inode),
            std::to_string(link_count(inode)),
            numbers ? uid : name_or(user_name(process_, inode.uid), uid),
            numbers ? gid : name_or(group_name(process_, inode.gid), gid),
            std::to_string(shown_size(inode)),
            shown_time(inode.mtime, form)};
  }

  /// -q: what a terminal could not show becomes a question mark.
  std::string shown(std::string name) const {
    if (!options_.has("q")) return name;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return name;
  }

  std::string mark(const Inode& inode) const {
    if (options_.has("p")) return inode.is_directory() ? "/" : "";
    if (!options_.has("F")) return "";
    if (inode.is_directory()) return "/";
    if (inode.is_symlink()) return is_long_ ? "" : "@";
    if (inode.type == layer::EntryType::fifo) return "|";
    return inode.is_file() && (inode.mode & 0111U) != 0 ? "*" : "";
  }

  Process& process_;
  const Options& options_;
  bool is_long_ = false;
  bool has_output_ = false;
  int status_ = 0;
};

}  // namespace

int stat_tool(Process& process) {
  const Options options = parse_options(process, "c:L", kStatOptions);
  if (options.operands.empty()) return usage_error(process, "missing operand");
  constexpr std::string_view kFormats[] = {"c", "printf"};
  const std::string_view which = options.last_of(kFormats);
  if (which.empty()) throw Unknown("stat without a format is not known");
  const std::string& format = *options.value(which);
  int status = 0;
  for (const std::string& path : options.operands) {
    const Found found = find(process, path, options.has("L") ? LastLink::follow : LastLink::keep);
    if (!found) {
      status = complain(process, fmt::format("cannot statx {}", quoted(path)), found.error);
      continue;
    }
    process.out(stat_line(process, format, path, *found.inode,
                          which == "printf" ? Escapes::yes : Escapes::no));
    if (which == "c") process.out("\n");
  }
  return status;
}

int ls(Process& process) {
  const Options options = parse_options(process, "1aACdFflLmnpqRrStUx", kListOptions);
  if (options.has("s")) throw Unknown("option '--size' is not known");
  return Lister(process, options).run();
}

}  // namespace stamp::scripts
