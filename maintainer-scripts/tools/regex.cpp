#include "maintainer-scripts/tools/regex.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <fmt/core.h>
#include <regex.h>

namespace stamp::scripts {
namespace {

constexpr std::size_t kMaxPattern = 4096;
constexpr std::size_t kMaxNesting = 64;
constexpr std::uint64_t kMaxAtoms = 8192;
constexpr std::size_t kMaxRepetition = 255;
// libc keeps each state of its automaton, of which a pattern of more atoms can have a great many.
constexpr std::size_t kFewAtoms = 12;
constexpr std::uint64_t kBytesUntilCompiledAgain = std::uint64_t{1} << 18U;
// libc tries again at every byte, so a search can take time by the square of the text.
constexpr std::size_t kMaxTextOfRepeats = std::size_t{1} << 16U;
constexpr std::size_t kMaxText = std::size_t{1} << 26U;
constexpr std::size_t kMaxTextOfReferences = 2048;

/// What a pattern costs, found without libc: its parser recurses and writes repetitions out.
class Measure {
 public:
  Measure(std::string_view pattern, Regex::Syntax syntax)
      : pattern_(pattern), extended_(syntax == Regex::Syntax::extended) {
    anchored = pattern.starts_with('^');
    groups_.emplace_back();
    while (at_ < pattern_.size()) step();
    while (groups_.size() > 1) close();
    atoms = groups_.back().atoms;
  }

  std::uint64_t atoms = 0;
  bool repeats = false;
  bool anchored = false;
  bool refers_back = false;

 private:
  struct Group {
    std::uint64_t atoms = 0;
    std::uint64_t last = 0;  ///< of these, the last element's
  };

  void step() {
    const char c = pattern_[at_++];
    if (c == '[') {
      skip_bracket();
      add(1);
    } else if (c == '\\') {
      if (at_ < pattern_.size()) escaped(pattern_[at_++]);
    } else if (c == '*') {
      repeat(2);
      repeats = true;
    } else if (extended_ && std::strchr("(){+?|", c) != nullptr) {
      special(c);
    } else {
      add(1);
    }
  }

  void escaped(char c) {
    if (c >= '1' && c <= '9') refers_back = true;
    if (!extended_ && std::strchr("(){+?|", c) != nullptr) {
      special(c);
    } else {
      add(1);
    }
  }

  void special(char c) {
    switch (c) {
      case '(':
        if (groups_.size() > kMaxNesting) throw Unknown("the pattern is nested too deeply");
        groups_.emplace_back();
        break;
      case ')':
        close();
        break;
      case '+':
        repeats = true;
        repeat(2);
        break;
      case '?':
        repeat(2);
        break;
      case '|':
        anchored = false;
        add(1);
        break;
      default:
        interval();
    }
  }

  void close() {
    if (groups_.size() < 2) return add(1);
    const std::uint64_t inside = groups_.back().atoms + 1;
    groups_.pop_back();
    add(inside);
  }

  void add(std::uint64_t count) {
    groups_.back().atoms += count;
    groups_.back().last = count;
    check();
  }

  void repeat(std::uint64_t times) {
    Group& group = groups_.back();
    group.atoms += group.last * (times - 1);
    group.last *= times;
    check();
  }

  void check() const {
    if (groups_.back().atoms > kMaxAtoms) throw Unknown("the pattern has too many repetitions");
  }

  void interval() {
    std::uint64_t most = 0;
    std::uint64_t number = 0;
    for (; at_ < pattern_.size(); ++at_) {
      const char c = pattern_[at_];
      if (c >= '0' && c <= '9') {
        number =
            std::min<std::uint64_t>(number * 10 + static_cast<std::uint64_t>(c - '0'), 1000000);
      } else if (c == ',') {
        number = 0;
        repeats = true;
      } else {
        break;
      }
      most = std::max(most, number);
    }
    if (most > kMaxRepetition) throw Unknown("the pattern has too many repetitions");
    repeat(most + 1);
  }

  void skip_bracket() {
    if (at_ < pattern_.size() && pattern_[at_] == '^') ++at_;
    if (at_ < pattern_.size() && pattern_[at_] == ']') ++at_;
    while (at_ < pattern_.size() && pattern_[at_] != ']') {
      const char kind = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
      if (pattern_[at_] == '[' && (kind == ':' || kind == '.' || kind == '=')) {
        const std::size_t end = pattern_.find(std::string{kind, ']'}, at_ + 2);
        if (end == std::string_view::npos) return;
        at_ = end + 2;
      } else {
        ++at_;
      }
    }
    if (at_ < pattern_.size()) ++at_;
  }

