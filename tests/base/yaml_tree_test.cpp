#include "base/yaml_tree.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace stamp {
namespace {

using Style = YamlTreeNode::Style;

std::string problem_of(const std::string& text) {
  try {
    static_cast<void>(YamlTree::parse("a.yaml", text));
  } catch (const Error& error) {
    return error.headline();
  }
  return "";
}

TEST(YamlTree, KnowsTheBytesOfEachScalar) {
  const std::string text =
      "\xEF\xBB\xBF# comment\r\n"
      "a: &x \"q\\u00e4\"\r\n"
      "\xC3\xA9: plain text  # comment\r\n"
      "c: |\r\n  block\r\n"
      "d: [a, 'it''s', *x]\r\n"
      "e: !!str tagged\r\n"
      "f:\r\n";
  const YamlTree tree = YamlTree::parse("a.yaml", text);
  ASSERT_EQ(tree.documents().size(), 1U);
  const YamlTreeNode& root = tree.documents()[0];
  const YamlTreeNode* a = root.find("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->span.of(text), "\"q\\u00e4\"");
  EXPECT_EQ(a->text, "q\xC3\xA4");
  EXPECT_EQ(a->anchor, "x");
  EXPECT_EQ(a->style, Style::double_quoted);
  EXPECT_EQ(root.find("\xC3\xA9")->span.of(text), "plain text");
  EXPECT_EQ(root.find("c")->style, Style::literal);
  EXPECT_EQ(root.text_of("c"), "block\n");
  const YamlTreeNode* d = root.find("d");
  ASSERT_EQ(d->items.size(), 3U);
  EXPECT_EQ(d->items[1].span.of(text), "'it''s'");
  EXPECT_EQ(d->items[1].text, "it's");
  EXPECT_EQ(d->items[2].kind, YamlTreeNode::Kind::alias);
  EXPECT_EQ(d->items[2].span.of(text), "*" + d->items[2].text);
  EXPECT_EQ(d->items[2].text, "x");
  EXPECT_EQ(root.find("e")->span.of(text), "tagged");
  EXPECT_EQ(root.find("e")->tag, "!!str");
  EXPECT_EQ(root.find("f")->span.size(), 0U);
  EXPECT_EQ(root.find("g"), nullptr);
}

TEST(YamlTree, HasAllDocuments) {
  const std::string text = "---\na: 1\n---\n- b\n---\n...\n---\nc\n";
  const YamlTree tree = YamlTree::parse("a.yaml", text);
  ASSERT_EQ(tree.documents().size(), 4U);
  EXPECT_EQ(tree.documents()[0].text_of("a"), "1");
  EXPECT_EQ(tree.documents()[1].items[0].span.of(text), "b");
  EXPECT_EQ(tree.documents()[2].text, "");
  EXPECT_EQ(tree.documents()[3].text, "c");
  EXPECT_TRUE(YamlTree::parse("a.yaml", "# nothing\n").documents().empty());
}

TEST(YamlTree, FindsPlacesInCharacters) {
  const std::string text =
      "\xEF\xBB\xBF"
      "\xC3\xA4"
      "b\nc";
  EXPECT_EQ(position_at(text, 3).column, 1U);
  EXPECT_EQ(position_at(text, 5).column, 2U);
  EXPECT_EQ(position_at(text, 7).line, 2U);
  EXPECT_EQ(position_at(text, 7).column, 1U);
}

TEST(YamlTree, RefusesWhatReadersUnderstandDifferently) {
  EXPECT_EQ(problem_of("a: 1\nb: 2\na: 3\n"),
            "a.yaml:3:1: duplicate key 'a'; first on line 1\n"
            "  a: 3\n"
            "  ^");
  EXPECT_EQ(problem_of("a: &x {}\nb:\n  <<: *x\n  <<: *x\n"), "");
  EXPECT_EQ(problem_of("a: \"b\n"),
            "a.yaml:1:5: not valid YAML: double-quoted scalar without closing quote\n"
            "  a: \"b\n"
            "      ^");
  EXPECT_EQ(problem_of("a: b\xFF\n"),
            "a.yaml:1:5: byte 0xFF is not valid UTF-8\n"
            "  a: b\xFF\n"
            "      ^");
  const std::string deep = problem_of(std::string(200, '['));
  EXPECT_EQ(deep.substr(0, deep.find('\n')), "a.yaml:1:129: nested deeper than 128 levels");
}

}  // namespace
}  // namespace stamp
