#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/shell/pattern.h"
#include "maintainer-scripts/tools/files_find.h"
#include "maintainer-scripts/tools/files_find_number.h"
#include "maintainer-scripts/tools/files_show.h"
#include "maintainer-scripts/tools/regex.h"

namespace stamp::scripts {
namespace {

using Node = std::function<bool(const FindTarget&, FindState&)>;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool is_action(std::string_view word) {
  return word == "-print" || word == "-print0" || word == "-printf" || word == "-delete" ||
         word == "-exec" || word == "-execdir";
}

std::string replaced(std::string text, std::string_view with) {
  constexpr std::string_view kBraces = "{}";
  for (std::size_t at = text.find(kBraces); at != std::string::npos;
       at = text.find(kBraces, at + with.size())) {
    text.replace(at, kBraces.size(), with);
  }
  return text;
}

}  // namespace

/// Recursive descent: or, and, not, parentheses.
class FindExpression::Parser {
 public:
  Parser(Process& process, FindOptions& options, FindExpression& expression,
         std::vector<std::string> words)
      : process_(process), options_(options), expression_(expression), words_(std::move(words)) {}

  Node parse() {
    Node print = [&process = process_](const FindTarget& target, FindState&) {
      process.out(target.path + "\n");
      return true;
    };
    if (words_.empty()) return print;
    const bool acts = std::any_of(words_.begin(), words_.end(),
                                  [](const std::string& word) { return is_action(word); });
    Node all = parse_or();
    if (error().empty() && next_ != words_.size()) {
      set_error(words_[next_] == ")"
                    ? "you have too many ')'"
                    : fmt::format("paths must precede expression: `{}'", words_[next_]));
    }
    if (acts) return all;
    return [all, print](const FindTarget& target, FindState& state) {
      return all(target, state) && print(target, state);
    };
  }

 private:
  const std::string& error() const { return expression_.error_; }
  void set_error(std::string message) {
    if (expression_.error_.empty()) expression_.error_ = std::move(message);
  }
  bool ended() const { return next_ == words_.size() || !error().empty(); }
  bool take(std::string_view word, std::string_view other) {
    if (ended() || (words_[next_] != word && words_[next_] != other)) return false;
    ++next_;
    return true;
  }
  static Node always(const bool result) {
    return [result](const FindTarget&, FindState&) { return result; };
  }

  Node parse_or() {
    const Budget::Level level(process_.machine.budget);
    std::vector<Node> terms{parse_and()};
    while (take("-o", "-or")) terms.push_back(parse_and());
    if (terms.size() == 1) return terms.front();
    return [terms](const FindTarget& target, FindState& state) {
      return std::any_of(terms.begin(), terms.end(),
                         [&](const Node& term) { return term(target, state); });
    };
  }

  Node parse_and() {
    std::vector<Node> factors{parse_not()};
    while (!ended() && words_[next_] != ")" && words_[next_] != "-o" && words_[next_] != "-or" &&
           words_[next_] != ",") {
      (void)take("-a", "-and");
      factors.push_back(parse_not());
    }
    if (!ended() && words_[next_] == ",") throw Unknown("operator ',' is not known");
    return [factors](const FindTarget& target, FindState& state) {
      return std::all_of(factors.begin(), factors.end(),
                         [&](const Node& factor) { return factor(target, state); });
    };
  }

  Node parse_not() {
    bool negated = false;
    while (take("!", "-not")) negated = !negated;
    Node node = parse_primary();
    if (!negated) return node;
    return [node](const FindTarget& target, FindState& state) { return !node(target, state); };
  }

  Node parse_primary() {
    if (ended()) {
      set_error("invalid expression; expected an operand");
      return always(false);
    }
    if (take("(", "(")) {
      Node node = parse_or();
      if (!take(")", ")")) {
        set_error(
            "invalid expression; I was expecting to find a ')' somewhere but did not see one.");
      }
      return node;
    }
    word_ = words_[next_++];
    for (const auto method : {&Parser::of_name, &Parser::of_walk, &Parser::of_owner,
                              &Parser::of_numbers, &Parser::of_action}) {
      Node node = (this->*method)();
      if (node) return node;
    }
    if (!error().empty()) return always(false);
    throw Unknown(fmt::format("'{}' is not known", printable(word_)));
  }

  std::string argument() {
    if (next_ != words_.size()) return words_[next_++];
    set_error(fmt::format("missing argument to `{}'", word_));
    return {};
  }

