#include "maintainer-scripts/derived/pam_profiles.h"

#include <algorithm>
#include <charconv>
#include <span>

#include <fmt/core.h>

#include "base/digest.h"
#include "maintainer-scripts/accounts/records.h"

namespace stamp::scripts::pam {
namespace {

using accounts::join;
using accounts::lines_of;
using accounts::split;

constexpr std::string_view kSpace = " \t\r\n\f\v";
constexpr std::string_view kPrimaryMark =
    "# here are the per-package modules (the \"Primary\" block)";
constexpr std::string_view kFallbackMark = "# here's the fallback if no module succeeds";
constexpr std::string_view kAdditionalMark =
    "# and here are more per-package modules (the \"Additional\" block)";
constexpr std::string_view kEndMark = "# end of pam-auth-update config";
constexpr std::string_view kNonInteractive = "-noninteractive";

std::string_view trim(std::string_view text) {
  const std::size_t start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kSpace) - start + 1);
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    const std::size_t end = std::min(text.find_first_of(kSpace), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

/// Non-empty lines.
std::vector<std::string> stack_lines(std::string_view text) {
  std::vector<std::string> lines = lines_of(text);
  std::erase(lines, "");
  return lines;
}

/// "session-noninteractive" → "Session-noninteractive": the start of its fields' names.
std::string field_of(std::string_view type) {
  std::string name(type);
  name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return name;
}

/// The word in the first column of a stack's lines.
std::string_view column_of(std::string_view type) {
  if (type.ends_with(kNonInteractive)) type.remove_suffix(kNonInteractive.size());
  return type;
}

/// A line of a stack: "[success=1 default=ignore]\tpam_unix.so" and its options.
struct Line {
  std::string module;
  std::string options;
};

Line take_apart(std::string_view line) {
  std::size_t end = 0;
  if (line.starts_with('[')) {
    end = line.find(']');
    end = end == std::string_view::npos ? line.size() : end + 1;
  } else {
    end = std::min(line.find_first_of(kSpace), line.size());
  }
  const std::size_t name = line.find_first_not_of(kSpace, end);
  if (name == std::string_view::npos) return {std::string(line), {}};
  const std::size_t name_end = std::min(line.find_first_of(kSpace, name), line.size());
  const std::size_t rest = line.find_first_not_of(kSpace, name_end);
  return {std::string(line.substr(0, name_end)),
          rest == std::string_view::npos ? std::string() : std::string(line.substr(rest))};
}

/// Takes the first number in brackets out of a line: how far a jump goes says nothing.
std::string without_jump(std::string_view line) {
  for (std::size_t open = line.find('['); open != std::string_view::npos;
       open = line.find('[', open + 1)) {
    const std::size_t digit = line.find_first_of("0123456789", open);
    if (digit == std::string_view::npos) break;
    const std::size_t end = std::min(line.find_first_not_of("0123456789", digit), line.size());
    if (line.find(']', end) == std::string_view::npos) break;
    return std::string(line.substr(0, digit)) + std::string(line.substr(end));
  }
  return std::string(line);
}

/// Takes "end" out of brackets, as written in profiles.
std::string without_end(std::string_view line) {
  const std::size_t open = line.find('[');
  const std::size_t close = line.rfind(']');
  if (open == std::string_view::npos || close == std::string_view::npos) return std::string(line);
  const std::size_t end = line.substr(0, close).rfind("end");
  if (end == std::string_view::npos || end < open) return std::string(line);
  return std::string(line.substr(0, end)) + std::string(line.substr(end + 3));
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// A profile's lines for a stack; those for the first module where it stands first.
std::string_view lines_for(const Profile& profile, std::string_view type, std::size_t position) {
  const std::string field = field_of(type);
  const std::string_view initial = profile.field(field + "-Initial");
  return position == 0 && !initial.empty() ? initial : profile.field(field);
}

std::string merged_line(std::string_view line, std::size_t jump, LineChanges* changes) {
  Line parts = take_apart(line);
  replace_all(parts.module, "end", std::to_string(jump));
  std::vector<std::string> options = words_of(parts.options);
  if (changes != nullptr) {
    const std::string key = without_jump(parts.module);
    std::set<std::string>& added = changes->added[key];
    const std::set<std::string>& removed = changes->removed[key];
    for (const std::string& option : options) added.erase(option);
    std::erase_if(options, [&](const std::string& option) { return removed.count(option) != 0; });
    options.insert(options.end(), added.begin(), added.end());
  }
  return fmt::format("{} {}\n", parts.module, join(options, ' '));
}

/// The lines of one block, from the profiles that have some for it.
std::string block(std::string_view name, const std::vector<const Profile*>& enabled,
                  std::string_view type, LineChanges* changes) {
  const std::string type_field = field_of(type) + "-Type";
  std::vector<std::string> lines;
  std::size_t position = 0;
  for (const Profile* profile : enabled) {
    if (profile->field(type_field) != name) continue;
    for (std::string& line : stack_lines(lines_for(*profile, type, position))) {
      lines.push_back(std::move(line));
    }
    ++position;
  }
  const std::string_view column = column_of(type);
  if (lines.empty() && name == "Primary") {
    return fmt::format("{}\t[default=1]\t\t\tpam_permit.so\n", column);
  }
  // A jump in the additional block must not leave the stack.
  std::size_t jump = name == "Additional" && !lines.empty() ? lines.size() - 1 : lines.size();
  std::string text;
  for (const std::string& line : lines) {
    text += fmt::format("{}\t{}", column, merged_line(line, jump, changes));
    if (jump > 0) --jump;
  }
  return text;
}

/// Walks over a stack's file and puts what `fill` gives into its blocks; nothing where a mark is
/// missing.
template <typename Fill>
std::string with_blocks(std::string_view stack, int& state, Fill fill) {
  std::string text;
  state = 0;
  for (const std::string& line : lines_of(stack)) {
    const bool ends_block = (state == 1 && line.starts_with(kFallbackMark)) ||
                            (state == 3 && line.starts_with(kEndMark));
    if (ends_block)
      ++state;
    else if (state == 1 || state == 3)
      continue;
    text += line + "\n";
    if (ends_block) continue;
    if (state == 0 && line.starts_with(kPrimaryMark)) {
      text += fill("Primary");
      ++state;
    } else if (state == 2 && line.starts_with(kAdditionalMark)) {
      text += fill("Additional");
      ++state;
    }
  }
  return text;
}

/// A saved line and the profile that it came from.
struct Saved {
  std::string profile;
  std::string line;
};

std::vector<Saved> parse_saved(std::string_view text) {
  constexpr std::string_view kModule = "Module: ";
  std::vector<Saved> saved;
  std::string profile;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with(kModule)) {
      profile = line.substr(kModule.size());
    } else {
      saved.push_back({profile, without_end(without_jump(line))});
    }
  }
  return saved;
}

/// The managed lines of a stack's file without their first column; nothing where it has no end.
std::optional<std::vector<std::string>> managed_lines(std::string_view type,
                                                      std::string_view current) {
  std::vector<std::string> managed;
  int state = 0;
  for (const std::string& line : lines_of(current)) {
    if (state == 0 || state == 2) {
      if (line.starts_with(state == 0 ? kPrimaryMark : kAdditionalMark)) ++state;
      continue;
    }
    if (state == 1 && line.starts_with(kFallbackMark)) {
      state = 2;
      continue;
    }
    if (state == 3 && line.starts_with(kEndMark)) break;
    const std::string_view column = column_of(type);
    std::string_view text = line;
    if (text.starts_with(column) && text.size() > column.size() &&
        kSpace.find(text[column.size()]) != std::string_view::npos) {
      text.remove_prefix(std::min(text.find_first_not_of(kSpace, column.size()), text.size()));
    }
    managed.push_back(without_jump(text));
  }
  if (state < 3) return std::nullopt;
  return managed;
}

}  // namespace

