// The cases of the yaml-test-suite: what must not parse does not, what must has the scalars that
// the suite says, and each scalar can be replaced by its bytes alone.
//
// usage: yaml_suite CASES.json, a list of {id, yaml, tree, fail}

#include <cstdio>
#include <exception>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/yaml_tree.h"

namespace {

using namespace stamp;
using Style = YamlTreeNode::Style;

/// What is no YAML and is taken all the same, as other readers take it: the lines of a flow
/// collection are indented less than they must be, or by a tab.
const std::set<std::string, std::less<>> kTaken = {"9C9N/0", "QB6E/0", "VJP3/0", "Y79Y/3"};
/// What YAML allows and is refused: a key twice, which readers understand differently.
const std::set<std::string, std::less<>> kRefused = {"2JQS/0"};

void collect(const std::vector<YamlTreeNode>& nodes, std::vector<const YamlTreeNode*>& scalars) {
  for (const YamlTreeNode& node : nodes) {
    if (node.is_scalar()) scalars.push_back(&node);
    collect(node.items, scalars);
  }
}

char sign_of(Style style) {
  constexpr std::string_view kSigns = ":'\"|>";
  return kSigns[static_cast<std::size_t>(style)];
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\b':
        out += "\\b";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// The scalars of the suite's event stream: style and text of each.
std::vector<std::string> wanted_scalars(std::string_view tree) {
  std::vector<std::string> found;
  while (!tree.empty()) {
    const std::size_t end = std::min(tree.find('\n'), tree.size());
    std::string_view line = tree.substr(0, end);
    tree.remove_prefix(std::min(end + 1, tree.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (!line.starts_with("=VAL ")) continue;
    line.remove_prefix(5);
    while (line.starts_with("&") || line.starts_with("<")) line.remove_prefix(line.find(' ') + 1);
    found.emplace_back(line);
  }
  return found;
}

/// The text with one scalar replaced, in its own style; empty for a block text, or none.
std::string with_another(std::string_view text, const YamlTreeNode& scalar) {
  if (scalar.span.size() == 0 || scalar.style == Style::literal || scalar.style == Style::folded) {
    return "";
  }
  std::string word = "other-word";
  if (scalar.style == Style::single_quoted) word = "'" + word + "'";
  if (scalar.style == Style::double_quoted) word = "\"" + word + "\"";
  return fmt::format("{}{}{}", text.substr(0, scalar.span.begin), word,
                     text.substr(scalar.span.end));
}

class Suite {
 public:
  void run(const Json& test) {
    ++cases_;
    const std::string id = test.at("id").get<std::string>();
    const std::string text = test.at("yaml").get<std::string>();
    try {
      const YamlTree tree = YamlTree::parse(id, text);
      if (test.value("fail", false)) {
        if (kTaken.count(id) == 0) fault(id, "is taken, and is not YAML");
        return;
      }
      compare(id, text, tree, test.at("tree").get<std::string>());
    } catch (const Error& error) {
      if (test.value("fail", false)) return;
      ++refused_;
      if (kRefused.count(id) == 0) fault(id, "is refused: " + error.headline());
    }
  }

  int end() const {
    fmt::print("{} cases, {} that YAML allows are refused, {} scalars replaced, {} faults\n",
               cases_, refused_, replaced_, faults_);
    return faults_ == 0 ? 0 : 1;
  }

 private:
  void fault(std::string_view id, std::string_view what) {
    ++faults_;
    fmt::print("FAULT: {}: {}\n", id, what);
  }

  void compare(const std::string& id, const std::string& text, const YamlTree& tree,
               const std::string& events) {
    std::vector<const YamlTreeNode*> scalars;
    collect(tree.documents(), scalars);
    std::vector<std::string> said;
    for (const YamlTreeNode* scalar : scalars) {
      said.push_back(sign_of(scalar->style) + escaped(scalar->text));
    }
    if (said != wanted_scalars(events)) return fault(id, "has other scalars");
    for (std::size_t i = 0; i < scalars.size(); ++i) replace(id, text, scalars, i);
  }

  void replace(const std::string& id, const std::string& text,
               const std::vector<const YamlTreeNode*>& scalars, std::size_t number) {
    const std::string after = with_another(text, *scalars[number]);
    if (after.empty()) return;
    std::vector<const YamlTreeNode*> now;
    YamlTree tree;
    try {
      tree = YamlTree::parse(id, after);
    } catch (const Error& error) {
      return fault(id, fmt::format("scalar {} replaced is refused: {}", number, error.headline()));
    }
    collect(tree.documents(), now);
    if (now.size() != scalars.size()) return fault(id, "a replaced scalar makes others");
    for (std::size_t i = 0; i < now.size(); ++i) {
      const std::string& wanted = i == number ? "other-word" : scalars[i]->text;
      if (now[i]->text != wanted || now[i]->anchor != scalars[i]->anchor ||
          now[i]->tag != scalars[i]->tag) {
        return fault(id, fmt::format("scalar {} replaced changes scalar {}", number, i));
      }
    }
    ++replaced_;
  }

  std::size_t cases_ = 0;
  std::size_t refused_ = 0;
  std::size_t replaced_ = 0;
  std::size_t faults_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    const Json cases = parse_json(read_file(argv[1]));
    Suite suite;
    for (const Json& test : cases) suite.run(test);
    return suite.end();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
