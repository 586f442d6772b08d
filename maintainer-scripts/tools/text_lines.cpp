// uniq, comm, join, nl: lines beside lines.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tools/text_io.h"
#include "maintainer-scripts/tools/text_tools.h"

namespace stamp::scripts {
namespace {

std::size_t number_option(const Options& options, std::string_view name, std::size_t otherwise) {
  const std::string* text = options.value(name);
  if (text == nullptr) return otherwise;
  const auto number = parse_number(*text);
  if (!number) throw Unknown(fmt::format("number '{}' is not known", *text));
  return *number;
}

/// What of a line uniq compares.
class UniqKey {
 public:
  explicit UniqKey(const Options& options)
      : fields_(number_option(options, "f", 0)),
        skipped_(number_option(options, "s", 0)),
        width_(number_option(options, "w", std::string_view::npos)),
        fold_(options.has("i")) {}

  std::string of(std::string_view line) const {
    std::size_t at = 0;
    for (std::size_t field = 0; field < fields_ && at < line.size(); ++field) {
      while (at < line.size() && is_blank(line[at])) ++at;
      while (at < line.size() && !is_blank(line[at])) ++at;
    }
    at = std::min(at + std::min(skipped_, line.size()), line.size());
    const std::string_view part = line.substr(at, width_);
    return fold_ ? to_upper(part) : std::string(part);
  }

 private:
  std::size_t fields_;
  std::size_t skipped_;
  std::size_t width_;
  bool fold_;
};

constexpr LongOption kUniqOptions[] = {
    {"count", Argument::none, "c"},           {"repeated", Argument::none, "d"},
    {"unique", Argument::none, "u"},          {"ignore-case", Argument::none, "i"},
    {"skip-fields", Argument::required, "f"}, {"skip-chars", Argument::required, "s"},
    {"check-chars", Argument::required, "w"}, {"zero-terminated", Argument::none, "z"}};

/// The lines of uniq's output.
std::string unique_lines(std::string_view text, const Options& options) {
  const char end = options.has("z") ? '\0' : '\n';
  const UniqKey key(options);
  const std::vector<std::string_view> lines = lines_of(text, end);
  std::string result;
  for (std::size_t i = 0; i < lines.size();) {
    const std::string first = key.of(lines[i]);
    std::size_t next = i + 1;
    while (next < lines.size() && key.of(lines[next]) == first) ++next;
    const std::size_t count = next - i;
    const auto show = [&](std::size_t at) {
      if (options.has("c")) result += fmt::format("{:7} ", count);
      (result += lines[at]) += end;
    };
    if (options.has("D")) {
      for (std::size_t at = i; at < next && count > 1; ++at) show(at);
    } else if ((count == 1 || !options.has("u")) && (count > 1 || !options.has("d"))) {
      show(i);
    }
    i = next;
  }
  return result;
}

void require_order(const std::vector<std::string_view>& lines) {
  if (!std::is_sorted(lines.begin(), lines.end())) throw Unknown("the input is not sorted");
}

/// join's view of one input.
struct JoinInput {
  std::vector<std::vector<std::string>> rows;
  std::size_t field = 0;
};

class Joiner {
 public:
  Joiner(const Options& options, Output& output) : output_(output) {
    if (const std::string* t = options.value("t")) {
      if (t->size() != 1) throw Unknown(fmt::format("separator '{}' of join", *t));
      separator_ = t->front();
    }
    for (const Option& option : options.given) {
      if (option.name == "a") unpaired_.at(side_of(*option.value)) = true;
      if (option.name == "v") {
        unpaired_.at(side_of(*option.value)) = true;
        paired_ = false;
      }
    }
    if (const std::string* empty = options.value("e")) empty_ = *empty;
    if (const std::string* format = options.value("o")) parse_format(*format);
    fold_ = options.has("i");
  }

  JoinInput input(std::string_view text, std::size_t field) const {
    JoinInput input{.field = field};
    for (const std::string_view line : lines_of(text)) input.rows.push_back(fields_of(line));
    const bool sorted =
        std::is_sorted(input.rows.begin(), input.rows.end(),
                       [&](const auto& a, const auto& b) { return key(a, field) < key(b, field); });
    if (!sorted) throw Unknown("the input is not sorted");
    return input;
  }

