#include "debian/clearsigned.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::debian {
namespace {

constexpr std::size_t kMaxMessage = 10U << 20U;
constexpr std::size_t kMaxHeaders = 16;
constexpr std::string_view kBegin = "-----BEGIN PGP SIGNED MESSAGE-----";
constexpr std::string_view kSignature = "-----BEGIN PGP SIGNATURE-----";
constexpr std::string_view kEnd = "-----END PGP SIGNATURE-----";

/// The lines of a message, counted.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  /// The next line without its line feed, or nothing at the end.
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    ++number_;
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) fail("the last line is not ended");
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    for (const char c : line) {
      const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\t';
      if (control || c == 0x7f) fail("a control character");
    }
    return line;
  }

  /// The next line. Errors: invalid, when there is none.
  std::string_view require(std::string_view what) {
    if (const std::optional<std::string_view> line = next()) return *line;
    ++number_;
    fail(fmt::format("the message ends before {}", what));
  }

  [[noreturn]] void fail(std::string_view problem) const {
    throw Error(ErrorKind::invalid,
                fmt::format("cannot read the signed message, line {}: {}", number_, problem));
  }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

/// The headers after the first line, up to the empty line.
std::vector<std::string> read_headers(Lines& lines) {
  constexpr std::string_view kHash = "Hash: ";
  std::vector<std::string> hashes;
  while (true) {
    const std::string_view line = lines.require("its text");
    if (line.empty()) break;
    if (!line.starts_with(kHash)) lines.fail("only 'Hash:' may stand before the text");
    std::string_view rest = line.substr(kHash.size());
    while (true) {
      const std::size_t comma = rest.find(',');
      const std::string_view hash = rest.substr(0, comma);
      if (hash != "SHA256" && hash != "SHA512") {
        lines.fail(fmt::format("the digest '{}' is not accepted", printable(hash, 40)));
      }
      hashes.emplace_back(hash);
      if (hashes.size() > kMaxHeaders) lines.fail("too many digests are named");
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
      if (rest.starts_with(' ')) rest.remove_prefix(1);
    }
  }
  if (hashes.empty()) lines.fail("no 'Hash:' names the digest");
  return hashes;
}

/// The text, dash escapes undone, up to the line that begins the signature.
std::string read_text(Lines& lines) {
  std::string text;
  while (true) {
    std::string_view line = lines.require("its signature");
    if (line == kSignature) return text;
    if (line.starts_with("- ")) {
      line.remove_prefix(2);
    } else if (line.starts_with('-')) {
      lines.fail("a line of the text begins with a dash");
    }
    text += line;
    text += '\n';
  }
}

/// The armour, from its first to its last line.
std::string read_signature(Lines& lines) {
  std::string armour = std::string(kSignature) + "\n";
  while (true) {
    const std::string_view line = lines.require("the end of its signature");
    if (line != kEnd && line.starts_with('-'))
      lines.fail("a line of the signature begins with a dash");
    armour += line;
    armour += '\n';
    if (line == kEnd) return armour;
  }
}

}  // namespace

Clearsigned parse_clearsigned(std::string_view message) {
  if (message.size() > kMaxMessage) {
    throw Error(ErrorKind::invalid,
                "cannot read the signed message: it has more than 10485760 bytes");
  }
  Lines lines(message);
  if (lines.require("it began") != kBegin) lines.fail("it does not begin with a signed message");
  Clearsigned signed_message;
  signed_message.hashes = read_headers(lines);
  signed_message.text = read_text(lines);
  signed_message.signature = read_signature(lines);
  if (lines.next()) lines.fail("something follows the signature");
  return signed_message;
}

}  // namespace stamp::debian