  std::string_view pattern_;
  bool extended_;
  std::size_t at_ = 0;
  std::vector<Group> groups_;
};

TextRange range_of(const regmatch_t& match) {
  return {static_cast<std::size_t>(match.rm_so), static_cast<std::size_t>(match.rm_eo)};
}

}  // namespace

struct Regex::Compiled {
  regex_t regex{};
  int error = 0;

  Compiled(const std::string& pattern, int flags)
      : error(regcomp(&regex, pattern.c_str(), flags)) {}
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  ~Compiled() {
    if (error == 0) regfree(&regex);
  }
};

Regex::Regex(Budget& budget, std::string_view pattern, const Options& options)
    : budget_(&budget), pattern_(pattern), options_(options) {
  if (pattern.size() > kMaxPattern) throw Unknown("the pattern is too long");
  if (pattern.find('\0') != std::string_view::npos) throw Unknown("a NUL byte in a pattern");
  const Measure measure(pattern, options.syntax);
  atoms_ = static_cast<std::size_t>(measure.atoms);
  repeats_ = measure.repeats;
  anchored_ = measure.anchored && options.anchors == Anchors::text;
  refers_back_ = measure.refers_back;
  compile();
}

Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

void Regex::compile() const {
  int flags = 0;
  if (options_.syntax == Syntax::extended) flags |= REG_EXTENDED;
  if (options_.letters == Case::ignore) flags |= REG_ICASE;
  compiled_ = std::make_unique<Compiled>(pattern_, flags);
  if (compiled_->error != 0) {
    std::array<char, 128> text{};
    regerror(compiled_->error, &compiled_->regex, text.data(), text.size());
    throw Unknown(fmt::format("pattern '{}': {}", pattern_, text.data()));
  }
  // REG_NEWLINE would also keep "." from matching a newline, which GNU sed's M does not.
  if (options_.anchors == Anchors::lines) compiled_->regex.newline_anchor = 1;
  searched_ = 0;
}

std::size_t Regex::group_count() const {
  return compiled_->regex.re_nsub;
}

void Regex::charge(std::string_view text, std::size_t from, std::size_t end) const {
  const std::uint64_t length = std::min(end, text.size()) - from;
  std::uint64_t steps = 1 + length * atoms_ / 256;
  if (repeats_ && !anchored_) steps += length * length / 4096;
  budget_->take_steps(steps);
  searched_ += length;
}

bool Regex::execute(std::string_view text, const TextRange& part, int flags, std::size_t groups,
                    void* found) const {
  const std::size_t length = part.size();
  if (length > kMaxText || (refers_back_ && length > kMaxTextOfReferences) ||
      (repeats_ && !anchored_ && length > kMaxTextOfRepeats)) {
    throw Unknown(
        fmt::format("pattern '{}': a text of {} bytes is too long for it", pattern_, length));
  }
  if (atoms_ > kFewAtoms && searched_ > kBytesUntilCompiledAgain) compile();
  auto* matches = static_cast<regmatch_t*>(found);
  matches[0].rm_so = static_cast<regoff_t>(part.begin);
  matches[0].rm_eo = static_cast<regoff_t>(part.end);
  const char* start = text.data() == nullptr ? "" : text.data();
  const int result = regexec(&compiled_->regex, start, groups, matches, flags | REG_STARTEND);
  if (result == REG_ESPACE) throw Unknown(fmt::format("pattern '{}': no memory", pattern_));
  return result == 0;
}

std::optional<RegexMatch> Regex::search(std::string_view text, std::size_t from) const {
  std::array<regmatch_t, 10> found{};
  const std::size_t wanted = std::min(group_count() + 1, found.size());
  if (!execute(text, {from, text.size()}, 0, wanted, found.data())) {
    charge(text, from, text.size());
    return std::nullopt;
  }
  RegexMatch match;
  for (std::size_t i = 0; i < wanted; ++i) {
    if (found.at(i).rm_so >= 0) match.groups.at(i) = range_of(found.at(i));
  }
  charge(text, from, match.whole().end);
  return match;
}

std::optional<TextRange> Regex::find(std::string_view text, std::size_t from) const {
  regmatch_t found{};
  const bool matched = execute(text, {from, text.size()}, 0, 1, &found);
  charge(text, from, matched ? static_cast<std::size_t>(found.rm_eo) : text.size());
  if (!matched) return std::nullopt;
  return range_of(found);
}

bool Regex::matches_range(std::string_view text, const TextRange& range) const {
  regmatch_t found{};
  const int flags = range.end == text.size() ? 0 : REG_NOTEOL;
  const bool matched = execute(text, range, flags, 1, &found);
  charge(text, range.begin, range.end);
  return matched && range_of(found) == range;
}

}  // namespace stamp::scripts
