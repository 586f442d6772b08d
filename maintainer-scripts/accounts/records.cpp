#include "maintainer-scripts/accounts/records.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::scripts::accounts {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = text.find(separator); at != std::string_view::npos;
       at = text.find(separator)) {
    parts.emplace_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.emplace_back(text);
  return parts;
}

std::string join(const std::vector<std::string>& parts, char separator) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) text += separator;
    text += parts[i];
  }
  return text;
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<std::string> read_text(const Tree& tree, std::string_view path) {
  const Found found = tree.find(path);
  if (!found || !found.inode->is_file()) return std::nullopt;
  return tree.read(*found.inode);
}

std::vector<std::string> lines_of(std::string_view text) {
  if (text.ends_with('\n'))
    text.remove_suffix(1);
  else if (text.empty())
    return {};
  return split(text, '\n');
}

Records::Records(Tree& tree, std::string path, std::size_t fields)
    : tree_(tree), path_(std::move(path)), fields_(fields) {
  const std::optional<std::string> content = read_text(tree_, path_);
  if (!content) return;
  exists_ = true;
  original_ = *content;
  for (const std::string& line : lines_of(original_)) rows_.push_back(split(line, ':'));
}

Records::Row* Records::find(std::string_view name) {
  const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& candidate) {
    return is_record(candidate) && candidate[0] == name;
  });
  return row == rows_.end() ? nullptr : &*row;
}

const Records::Row* Records::find(std::string_view name) const {
  return find_by(0, name);
}

const Records::Row* Records::find_by(std::size_t field, std::string_view value) const {
  const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& candidate) {
    return is_record(candidate) && candidate[field] == value;
  });
  return row == rows_.end() ? nullptr : &*row;
}

void Records::add(Row row) {
  rows_.push_back(std::move(row));
}

void Records::remove(std::string_view name) {
  std::erase_if(rows_, [&](const Row& row) { return is_record(row) && row[0] == name; });
}

void Records::make(std::uint32_t mode) {
  if (!exists_) write({}, mode);
}

void Records::save(std::uint32_t mode) {
  std::string now = text();
  if (exists_ && now == original_) return;
  write(std::move(now), mode);
}

void Records::write(std::string now, std::uint32_t mode) {
  if (const std::errc error = tree_.write(path_, now, mode); error != std::errc()) {
    throw Error(ErrorKind::invalid, fmt::format("cannot write '{}': {}", path_,
                                                describe_errno(static_cast<int>(error))));
  }
  exists_ = true;
  original_ = std::move(now);
}

std::string Records::text() const {
  std::string text;
  for (const Row& row : rows_) {
    text += join(row, ':');
    text += '\n';
  }
  return text;
}

}  // namespace stamp::scripts::accounts
