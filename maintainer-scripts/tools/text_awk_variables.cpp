// Variables, the record and its fields, and where records come from.
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/tools/text_awk_run.h"
#include "maintainer-scripts/tools/text_io.h"

namespace stamp::scripts::awk_program {
namespace {

constexpr int kNumberOfFields = 0;  ///< index of NF, which parse() names first
constexpr std::size_t kMostFields = 1'000'000;

std::vector<std::string> cut_at_blanks(std::string_view text) {
  std::vector<std::string> fields;
  const auto is_gap = [](char c) { return is_blank(c) || c == '\n'; };
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && is_gap(text[at])) ++at;
    if (at == text.size()) break;
    const std::size_t start = at;
    while (at < text.size() && !is_gap(text[at])) ++at;
    fields.emplace_back(text.substr(start, at - start));
  }
  return fields;
}

}  // namespace

void Record::set(std::string text, std::string separator) {
  text_ = std::move(text);
  separator_ = std::move(separator);
  split_ = false;
  joined_ = true;
}

void Record::set_fields(std::vector<std::string> fields) {
  fields_ = std::move(fields);
  split_ = true;
}

std::string Record::field(std::size_t number) const {
  return number <= fields_.size() ? fields_[number - 1] : std::string();
}

void Record::set_field(std::size_t number, std::string text) {
  if (number > kMostFields) throw Unknown(fmt::format("field {} of awk", number));
  if (number > fields_.size()) fields_.resize(number);
  fields_[number - 1] = std::move(text);
  joined_ = false;
}

void Record::set_count(std::size_t count) {
  if (count > kMostFields) throw Unknown(fmt::format("field {} of awk", count));
  fields_.resize(count);
  joined_ = false;
}

const std::string& Record::whole(const std::string& between) {
  if (joined_) return text_;
  text_.clear();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (i > 0) text_ += between;
    text_ += fields_[i];
  }
  joined_ = true;
  return text_;
}

Value& Interpreter::special(std::string_view name) {
  return globals_[static_cast<std::size_t>(program_.globals.find(name)->second)].value;
}

std::string Interpreter::special_text(std::string_view name) {
  return special(name).to_text("%.6g");
}

Cell& Interpreter::cell(const Node& node) {
  if (node.index < 0) return frames_.back()[static_cast<std::size_t>(-1 - node.index)];
  return globals_[static_cast<std::size_t>(node.index)];
}

std::shared_ptr<Array> Interpreter::array(const Node& node) {
  Cell& variable = cell(node);
  if (!variable.array) variable.array = std::make_shared<Array>();
  return variable.array;
}

/// Subscripts as one key.
std::string Interpreter::key_of(const Node& node, std::size_t first) {
  std::string key;
  for (std::size_t i = first; i < node.kids.size(); ++i) {
    if (i > first) key += special_text("SUBSEP");
    key += text_of(*node.kids[i]);
  }
  return key;
}

Interpreter::Place Interpreter::place(const Node& node) {
  Place place{.kind = node.kind, .index = node.index};
  if (node.kind == Node::Kind::field) {
    const double number = evaluate(*node.kids.front()).to_number();
    if (!(number >= 0) || number > static_cast<double>(kMostFields)) {
      throw Unknown(fmt::format("field {} of awk", number));
    }
    place.field = static_cast<std::size_t>(number);
  } else if (node.kind == Node::Kind::element) {
    place.key = key_of(node, 1);
    place.array = array(*node.kids.front());
  }
  return place;
}

Value Interpreter::read(const Place& place) {
  if (place.kind == Node::Kind::element) {
    Value& value = (*place.array)[place.key];
    process_.machine.budget.check_size(place.array->size() * sizeof(Array::value_type));
    return value;
  }
  if (place.kind == Node::Kind::field) {
    if (place.field == 0) return Value::of_input(record_.whole(special_text("OFS")));
    split_record();
    return Value::of_input(record_.field(place.field));
  }
  if (place.index == kNumberOfFields) {
    split_record();
    return Value::of(static_cast<double>(record_.count()));
  }
  if (place.index < 0) return frames_.back()[static_cast<std::size_t>(-1 - place.index)].value;
  return globals_[static_cast<std::size_t>(place.index)].value;
}

