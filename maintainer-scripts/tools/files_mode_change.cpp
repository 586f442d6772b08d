// Changes of modes, as POSIX's chmod and GNU's extensions have them.
#include <algorithm>

#include "maintainer-scripts/tools/files_common.h"

namespace stamp::scripts {
namespace {

constexpr std::uint32_t kSetIds = 06000;
constexpr std::uint32_t kAll = 07777;
constexpr std::uint32_t kRead = 0444;
constexpr std::uint32_t kWrite = 0222;
constexpr std::uint32_t kRun = 0111;

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

bool is_operation(std::string_view text) {
  return !text.empty() && (text.front() == '+' || text.front() == '-' || text.front() == '=');
}

/// Takes octal digits from the front; nothing when there are none or too many bits.
std::optional<std::uint32_t> take_octal(std::string_view& text) {
  std::uint32_t value = 0;
  if (text.empty() || !is_octal(text.front())) return std::nullopt;
  while (!text.empty() && is_octal(text.front())) {
    value = value * 8 + static_cast<std::uint32_t>(text.front() - '0');
    if (value > kAll) return std::nullopt;
    text.remove_prefix(1);
  }
  return value;
}

/// u, g, o: the bits of one of the three copied to those affected.
std::uint32_t spread(std::uint32_t bits) {
  return ((bits & kRead) != 0 ? kRead : 0) | ((bits & kWrite) != 0 ? kWrite : 0) |
         ((bits & kRun) != 0 ? kRun : 0);
}

}  // namespace

std::optional<ModeChange> ModeChange::parse(std::string_view text) {
  ModeChange change;
  if (!text.empty() && is_octal(text.front())) {
    const std::size_t digits = text.size();
    const std::optional<std::uint32_t> value = take_octal(text);
    if (!value || !text.empty()) return std::nullopt;
    const std::uint32_t mentioned = digits < 5 ? (*value & 07000U) | 0777U : kAll;
    change.steps_.push_back({'=', Step::Kind::plain, kAll, *value, mentioned});
    return change;
  }
  while (true) {
    if (!parse_clause(text, change.steps_)) return std::nullopt;
    if (text.empty()) return change;
    if (text.front() != ',') return std::nullopt;
    text.remove_prefix(1);
  }
}

bool ModeChange::parse_clause(std::string_view& text, std::vector<Step>& steps) {
  std::uint32_t affected = 0;
  for (; !text.empty() && !is_operation(text); text.remove_prefix(1)) {
    switch (text.front()) {
      case 'u':
        affected |= 04700U;
        break;
      case 'g':
        affected |= 02070U;
        break;
      case 'o':
        affected |= 01007U;
        break;
      case 'a':
        affected |= kAll;
        break;
      default:
        return false;
    }
  }
  if (text.empty()) return false;
  while (is_operation(text)) {
    if (!parse_step(text, affected, steps)) return false;
  }
  return true;
}

bool ModeChange::parse_step(std::string_view& text, std::uint32_t affected,
                            std::vector<Step>& steps) {
  Step step;
  step.operation = text.front();
  step.affected = affected;
  text.remove_prefix(1);
  if (!text.empty() && is_octal(text.front())) {
    const std::optional<std::uint32_t> value = take_octal(text);
    if (!value || affected != 0 || !(text.empty() || text.front() == ',')) return false;
    step.value = *value;
    step.affected = step.mentioned = kAll;
    steps.push_back(step);
    return true;
  }
  constexpr std::string_view kCopied = "ugo";
  const std::size_t copied = text.empty() ? std::string_view::npos : kCopied.find(text.front());
  if (copied != std::string_view::npos) {
    step.kind = Step::Kind::copy;
    step.value = 0700U >> (3 * copied);
    text.remove_prefix(1);
  } else {
    for (; !text.empty(); text.remove_prefix(1)) {
      const char letter = text.front();
      if (letter == 'r') {
        step.value |= kRead;
      } else if (letter == 'w') {
        step.value |= kWrite;
      } else if (letter == 'x') {
        step.value |= kRun;
      } else if (letter == 'X') {
        step.kind = Step::Kind::x_if_any;
      } else if (letter == 's') {
        step.value |= kSetIds;
      } else if (letter == 't') {
        step.value |= 01000U;
      } else {
        break;
      }
    }
  }
  step.mentioned = affected != 0 ? affected & step.value : step.value;
  steps.push_back(step);
  return true;
}

std::uint32_t ModeChange::apply(std::uint32_t mode, Of kind, std::uint32_t umask) const {
  mode &= kAll;
  for (const Step& step : steps_) {
    const std::uint32_t left_alone = kind == Of::folder ? kSetIds & ~step.mentioned : 0;
    std::uint32_t value = step.value;
    if (step.kind == Step::Kind::copy) value = spread(value & mode);
    if (step.kind == Step::Kind::x_if_any && (kind == Of::folder || (mode & kRun) != 0)) {
      value |= kRun;
    }
    value &= (step.affected != 0 ? step.affected : ~umask) & ~left_alone;
    if (step.operation == '=') {
      const std::uint32_t kept = (step.affected != 0 ? ~step.affected : 0) | left_alone;
      mode = (mode & kept) | value;
    } else if (step.operation == '+') {
      mode |= value;
    } else {
      mode &= ~value;
    }
  }
  return mode & kAll;
}

std::string mode_letters(std::uint32_t mode) {
  std::string text = "---------";
  constexpr std::string_view kLetters = "rwxrwxrwx";
  for (std::size_t i = 0; i < 9; ++i) {
    if ((mode & (0400U >> i)) != 0) text[i] = kLetters[i];
  }
  const auto special = [&](std::uint32_t bit, std::size_t at, char with_x, char without) {
    if ((mode & bit) != 0) text[at] = text[at] == 'x' ? with_x : without;
  };
  special(04000, 2, 's', 'S');
  special(02000, 5, 's', 'S');
  special(01000, 8, 't', 'T');
  return text;
}

}  // namespace stamp::scripts
