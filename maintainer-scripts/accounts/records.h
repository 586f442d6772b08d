#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts::accounts {

/// `text` at each `separator`; always at least one part.
std::vector<std::string> split(std::string_view text, char separator);
/// `parts` with `separator` between them.
std::string join(const std::vector<std::string>& parts, char separator);
/// A decimal number without sign, of at most 32 bits; nothing when it is none.
std::optional<std::uint32_t> parse_number(std::string_view text);
/// The content of a file of the tree, links followed; nothing when there is none.
std::optional<std::string> read_text(const Tree& tree, std::string_view path);
/// The lines of a text without their ends.
std::vector<std::string> lines_of(std::string_view text);

/// A file of the tree whose lines are fields with colons between them: /etc/passwd and its like.
/// Order, comments and lines of any other shape stay as they are.
class Records final {
 public:
  using Row = std::vector<std::string>;

  /// Reads `path`, whose records have `fields` fields; a file that is missing has none. `tree` must
  /// outlive this.
  Records(Tree& tree, std::string path, std::size_t fields);

  bool exists() const { return exists_; }
  /// All lines; those that are no records too.
  const std::vector<Row>& rows() const { return rows_; }
  std::vector<Row>& rows() { return rows_; }
  /// Whether a row has the shape of a record.
  bool is_record(const Row& row) const { return row.size() == fields_ && !row[0].empty(); }
  /// The first record of that name; null when there is none.
  Row* find(std::string_view name);
  const Row* find(std::string_view name) const;
  /// The first record whose field `field` is `value`; null when there is none.
  const Row* find_by(std::size_t field, std::string_view value) const;
  void add(Row row);
  void remove(std::string_view name);
  /// Makes the file, empty, when it is missing.
  void make(std::uint32_t mode);
  /// Writes the file when it differs from what was read; a new one gets `mode`.
  void save(std::uint32_t mode = 0644);

 private:
  std::string text() const;
  void write(std::string now, std::uint32_t mode);

  Tree& tree_;
  std::string path_;
  std::size_t fields_;
  bool exists_ = false;
  std::string original_;
  std::vector<Row> rows_;
};

}  // namespace stamp::scripts::accounts
