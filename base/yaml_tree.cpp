#include "base/yaml_tree.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <libfyaml.h>

#include "base/error.h"
#include "base/yaml_events.h"
#include "base/yaml_text.h"

namespace stamp {
namespace {

constexpr std::size_t kMaxDepth = 128;
constexpr std::size_t kMaxNodes = 4'000'000;

using Kind = YamlTreeNode::Kind;
using Style = YamlTreeNode::Style;

Style style_of(fy_token* token) {
  switch (fy_token_scalar_style(token)) {
    case FYSS_SINGLE_QUOTED:
      return Style::single_quoted;
    case FYSS_DOUBLE_QUOTED:
      return Style::double_quoted;
    case FYSS_LITERAL:
      return Style::literal;
    case FYSS_FOLDED:
      return Style::folded;
    default:
      return Style::plain;
  }
}

std::string name_of(fy_token* token) {
  if (token == nullptr) return "";
  std::size_t size = 0;
  const char* text = fy_token_get_text(token, &size);
  return text == nullptr ? "" : std::string(text, size);
}

/// Builds the trees of a stream from libfyaml's events, with an explicit stack.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view file, std::string_view text)
      : file_(file), text_(text), events_(text, YamlEvents::FlowIndentation::any) {}

  std::vector<YamlTreeNode> build() {
    while (const YamlEvents::Event event = events_.next()) take(*event);
    refuse_syntax_errors();
    return std::move(documents_);
  }

 private:
  void take(fy_event& event) {
    switch (event.type) {
      case FYET_SCALAR:
        add(scalar_of(event));
        break;
      case FYET_ALIAS:
        add(alias_of(event));
        break;
      case FYET_SEQUENCE_START:
        open(Kind::sequence, event, event.sequence_start.anchor, event.sequence_start.tag);
        break;
      case FYET_MAPPING_START:
        open(Kind::mapping, event, event.mapping_start.anchor, event.mapping_start.tag);
        break;
      case FYET_SEQUENCE_END:
      case FYET_MAPPING_END:
        close();
        break;
      default:
        break;
    }
  }

  YamlTreeNode scalar_of(fy_event& event) {
    YamlTreeNode node;
    node.anchor = name_of(event.scalar.anchor);
    node.tag = tag_of(event.scalar.tag);
    fy_token* token = event.scalar.value;
    const fy_mark* start = token == nullptr ? nullptr : fy_token_start_mark(token);
    const fy_mark* end = token == nullptr ? nullptr : fy_token_end_mark(token);
    if (start == nullptr || end == nullptr) {
      node.span = {last_, last_};
      return node;
    }
    node.style = style_of(token);
    node.span = {start->input_pos, end->input_pos};
    if (node.style == Style::single_quoted || node.style == Style::double_quoted) {
      // libfyaml's marks are inside of the quotes.
      --node.span.begin;
      ++node.span.end;
    }
    last_ = node.span.end;
    std::optional<std::string> text = text_of_token(*token);
    if (!text) refuse(node.span.begin, "not valid YAML: a text that cannot be read");
    node.text = std::move(*text);
    return node;
  }

  YamlTreeNode alias_of(fy_event& event) {
    YamlTreeNode node;
    node.kind = Kind::alias;
    node.text = name_of(event.alias.anchor);
    node.span.end = begin_of(event) + node.text.size();
    node.span.begin = node.span.end - node.text.size() - 1;  // libfyaml's marks are behind the '*'
    return node;
  }

  void open(Kind kind, fy_event& event, fy_token* anchor, fy_token* tag) {
    YamlTreeNode node;
    node.kind = kind;
    node.anchor = name_of(anchor);
    node.tag = tag_of(tag);
    node.span.begin = node.span.end = begin_of(event);
    if (stack_.size() == kMaxDepth) {
      refuse(node.span.begin, fmt::format("nested deeper than {} levels", kMaxDepth));
    }
    count(node.span.begin);
    stack_.push_back(std::move(node));
  }

