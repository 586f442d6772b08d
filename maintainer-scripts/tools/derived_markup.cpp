#include "maintainer-scripts/tools/derived_markup.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "maintainer-scripts/process.h"

namespace stamp::scripts::derived {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::string_view kSpace = " \t\n\r";

class MarkupReader {
 public:
  explicit MarkupReader(std::string_view text) : rest_(text) {}

  Element document() {
    if (rest_.find('\r') != std::string_view::npos) fail("a carriage return");
    Element outside;
    read_content(outside, 0);
    if (!rest_.empty() || outside.children.size() != 1) fail("not one element");
    return std::move(outside.children.front());
  }

 private:
  [[noreturn]] static void fail(std::string_view what) {
    throw Unknown(fmt::format("XML with {}", what));
  }

  std::string_view take_until(std::string_view end) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) fail("an open end");
    const std::string_view taken = rest_.substr(0, at);
    rest_.remove_prefix(at + end.size());
    return taken;
  }

  bool take(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }

  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
  }

  std::string take_name() {
    const std::size_t end = std::min(rest_.find_first_of(" \t\n/>="), rest_.size());
    if (end == 0) fail("a missing name");
    std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return name;
  }

  /// Text and elements, to the end tag of `element` or the end of the file.
  void read_content(Element& element, std::size_t depth) {
    if (depth > kMaxDepth) fail("so many levels");
    while (!rest_.empty()) {
      if (take("<!--")) {
        take_until("-->");
      } else if (take("<![CDATA[")) {
        element.text += take_until("]]>");
      } else if (take("<?")) {
        take_until("?>");
      } else if (rest_.starts_with("<!")) {
        skip_declaration();
      } else if (take("</")) {
        const std::string name = take_name();
        skip_space();
        if (depth == 0 || name != element.name || !take(">")) fail("a wrong end tag");
        return;
      } else if (take("<")) {
        Element child = read_element(depth);
        if (child.name.find(':') == std::string::npos) {
          element.children.push_back(std::move(child));
        }
      } else {
        const std::size_t end = std::min(rest_.find('<'), rest_.size());
        element.text += characters(rest_.substr(0, end));
        rest_.remove_prefix(end);
      }
    }
    if (depth != 0) fail("an open element");
  }

  void skip_declaration() {
    if (take_until(">").find('[') != std::string_view::npos) fail("declarations of its own");
  }

  Element read_element(std::size_t depth) {
    Element element;
    element.name = take_name();
    while (true) {
      skip_space();
      if (take("/>")) return element;
      if (take(">")) break;
      std::string name = take_name();
      skip_space();
      if (!take("=")) fail("an attribute without value");
      skip_space();
      const bool is_single = take("'");
      if (!is_single && !take("\"")) fail("an attribute without quotes");
      std::string value(take_until(is_single ? "'" : "\""));
      std::replace_if(
          value.begin(), value.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
      if (name.find(':') == std::string::npos) {
        element.attributes[std::move(name)] = characters(value);
      }
    }
    read_content(element, depth + 1);
    return element;
  }

  /// Text with its references replaced.
  static std::string characters(std::string_view text) {
    static constexpr std::pair<std::string_view, char> kNames[] = {
        {"lt;", '<'}, {"gt;", '>'}, {"amp;", '&'}, {"quot;", '"'}, {"apos;", '\''}};
    std::string result;
    while (true) {
      const std::size_t at = text.find('&');
      result += text.substr(0, at);
      if (at == std::string_view::npos) return result;
      text.remove_prefix(at + 1);
      const auto* const found =
          std::find_if(std::begin(kNames), std::end(kNames),
                       [text](const auto& name) { return text.starts_with(name.first); });
      if (found == std::end(kNames)) fail("references to characters by number");
      result += found->second;
      text.remove_prefix(found->first.size());
    }
  }

  std::string_view rest_;
};

}  // namespace

const std::string* Element::attribute(std::string_view wanted) const {
  const auto found = attributes.find(wanted);
  return found == attributes.end() ? nullptr : &found->second;
}

Element parse_markup(std::string_view text) {
  return MarkupReader(text).document();
}

}  // namespace stamp::scripts::derived
