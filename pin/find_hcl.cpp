// The structure of HCL, as far as paths of attributes need it: bodies with attributes and blocks,
// and in expressions objects, lists and calls. Operators are passed over.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "pin/find.h"
#include "pin/hcl_rules.h"
#include "pin/hcl_scanner.h"

namespace stamp::pin {
namespace {

/// Whether the end of a line ends an expression.
enum class LineEnd { ends, is_blank };

/// Whether what is between commas has a number in its path.
enum class Numbered { no, yes };

/// An expression that was read.
struct Expression {
  std::size_t parts = 0;
  std::optional<HclString> text;  ///< when it is nothing but a quoted text
};

class HclFinder final {
 public:
  explicit HclFinder(const FileText& file) : scanner_(file) {
    const std::string name = lower_case(file.name);
    kind_ = name.ends_with(".hcl") ? "HCL" : "Terraform";
  }

  Found find() {
    body({}, kWholeFile);
    return std::move(found_);
  }

 private:
  static constexpr std::size_t kWholeFile = std::string_view::npos;

  /// Attributes and blocks up to the `}` that closes the `{` at byte `open`.
  void body(const HclContext& context, std::size_t open) {
    HclAttributes attributes;
    while (true) {
      scanner_.skip_lines();
      if (scanner_.at_end() && open == kWholeFile) break;
      if (scanner_.at_end()) scanner_.refuse(open, "the block has no end: '}' is missing");
      if (scanner_.peek() == '}' && open != kWholeFile) break;
      statement(context, attributes);
      scanner_.skip_blanks();
      const char next = scanner_.peek();
      if (!scanner_.at_end() && next != '\n' && next != '}') {
        scanner_.refuse(scanner_.at(), "the line should end here");
      }
    }
    find_in_attributes(kind_, context, attributes, found_);
  }

  void statement(const HclContext& context, HclAttributes& attributes) {
    const std::size_t begin = scanner_.at();
    const std::string name =
        scanner_.peek() == '"' ? scanner_.string().field.text : std::string(scanner_.identifier());
    if (scanner_.at() == begin) {
      scanner_.refuse(begin, "an attribute or a block should begin here");
    }
    scanner_.skip_blanks();
    if (scanner_.peek() == '=') {
      scanner_.skip(1);
      attribute(context, name, attributes);
    } else {
      block(context, name);
    }
  }

  void block(const HclContext& context, std::string_view type) {
    std::vector<std::string> labels;
    while (scanner_.peek() != '{') {
      const std::size_t begin = scanner_.at();
      labels.push_back(scanner_.peek() == '"' ? scanner_.string().field.text
                                              : std::string(scanner_.identifier()));
      if (scanner_.at() == begin) scanner_.refuse(begin, "'=' or '{' is missing here");
      scanner_.skip_blanks();
    }
    const std::size_t open = scanner_.at();
    scanner_.enter();
    scanner_.skip(1);
    body(context.block(type, labels), open);
    scanner_.skip(1);
    scanner_.leave();
  }

  /// The value of `key`, with what stands before it read.
  void attribute(const HclContext& context, const std::string& key, HclAttributes& attributes) {
    Expression value = expression(context.value(key), LineEnd::ends);
    if (value.parts == 0) scanner_.refuse(scanner_.at(), "a value is missing here");
    if (value.text) {
      attributes.texts.insert_or_assign(key, *std::move(value.text));
    } else {
      attributes.expressions.insert(key);
    }
  }

  Expression expression(const HclContext& context, LineEnd line_end) {
    Expression out;
    while (true) {
      line_end == LineEnd::ends ? scanner_.skip_blanks() : scanner_.skip_lines();
      const char next = scanner_.peek();
      if (scanner_.at_end() || std::string_view("\n,])}").find(next) != std::string_view::npos) {
        return out;
      }
      ++out.parts;
      out.text.reset();
      if (next == '"') {
        HclString text = scanner_.string();
        if (out.parts == 1) out.text = std::move(text);
      } else {
        HclContext inner = context;
        // Behind something else, what is in brackets is an index.
        if (out.parts > 1) inner.list_of_images = false;
        part(inner, next);
      }
    }
  }

