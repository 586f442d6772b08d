#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_sed.h"
#include "maintainer-scripts/tools/text_sed_parts.h"

namespace stamp::scripts::sed_script {
namespace {

constexpr int kInputOutputError = 4;

class Editor {
 public:
  Editor(Process& process, const Program& program, const Settings& settings,
         const std::vector<std::string>& files)
      : process_(process),
        program_(program),
        settings_(settings),
        input_(process, files, settings),
        ranges_(program.commands.size()) {
    for (const Command& command : program.commands) {
      const bool writes = command.name == 'w' || command.name == 'W';
      if (writes || (command.substitution && !command.substitution->file.empty())) {
        files_.try_emplace(command.text);
      }
    }
    reset_ranges();
  }

  int run() {
    if (settings_.separate) {
      while (!quit_ && input_.open_next()) {
        reset_ranges();
        run_file();
        if (settings_.in_place) edit_in_place();
        input_.close();
      }
    } else {
      run_file();
    }
    flush();
    for (const auto& [name, target] : files_) {
      if (name == "/dev/stdout" || name == "/dev/stderr") continue;
      const std::errc error = write_file(process_, name, target.text);
      if (error != std::errc()) {
        return fail(process_, fmt::format("couldn't open file {}: {}", name, describe(error)),
                    kInputOutputError);
      }
    }
    return quit_ && exit_code_ != 0 ? exit_code_ : input_.status();
  }

 private:
  enum class After { next_command, end_cycle, delete_line, restart, quit };

  void reset_ranges() {
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      const auto& first = program_.commands[i].first;
      const bool zero = first && first->kind == Address::Kind::line && first->number == 0;
      ranges_[i] = {zero, 0};
    }
  }

  void run_file() {
    bool keep = false;
    while (!quit_) {
      if (!keep && !read_line()) return;
      const After after = run_commands();
      keep = after == After::restart;
      if (after == After::end_cycle || (after == After::quit && !silent_quit_)) print_space();
      if (!silent_quit_) flush_appended();
    }
  }

  bool read_line() {
    const auto line = input_.next();
    if (!line) return false;
    space_ = line->text;
    ended_ = line->ended;
    replaced_ = false;
    return true;
  }

  void print_space() {
    if (!settings_.quiet && !program_.quiet) put_line(out_, space_);
  }

  /// Writes a line that ends as the input's did.
  void put_line(Target& target, std::string_view line) {
    put(target, line);
    if (ended_) {
      target.text += settings_.delimiter;
    } else {
      target.lacks_newline = true;
    }
    spill(target);
  }

  void put(Target& target, std::string_view text) {
    if (target.lacks_newline) target.text += settings_.delimiter;
    target.lacks_newline = false;
    target.text += text;
    process_.machine.budget.check_size(target.text.size());
  }

  /// Standard output through a file's name keeps its order with the rest.
  void spill(Target& target) {
    if (&target == &out_) {
      if (!settings_.in_place && out_.text.size() > 65536) flush();
      return;
    }
    for (const std::string_view name : {"/dev/stdout", "/dev/stderr"}) {
      const auto found = files_.find(std::string(name));
      if (found == files_.end() || &found->second != &target) continue;
      if (!settings_.in_place) flush();
      const std::string text = std::exchange(target.text, {});
      process_.machine.budget.take_output(text.size());
      name == "/dev/stdout" ? process_.out(text) : process_.err(text);
    }
  }

  void flush() {
    if (settings_.in_place) return;
    process_.machine.budget.take_output(out_.text.size());
    process_.out(std::exchange(out_.text, {}));
  }

  void flush_appended() {
    for (const auto& [is_file, text] : std::exchange(appended_, {})) {
      if (!is_file) {
        put(out_, text);
        continue;
      }
      const InputText file = read_operand(process_, text == "/dev/stdin" ? "-" : text);
      if (file && !file.text.empty()) put(out_, file.text);
    }
  }

  bool matches(const PatternRef& ref) {
    if (ref.index) last_pattern_ = ref.index;
    if (!last_pattern_) throw Unknown("sed: no previous pattern");
    return program_.patterns[*last_pattern_].matches(space_);
  }

  bool matches(const Address& address) {
    const std::uint64_t line = input_.number();
    switch (address.kind) {
      case Address::Kind::line:
        return line == address.number;
      case Address::Kind::step:
        if (address.step == 0) return line == address.number;
        return line >= address.number && (line - address.number) % address.step == 0;
      case Address::Kind::last:
        return input_.is_last();
      default:
        return matches(address.pattern);
    }
  }

  bool is_selected(std::size_t index) {
    const Command& command = program_.commands[index];
    if (!command.first) return true;
    if (!command.second) return matches(*command.first);
    return is_in_range(command, ranges_[index]);
  }

