// tr: sets of bytes and what becomes of them.
#include <algorithm>
#include <array>
#include <bitset>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

constexpr std::size_t kBytes = 256;

bool is_printable(int c) {
  return c >= ' ' && c < 0x7F;
}

bool is_in_class(std::string_view name, int byte) {
  const char c = static_cast<char>(byte);
  if (name == "alpha") return is_letter(c);
  if (name == "digit") return is_digit(c);
  if (name == "alnum") return is_letter(c) || is_digit(c);
  if (name == "upper") return c >= 'A' && c <= 'Z';
  if (name == "lower") return c >= 'a' && c <= 'z';
  if (name == "space") return is_space(c);
  if (name == "blank") return is_blank(c);
  if (name == "cntrl") return byte < 0x20 || byte == 0x7F;
  if (name == "print") return is_printable(byte);
  if (name == "graph") return is_printable(byte) && c != ' ';
  if (name == "punct") return is_printable(byte) && c != ' ' && !is_letter(c) && !is_digit(c);
  if (name == "xdigit") return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
  throw Unknown(fmt::format("character class '{}' is not known", name));
}

/// One of tr's arrays: bytes in order, and where one is to be repeated to fill the other array.
class ByteArray {
 public:
  explicit ByteArray(std::string_view text) {
    unescape(text);
    while (at_ < units_.size()) element();
  }

  const std::string& bytes() const { return bytes_; }
  bool has_class() const { return has_class_; }
  bool has_case_class() const { return has_case_class_; }

  /// Repeats the byte of "[c*]", else the last one, until there are `size`.
  void fill_to(std::size_t size) {
    if (bytes_.size() >= size) return;
    if (fill_at_) {
      bytes_.insert(*fill_at_, size - bytes_.size(), fill_);
    } else if (!bytes_.empty()) {
      bytes_.append(size - bytes_.size(), bytes_.back());
    }
  }

  void complement() {
    std::string others;
    for (std::size_t byte = 0; byte < kBytes; ++byte) {
      const char c = static_cast<char>(byte);
      if (bytes_.find(c) == std::string::npos) others += c;
    }
    bytes_ = others;
  }

 private:
  /// A byte of the text; an escaped one has no meaning of its own.
  struct Unit {
    char byte = 0;
    bool escaped = false;
  };

  void unescape(std::string_view text) {
    static constexpr std::string_view kNames = "abfnrtv\\";
    static constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\";
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 == text.size()) {
        units_.push_back({text[i], text[i] == '\\'});
        continue;
      }
      const char c = text[++i];
      const std::size_t named = kNames.find(c);
      if (named != std::string_view::npos) {
        units_.push_back({kValues[named], true});
      } else if (c >= '0' && c <= '7') {
        int value = c - '0';
        for (int more = 0; more < 2 && i + 1 < text.size(); ++more) {
          const char digit = text[i + 1];
          if (digit < '0' || digit > '7' || value * 8 + (digit - '0') > 0377) break;
          value = value * 8 + (digit - '0');
          ++i;
        }
        units_.push_back({static_cast<char>(value), true});
      } else {
        units_.push_back({c, true});
      }
    }
  }

  bool is(std::size_t at, char c) const {
    return at < units_.size() && units_[at].byte == c && !units_[at].escaped;
  }

  void element() {
    if (is(at_, '[') && (class_name(':') || class_name('=') || repetition())) return;
    const Unit first = units_[at_++];
    if (!is(at_, '-') || at_ + 1 >= units_.size()) {
      bytes_ += first.byte;
      return;
    }
    const auto from = static_cast<unsigned char>(first.byte);
    const auto to = static_cast<unsigned char>(units_[at_ + 1].byte);
    if (from > to) {
      throw Unknown(
          fmt::format("range '{}-{}' is in reverse order", first.byte, units_[at_ + 1].byte));
    }
    for (int byte = from; byte <= to; ++byte) bytes_ += static_cast<char>(byte);
    at_ += 2;
  }

  /// "[:alpha:]" and "[=a=]".
  bool class_name(char kind) {
    if (!is(at_ + 1, kind)) return false;
    for (std::size_t end = at_ + 2; end + 1 < units_.size(); ++end) {
      if (!is(end, kind) || !is(end + 1, ']')) continue;
      std::string name;
      for (std::size_t i = at_ + 2; i < end; ++i) name += units_[i].byte;
      if (kind == '=') {
        if (name.size() != 1) return false;
        bytes_ += name;
      } else {
        add_class(name);
      }
      at_ = end + 2;
      return true;
    }
    return false;
  }

  void add_class(std::string_view name) {
    has_class_ = true;
    if (name == "upper" || name == "lower") has_case_class_ = true;
    for (int byte = 0; byte < static_cast<int>(kBytes); ++byte) {
      if (is_in_class(name, byte)) bytes_ += static_cast<char>(byte);
    }
  }

  /// "[c*]", "[c*3]"; a number with a leading 0 is octal.
  bool repetition() {
    if (at_ + 3 >= units_.size() || !is(at_ + 2, '*')) return false;
    std::size_t end = at_ + 3;
    std::uint64_t count = 0;
    const std::uint64_t base = is(end, '0') ? 8 : 10;
    for (; end < units_.size() && !units_[end].escaped && is_digit(units_[end].byte); ++end) {
      const auto digit = static_cast<std::uint64_t>(units_[end].byte - '0');
      if (digit >= base) return false;
      count = std::min<std::uint64_t>(count * base + digit, 1U << 20U);
    }
    if (!is(end, ']')) return false;
    if (count == 0) {
      fill_at_ = bytes_.size();
      fill_ = units_[at_ + 1].byte;
    } else {
      bytes_.append(count, units_[at_ + 1].byte);
    }
    at_ = end + 1;
    return true;
  }

  std::vector<Unit> units_;
  std::size_t at_ = 0;
  std::string bytes_;
  bool has_class_ = false;
  bool has_case_class_ = false;
  std::optional<std::size_t> fill_at_;
  char fill_ = 0;
};

