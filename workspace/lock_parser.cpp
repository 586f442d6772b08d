// Follows the text of a lock byte by byte. Nothing is skipped and nothing can be in another order,
// so no general JSON reader is needed, and what is accepted is what serialize() writes.

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "base/yaml.h"
#include "workspace/lock.h"
#include "workspace/lock_text.h"

namespace stamp::workspace {
namespace {

/// Larger than any lock of a real image by far: 100,000 packages.
constexpr std::size_t kMaxSize = 64U << 20U;

constexpr std::string_view kHint =
    "restore the file from version control, or delete it and run: stamp lock";

/// What a byte is to a reader of strings and digests. Most bytes of a lock are looked up here.
struct ByteClass {
  std::uint8_t digit = 0xFF;  ///< value of a hexadecimal digit
  bool stops = false;         ///< ends a run of ordinary characters: quote, backslash, line feed
  bool foreign = false;       ///< not printable ASCII
};

constexpr std::array<ByteClass, 256> kBytes = [] {
  std::array<ByteClass, 256> classes{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    classes[byte].foreign = byte < 0x20 || byte > 0x7E;
    if (byte >= '0' && byte <= '9') classes[byte].digit = static_cast<std::uint8_t>(byte - '0');
    if (byte >= 'a' && byte <= 'f')
      classes[byte].digit = static_cast<std::uint8_t>(byte - 'a' + 10);
  }
  classes['"'].stops = classes['\\'].stops = classes['\n'].stops = true;
  return classes;
}();

const ByteClass& class_of(char c) {
  return kBytes[static_cast<unsigned char>(c)];
}

/// The digest of 64 digits; nothing when they are not that.
std::optional<Digest> digest_of(std::string_view hex) {
  if (hex.size() != 64) return std::nullopt;
  std::array<std::byte, 32> bytes{};
  unsigned all = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned high = class_of(hex[2 * i]).digit;
    const unsigned low = class_of(hex[2 * i + 1]).digit;
    all |= high | low;
    bytes[i] = static_cast<std::byte>((high << 4U | low) & 0xFFU);
  }
  if (all > 0xF) return std::nullopt;
  return Digest(bytes);
}

class LockParser {
 public:
  LockParser(std::string_view file, std::string_view text) : file_(file), text_(text) {}

  Lock parse() {
    if (text_.size() > kMaxSize) fail(0, "the file is larger than 64 MiB");
    check_format();
    check_end();
    LockDocument document;
    block('{', '}', [&] { describe(*this, document); });
    expect("\n");
    if (at_ != text_.size()) fail(at_, "nothing may follow the lock");
    if (Digest::of(text_.substr(kChecksummed)) != document.checksum) {
      fail(kChecksumStart.size() - std::string_view("\"sha256:").size(),
           "the lock does not match its checksum: it was edited or merged by hand");
    }
    return std::move(document.lock);
  }

  void value(std::string_view name, std::string& text) {
    key(name);
    text = string();
  }
  void value(std::string_view name, Digest& digest) {
    key(name);
    constexpr std::string_view kStart = "\"sha256:";
    const std::size_t start = at_;
    const std::string_view hex = text_.substr(std::min(at_ + kStart.size(), text_.size()), 64);
    const std::optional<Digest> read = digest_of(hex);
    if (!text_.substr(at_).starts_with(kStart) || !read) {
      fail(start,
           fmt::format("'{}' must be \"sha256:\" and 64 lower-case hexadecimal digits", name));
    }
    digest = *read;
    at_ += kStart.size() + 64;
    expect("\"");
  }
  void value(std::string_view name, std::uint64_t& number) {
    key(name);
    number = decimal(name, UINT64_MAX);
  }
  void value(std::string_view name, std::uint32_t& number) {
    key(name);
    number = static_cast<std::uint32_t>(decimal(name, UINT32_MAX));
  }
  void optional(std::string_view name, std::optional<std::string>& text) {
    if (next_key_is(name)) value(name, text.emplace());
  }
  void time(std::string_view name, std::int64_t& seconds) {
    key(name);
    seconds = instant(name);
  }
  void time(std::string_view name, std::optional<std::int64_t>& seconds) {
    key(name);
    constexpr std::string_view kNull = "null";
    if (text_.substr(at_).starts_with(kNull)) {
      at_ += kNull.size();
    } else {
      seconds = instant(name);
    }
  }
  void format(std::string_view name) {
    std::uint64_t number = 0;
    value(name, number);
  }