  void run(const JoinInput& left, const JoinInput& right) {
    std::size_t i = 0;
    std::size_t k = 0;
    while (i < left.rows.size() || k < right.rows.size()) {
      int order = 0;
      if (i == left.rows.size()) {
        order = 1;
      } else if (k == right.rows.size()) {
        order = -1;
      } else {
        order = key(left.rows[i], left.field).compare(key(right.rows[k], right.field));
      }
      if (order < 0) {
        if (unpaired_[0]) show(left, &left.rows[i], right, nullptr);
        ++i;
      } else if (order > 0) {
        if (unpaired_[1]) show(left, nullptr, right, &right.rows[k]);
        ++k;
      } else {
        const std::size_t end_i = end_of_run(left, i);
        const std::size_t end_k = end_of_run(right, k);
        for (std::size_t a = i; a < end_i && paired_; ++a) {
          for (std::size_t b = k; b < end_k; ++b) show(left, &left.rows[a], right, &right.rows[b]);
        }
        i = end_i;
        k = end_k;
      }
    }
  }

 private:
  using Row = std::vector<std::string>;
  struct Column {
    std::size_t side = 0;   ///< 0: the field that is joined, else 1 or 2
    std::size_t field = 0;  ///< from 0
  };

  static std::size_t side_of(const std::string& text) {
    if (text != "1" && text != "2") throw Unknown(fmt::format("file number '{}'", text));
    return text == "1" ? 0 : 1;
  }

  void parse_format(std::string_view format) {
    if (format == "auto") throw Unknown("option '-o auto' is not known");
    std::size_t at = 0;
    while (at <= format.size()) {
      const std::size_t end = std::min(format.find_first_of(", ", at), format.size());
      const std::string_view item = format.substr(at, end - at);
      at = end + 1;
      if (item == "0") {
        columns_.push_back({});
        continue;
      }
      const auto field = item.size() > 2 ? parse_number(item.substr(2)) : std::nullopt;
      if (!field || *field == 0 || item[1] != '.' || (item[0] != '1' && item[0] != '2')) {
        throw Unknown(fmt::format("field '{}' of join", item));
      }
      columns_.push_back({static_cast<std::size_t>(item[0] - '0'), *field - 1});
    }
  }

  Row fields_of(std::string_view line) const {
    Row row;
    std::size_t at = 0;
    while (true) {
      if (!separator_) {
        while (at < line.size() && is_blank(line[at])) ++at;
        if (at == line.size()) return row;
      }
      std::size_t end = separator_ ? line.find(*separator_, at) : line.find_first_of(" \t", at);
      end = std::min(end, line.size());
      row.emplace_back(line.substr(at, end - at));
      if (end == line.size()) return row;
      at = end + 1;
    }
  }

  std::string key(const Row& row, std::size_t field) const {
    if (field >= row.size()) return {};
    return fold_ ? to_upper(row[field]) : row[field];
  }

  std::size_t end_of_run(const JoinInput& input, std::size_t at) const {
    const std::string first = key(input.rows[at], input.field);
    while (at < input.rows.size() && key(input.rows[at], input.field) == first) ++at;
    return at;
  }

  void show(const JoinInput& left, const Row* a, const JoinInput& right, const Row* b) {
    std::vector<std::string> words;
    const auto field = [this](const Row* row, std::size_t at) {
      return row == nullptr || at >= row->size() || (*row)[at].empty() ? empty_ : (*row)[at];
    };
    const std::string joined = a != nullptr ? field(a, left.field) : field(b, right.field);
    for (const Column& column : columns_) {
      words.push_back(column.side == 0 ? joined : field(column.side == 1 ? a : b, column.field));
    }
    if (columns_.empty()) {
      words.push_back(joined);
      for (const auto& [row, skipped] : {std::pair(a, left.field), std::pair(b, right.field)}) {
        for (std::size_t i = 0; row != nullptr && i < row->size(); ++i) {
          if (i != skipped) words.push_back(field(row, i));
        }
      }
    }
    const char separator = separator_.value_or(' ');
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (i > 0) output_.add(separator);
      output_.add(words[i]);
    }
    output_.add('\n');
  }

  Output& output_;
  std::optional<char> separator_;
  std::array<bool, 2> unpaired_{};
  bool paired_ = true;
  bool fold_ = false;
  std::string empty_;
  std::vector<Column> columns_;
};

/// Whether nl numbers a line, by its -b.
bool is_numbered(std::string_view style, std::string_view line) {
  if (style == "a") return true;
  if (style == "t") return !line.empty();
  if (style == "n") return false;
  throw Unknown(fmt::format("style '{}' of nl is not known", style));
}

std::string line_number(std::size_t number, std::size_t width, std::string_view format) {
  if (format == "ln") return fmt::format("{:<{}}", number, width);
  if (format == "rn") return fmt::format("{:>{}}", number, width);
  if (format == "rz") return fmt::format("{:0{}}", number, width);
  throw Unknown(fmt::format("format '{}' of nl is not known", format));
}

std::string value_or(const Options& options, std::string_view name, std::string_view otherwise) {
  const std::string* value = options.value(name);
  return std::string(value == nullptr ? otherwise : std::string_view(*value));
}

}  // namespace