using ByteSet = std::bitset<kBytes>;

ByteSet set_of(const std::string& bytes) {
  ByteSet set;
  for (const char c : bytes) set.set(static_cast<unsigned char>(c));
  return set;
}

/// What happens to each byte.
struct Translation {
  std::array<char, kBytes> to{};
  ByteSet deleted;
  ByteSet squeezed;

  Translation() {
    for (std::size_t i = 0; i < kBytes; ++i) to.at(i) = static_cast<char>(i);
  }

  std::string apply(std::string_view text) const {
    std::string result;
    result.reserve(text.size());
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (deleted[byte]) continue;
      const char out = to.at(byte);
      if (!result.empty() && result.back() == out && squeezed[static_cast<unsigned char>(out)]) {
        continue;
      }
      result += out;
    }
    return result;
  }
};

void translate(ByteArray& from, ByteArray& to, const Options& options, Translation& translation) {
  if (to.bytes().empty() && !from.bytes().empty()) {
    // only "[c*]" fills an empty array
    to.fill_to(from.bytes().size());
    if (to.bytes().empty() && !options.has("t")) {
      throw Unknown("an empty second set");
    }
  }
  if (to.has_class() && !to.has_case_class()) throw Unknown("a class in the second set");
  if (!options.has("t")) to.fill_to(from.bytes().size());
  const std::size_t size = std::min(from.bytes().size(), to.bytes().size());
  for (std::size_t i = 0; i < size; ++i) {
    translation.to.at(static_cast<unsigned char>(from.bytes()[i])) = to.bytes()[i];
  }
}

}  // namespace

int tr(Process& process) {
  static constexpr LongOption kLong[] = {{"complement", Argument::none, "c"},
                                         {"delete", Argument::none, "d"},
                                         {"squeeze-repeats", Argument::none, "s"},
                                         {"truncate-set1", Argument::none, "t"}};
  Options options = parse_options(process, "+cCdst", kLong);
  const bool complement = options.has("c") || options.has("C");
  const bool deletes = options.has("d");
  const bool squeezes = options.has("s");
  const std::size_t given = options.operands.size();
  const std::size_t least = deletes == squeezes ? 2 : 1;
  if (given == 0) return fail(process, "missing operand");
  if (given < least) {
    return fail(process, fmt::format("missing operand after '{}'", options.operands.back()));
  }
  const std::size_t most = deletes && !squeezes ? 1 : 2;
  if (given > most) {
    return fail(process, fmt::format("extra operand '{}'", options.operands[most]));
  }
  ByteArray first(options.operands[0]);
  if (complement) first.complement();
  Translation translation;
  if (deletes) translation.deleted = set_of(first.bytes());
  if (given == 1) {
    if (squeezes) translation.squeezed = set_of(first.bytes());
  } else {
    ByteArray second(options.operands[1]);
    if (!deletes) translate(first, second, options, translation);
    if (squeezes) translation.squeezed = set_of(second.bytes());
  }
  Output output(process);
  output.add(translation.apply(process.read_input()));
  output.flush();
  return 0;
}

}  // namespace stamp::scripts