  template <typename Record>
  void record(std::string_view name, Record& record) {
    key(name);
    take_record(record);
  }
  template <typename Record>
  void list(std::string_view name, std::vector<Record>& records) {
    take_records(name, records, [&](std::size_t start) {
      const std::size_t count = records.size();
      if (count < 2 || in_order(records[count - 2], records[count - 1])) return;
      fail(start, fmt::format("'{}' is out of order, or has an entry twice", name));
    });
  }
  template <typename Record>
  void sequence(std::string_view name, std::vector<Record>& records) {
    take_records(name, records, [](std::size_t) {});
  }
  template <typename Object>
  void object(std::string_view name, std::optional<Object>& object) {
    if (!next_key_is(name)) return;
    key(name);
    block('{', '}', [&] { describe(*this, object.emplace()); });
  }
  template <typename Map>
  void map(std::string_view name, Map& members) {
    key(name);
    block('{', '}', [&] {
      while (first_ ? peek() != '}' : peek() == ',') {
        separate();
        const std::size_t start = at_;
        const std::string text = string();
        expect(": ");
        check_platform(start, text);
        if (!members.empty() && !(members.rbegin()->first < text)) {
          fail(start, fmt::format("'{}' is out of order, or has an entry twice", name));
        }
        auto& member = members[text];
        block('{', '}', [&] { describe(*this, member); });
      }
    });
  }

 private:
  [[noreturn]] void fail(std::size_t offset, std::string message) const {
    const std::string_view before = text_.substr(0, std::min(offset, text_.size()));
    TextPosition position;
    for (const char c : before) {
      const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
      if (c == '\n') {
        position = {position.line + 1, 1};
      } else if (!continues) {
        ++position.column;
      }
    }
    throw Error(ErrorKind::invalid, render(problem_at(file_, text_, position, std::move(message))),
                {.hint = std::string(kHint)});
  }

  /// A lock of another format is refused for that and nothing else.
  void check_format() const {
    constexpr std::string_view kField = "\n  \"format\": ";
    const std::size_t field = text_.find(kField);
    if (field == text_.npos) return;
    const std::size_t start = field + kField.size();
    const std::string_view number =
        text_.substr(start, text_.find_first_not_of("0123456789", start) - start);
    if (number.empty() || number == std::to_string(kLockFormat)) return;
    fail(start, fmt::format("format {} of stamp.lock; this program reads {}", number.substr(0, 20),
                            kLockFormat));
  }

  /// A lock of which only the start is there is refused for that and nothing else.
  void check_end() const {
    const std::size_t common = std::min(text_.size(), kChecksumStart.size());
    const bool begins = text_.substr(0, common) == kChecksumStart.substr(0, common);
    const std::size_t last = text_.find_last_not_of('\n');
    if (begins && (last == text_.npos || last == 0 || text_.substr(last - 1, 2) != "\n}")) {
      fail(text_.size(), "the lock ends here: it was cut short");
    }
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  /// Takes `wanted`, or says what is there instead.
  void expect(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) == wanted) {
      at_ += wanted.size();
      return;
    }
    std::size_t same = 0;
    while (at_ + same < text_.size() && same < wanted.size() && text_[at_ + same] == wanted[same]) {
      ++same;
    }
    explain(at_ + same, wanted.substr(same));
  }

  [[noreturn]] void explain(std::size_t offset, std::string_view wanted) const {
    const std::size_t line_start = offset == 0 ? 0 : text_.rfind('\n', offset - 1) + 1;
    for (const std::string_view marker : {"<<<<<<<", "=======", ">>>>>>>", "|||||||"}) {
      if (text_.substr(line_start).starts_with(marker)) {
        fail(line_start, "a merge conflict that was not resolved");
      }
    }
    if (offset >= text_.size()) fail(text_.size(), "the lock ends here: it was cut short");
    std::string shown;
    for (const char c : wanted) shown += c == '\n' ? std::string("\\n") : std::string(1, c);
    fail(offset, fmt::format("expected '{}' here", shown));
  }

  /// Takes what goes before the next element.
  void separate() {
    if (in_record_) {
      if (!first_) expect(", ");
    } else {
      expect(first_ ? "\n" : ",\n");
      take_indent(indent_);
    }
    first_ = false;
  }

  void take_indent(std::size_t width) {
    constexpr std::string_view kBlanks = "                ";
    expect(kBlanks.substr(0, width));
  }