int uniq(Process& process) {
  const Options options = parse_options(process, "cduDif:s:w:z", kUniqOptions);
  if (options.operands.size() > 2) {
    return fail(process, fmt::format("extra operand '{}'", options.operands[2]));
  }
  const std::string file = options.operands.empty() ? "-" : options.operands.front();
  const InputText text = read_operand(process, file);
  if (!text) return fail(process, fmt::format("{}: {}", file, describe(text.error)));
  const std::string lines = unique_lines(text.text, options);
  if (options.operands.size() == 2 && options.operands[1] != "-") {
    const std::errc error = write_file(process, options.operands[1], lines);
    if (error == std::errc()) return 0;
    return fail(process, fmt::format("{}: {}", options.operands[1], describe(error)));
  }
  Output output(process);
  output.add(lines);
  output.flush();
  return 0;
}

int comm(Process& process) {
  static constexpr LongOption kLong[] = {{"output-delimiter", Argument::required},
                                         {"nocheck-order", Argument::none}};
  const Options options = parse_options(process, "123z", kLong);
  if (options.operands.size() != 2) throw Unknown("comm takes two files");
  std::vector<std::string> texts;
  for (const std::string& file : options.operands) {
    InputText text = read_operand(process, file);
    if (!text) return fail(process, fmt::format("{}: {}", file, describe(text.error)));
    texts.push_back(std::move(text.text));
  }
  const char end = options.has("z") ? '\0' : '\n';
  const std::vector<std::string_view> left = lines_of(texts[0], end);
  const std::vector<std::string_view> right = lines_of(texts[1], end);
  require_order(left);
  require_order(right);
  const std::string delimiter = value_or(options, "output-delimiter", "\t");
  Output output(process);
  const auto show = [&](std::string_view line, std::string_view column) {
    if (options.has(column)) return;
    if (column != "1" && !options.has("1")) output.add(delimiter);
    if (column == "3" && !options.has("2")) output.add(delimiter);
    output.add(line);
    output.add(end);
  };
  std::size_t i = 0;
  std::size_t k = 0;
  while (i < left.size() || k < right.size()) {
    if (k == right.size() || (i < left.size() && left[i] < right[k])) {
      show(left[i++], "1");
    } else if (i == left.size() || right[k] < left[i]) {
      show(right[k++], "2");
    } else {
      show(left[i++], "3");
      ++k;
    }
  }
  output.flush();
  return 0;
}

int join(Process& process) {
  const Options options = parse_options(process, "1:2:j:t:a:v:e:o:i");
  if (options.operands.size() != 2) throw Unknown("join takes two files");
  std::vector<std::string> texts;
  for (const std::string& file : options.operands) {
    InputText text = read_operand(process, file);
    if (!text) return fail(process, fmt::format("{}: {}", file, describe(text.error)));
    texts.push_back(std::move(text.text));
  }
  const std::size_t both = number_option(options, "j", 1);
  const std::size_t first = number_option(options, "1", both);
  const std::size_t second = number_option(options, "2", both);
  if (first == 0 || second == 0) throw Unknown("field 0 of join");
  Output output(process);
  Joiner joiner(options, output);
  joiner.run(joiner.input(texts[0], first - 1), joiner.input(texts[1], second - 1));
  output.flush();
  return 0;
}

int nl(Process& process) {
  const Options options = parse_options(process, "b:n:w:s:v:i:");
  const std::string style = value_or(options, "b", "t");
  const std::string format = value_or(options, "n", "rn");
  const std::string separator = value_or(options, "s", "\t");
  const std::size_t width = number_option(options, "w", 6);
  const std::size_t step = number_option(options, "i", 1);
  if (width == 0 || width > 1000) throw Unknown("such a width of nl");
  std::size_t number = number_option(options, "v", 1);
  Output output(process);
  int status = 0;
  std::vector<std::string> files = options.operands;
  if (files.empty()) files.emplace_back("-");
  for (const std::string& file : files) {
    const InputText text = read_operand(process, file);
    if (!text) status = fail(process, fmt::format("{}: {}", file, describe(text.error)));
    for (const std::string_view line : lines_of(text.text)) {
      if (line == "\\:" || line == "\\:\\:" || line == "\\:\\:\\:") {
        throw Unknown("logical pages of nl");
      }
      if (is_numbered(style, line)) {
        output.add(line_number(number, width, format) + separator);
        number += step;
      } else {
        output.add(std::string(width + separator.size(), ' '));
      }
      output.add(line);
      output.add('\n');
    }
  }
  output.flush();
  return status;
}

}  // namespace stamp::scripts
