#include "debian/deb822.h"

#include <algorithm>
#include <span>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::debian {
namespace {

// The longest line of bookworm is a "Provides" of 76 KB.
constexpr std::size_t kMaxLine = 1024 * 1024;
constexpr std::size_t kMaxStanza = 16U << 20U;

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Whether `name` may name a field: printable ASCII without blank and colon, and not the start of
/// a comment or of an option. Spec: Debian Policy 5.1.
bool valid_name(std::string_view name) {
  return !name.empty() && name.front() != '#' && name.front() != '-' &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

const std::string* Stanza::find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (same_name(field.name, name)) return &field.value;
  }
  return nullptr;
}

std::string_view Stanza::get(std::string_view name) const {
  const std::string* value = find(name);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

const std::string& Stanza::require(std::string_view name) const {
  const std::string* value = find(name);
  if (value == nullptr || value->empty()) {
    throw Error(ErrorKind::invalid, fmt::format("the field '{}' is missing", name));
  }
  return *value;
}

std::string Stanza::str() const {
  std::string text;
  for (const Field& field : fields_) {
    text += field.name;
    text += ':';
    // A value whose text begins on the next line has no blank after the colon.
    if (!field.value.starts_with('\n') && !field.value.empty()) text += ' ';
    text += field.value;
    text += '\n';
  }
  return text;
}

StanzaReader::StanzaReader(Source& source, std::string what, std::size_t piece)
    : source_(source), what_(std::move(what)), piece_(std::max<std::size_t>(piece, 1)) {}

void StanzaReader::fail(std::string_view problem) const {
  throw Error(ErrorKind::invalid,
              fmt::format("cannot read {}, line {}: {}", what_, line_, problem));
}

std::optional<std::string_view> StanzaReader::next_line() {
  std::size_t searched = position_;
  while (true) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      const std::string_view line(buffer_.data() + position_, end - position_);
      position_ = end + 1;
      ++line_;
      if (line.size() > kMaxLine) fail("the line is longer than 1048576 bytes");
      return line;
    }
    if (ended_) break;
    buffer_.erase(0, position_);
    position_ = 0;
    searched = buffer_.size();
    if (searched > kMaxLine) {
      ++line_;
      fail("the line is longer than 1048576 bytes");
    }
    buffer_.resize(searched + piece_);
    const std::size_t got =
        source_.read(std::as_writable_bytes(std::span(buffer_).subspan(searched)));
    buffer_.resize(searched + got);
    ended_ = got == 0;
  }
  if (position_ == buffer_.size()) return std::nullopt;
  const std::string_view line = std::string_view(buffer_).substr(position_);
  position_ = buffer_.size();
  ++line_;
  return line;
}

void StanzaReader::add_line(std::vector<Field>& fields, std::string_view line) const {
  if (line.find_first_of(std::string_view("\0\r", 2)) != std::string_view::npos) {
    fail("a NUL or a carriage return");
  }
  if (is_blank(line.front())) {
    if (fields.empty()) fail("a continuation line before the first field");
    std::string& value = fields.back().value;
    value += '\n';
    value += line;
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) fail("no colon after the name of a field");
  const std::string_view name = line.substr(0, colon);
  if (!valid_name(name)) fail(fmt::format("'{}' cannot name a field", printable(name, 80)));
  const auto same = [&](const Field& field) { return same_name(field.name, name); };
  if (std::ranges::any_of(fields, same)) {
    fail(fmt::format("the field '{}' is there twice", printable(name, 80)));
  }
  fields.push_back({std::string(name), std::string(trimmed(line.substr(colon + 1)))});
}

std::optional<Stanza> StanzaReader::next() {
  std::vector<Field> fields;
  std::size_t size = 0;
  while (const std::optional<std::string_view> line = next_line()) {
    // dpkg and apt both take a line of blanks for the end of a stanza.
    if (trimmed(*line).empty()) {
      if (fields.empty()) continue;
      break;
    }
    size += line->size();
    if (size > kMaxStanza) fail("the stanza is longer than 16 MiB");
    if (fields.size() >= 1000) fail("the stanza has more than 1000 fields");
    add_line(fields, *line);
  }
  if (fields.empty()) return std::nullopt;
  return Stanza(std::move(fields));
}

Stanza parse_stanza(std::string_view text, std::string_view what) {
  BytesSourceView source(as_bytes(text));
  StanzaReader reader(source, std::string(what), text.size());
  std::optional<Stanza> stanza = reader.next();
  if (!stanza) {
    throw Error(ErrorKind::invalid, fmt::format("cannot read {}: it is empty", what));
  }
  if (reader.next()) {
    throw Error(ErrorKind::invalid, fmt::format("cannot read {}: it has a second stanza", what));
  }
  return *std::move(stanza);
}

}  // namespace stamp::debian