  bool is_in_range(const Command& command, RangeState& range) {
    const std::uint64_t line = input_.number();
    const Address& second = *command.second;
    const bool counted =
        second.kind != Address::Kind::pattern && second.kind != Address::Kind::last;
    if (range.active) {
      if (counted) {
        range.active = line < range.end;
        return line <= range.end;
      }
      range.active = !matches(second);
      return true;
    }
    if (!matches(*command.first)) return false;
    if (counted) {
      range.end = second.number;
      if (second.kind == Address::Kind::plus) range.end = line + second.number;
      if (second.kind == Address::Kind::multiple) {
        const std::uint64_t unit = std::max<std::uint64_t>(second.number, 1);
        range.end = (line + unit - 1) / unit * unit;
      }
      range.active = line < range.end;
    } else {
      // the end is looked for from the next line on, but no line follows the last
      range.active = second.kind == Address::Kind::pattern || !input_.is_last();
    }
    return true;
  }

  After run_commands() {
    for (std::size_t at = 0; at < program_.commands.size();) {
      process_.machine.budget.take_steps();
      const Command& command = program_.commands[at];
      if (is_selected(at) == command.negated) {
        at = command.name == '{' ? command.target : at + 1;
        continue;
      }
      jump_ = at + 1;
      const After after = run_command(command, ranges_[at]);
      if (after != After::next_command) return after;
      at = jump_;
    }
    return After::end_cycle;
  }

  After run_command(const Command& command, const RangeState& range) {
    switch (command.name) {
      case 'b':
        jump_ = command.target;
        break;
      case 't':
      case 'T':
        if (std::exchange(replaced_, false) == (command.name == 't')) jump_ = command.target;
        break;
      case 's':
        substitute(*command.substitution, command.text);
        break;
      case 'y':
        for (char& c : space_) c = command.translation.at(static_cast<unsigned char>(c));
        break;
      case 'd':
        return After::delete_line;
      case 'D':
        return delete_first();
      case 'c':
        if (!command.second || command.negated || !range.active) put(out_, command.text);
        return After::delete_line;
      case 'q':
      case 'Q':
        quit_ = true;
        silent_quit_ = command.name == 'Q';
        exit_code_ = static_cast<int>(command.number.value_or(0) & 0xFFU);
        return After::quit;
      case 'n':
      case 'N':
        return take_next(command.name);
      default:
        print_or_keep(command);
    }
    process_.machine.budget.check_size(space_.size() + hold_.size());
    return After::next_command;
  }

  After delete_first() {
    const std::size_t end = space_.find(settings_.delimiter);
    if (end == std::string::npos) return After::delete_line;
    space_.erase(0, end + 1);
    return After::restart;
  }

  After take_next(char name) {
    if (input_.is_last()) {
      // GNU sed prints what it has when there is no next line, and ends there
      quit_ = !settings_.separate;
      return After::end_cycle;
    }
    if (name == 'n') print_space();
    flush_appended();
    const auto line = input_.next();
    if (name == 'n') {
      space_ = line->text;
    } else {
      space_ += settings_.delimiter;
      space_ += line->text;
    }
    ended_ = line->ended;
    process_.machine.budget.check_size(space_.size());
    return After::next_command;
  }

  /// Commands that only print, or move text between the two spaces.
  void print_or_keep(const Command& command) {
    switch (command.name) {
      case 'p':
        put_line(out_, space_);
        break;
      case 'P':
        put(out_, std::string_view(space_).substr(0, space_.find(settings_.delimiter)));
        out_.text += settings_.delimiter;
        break;
      case 'g':
        space_ = hold_;
        break;
      case 'G':
        (space_ += settings_.delimiter) += hold_;
        break;
      case 'h':
        hold_ = space_;
        break;
      case 'H':
        (hold_ += settings_.delimiter) += space_;
        break;
      case 'x':
        std::swap(space_, hold_);
        break;
      case 'z':
        space_.clear();
        break;
      default:
        write_text(command);
    }
  }

  void write_text(const Command& command) {
    switch (command.name) {
      case 'a':
        appended_.push_back({false, command.text});
        break;
      case 'i':
        put(out_, command.text);
        break;
      case 'r':
        appended_.push_back({true, command.text});
        break;
      case 'R':
        append_line_of(command.text);
        break;
      case 'w':
        put_line(files_.at(command.text), space_);
        break;
      case 'W': {
        Target& target = files_.at(command.text);
        put(target, std::string_view(space_).substr(0, space_.find(settings_.delimiter)));
        target.text += settings_.delimiter;
        spill(target);
        break;
      }
      case '=':
        put(out_, fmt::format("{}\n", input_.number()));
        break;
      case 'l':
        put(out_, unambiguous(space_, command.number.value_or(settings_.line_length)) + "$\n");
        break;
      case 'F':
        put(out_, input_.name() + "\n");
        break;
      default:
        break;
    }
  }

