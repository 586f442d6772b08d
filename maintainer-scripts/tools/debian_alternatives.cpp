#include "maintainer-scripts/tools/debian_alternatives.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "maintainer-scripts/tools/debian_common.h"

namespace stamp::scripts {
namespace {

/// Reads the file's lines one by one and remembers what was wrong first.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  /// The next line; "" and a flaw at the end.
  std::string next(std::string_view what) {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) {
      blame(fmt::format("{} while trying to read {}",
                        rest_.empty() ? "unexpected end of file" : "line not terminated", what));
      return {};
    }
    std::string line(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return line;
  }
  void blame(std::string flaw) {
    if (flaw_.empty()) flaw_ = std::move(flaw);
  }
  const std::string& flaw() const { return flaw_; }

 private:
  std::string_view rest_;
  std::string flaw_;
};

void read_slaves(LineReader& lines, AlternativeGroup& group) {
  while (lines.flaw().empty()) {
    const std::string name = lines.next("slave name");
    if (name.empty()) return;
    if (group.slave(name) != nullptr) lines.blame(fmt::format("duplicate slave name {}", name));
    const std::string link = lines.next("slave link");
    if (link == group.link) lines.blame(fmt::format("slave link same as main link {}", link));
    for (const SlaveLink& other : group.slaves) {
      if (other.link == link) lines.blame(fmt::format("duplicate slave link {}", link));
    }
    group.slaves.push_back({name, link});
  }
}

std::optional<int> parse_priority(const std::string& text) {
  const std::size_t blank = text.find_first_not_of(" \t");
  if (blank == std::string::npos) return std::nullopt;
  const char* begin = text.data() + blank + (text[blank] == '+' ? 1 : 0);
  const char* end = text.data() + text.size();
  int number = 0;
  const auto parsed = std::from_chars(begin, end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return number;
}

void read_choices(LineReader& lines, const Tree& tree, AlternativeFile& file) {
  AlternativeGroup& group = *file.group;
  while (lines.flaw().empty()) {
    Choice choice;
    choice.path = lines.next("master file");
    if (choice.path.empty()) return;
    if (group.choice(choice.path) != nullptr) {
      lines.blame(fmt::format("duplicate path {}", choice.path));
    }
    const std::string priority = lines.next("priority");
    for (const SlaveLink& slave : group.slaves) {
      choice.set_slave(slave.name, lines.next("slave file"));
    }
    if (!tree.exists(choice.path)) {
      file.gone.push_back(choice.path);
      continue;
    }
    const std::optional<int> number = parse_priority(priority);
    if (!number) lines.blame(fmt::format("priority of {}: {}", choice.path, priority));
    choice.priority = number.value_or(0);
    group.choices.push_back(std::move(choice));
  }
}

}  // namespace

std::string Choice::slave(std::string_view name) const {
  for (const SlaveFile& slave : slaves) {
    if (slave.name == name) return slave.path;
  }
  return {};
}

void Choice::set_slave(std::string_view name, std::string_view slave_path) {
  for (SlaveFile& slave : slaves) {
    if (slave.name != name) continue;
    slave.path = slave_path;
    return;
  }
  slaves.push_back({std::string(name), std::string(slave_path)});
}

SlaveLink* AlternativeGroup::slave(std::string_view slave_name) {
  const auto found = std::find_if(slaves.begin(), slaves.end(), [slave_name](const SlaveLink& s) {
    return s.name == slave_name;
  });
  return found == slaves.end() ? nullptr : &*found;
}

const Choice* AlternativeGroup::choice(std::string_view path) const {
  const auto found = std::find_if(choices.begin(), choices.end(),
                                  [path](const Choice& c) { return c.path == path; });
  return found == choices.end() ? nullptr : &*found;
}

Choice* AlternativeGroup::choice(std::string_view path) {
  const auto found = std::find_if(choices.begin(), choices.end(),
                                  [path](const Choice& c) { return c.path == path; });
  return found == choices.end() ? nullptr : &*found;
}

void AlternativeGroup::set_choice(Choice wanted) {
  if (Choice* old = choice(wanted.path)) {
    *old = std::move(wanted);
  } else {
    choices.push_back(std::move(wanted));
  }
}

const Choice* AlternativeGroup::best(std::string_view current) const {
  const Choice* best = choice(current);
  if (best == nullptr && !choices.empty()) best = &choices.front();
  for (const Choice& other : choices) {
    if (other.priority > best->priority) best = &other;
  }
  return best;
}

AlternativeFile read_alternatives(const Tree& tree, std::string_view folder,
                                  std::string_view name) {
  AlternativeFile file;
  const auto text = file_text(tree, fmt::format("{}/{}", folder, name));
  if (!text || text->empty()) return file;
  LineReader lines(*text);
  file.group.emplace();
  file.group->name = name;
  const std::string status = lines.next("status");
  if (status != "auto" && status != "manual") lines.blame("invalid status");
  file.group->is_auto = status == "auto";
  file.group->link = lines.next("master link");
  read_slaves(lines, *file.group);
  read_choices(lines, tree, file);
  file.flaw = lines.flaw();
  if (!file.flaw.empty()) file.group.reset();
  return file;
}

WrittenAlternatives write_alternatives(AlternativeGroup& group) {
  WrittenAlternatives written;
  const auto is_unused = [&](const SlaveLink& slave) {
    return std::all_of(group.choices.begin(), group.choices.end(),
                       [&](const Choice& choice) { return choice.slave(slave.name).empty(); });
  };
  std::copy_if(group.slaves.begin(), group.slaves.end(), std::back_inserter(written.dropped),
               is_unused);
  std::erase_if(group.slaves, is_unused);
  std::sort(group.slaves.begin(), group.slaves.end(),
            [](const SlaveLink& a, const SlaveLink& b) { return a.name < b.name; });
  std::sort(group.choices.begin(), group.choices.end(),
            [](const Choice& a, const Choice& b) { return a.path < b.path; });
  written.text = fmt::format("{}\n{}\n", group.mode(), group.link);
  for (const SlaveLink& slave : group.slaves) {
    written.text += fmt::format("{}\n{}\n", slave.name, slave.link);
  }
  written.text += "\n";
  for (const Choice& choice : group.choices) {
    written.text += fmt::format("{}\n{}\n", choice.path, choice.priority);
    for (const SlaveLink& slave : group.slaves) written.text += choice.slave(slave.name) + "\n";
  }
  written.text += "\n";
  return written;
}

}  // namespace stamp::scripts