  void close() {
    YamlTreeNode node = std::move(stack_.back());
    stack_.pop_back();
    if (node.is_mapping()) refuse_duplicates(node);
    attach(std::move(node));
  }

  void add(YamlTreeNode node) {
    count(node.span.begin);
    attach(std::move(node));
  }

  void attach(YamlTreeNode node) {
    (stack_.empty() ? documents_ : stack_.back().items).push_back(std::move(node));
  }

  void count(std::size_t offset) {
    if (++nodes_ > kMaxNodes) refuse(offset, "more than 4 million values");
  }

  /// A mapping that says something twice means different things to different readers. A merge key
  /// may be there several times.
  void refuse_duplicates(const YamlTreeNode& mapping) {
    keys_.clear();
    for (std::size_t i = 0; i < mapping.items.size(); i += 2) {
      const YamlTreeNode& key = mapping.items[i];
      if (!key.is_scalar() || (key.style == Style::plain && key.text == "<<")) continue;
      keys_.emplace_back(key.text, key.span.begin);
    }
    std::sort(keys_.begin(), keys_.end());
    const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
    const auto twice = std::adjacent_find(keys_.begin(), keys_.end(), same);
    if (twice == keys_.end()) return;
    refuse(std::next(twice)->second,
           fmt::format("duplicate key '{}'; first on line {}", twice->first,
                       position_at(text_, twice->second).line));
  }

  static std::string tag_of(fy_token* token) {
    if (token == nullptr) return "";
    std::size_t size = 0;
    const char* text = fy_tag_token_handle(token, &size);
    std::string tag = text == nullptr ? "" : std::string(text, size);
    text = fy_tag_token_suffix(token, &size);
    return text == nullptr ? tag : tag.append(text, size);
  }

  static std::size_t begin_of(fy_event& event) {
    const fy_mark* mark = fy_event_start_mark(&event);
    return mark == nullptr ? 0 : mark->input_pos;
  }

  void refuse_syntax_errors() {
    if (const auto error = events_.error()) {
      throw_if_any({problem_at(file_, text_, error->position, error->message)});
    }
    if (!stack_.empty()) refuse(0, "not valid YAML");
  }

  [[noreturn]] void refuse(std::size_t offset, std::string message) {
    throw_if_any({problem_at(file_, text_, position_at(text_, offset), std::move(message))});
    throw Error(ErrorKind::internal, "a problem was not thrown");
  }

  std::string_view file_;
  std::string_view text_;
  YamlEvents events_;
  std::vector<YamlTreeNode> stack_;
  std::vector<YamlTreeNode> documents_;
  std::vector<std::pair<std::string_view, std::size_t>> keys_;
  std::size_t nodes_ = 0;
  std::size_t last_ = 0;  ///< where the scalar before ended: an empty one is there
};

}  // namespace

const YamlTreeNode* YamlTreeNode::find(std::string_view key) const {
  if (!is_mapping()) return nullptr;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].is_scalar() && items[i].text == key) return &items[i + 1];
  }
  return nullptr;
}

std::string_view YamlTreeNode::text_of(std::string_view key) const {
  const YamlTreeNode* value = find(key);
  return value != nullptr && value->is_scalar() ? std::string_view(value->text)
                                                : std::string_view();
}

YamlTree YamlTree::parse(std::string_view file, std::string_view text) {
  // What a byte order mark says is known: the text is UTF-8. Only there may it be.
  const std::string_view marked =
      text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text;
  if (const auto bad = find_bad_character(marked)) {
    throw_if_any({problem_at(file, text, bad->position, bad->message)});
  }
  YamlTree tree;
  tree.documents_ = TreeBuilder(file, text).build();
  return tree;
}

TextPosition position_at(std::string_view text, std::size_t offset) {
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
    offset -= std::min(offset, kByteOrderMark.size());
  }
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_feed = before.rfind('\n');
  const std::string_view line =
      line_feed == std::string_view::npos ? before : before.substr(line_feed + 1);
  const auto is_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<std::size_t>(std::count_if(line.begin(), line.end(), is_character)) + 1};
}

}  // namespace stamp