  bool next_key_is(std::string_view name) const {
    std::string_view rest = text_.substr(at_);
    if (rest.starts_with(",")) rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find('"'), rest.size()));
    return rest.size() > name.size() + 1 && rest.substr(1, name.size()) == name &&
           rest[name.size() + 1] == '"';
  }

  void key(std::string_view name) {
    separate();
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with('"') && rest.substr(1).starts_with(name) &&
        rest.substr(1 + name.size()).starts_with("\": ")) {
      at_ += name.size() + 4;
      return;
    }
    const std::size_t end = rest.starts_with('"') ? rest.find('"', 1) : rest.npos;
    if (end == rest.npos) explain(at_, fmt::format("\"{}\": ", name));
    fail(at_, fmt::format("field '{}', where '{}' must be", printable(rest.substr(1, end - 1), 80),
                          name));
  }

  template <typename Body>
  void block(char open, char close, Body&& body) {
    expect(std::string_view(&open, 1));
    first_ = true;
    indent_ += 2;
    body();
    indent_ -= 2;
    if (!first_) {
      expect("\n");
      take_indent(indent_);
    }
    expect(std::string_view(&close, 1));
    first_ = false;
  }

  template <typename Record>
  void take_record(Record& record) {
    expect("{");
    in_record_ = true;
    first_ = true;
    describe(*this, record);
    in_record_ = false;
    first_ = false;
    expect("}");
  }

  template <typename Record, typename Check>
  void take_records(std::string_view name, std::vector<Record>& records, Check&& check) {
    key(name);
    block('[', ']', [&] {
      // An element follows at the start, unless there is none, and after each comma.
      while (first_ ? peek() != ']' : peek() == ',') {
        separate();
        const std::size_t start = at_;
        take_record(records.emplace_back());
        check(start);
      }
    });
  }

  std::string string() {
    const std::size_t start = at_;
    expect("\"");
    std::string out;
    bool foreign = take_run(out);
    while (peek() == '\\') {
      take_escape(out);
      foreign = take_run(out) || foreign;
    }
    if (foreign) check_utf8(start);
    expect("\"");
    return out;
  }

  /// Takes characters up to a quote or backslash; returns whether there are some that are not
  /// printable ASCII.
  bool take_run(std::string& out) {
    const std::size_t start = at_;
    bool foreign = false;
    while (at_ < text_.size() && !class_of(text_[at_]).stops) {
      foreign = foreign || class_of(text_[at_]).foreign;
      ++at_;
    }
    if (at_ == text_.size() || text_[at_] == '\n') explain(at_, "\"");
    out.append(text_.substr(start, at_ - start));
    return foreign;
  }

  /// Takes an escape.
  void take_escape(std::string& out) {
    const std::size_t start = at_;
    ++at_;
    if (peek() == '"' || peek() == '\\') {
      out += peek();
      ++at_;
    } else {
      expect("u00");
      unsigned code = 0;
      const std::string_view digits = text_.substr(at_, 2);
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
      if (error != std::errc() || end != digits.data() + 2 || code >= 0x20 ||
          digits.find_first_of("ABCDEF") != digits.npos) {
        fail(start, "an escape that a lock does not have");
      }
      out += static_cast<char>(code);
      at_ += 2;
    }
  }

  void check_utf8(std::size_t start) const {
    const std::string_view raw = text_.substr(start, at_ + 1 - start);
    if (Json::accept(raw)) return;
    fail(start, "text that is not UTF-8, or a control character");
  }

  std::uint64_t decimal(std::string_view name, std::uint64_t limit) {
    std::uint64_t number = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
    const auto length = static_cast<std::size_t>(end - begin);
    if (error != std::errc() || number > limit || (length > 1 && *begin == '0')) {
      if (at_ >= text_.size()) explain(at_, "0");
      fail(at_, fmt::format("'{}' must be a whole number of at most {}", name, limit));
    }
    at_ += length;
    return number;
  }

  std::int64_t instant(std::string_view name) {
    const std::size_t start = at_;
    const std::string text = string();
    const std::int64_t seconds =
        during(fmt::format("reading '{}' of {}", name, file_), [&] { return parse_rfc3339(text); });
    if (format_rfc3339(seconds) != text) {
      fail(start, fmt::format("'{}' must be a time such as \"2026-11-20T00:00:00Z\"", name));
    }
    return seconds;
  }

  void check_platform(std::size_t start, const std::string& text) const {
    const std::size_t slash = text.find('/');
    const bool plain =
        slash != text.npos && slash > 0 && slash + 1 < text.size() &&
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789/_-") == text.npos;
    if (!plain) fail(start, fmt::format("'{}' is not a platform", printable(text, 80)));
  }

  std::string_view file_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t indent_ = 0;
  bool in_record_ = false;
  bool first_ = true;
};

}  // namespace

Lock parse_lock(std::string_view file, std::string_view text) {
  return LockParser(file, text).parse();
}

}  // namespace stamp::workspace