void Interpreter::write(const Place& place, Value value) {
  if (place.kind == Node::Kind::element) {
    (*place.array)[place.key] = std::move(value);
    process_.machine.budget.check_size(place.array->size() * sizeof(Array::value_type));
  } else if (place.kind == Node::Kind::field) {
    std::string text = value.to_text(special_text("CONVFMT"));
    if (place.field == 0) return set_record(std::move(text));
    split_record();
    record_.set_field(place.field, std::move(text));
  } else if (place.index == kNumberOfFields) {
    split_record();
    record_.set_count(static_cast<std::size_t>(
        std::clamp(value.to_number(), 0.0, static_cast<double>(kMostFields))));
  } else if (place.index < 0) {
    frames_.back()[static_cast<std::size_t>(-1 - place.index)].value = std::move(value);
  } else {
    globals_[static_cast<std::size_t>(place.index)].value = std::move(value);
  }
}

void Interpreter::set_record(std::string text) {
  record_.set(std::move(text), special_text("FS"));
}

void Interpreter::split_record() {
  if (record_.is_split()) return;
  record_.set_fields(cut(record_.text(), record_.separator()));
}

/// What FS and split() do.
std::vector<std::string> Interpreter::cut(std::string_view text, const std::string& separator) {
  std::vector<std::string> fields;
  if (text.empty()) return fields;
  if (separator == " ") return cut_at_blanks(text);
  if (separator.empty()) {
    for (const char c : text) fields.emplace_back(1, c);
    return fields;
  }
  const Regex* pattern = nullptr;
  if (separator.size() > 1) pattern = &pattern_of(separator);
  std::size_t start = 0;
  for (std::size_t from = 0; from < text.size();) {
    TextRange gap;
    if (pattern == nullptr) {
      const std::size_t at = text.find(separator, from);
      if (at == std::string_view::npos) break;
      gap = {at, at + 1};
    } else {
      const auto found = pattern->find(text, from);
      if (!found) break;
      gap = *found;
    }
    from = gap.size() > 0 ? gap.end : gap.end + 1;
    if (gap.size() == 0) continue;
    fields.emplace_back(text.substr(start, gap.begin - start));
    start = gap.end;
  }
  fields.emplace_back(text.substr(start));
  return fields;
}

std::optional<std::string> Interpreter::read_from(Records& records) {
  process_.machine.budget.take_steps();
  const std::string separator = special_text("RS");
  return records.next(separator, separator.size() > 1 ? &pattern_of(separator) : nullptr);
}

/// Goes to the next file of the command line; assignments on the way are done.
bool Interpreter::open_next_operand() {
  const auto count = static_cast<std::size_t>(special("ARGC").to_number());
  const std::shared_ptr<Array> words =
      globals_[static_cast<std::size_t>(program_.globals.find("ARGV")->second)].array;
  for (; operand_ < count; ++operand_) {
    const auto found = words->find(std::to_string(operand_));
    if (found == words->end()) continue;
    const std::string word = found->second.to_text("%.6g");
    if (word.empty() || assign_operand(word)) continue;
    ++operand_;
    InputText file = read_operand(process_, word);
    if (!file) {
      streams_.flush();
      status_ = fail(process_, fmt::format("cannot open {} ({})", word, describe(file.error)), 2);
      failed_ = exiting_ = true;
      return false;
    }
    special("FILENAME") = Value::of(word);
    special("FNR") = Value::of(0.0);
    input_ = std::make_unique<Records>(std::move(file.text));
    had_file_ = true;
    return true;
  }
  if (had_file_) return false;
  had_file_ = true;
  special("FNR") = Value::of(0.0);
  input_ = std::make_unique<Records>(process_.read_input());
  return true;
}

/// The next record of the main input; counts it.
std::optional<std::string> Interpreter::next_record() {
  while (!failed_) {
    if (input_) {
      if (auto record = read_from(*input_)) {
        for (const std::string_view name : {"NR", "FNR"}) {
          Value& count = special(name);
          count = Value::of(count.to_number() + 1);
        }
        return record;
      }
      input_.reset();
    }
    if (!open_next_operand()) break;
  }
  return std::nullopt;
}

}  // namespace stamp::scripts::awk_program
