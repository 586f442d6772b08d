#include "base/yaml.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <libfyaml.h>

#include "base/error.h"
#include "base/yaml_events.h"
#include "base/yaml_text.h"

namespace stamp {
namespace {

constexpr std::size_t kMaxSize = 4U << 20U;
constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxNodes = 100'000;
/// After so many problems of one file nobody reads on.
constexpr std::size_t kMaxProblems = 50;

/// The text of line `number` (from 1), without its end.
std::string_view line_of(std::string_view text, std::size_t number) {
  for (std::size_t line = 1; line < number; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// Asks libfyaml for events and builds the tree of nodes from them, with an explicit stack, so that
/// neither depth nor number of nodes is ever more than allowed.
class Builder {
 public:
  Builder(const YamlDocument& document, std::vector<Diagnostic>& problems)
      : document_(document),
        problems_(problems),
        first_(problems.size()),
        events_(document.text(), YamlEvents::FlowIndentation::strict) {}

  YamlNode build() {
    while (!stopped_) {
      const YamlEvents::Event event = events_.next();
      if (event == nullptr) break;
      take(*event);
    }
    report_syntax_error();
    while (!stack_.empty()) close();
    return std::move(root_);
  }

  /// Whether build() came to the end of a text that is YAML.
  bool complete() const { return !stopped_; }

 private:
  /// A collection that is open, or a key that waits for its value.
  struct Frame {
    YamlNode node;
    std::optional<YamlNode::Member> key;       ///< of a mapping: the one whose value comes next
    std::map<std::string, std::size_t> lines;  ///< of a mapping: where each key is
  };

  void take(fy_event& event) {
    if (documents_ > 1) return refuse_second_document(event);  // one that began without a mark
    switch (event.type) {
      case FYET_DOCUMENT_START:
        ++documents_;
        if (documents_ > 1 && event.document_start.document_start != nullptr) {
          refuse_second_document(event);
        }
        break;
      case FYET_SCALAR:
        refuse_decoration(event.scalar.anchor, event.scalar.tag);
        take_scalar(event);
        break;
      case FYET_ALIAS:
        report(name_position(event.alias.anchor), "aliases ('*name') are not allowed");
        add(YamlNode{.position = position_of(event)});
        break;
      case FYET_SEQUENCE_START:
        refuse_decoration(event.sequence_start.anchor, event.sequence_start.tag);
        open(YamlNode{.kind = YamlNode::Kind::sequence, .position = position_of(event)});
        break;
      case FYET_MAPPING_START:
        refuse_decoration(event.mapping_start.anchor, event.mapping_start.tag);
        open(YamlNode{.kind = YamlNode::Kind::mapping, .position = position_of(event)});
        break;
      case FYET_SEQUENCE_END:
      case FYET_MAPPING_END:
        close();
        break;
      default:
        break;
    }
  }

  void refuse_second_document(fy_event& event) {
    report(position_of(event), "a second document; one file holds one document");
    stopped_ = true;
  }

  void take_scalar(fy_event& event) {
    YamlNode node;
    if (!stack_.empty() && stack_.back().key) node.position = stack_.back().key->position;
    if (fy_token* token = event.scalar.value; token != nullptr) {
      const fy_scalar_style style = fy_token_scalar_style(token);
      node.text = text_of(token);
      node.plain = style == FYSS_PLAIN;
      if (const fy_mark* mark = fy_token_start_mark(token); mark != nullptr) {
        node.position = to_position(*mark);
        // libfyaml's mark of a quoted text is behind the quote.
        if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) --node.position.column;
        refuse_tabs(*mark, node.plain ? fy_token_end_mark(token) : nullptr);
      }
    }
    if (awaits_key()) {
      take_key(std::move(node));
    } else {
      add(std::move(node));
    }
  }

  std::string text_of(fy_token* token) {
    const std::optional<std::string> text = text_of_token(*token);
    if (!text) report(position_of(token), "not valid YAML: a text that cannot be read");
    return text.value_or("");
  }

  bool awaits_key() const {
    return !stack_.empty() && stack_.back().node.kind == YamlNode::Kind::mapping &&
           !stack_.back().key;
  }

  void take_key(YamlNode node) {
    count(node.position);
    Frame& frame = stack_.back();
    const auto [known, added] = frame.lines.emplace(node.text, node.position.line);
    if (!added) {
      report(node.position,
             fmt::format("duplicate key '{}'; first on line {}", node.text, known->second));
    }
    frame.key = YamlNode::Member{std::move(node.text), node.position, {}};
  }

  void open(YamlNode node) {
    if (awaits_key()) {
      report(node.position, "a key must be a text, not a list or mapping");
      stopped_ = true;
      return;
    }
    if (stack_.size() == kMaxDepth) {
      report(node.position, fmt::format("nested deeper than {} levels", kMaxDepth));
      stopped_ = true;
      return;
    }
    count(node.position);
    stack_.push_back({.node = std::move(node)});
  }

  void close() {
    YamlNode node = std::move(stack_.back().node);
    stack_.pop_back();
    attach(std::move(node));
  }

  void add(YamlNode node) {
    if (awaits_key()) {  // an alias as a key: reported already
      take_key(std::move(node));
      return;
    }
    count(node.position);
    attach(std::move(node));
  }

  void attach(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.kind == YamlNode::Kind::sequence) {
      frame.node.items.push_back(std::move(node));
    } else if (frame.key) {
      frame.key->value = std::move(node);
      frame.node.members.push_back(std::move(*frame.key));
      frame.key.reset();
    }
  }

  void count(TextPosition position) {
    if (++nodes_ == kMaxNodes + 1) {
      report(position, "more than 100,000 values");
      stopped_ = true;
    }
  }

  void refuse_decoration(fy_token* anchor, fy_token* tag) {
    if (anchor != nullptr) report(name_position(anchor), "anchors ('&name') are not allowed");
    if (tag != nullptr) report(position_of(tag), "tags ('!name') are not allowed");
  }

  /// Tabs that indent a scalar, or a later line of a plain one (up to `end`), are refused even
  /// where YAML lets them pass.
  void refuse_tabs(const fy_mark& start, const fy_mark* end) {
    const std::size_t last = end == nullptr ? start.input_pos : end->input_pos;
    const std::string_view text = std::string_view(document_.text()).substr(0, last);
    const auto next_line = [&](std::size_t at) {
      const std::size_t line_feed = text.find('\n', at);
      return line_feed == std::string_view::npos ? text.size() : line_feed + 1;
    };
    std::size_t at = std::min(start.input_pos, text.size());
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t')) --at;
    auto line = static_cast<std::size_t>(start.line) + 1;
    if (at > 0 && text[at - 1] != '\n') {
      at = next_line(at);
      ++line;
    }
    for (; at < text.size(); at = next_line(at), ++line) {
      const std::size_t word = std::min(text.find_first_not_of(" \t", at), text.size());
      const std::size_t tab = text.substr(at, word - at).find('\t');
      if (tab != std::string_view::npos) {
        return report({line, tab + 1}, "a tab indents this line; use spaces");
      }
    }
  }

  static TextPosition to_position(const fy_mark& mark) {
    return {static_cast<std::size_t>(std::max(mark.line, 0)) + 1,
            static_cast<std::size_t>(std::max(mark.column, 0)) + 1};
  }

  static TextPosition position_of(fy_token* token) {
    const fy_mark* mark = fy_token_start_mark(token);
    return mark == nullptr ? TextPosition{} : to_position(*mark);
  }

  /// Where the sign before the name of an anchor or alias is.
  static TextPosition name_position(fy_token* token) {
    TextPosition position = position_of(token);
    if (position.column > 1) --position.column;
    return position;
  }

  static TextPosition position_of(fy_event& event) {
    const fy_mark* mark = fy_event_start_mark(&event);
    return mark == nullptr ? TextPosition{} : to_position(*mark);
  }

  void report(TextPosition position, std::string message) {
    problems_.push_back(document_.problem(position, std::move(message)));
    if (problems_.size() - first_ >= kMaxProblems) stopped_ = true;
  }

  void report_syntax_error() {
    const auto error = events_.error();
    if (!error) return;
    problems_.push_back(document_.problem(error->position, error->message));
    stopped_ = true;
  }

  const YamlDocument& document_;
  std::vector<Diagnostic>& problems_;
  std::size_t first_;
  YamlEvents events_;
  std::vector<Frame> stack_;
  YamlNode root_;
  std::size_t documents_ = 0;
  std::size_t nodes_ = 0;
  bool stopped_ = false;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

bool YamlNode::is_null() const {
  return kind == Kind::scalar && plain &&
         (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
}

YamlDocument YamlDocument::parse(std::string file, std::string text,
                                 std::vector<Diagnostic>& problems) {
  YamlDocument document;
  document.file_ = std::move(file);
  document.text_ = std::move(text);
  if (document.text_.starts_with(kByteOrderMark)) document.text_.erase(0, kByteOrderMark.size());
  if (document.text_.size() > kMaxSize) {
    problems.push_back({document.file_, 1, 1, "the file is larger than 4 MiB", {}});
    return document;
  }
  if (const auto bad = find_bad_character(document.text_)) {
    problems.push_back(document.problem(bad->position, bad->message));
    return document;
  }
  Builder builder(document, problems);
  document.root_ = builder.build();
  document.complete_ = builder.complete();
  return document;
}

Diagnostic YamlDocument::problem(TextPosition position, std::string message) const {
  return problem_at(file_, text_, position, std::move(message));
}

Diagnostic problem_at(std::string_view file, std::string_view text, TextPosition position,
                      std::string message) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return {std::string(file), position.line, position.column, std::move(message),
          std::string(line_of(text, position.line))};
}

}  // namespace stamp