std::string_view Profile::field(std::string_view name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

int Profile::priority() const {
  const std::string_view text = field("Priority");
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

namespace {

/// Takes the line that begins a field; returns the field's name, for the lines that follow.
std::string begin_field(Profile& profile, const std::string& line, std::size_t space) {
  std::string name = line.substr(0, space - 1);
  if (name.ends_with("-Final")) name.resize(name.size() - 6);
  const std::size_t start = std::min(line.find_first_not_of(kSpace, space), line.size());
  const std::string value = line.substr(start);
  if (name != "Conflicts") {
    profile.fields[name] = value;
    return name;
  }
  for (const std::string& word : split(value, ',')) profile.conflicts.emplace(trim(word));
  return name;
}

}  // namespace

std::optional<Profile> parse_profile(std::string id, std::string_view text) {
  Profile profile{.id = std::move(id), .fields = {}, .conflicts = {}};
  std::string name;
  for (const std::string& line : lines_of(text)) {
    const std::size_t space = std::min(line.find_first_of(kSpace), line.size());
    if (space > 1 && line[space - 1] == ':') {
      name = begin_field(profile, line, space);
      continue;
    }
    std::string& value = profile.fields[name];
    if (!trim(line).empty()) value += fmt::format("\n{}", trim(line));
    if (value.find("pam_tally") != std::string::npos) return std::nullopt;
    value.erase(0, std::min(value.find_first_not_of(kSpace), value.size()));
  }
  if (profile.fields.find("Session-Interactive-Only") == profile.fields.end()) {
    for (const std::string_view suffix : {"-Type", "", "-Initial"}) {
      profile.fields[fmt::format("Session-noninteractive{}", suffix)] =
          std::string(profile.field(fmt::format("Session{}", suffix)));
    }
  }
  return profile;
}

bool comes_before(const Profile& a, const Profile& b) {
  return a.priority() != b.priority() ? a.priority() > b.priority() : a.id > b.id;
}

bool compare_stack(std::string_view type, std::string_view saved, std::string_view current,
                   Difference& difference) {
  const std::vector<Saved> lines = parse_saved(saved);
  const std::optional<std::vector<std::string>> managed = managed_lines(type, current);
  if (!managed) return false;
  LineChanges& changes = difference.by_type[std::string(type)];
  std::size_t next = 0;
  for (const std::string& line : *managed) {
    std::optional<Line> known;
    while (!known && next < lines.size()) {
      const Saved& candidate = lines[next++];
      const Line parts = take_apart(candidate.line);
      if (!line.starts_with(parts.module)) continue;
      known = parts;
      difference.modules.push_back(candidate.profile);
    }
    // A line that no package wrote.
    if (!known) return false;
    std::vector<std::string> before = words_of(known->options);
    for (const std::string& option :
         words_of(std::string_view(line).substr(known->module.size()))) {
      if (std::erase(before, option) == 0) changes.added[known->module].insert(option);
    }
    changes.removed[known->module].insert(before.begin(), before.end());
  }
  return true;
}

std::optional<std::string> fill_stack(std::string_view stock,
                                      const std::vector<const Profile*>& enabled,
                                      std::string_view type, LineChanges* changes) {
  int state = 0;
  std::string text = with_blocks(
      stock, state, [&](std::string_view name) { return block(name, enabled, type, changes); });
  if (state < 4) return std::nullopt;
  return text;
}

std::string saved_stack(const std::vector<const Profile*>& enabled, std::string_view type) {
  const std::string type_field = field_of(type) + "-Type";
  std::string text;
  for (const std::string_view other : {"Additional", "Primary"}) {
    std::size_t position = 0;
    for (const Profile* profile : enabled) {
      const std::string_view kind = profile->field(type_field);
      if (kind.empty() || kind == other) continue;
      const std::string_view lines = lines_for(*profile, type, position++);
      if (!lines.empty()) text += fmt::format("Module: {}\n{}\n", profile->id, lines);
    }
    if (other == "Additional" && position == 0) {
      text += "Module: null\n[default=1]\t\t\tpam_permit.so\n";
    }
  }
  return text;
}

std::string frame_md5(std::string_view stack) {
  int state = 0;
  const std::string frame = with_blocks(stack, state, [](std::string_view) { return ""; });
  return md5_hex(std::as_bytes(std::span(frame)));
}

bool is_stock_frame(std::string_view type, std::string_view md5) {
  static constexpr std::pair<std::string_view, std::string_view> kKnown[] = {
      {"auth", "8d4fe17e66ba25de16a117035d1396aa"},
      {"account", "3c0c362eaf3421848b679d63fd48c3fa"},
      {"password", "4d5c92d595a46b69cd61f18feb4c0574"},
      {"password", "50fce2113dfda83ac8bdd5a6e706caec"},
      {"password", "4bd7610f2e85f8ddaef79c7db7cb49eb"},
      {"password", "9ba753d0824276b44bcadfee1f87b6bc"},
      {"session", "f297c731a467822cbd86e1283263e8a3"},
      {"session", "240fb92986c885b327cdb21dd641da8c"},
      {"session", "4a25673e8b36f1805219027d3be02cd2"},
      {"session-noninteractive", "ad2b78ce1498dd637ef36469430b6ac6"},
  };
  return std::find(std::begin(kKnown), std::end(kKnown), std::pair(type, md5)) != std::end(kKnown);
}

}  // namespace stamp::scripts::pam
