// cut, paste, fold: columns of lines.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();

/// Positions from 1 on, both ends included.
struct Positions {
  std::uint64_t first = 1;
  std::uint64_t last = kNoEnd;
};

/// A list of cut: "1,3-5,7-", in rising order and without overlaps.
class Selection {
 public:
  static std::optional<Selection> parse(std::string_view list) {
    Selection selection;
    std::size_t at = 0;
    while (at <= list.size()) {
      const std::size_t end = std::min(list.find_first_of(", \t", at), list.size());
      const auto positions = parse_positions(list.substr(at, end - at));
      if (!positions) return std::nullopt;
      selection.ranges_.push_back(*positions);
      at = end + 1;
    }
    selection.merge();
    return selection;
  }

  void complement() {
    std::vector<Positions> others;
    std::uint64_t next = 1;
    for (const Positions& range : ranges_) {
      if (range.first > next) others.push_back({next, range.first - 1});
      if (range.last == kNoEnd) {
        ranges_ = std::move(others);
        return;
      }
      next = range.last + 1;
    }
    others.push_back({next, kNoEnd});
    ranges_ = std::move(others);
  }

  const std::vector<Positions>& ranges() const { return ranges_; }

 private:
  static std::optional<Positions> parse_positions(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
      const auto number = parse_number(text);
      if (!number || *number == 0) return std::nullopt;
      return Positions{*number, *number};
    }
    Positions positions;
    const std::string_view first = text.substr(0, dash);
    const std::string_view last = text.substr(dash + 1);
    if (first.empty() && last.empty()) return std::nullopt;
    if (!first.empty()) {
      const auto number = parse_number(first);
      if (!number || *number == 0) return std::nullopt;
      positions.first = *number;
    }
    if (!last.empty()) {
      const auto number = parse_number(last);
      if (!number || *number < positions.first) return std::nullopt;
      positions.last = *number;
    }
    return positions;
  }

  /// Ranges that only touch stay apart: --output-delimiter stands between them.
  void merge() {
    std::sort(ranges_.begin(), ranges_.end(),
              [](const Positions& a, const Positions& b) { return a.first < b.first; });
    std::vector<Positions> merged;
    for (const Positions& range : ranges_) {
      if (!merged.empty() && range.first <= merged.back().last) {
        merged.back().last = std::max(merged.back().last, range.last);
      } else {
        merged.push_back(range);
      }
    }
    ranges_ = std::move(merged);
  }

  std::vector<Positions> ranges_;
};

/// How cut treats a line.
struct CutRule {
  Selection selection;
  char delimiter = '\t';
  std::optional<std::string> between;  ///< --output-delimiter
  bool only_delimited = false;
};

std::string cut_bytes(std::string_view line, const CutRule& rule) {
  std::string result;
  bool first = true;
  for (const Positions& range : rule.selection.ranges()) {
    if (range.first > line.size()) break;
    if (!first && rule.between) result += *rule.between;
    first = false;
    result +=
        line.substr(range.first - 1, range.last - range.first + (range.last == kNoEnd ? 0 : 1));
  }
  return result;
}

std::string cut_fields(std::string_view line, const CutRule& rule) {
  std::vector<std::string_view> fields;
  std::size_t at = 0;
  while (at <= line.size()) {
    const std::size_t end = std::min(line.find(rule.delimiter, at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  std::string result;
  bool first = true;
  for (const Positions& range : rule.selection.ranges()) {
    for (std::uint64_t i = range.first; i <= range.last && i <= fields.size(); ++i) {
      if (!first) result += rule.between ? *rule.between : std::string(1, rule.delimiter);
      first = false;
      result += fields[i - 1];
    }
  }
  return result;
}

constexpr LongOption kCutOptions[] = {
    {"bytes", Argument::required, "b"},      {"characters", Argument::required, "c"},
    {"fields", Argument::required, "f"},     {"delimiter", Argument::required, "d"},
    {"only-delimited", Argument::none, "s"}, {"zero-terminated", Argument::none, "z"},
    {"complement", Argument::none},          {"output-delimiter", Argument::required}};

/// paste's delimiters: one a position, "" for \0.
std::vector<std::string> paste_delimiters(const Options& options) {
  const std::string* list = options.value("d");
  if (list == nullptr) return {"\t"};
  std::vector<std::string> delimiters;
  for (std::size_t i = 0; i < list->size(); ++i) {
    char c = (*list)[i];
    if (c != '\\' || i + 1 == list->size()) {
      delimiters.emplace_back(1, c);
      continue;
    }
    c = (*list)[++i];
    static constexpr std::string_view kNames = "nt\\bfrv";
    static constexpr std::string_view kBytes = "\n\t\\\b\f\r\v";
    const std::size_t named = kNames.find(c);
    if (c == '0') {
      delimiters.emplace_back();
    } else {
      delimiters.emplace_back(1, named == std::string_view::npos ? c : kBytes[named]);
    }
  }
  if (delimiters.empty()) delimiters.emplace_back();
  return delimiters;
}

void paste_serially(const std::vector<std::vector<std::string_view>>& columns,
                    const std::vector<std::string>& delimiters, Output& output, char end) {
  for (const auto& lines : columns) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i > 0) output.add(delimiters[(i - 1) % delimiters.size()]);
      output.add(lines[i]);
    }
    output.add(end);
  }
}