  std::shared_ptr<Inode> reference() {
    const std::string path = argument();
    const Found found = find(process_, path);
    if (!found && error().empty()) {
      set_error(fmt::format("{}: {}", quoted(path), describe(found.error)));
    }
    return found ? found.inode : std::make_shared<Inode>();
  }

  Node matching(const std::function<std::string_view(const FindTarget&)>& text) {
    const bool ignores_case = word_.starts_with("-i");
    const std::string given = argument();
    const shell::Pattern pattern(ignores_case ? lower(given) : given);
    return [=, &budget = process_.machine.budget](const FindTarget& target, FindState&) {
      const std::string_view tested = text(target);
      return ignores_case ? pattern.matches(lower(tested), budget)
                          : pattern.matches(tested, budget);
    };
  }

  Node of_name() {
    if (word_ == "-name" || word_ == "-iname") {
      return matching([](const FindTarget& target) { return last_component(target.path); });
    }
    if (word_ == "-path" || word_ == "-ipath" || word_ == "-wholename" || word_ == "-iwholename") {
      return matching([](const FindTarget& target) { return std::string_view(target.path); });
    }
    if (word_ == "-lname" || word_ == "-ilname") {
      const Node node = matching(
          [](const FindTarget& target) { return std::string_view(target.inode->link_target); });
      return [node](const FindTarget& target, FindState& state) {
        return target.inode->is_symlink() && node(target, state);
      };
    }
    if (word_ == "-regextype") {
      regex_type_ = argument();
      return always(true);
    }
    if (word_ == "-regex" || word_ == "-iregex") return regex();
    return nullptr;
  }

  Node regex() {
    const Regex::Case letters = word_ == "-iregex" ? Regex::Case::ignore : Regex::Case::exact;
    std::string pattern = argument();
    Regex::Syntax syntax = Regex::Syntax::extended;
    if (regex_type_ == "emacs" || regex_type_ == "findutils-default") {
      pattern = regex_from_emacs(pattern);
    } else if (regex_type_ == "posix-basic" || regex_type_ == "grep" || regex_type_ == "sed" ||
               regex_type_ == "ed") {
      syntax = Regex::Syntax::basic;
    } else if (regex_type_ != "posix-extended" && regex_type_ != "egrep" &&
               regex_type_ != "posix-egrep") {
      throw Unknown(fmt::format("-regextype '{}' is not known", printable(regex_type_)));
    }
    // Shared by the copies of the node.
    const auto compiled = std::make_shared<Regex>(
        process_.machine.budget, pattern, Regex::Options{.syntax = syntax, .letters = letters});
    return [compiled](const FindTarget& target, FindState&) {
      return compiled->matches_range(target.path, {0, target.path.size()});
    };
  }

  Node of_walk() {
    if (word_ == "-maxdepth" || word_ == "-mindepth") {
      const std::string text = argument();
      const std::optional<FindNumber> depth = parse_find_number(text);
      if (!depth || depth->sign != '=' || !depth->unit.empty()) {
        set_error(fmt::format("Expected a positive decimal integer argument to {}, but got {}",
                              word_, quoted(text)));
        return always(false);
      }
      (word_ == "-maxdepth" ? options_.max_depth : options_.min_depth) = depth->value;
      return always(true);
    }
    if (word_ == "-depth" || word_ == "-d") {
      options_.depth_first = true;
      return always(true);
    }
    if (word_ == "-follow") {
      options_.links = FindOptions::Links::follow;
      return always(true);
    }
    // There is one file system, and nobody is warned.
    for (const std::string_view nothing :
         {"-xdev", "-mount", "-noleaf", "-warn", "-nowarn", "-true", "-ignore_readdir_race"}) {
      if (word_ == nothing) return always(true);
    }
    if (word_ == "-false") return always(false);
    if (word_ == "-prune") {
      return [](const FindTarget&, FindState& state) {
        state.prune = true;
        return true;
      };
    }
    if (word_ == "-quit") {
      return [](const FindTarget&, FindState& state) {
        state.quit = true;
        return true;
      };
    }
    return of_kind();
  }

