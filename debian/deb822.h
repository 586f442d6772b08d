#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"

namespace stamp::debian {

/// A field of a stanza. The value's lines are joined by line feeds; continuation lines keep their
/// first blank, so that "Name: value" written again is what was read.
struct Field {
  std::string name;
  std::string value;

  friend bool operator==(const Field&, const Field&) = default;
};

/// A stanza: fields in the order they were written, no name twice.
class Stanza {
 public:
  Stanza() = default;
  explicit Stanza(std::vector<Field> fields) : fields_(std::move(fields)) {}

  /// The value of a field, whatever the case of its name; null when there is none.
  const std::string* find(std::string_view name) const;
  /// The value, or "" when there is none.
  std::string_view get(std::string_view name) const;
  /// The value. Errors: invalid, when it is missing or empty.
  const std::string& require(std::string_view name) const;
  const std::vector<Field>& fields() const { return fields_; }
  /// The stanza as text, without an empty line after it.
  std::string str() const;

 private:
  std::vector<Field> fields_;
};

/// Reads stanzas one after the other from a text that is not held in memory.
///
/// Strict: a field name is printable ASCII without colon, a line has at most 1 MiB and a stanza at
/// most 16 MiB, no NUL, no carriage return, no continuation line first, no name twice.
/// Spec: Debian Policy 5.1.
class StanzaReader final {
 public:
  /// `what` names the text in messages; `source` must outlive this. So many bytes are read at a
  /// time.
  StanzaReader(Source& source, std::string what, std::size_t piece = kBufferSize);
  /// The next stanza, or nothing at the end. Errors: invalid, with the line; those of the source.
  std::optional<Stanza> next();
  /// The line that was read last, from 1.
  std::size_t line() const { return line_; }

 private:
  std::optional<std::string_view> next_line();
  void add_line(std::vector<Field>& fields, std::string_view line) const;
  [[noreturn]] void fail(std::string_view problem) const;

  Source& source_;
  std::string what_;
  std::size_t piece_;
  std::string buffer_;
  std::size_t position_ = 0;
  std::size_t line_ = 0;
  bool ended_ = false;
};

/// Parses a text of exactly one stanza, such as a control file. Errors: invalid.
Stanza parse_stanza(std::string_view text, std::string_view what);

}  // namespace stamp::debian