void paste_side_by_side(const std::vector<std::vector<std::string_view>>& columns,
                        const std::vector<std::string>& delimiters, Output& output, char end) {
  std::size_t most = 0;
  for (const auto& lines : columns) most = std::max(most, lines.size());
  for (std::size_t row = 0; row < most; ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) output.add(delimiters[(i - 1) % delimiters.size()]);
      if (row < columns[i].size()) output.add(columns[i][row]);
    }
    output.add(end);
  }
}

}  // namespace

int cut(Process& process) {
  const Options options = parse_options(process, "b:c:f:d:snz", kCutOptions);
  int lists = 0;
  const std::string* list = nullptr;
  for (const std::string_view name : {"b", "c", "f"}) {
    if (options.value(name) == nullptr) continue;
    list = options.value(name);
    ++lists;
  }
  if (lists == 0) return fail(process, "you must specify a list of bytes, characters, or fields");
  if (lists > 1) return fail(process, "only one list may be specified");
  auto selection = Selection::parse(*list);
  if (!selection) return fail(process, fmt::format("invalid field value '{}'", *list));
  if (options.has("complement")) selection->complement();
  CutRule rule{.selection = std::move(*selection), .only_delimited = options.has("s")};
  if (const std::string* delimiter = options.value("d")) {
    if (delimiter->size() > 1) {
      return fail(process, "the delimiter must be a single character");
    }
    rule.delimiter = delimiter->empty() ? '\0' : delimiter->front();
  }
  if (const std::string* between = options.value("output-delimiter")) rule.between = *between;
  const bool fields = options.has("f");
  if (!fields && (options.has("d") || options.has("s"))) {
    return fail(process, "an input delimiter may be specified only when operating on fields");
  }
  const char end = options.has("z") ? '\0' : '\n';
  Output output(process);
  int status = 0;
  std::vector<std::string> files = options.operands;
  if (files.empty()) files.emplace_back("-");
  for (const std::string& file : files) {
    const InputText text = read_operand(process, file);
    if (!text) status = fail(process, fmt::format("{}: {}", file, describe(text.error)));
    LineReader lines(text.text, end);
    while (const auto line = lines.next()) {
      if (fields && line->find(rule.delimiter) == std::string_view::npos) {
        if (rule.only_delimited) continue;
        output.add(*line);
      } else {
        output.add(fields ? cut_fields(*line, rule) : cut_bytes(*line, rule));
      }
      output.add(end);
    }
  }
  output.flush();
  return status;
}

int paste(Process& process) {
  static constexpr LongOption kLong[] = {{"delimiters", Argument::required, "d"},
                                         {"serial", Argument::none, "s"},
                                         {"zero-terminated", Argument::none, "z"}};
  const Options options = parse_options(process, "d:sz", kLong);
  const char end = options.has("z") ? '\0' : '\n';
  std::vector<std::string> files = options.operands;
  if (files.empty()) files.emplace_back("-");
  if (std::count(files.begin(), files.end(), "-") > 1 && !options.has("s")) {
    // "paste - -" takes lines of the one input in turn
    if (std::count(files.begin(), files.end(), "-") != static_cast<std::ptrdiff_t>(files.size())) {
      throw Unknown("several '-' beside files");
    }
    const std::string text = process.read_input();
    std::vector<std::vector<std::string_view>> columns(files.size());
    std::size_t next = 0;
    for (const std::string_view line : lines_of(text, end)) {
      columns[next++ % columns.size()].push_back(line);
    }
    Output output(process);
    paste_side_by_side(columns, paste_delimiters(options), output, end);
    output.flush();
    return 0;
  }
  std::vector<InputText> texts;
  int status = 0;
  for (const std::string& file : files) {
    texts.push_back(read_operand(process, file));
    if (texts.back()) continue;
    status = fail(process, fmt::format("{}: {}", file, describe(texts.back().error)));
    if (!options.has("s")) return status;
  }
  std::vector<std::vector<std::string_view>> columns;
  for (const InputText& text : texts) {
    if (text) columns.push_back(lines_of(text.text, end));
  }
  Output output(process);
  if (options.has("s")) {
    paste_serially(columns, paste_delimiters(options), output, end);
  } else {
    paste_side_by_side(columns, paste_delimiters(options), output, end);
  }
  output.flush();
  return status;
}

int fold(Process& process) {
  static constexpr LongOption kLong[] = {{"bytes", Argument::none, "b"},
                                         {"spaces", Argument::none, "s"},
                                         {"width", Argument::required, "w"}};
  const Options options = parse_options(process, "bsw:", kLong);
  std::uint64_t width = 80;
  if (const std::string* text = options.value("w")) {
    const auto number = parse_number(*text);
    if (!number || *number == 0) throw Unknown(fmt::format("width '{}' is not known", *text));
    width = *number;
  }
  Output output(process);
  int status = 0;
  std::vector<std::string> files = options.operands;
  if (files.empty()) files.emplace_back("-");
  for (const std::string& file : files) {
    const InputText text = read_operand(process, file);
    if (!text) status = fail(process, fmt::format("{}: {}", file, describe(text.error)));
    if (!options.has("b") && text.text.find_first_of("\t\b\r") != std::string::npos) {
      throw Unknown("folding tabs and other control characters");
    }
    LineReader lines(text.text);
    while (auto line = lines.next()) {
      while (line->size() > width) {
        std::size_t end = width;
        const std::size_t blank = line->substr(0, width).find_last_of(" \t");
        if (options.has("s") && blank != std::string_view::npos) end = blank + 1;
        output.add(line->substr(0, end));
        output.add('\n');
        line->remove_prefix(end);
      }
      output.add(*line);
      if (lines.was_ended()) output.add('\n');
    }
  }
  output.flush();
  return status;
}

}  // namespace stamp::scripts