  void append_line_of(const std::string& name) {
    auto [found, is_new] = line_files_.try_emplace(name);
    if (is_new) {
      InputText text = read_operand(process_, name);
      for (const std::string_view line : lines_of(text.text, settings_.delimiter)) {
        found->second.emplace_back(line);
      }
    }
    if (found->second.empty()) return;
    appended_.push_back({false, found->second.front() + settings_.delimiter});
    found->second.pop_front();
  }

  void substitute(const Substitution& substitution, const std::string& file) {
    if (substitution.pattern.index) last_pattern_ = substitution.pattern.index;
    if (!last_pattern_) throw Unknown("sed: no previous pattern");
    const Regex& pattern = program_.patterns[*last_pattern_];
    std::string result;
    std::size_t at = 0;
    std::uint64_t count = 0;
    bool changed = false;
    std::optional<std::size_t> last_end;
    for (std::size_t from = 0; from <= space_.size();) {
      const auto match = pattern.search(space_, from);
      if (!match) break;
      const TextRange whole = match->whole();
      from = whole.size() > 0 ? whole.end : whole.end + 1;
      // nothing matches right behind a match
      if (whole.size() == 0 && last_end == whole.begin) continue;
      last_end = whole.end;
      if (++count < substitution.number) continue;
      result += std::string_view(space_).substr(at, whole.begin - at);
      Replacement replacement(result);
      for (const Piece& piece : substitution.pieces) replacement.add(piece, space_, *match);
      process_.machine.budget.check_size(result.size());
      at = whole.end;
      changed = true;
      if (!substitution.global) break;
    }
    if (!changed) return;
    result += std::string_view(space_).substr(at);
    space_ = std::move(result);
    replaced_ = true;
    if (substitution.print) put_line(out_, space_);
    if (!file.empty()) put_line(files_.at(file), space_);
  }

  /// Puts what was written in the file's place: a new file, as sed makes one.
  void edit_in_place() {
    Tree& tree = process_.machine.tree;
    const std::string path = process_.absolute(input_.name());
    const Found found = tree.find(path, settings_.follow_links ? LastLink::follow : LastLink::keep);
    const Found file = tree.find(path);
    if (!found || !file) return;
    const auto [mode, uid, gid] = std::tuple(file.inode->mode, file.inode->uid, file.inode->gid);
    const std::string target = settings_.follow_links ? "/" + file.path.str() : path;
    std::string backup = *settings_.in_place;
    if (!backup.empty()) {
      const std::size_t slash = target.rfind('/');
      const std::string folder = target.substr(0, slash + 1);
      const std::string base = target.substr(slash + 1);
      const bool pattern = backup.find('*') != std::string::npos;
      for (std::size_t star = backup.find('*'); star != std::string::npos;
           star = backup.find('*', star + base.size())) {
        backup.replace(star, 1, base);
      }
      if (!pattern) backup = base + backup;
      if (backup.find('/') == std::string::npos) backup = folder + backup;
      require(tree.rename(target, process_.absolute(backup)), target);
    } else if (found.inode->is_symlink() || file.inode.use_count() > 3) {
      // another name of the same file keeps the old content
      require(tree.unlink(target), target);
    }
    process_.machine.budget.take_output(out_.text.size());
    const bool there = tree.exists(target);
    require(tree.write(target, std::exchange(out_.text, {}), mode), target);
    out_.lacks_newline = false;
    if (there) return;
    require(tree.set_owner(target, uid, gid), target);
    require(tree.set_mode(target, mode), target);
  }

  void require(std::errc error, const std::string& path) const {
    if (error == std::errc()) return;
    throw Unknown(fmt::format("sed cannot replace {}: {}", path, describe(error)));
  }

  struct Appended {
    bool is_file = false;
    std::string text;
  };

  Process& process_;
  const Program& program_;
  const Settings& settings_;
  Input input_;
  std::vector<RangeState> ranges_;
  std::map<std::string, Target> files_;
  std::map<std::string, std::list<std::string>> line_files_;
  Target out_;
  std::vector<Appended> appended_;
  std::string space_;
  std::string hold_;
  std::optional<std::size_t> last_pattern_;
  std::size_t jump_ = 0;
  bool ended_ = true;
  bool replaced_ = false;
  bool quit_ = false;
  bool silent_quit_ = false;
  int exit_code_ = 0;
};

}  // namespace

int run(Process& process, const Program& program, const Settings& settings,
        const std::vector<std::string>& files) {
  return Editor(process, program, settings, files).run();
}

}  // namespace stamp::scripts::sed_script
