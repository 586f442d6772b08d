#include "base/yaml.h"

#include <array>

#include <gtest/gtest.h>

namespace stamp {
namespace {

/// All problems of a text, as the terminal shows them.
std::string problems_of(std::string text) {
  std::vector<Diagnostic> problems;
  YamlDocument::parse("f.yaml", std::move(text), problems);
  std::string out;
  for (const Diagnostic& problem : problems) {
    if (!out.empty()) out += '\n';
    out += render(problem);
  }
  return out;
}

YamlNode root_of(std::string text) {
  std::vector<Diagnostic> problems;
  YamlNode root = YamlDocument::parse("f.yaml", std::move(text), problems).root();
  for (const Diagnostic& problem : problems) ADD_FAILURE() << render(problem);
  return root;
}

std::string place(TextPosition position) {
  return std::to_string(position.line) + ":" + std::to_string(position.column);
}

std::string repeat(std::string_view piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += piece;
  return out;
}

TEST(Yaml, KeepsOrderAndPositions) {
  const YamlNode root = root_of("b: 1\na: [x, \"y\", {k: v}]\n");
  ASSERT_EQ(root.kind, YamlNode::Kind::mapping);
  ASSERT_EQ(root.members.size(), 2U);
  EXPECT_EQ(root.members[0].key, "b");
  EXPECT_EQ(place(root.members[0].value.position), "1:4");
  const YamlNode& list = root.members[1].value;
  EXPECT_EQ(place(root.members[1].position), "2:1");
  ASSERT_EQ(list.items.size(), 3U);
  EXPECT_TRUE(list.items[0].plain);
  EXPECT_FALSE(list.items[1].plain);
  EXPECT_EQ(place(list.items[1].position), "2:8");
  EXPECT_EQ(place(list.items[2].members[0].position), "2:14");
  EXPECT_EQ(root.find("a"), &list);
  EXPECT_EQ(root.find("c"), nullptr);
}

TEST(Yaml, CountsColumnsInCharacters) {
  const YamlNode root = root_of("é: {ü: x, öö: y}\n");
  EXPECT_EQ(place(root.members[0].value.members[1].value.position), "1:15");
}

TEST(Yaml, ScalarsAreTexts) {
  const YamlNode root =
      root_of("- NO\n- 0o17\n- 1e3\n- |\n  a\n  \tb\n- >\n  c\n  d\n- ~\n- 'null'\n");
  ASSERT_EQ(root.items.size(), 7U);
  EXPECT_EQ(root.items[0].text, "NO");
  EXPECT_EQ(root.items[1].text, "0o17");
  EXPECT_EQ(root.items[2].text, "1e3");
  EXPECT_EQ(root.items[3].text, "a\n\tb\n");
  EXPECT_EQ(root.items[4].text, "c d\n");
  EXPECT_TRUE(root.items[5].is_null());
  EXPECT_FALSE(root.items[6].is_null());
}

/// The first of these is one that libfyaml 0.7.12 reads wrong.
TEST(Yaml, TextsMayHaveAnyNumberOfEscapesAndLines) {
  struct Case {
    std::string_view before, piece, after;
    std::string_view value;  ///< of one piece
    std::size_t cut;         ///< characters that the last piece's value lacks
  };
  const std::array cases{
      Case{"a: '", "''", "'\n", "'", 0},
      Case{"a: '", "x'' y", "'\n", "x' y", 0},
      Case{"a: \"", "\\\"", "\"\n", "\"", 0},
      Case{"a: \"", "\\x41", "\"\n", "A", 0},
      Case{"a: \"", "\\u00e4-", "\"\n", "\u00e4-", 0},
      Case{"a: \"", "b \\\n  ", "\"\n", "b ", 0},
      Case{"a:\n", "  word\n", "", "word ", 1},
      Case{"a: |\n", "  line\n", "", "line\n", 0},
      Case{"a: >-\n", "  word\n", "", "word ", 1},
      Case{"a: >-\n", "  word\n\n", "", "word\n", 1},
  };
  for (const Case& one : cases) {
    for (int count = 1; count <= 1100; count += count < 140 ? 1 : 97) {
      const std::string text =
          std::string(one.before) + repeat(one.piece, count) + std::string(one.after);
      std::string value = repeat(one.value, count);
      value.resize(value.size() - one.cut);
      ASSERT_EQ(root_of(text).find("a")->text, value) << text;
    }
  }
}

TEST(Yaml, AMissingValueIsNullAtItsKey) {
  const YamlNode root = root_of("a: 1\nb:\n");
  EXPECT_TRUE(root.members[1].value.is_null());
  EXPECT_EQ(place(root.members[1].value.position), "2:1");
}

TEST(Yaml, AnEmptyFileIsNull) {
  EXPECT_TRUE(root_of("").is_null());
  EXPECT_TRUE(root_of("# nothing\n").is_null());
}

TEST(Yaml, PassesOverAByteOrderMarkAtTheStart) {
  const YamlNode root = root_of(
      "\xEF\xBB\xBF"
      "a: 1\n");
  EXPECT_EQ(place(root.members[0].position), "1:1");
  EXPECT_EQ(problems_of("a: \xEF\xBB\xBF"
                        "1\n"),
            "f.yaml:1:4: a byte order mark is allowed at the start of a file only\n"
            "  a: \xEF\xBB\xBF"
            "1\n"
            "     ^");
}

TEST(Yaml, AcceptsWindowsLineEnds) {
  const YamlNode root = root_of("a: 1\r\nb: 2\r\n");
  EXPECT_EQ(root.members[1].value.text, "2");
  EXPECT_EQ(problems_of("a: 1\rb: 2\n"),
            "f.yaml:1:5: a carriage return is allowed before a line feed only\n"
            "  a: 1 b: 2\n"
            "      ^");
}

TEST(Yaml, RefusesDuplicateKeys) {
  EXPECT_EQ(problems_of("a: 1\nb: {c: 1, c: 2}\na: 2\n"),
            "f.yaml:2:11: duplicate key 'c'; first on line 2\n"
            "  b: {c: 1, c: 2}\n"
            "            ^\n"
            "f.yaml:3:1: duplicate key 'a'; first on line 1\n"
            "  a: 2\n"
            "  ^");
}

TEST(Yaml, RefusesAnchorsAliasesAndTags) {
  EXPECT_EQ(problems_of("a: &x 1\nb: *x\nc: !!python/name:os.system x\n"),
            "f.yaml:1:4: anchors ('&name') are not allowed\n"
            "  a: &x 1\n"
            "     ^\n"
            "f.yaml:2:4: aliases ('*name') are not allowed\n"
            "  b: *x\n"
            "     ^\n"
            "f.yaml:3:4: tags ('!name') are not allowed\n"
            "  c: !!python/name:os.system x\n"
            "     ^");
}

TEST(Yaml, RefusesASecondDocument) {
  EXPECT_EQ(problems_of("a: 1\n---\nb: 2\n"),
            "f.yaml:2:1: a second document; one file holds one document\n"
            "  ---\n"
            "  ^");
  EXPECT_EQ(problems_of("--- a\n...\nfoo\n"),
            "f.yaml:3:1: a second document; one file holds one document\n"
            "  foo\n"
            "  ^");
}

TEST(Yaml, RefusesTabsThatIndent) {
  EXPECT_EQ(problems_of("a:\n\tb: 1\n"),
            "f.yaml:2:1: not valid YAML: tab character may not be used as indentation\n"
            "   b: 1\n"
            "  ^");
  EXPECT_EQ(problems_of("a:\n - b\n \t- c\n"),
            "f.yaml:3:2: a tab indents this line; use spaces\n"
            "    - c\n"
            "   ^");
}

TEST(Yaml, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(problems_of("a: é\xC3\n"),
            "f.yaml:1:5: byte 0xC3 is not valid UTF-8\n"
            "  a: é\xC3\n"
            "      ^");
  EXPECT_EQ(problems_of("a: \xED\xA0\x80"),  // a surrogate
            "f.yaml:1:4: byte 0xED is not valid UTF-8\n"
            "  a: \xED\xA0\x80\n"
            "     ^");
  EXPECT_EQ(problems_of("a: x\x01\n"),
            "f.yaml:1:5: control character U+0001 is not allowed\n"
            "  a: x \n"
            "      ^");
}

TEST(Yaml, RefusesKeysThatAreNoTexts) {
  EXPECT_EQ(problems_of("? [a]\n: b\n"),
            "f.yaml:1:3: a key must be a text, not a list or mapping\n"
            "  ? [a]\n"
            "    ^");
}

TEST(Yaml, SyntaxErrorsHaveAPosition) {
  EXPECT_EQ(problems_of("a:\n  b: 1\n c: 2\n"),
            "f.yaml:3:2: not valid YAML: invalid indentation in mapping\n"
            "   c: 2\n"
            "   ^");
  EXPECT_EQ(problems_of("a: 'x\n"),
            "f.yaml:1:5: not valid YAML: single-quoted scalar without closing quote\n"
            "  a: 'x\n"
            "      ^");
}

TEST(Yaml, SaysWhetherTheWholeTextWasUnderstood) {
  std::vector<Diagnostic> problems;
  EXPECT_TRUE(YamlDocument::parse("f.yaml", "a: 1\na: 2\n", problems).complete());
  EXPECT_FALSE(YamlDocument::parse("f.yaml", "a: 'x\n", problems).complete());
  EXPECT_FALSE(YamlDocument::parse("f.yaml", "a: x\n---\n", problems).complete());
}

TEST(Yaml, LimitsDepth) {
  EXPECT_EQ(problems_of(repeat("[", 64) + repeat("]", 64)), "");
  std::vector<Diagnostic> problems;
  YamlDocument::parse("f.yaml", repeat("[", 10'000), problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].message, "nested deeper than 64 levels");
  EXPECT_EQ(problems[0].column, 65U);
}

TEST(Yaml, LimitsTheNumberOfValues) {
  EXPECT_EQ(root_of("[" + repeat("a,", 99'999) + "]").items.size(), 99'999U);
  std::vector<Diagnostic> problems;
  YamlDocument::parse("f.yaml", "[" + repeat("a,", 100'000) + "]", problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].message, "more than 100,000 values");
}

TEST(Yaml, LimitsTheSize) {
  EXPECT_EQ(problems_of("a: " + std::string(4U << 20U, 'x')),
            "f.yaml:1:1: the file is larger than 4 MiB");
}

TEST(Yaml, LimitsTheNumberOfProblems) {
  std::vector<Diagnostic> problems;
  YamlDocument::parse("f.yaml", repeat("- *a\n", 1000), problems);
  EXPECT_EQ(problems.size(), 50U);
}

}  // namespace
}  // namespace stamp