  /// A part of an expression that is no quoted text.
  void part(const HclContext& context, char next) {
    if (next == '{') return object(context);
    if (next == '[') return list(context);
    if (next == '(') return call(context);
    if (scanner_.sees("<<")) return scanner_.skip_heredoc();
    for (const std::string_view two : {"==", "=>", "!=", "<=", ">="}) {
      if (scanner_.sees(two)) return scanner_.skip(two.size());
    }
    if (next >= '0' && next <= '9') return scanner_.skip(1);
    if (!scanner_.identifier().empty()) return;
    if (std::string_view("+-*/%!<>?:.&|").find(next) == std::string_view::npos) {
      scanner_.refuse(scanner_.at(), "this cannot be part of an expression");
    }
    scanner_.skip(1);
  }

  void object(const HclContext& context) {
    const std::size_t open = scanner_.at();
    scanner_.enter();
    scanner_.skip(1);
    scanner_.skip_lines();
    if (begins_for()) {
      items(context, open, '}', Numbered::no);
    } else {
      members(context, open);
    }
    scanner_.skip(1);
    scanner_.leave();
  }

  void members(const HclContext& context, std::size_t open) {
    HclAttributes attributes;
    while (true) {
      scanner_.skip_lines();
      if (scanner_.at_end()) scanner_.refuse(open, "the object has no end: '}' is missing");
      if (scanner_.peek() == '}') break;
      const std::string name = key(context);
      scanner_.skip_blanks();
      if (scanner_.peek() != '=' && scanner_.peek() != ':') {
        scanner_.refuse(scanner_.at(), "'=' is missing here");
      }
      scanner_.skip(1);
      attribute(context, name, attributes);
      if (scanner_.peek() == ',') scanner_.skip(1);
      if (scanner_.peek() == ']' || scanner_.peek() == ')') {
        scanner_.refuse(open, "the object has no end: '}' is missing");
      }
    }
    find_in_attributes(kind_, context, attributes, found_);
  }

  /// The key of an object's member; one that is computed is "*".
  std::string key(const HclContext& context) {
    if (scanner_.peek() == '"') return scanner_.string().field.text;
    if (scanner_.peek() == '(') {
      call(context);
      return "*";
    }
    const std::size_t begin = scanner_.at();
    std::string out;
    while (true) {
      const char next = scanner_.peek();
      if (next == '.' || (next >= '0' && next <= '9')) {
        out += next;
        scanner_.skip(1);
        continue;
      }
      const std::string_view word = scanner_.identifier();
      if (word.empty()) break;
      out += word;
    }
    if (scanner_.at() == begin) scanner_.refuse(begin, "a key should begin here");
    return out;
  }

  void list(const HclContext& context) {
    const std::size_t open = scanner_.at();
    scanner_.enter();
    scanner_.skip(1);
    scanner_.skip_lines();
    if (begins_for()) {
      HclContext all = context;
      all.path += "[*]";
      items(all, open, ']', Numbered::no);
    } else {
      items(context, open, ']', Numbered::yes);
    }
    scanner_.skip(1);
    scanner_.leave();
  }

  /// What is in parentheses belongs to what they are the value of.
  void call(const HclContext& context) {
    const std::size_t open = scanner_.at();
    scanner_.enter();
    scanner_.skip(1);
    items(context, open, ')', Numbered::no);
    scanner_.skip(1);
    scanner_.leave();
  }

  /// Expressions with commas between them, up to `close`. Those of a list have a number each.
  void items(const HclContext& context, std::size_t open, char close, Numbered numbered) {
    for (std::size_t index = 0;; ++index) {
      const bool item = numbered == Numbered::yes;
      const HclContext inner = item ? context.item(index) : context;
      const Expression value = expression(inner, LineEnd::is_blank);
      if (value.text && item) find_in_item(kind_, inner, *value.text, found_);
      if (scanner_.peek() == close) return;
      if (scanner_.peek() != ',') {
        scanner_.refuse(open, std::string("there is no end to this: '") + close + "' is missing");
      }
      scanner_.skip(1);
    }
  }

  /// Whether an object or a list is computed: "{for key, value in …".
  bool begins_for() {
    if (!scanner_.sees("for ") && !scanner_.sees("for\t")) return false;
    HclScanner ahead = scanner_;
    ahead.skip(3);
    ahead.skip_blanks();
    return !ahead.identifier().empty();
  }

  HclScanner scanner_;
  std::string kind_;
  Found found_;
};

}  // namespace

Found find_in_hcl(const FileText& file) {
  return HclFinder(file).find();
}

}  // namespace stamp::pin