  Node of_type() {
    const std::string letters = argument();
    if (letters.find_first_not_of("fdlpbcs,") != std::string::npos) {
      throw Unknown(fmt::format("{} '{}' is not known", word_, printable(letters)));
    }
    const bool follows = word_ == "-xtype";
    return [=, &process = process_](const FindTarget& target, FindState& state) {
      std::shared_ptr<Inode> inode = target.inode;
      if (follows && inode->is_symlink()) {
        const Found found = find(process, target.path);
        if (found.error == std::errc::too_many_symbolic_link_levels) {
          complain(process, quoted(target.path), found.error);
          state.status = 1;
          return false;
        }
        if (found) inode = found.inode;
      }
      return letters.find(type_letter(*inode)) != std::string::npos;
    };
  }

  Node of_kind() {
    if (word_ == "-type" || word_ == "-xtype") return of_type();
    if (word_ == "-empty") {
      return [](const FindTarget& target, FindState&) {
        if (target.inode->is_directory()) return target.inode->children.empty();
        return target.inode->is_file() && target.inode->size == 0;
      };
    }
    if (word_ == "-samefile") {
      const std::shared_ptr<Inode> other = reference();
      return [other](const FindTarget& target, FindState&) { return target.inode == other; };
    }
    if (word_ == "-executable") {
      return [](const FindTarget& target, FindState&) {
        return target.inode->is_directory() || (target.inode->mode & 0111U) != 0;
      };
    }
    if (word_ == "-readable" || word_ == "-writable") return always(true);  // to root
    if (word_ == "-perm") return permissions();
    return nullptr;
  }

  Node permissions() {
    const std::string text = argument();
    char kind = '=';
    std::string_view mode = text;
    if (mode.starts_with('-') || mode.starts_with('/')) {
      kind = mode.front();
      mode.remove_prefix(1);
    }
    const std::optional<ModeChange> change = ModeChange::parse(mode);
    if (!change) {
      set_error(fmt::format("invalid mode {}", quoted(text)));
      return always(false);
    }
    const std::uint32_t bits = change->apply(0, ModeChange::Of::file, 0);
    return [=](const FindTarget& target, FindState&) {
      const std::uint32_t has = target.inode->mode & bits;
      if (kind == '-') return has == bits;
      if (kind == '/') return has != 0 || bits == 0;
      return target.inode->mode == bits;
    };
  }

  Node of_owner() {
    if (word_ == "-user" || word_ == "-group") {
      const std::string name = argument();
      const bool is_user = word_ == "-user";
      const std::optional<std::uint64_t> id =
          is_user ? user_id(process_, name) : group_id(process_, name);
      if (!id) {
        set_error(is_user ? fmt::format("{} is not the name of a known user", quoted(name))
                          : fmt::format("{} is not the name of an existing group", quoted(name)));
        return always(false);
      }
      return [=](const FindTarget& target, FindState&) {
        return (is_user ? target.inode->uid : target.inode->gid) == *id;
      };
    }
    if (word_ == "-nouser") {
      return [&process = process_](const FindTarget& target, FindState&) {
        return !user_name(process, target.inode->uid);
      };
    }
    if (word_ == "-nogroup") {
      return [&process = process_](const FindTarget& target, FindState&) {
        return !group_name(process, target.inode->gid);
      };
    }
    return nullptr;
  }

  Node of_numbers() {
    if (word_ == "-newer") {
      const std::int64_t time = reference()->mtime;
      return [time](const FindTarget& target, FindState&) { return target.inode->mtime > time; };
    }
    for (const std::string_view known : {"-uid", "-gid", "-links", "-size", "-mtime", "-mmin"}) {
      if (word_ != known) continue;
      const std::string text = argument();
      const std::optional<FindNumber> number = parse_find_number(text);
      if (!number || (!number->unit.empty() && word_ != "-size")) {
        set_error(fmt::format("invalid argument `{}' to `{}'", text, word_));
        return always(false);
      }
      return compare(*number);
    }
    return nullptr;
  }

  Node compare(FindNumber number) {
    // Files are as large as the units that they begin.
    std::uint64_t unit = 1;
    if (word_ == "-size") {
      constexpr std::string_view kUnits = "cwbkMG";
      constexpr std::uint64_t kSizes[] = {1, 2, 512, 1024, 1024 * 1024, 1024 * 1024 * 1024};
      const char letter = number.unit.empty() ? 'b' : number.unit.front();
      const std::size_t at = kUnits.find(letter);
      if (at == std::string_view::npos || number.unit.size() > 1) {
        throw Unknown(fmt::format("unit '{}' is not known", number.unit));
      }
      unit = kSizes[at];
    }
    number.unit = {};
    const std::int64_t now = process_.machine.now;
    const std::string word = word_;
    return [=](const FindTarget& target, FindState&) {
      const Inode& inode = *target.inode;
      if (word == "-uid") return number.matches(inode.uid);
      if (word == "-gid") return number.matches(inode.gid);
      if (word == "-links") return number.matches(link_count(inode));
      if (word == "-size") return number.matches((shown_size(inode) + unit - 1) / unit);
      const std::int64_t age = std::max<std::int64_t>(now - inode.mtime, 0);
      return number.matches(static_cast<std::uint64_t>(age) / (word == "-mmin" ? 60U : 86400U));
    };
  }

