#include "maintainer-scripts/tools/text_io.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

namespace stamp::scripts {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

}  // namespace

InputText read_operand(Process& process, std::string_view operand) {
  if (operand == "-") return {{}, process.read_input()};
  FileText file = read_file(process, operand);
  return {file.error, std::move(file.text)};
}

std::errc write_file(Process& process, std::string_view path, std::string_view text,
                     WriteMode mode) {
  const Opened opened =
      open_file(process, path, mode == WriteMode::append ? OpenMode::append : OpenMode::write);
  if (opened.error != std::errc()) return opened.error;
  opened.file->write(text);
  return {};
}

int fail(Process& process, std::string_view message, int status) {
  process.err(fmt::format("{}: {}\n", process.name(), message));
  return status;
}

void Output::add(std::string_view text) {
  text_ += text;
  if (text_.size() > kChunk) flush();
}

void Output::flush() {
  if (text_.empty()) return;
  process_.machine.budget.take_output(text_.size());
  process_.out(std::exchange(text_, {}));
}

std::optional<std::string_view> LineReader::next() {
  if (rest_.empty()) return std::nullopt;
  const std::size_t end = rest_.find(delimiter_);
  ended_ = end != std::string_view::npos;
  const std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(ended_ ? end + 1 : rest_.size());
  return line;
}

std::vector<std::string_view> lines_of(std::string_view text, char delimiter) {
  std::vector<std::string_view> lines;
  LineReader reader(text, delimiter);
  while (const auto line = reader.next()) lines.push_back(*line);
  return lines;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 63U;
  if (text.empty()) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (!is_digit(c) || number > kMost / 10) return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_number(text.substr(0, digits));
  const std::string_view suffix = text.substr(digits);
  if (!number || suffix.empty()) return number;
  if (suffix == "b") return *number * 512;
  constexpr std::string_view kLetters = "KMGTPE";
  const std::size_t power = suffix == "k" || suffix == "kB" ? 0 : kLetters.find(suffix.front());
  if (power == std::string_view::npos) return std::nullopt;
  const std::string_view unit = suffix.substr(1);
  if (!unit.empty() && unit != "B" && unit != "iB") return std::nullopt;
  std::uint64_t result = *number;
  for (std::size_t i = 0; i <= power; ++i) {
    const std::uint64_t factor = unit == "B" ? 1000 : 1024;
    if (result > (std::uint64_t{1} << 53U)) return std::nullopt;
    result *= factor;
  }
  return result;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = to_lower(c);
  return result;
}

std::string to_upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = to_upper(c);
  return result;
}

}  // namespace stamp::scripts