  Node of_action() {
    if (word_ == "-print" || word_ == "-print0") {
      const std::string end = word_ == "-print" ? std::string("\n") : std::string(1, '\0');
      return [end, &process = process_](const FindTarget& target, FindState&) {
        process.out(target.path + end);
        return true;
      };
    }
    if (word_ == "-printf") return print_format();
    if (word_ == "-delete") {
      options_.depth_first = true;
      return [&process = process_](const FindTarget& target, FindState& state) {
        return remove(process, target, state);
      };
    }
    if (word_ == "-exec" || word_ == "-execdir") return execute();
    return nullptr;
  }

  static bool remove(Process& process, const FindTarget& target, FindState& state) {
    if (target.path == ".") return true;
    const std::string path = process.absolute(target.path);
    Tree& tree = process.machine.tree;
    const std::errc error =
        target.link->is_directory() ? tree.remove_directory(path) : tree.unlink(path);
    if (error == std::errc()) return true;
    complain(process, fmt::format("cannot delete {}", quoted(target.path)), error);
    state.status = 1;
    return false;
  }

  Node print_format() {
    const std::string format = argument();
    return [format, &process = process_](const FindTarget& target, FindState&) {
      process.out(find_format(process, format, target));
      return true;
    };
  }

  Node execute() {
    const bool in_folder = word_ == "-execdir";
    std::vector<std::string> command;
    while (next_ != words_.size() && words_[next_] != ";" &&
           !(words_[next_] == "+" && !command.empty() && command.back() == "{}")) {
      command.push_back(words_[next_++]);
    }
    if (next_ == words_.size() || command.empty()) {
      set_error(fmt::format("missing argument to `{}'", word_));
      return always(false);
    }
    if (words_[next_++] == "+") return gather(std::move(command), in_folder);
    return [command, in_folder, &process = process_](const FindTarget& target, FindState&) {
      Process child = process;
      std::string name = target.path;
      if (in_folder) name = enter(child, target);
      child.args.clear();
      for (const std::string& word : command) child.args.push_back(replaced(word, name));
      return process.machine.runner.run(child) == 0;
    };
  }

  /// The folder of a file becomes the working directory; gives its name there.
  static std::string enter(Process& child, const FindTarget& target) {
    const std::string path = child.absolute(without_trailing_slashes(target.path));
    child.directory = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
    return fmt::format("./{}", last_component(path));
  }

  /// `-exec … {} +`: one command with all names, in the end.
  Node gather(std::vector<std::string> command, const bool in_folder) {
    if (in_folder) throw Unknown("'-execdir … +' is not known");
    command.pop_back();
    // Shared by the node and by what runs in the end.
    const auto names = std::make_shared<std::vector<std::string>>();
    expression_.at_end_.emplace_back([=, &process = process_](FindState& state) {
      if (names->empty()) return;
      Process child = process;
      child.args = command;
      child.args.insert(child.args.end(), names->begin(), names->end());
      if (process.machine.runner.run(child) != 0) state.status = 1;
    });
    return [names](const FindTarget& target, FindState&) {
      names->push_back(target.path);
      return true;
    };
  }

  Process& process_;
  FindOptions& options_;
  FindExpression& expression_;
  std::vector<std::string> words_;
  std::size_t next_ = 0;
  std::string word_;  // the test or action that is parsed
  std::string regex_type_ = "emacs";
};

FindExpression::FindExpression(Process& process, FindOptions& options,
                               std::vector<std::string> words) {
  node_ = Parser(process, options, *this, std::move(words)).parse();
}

FindExpression::~FindExpression() = default;

void FindExpression::evaluate(const FindTarget& target, FindState& state) {
  (void)node_(target, state);
}

void FindExpression::finish(FindState& state) {
  for (const auto& action : at_end_) action(state);
}

}  // namespace stamp::scripts
