#include "base/glob.h"

#include "tests/expect_error.h"

namespace stamp {
namespace {

bool matches(std::string_view pattern, std::string_view path) {
  return Glob::parse(pattern).matches(path);
}

TEST(Glob, WithoutSpecialCharactersNamesOnePath) {
  EXPECT_TRUE(matches("usr/bin/env", "usr/bin/env"));
  EXPECT_TRUE(matches("/usr/bin/env", "usr/bin/env"));
  EXPECT_TRUE(matches("usr/bin", "/usr/bin"));
  EXPECT_FALSE(matches("usr/bin", "usr/bin/env"));
  EXPECT_FALSE(matches("usr/bin/env", "usr/bin"));
  EXPECT_TRUE(Glob::parse("usr/bin").is_literal());
}

TEST(Glob, StarAndQuestionMarkStayInTheirComponent) {
  EXPECT_TRUE(matches("usr/*/env", "usr/bin/env"));
  EXPECT_FALSE(matches("usr/*", "usr/bin/env"));
  EXPECT_TRUE(matches("*.py", "a.py"));
  EXPECT_TRUE(matches("*.py", ".py"));
  EXPECT_TRUE(matches("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(matches("a*b*c", "aXbYbZ"));
  EXPECT_TRUE(matches("lib?.so", "libc.so"));
  EXPECT_FALSE(matches("lib?.so", "lib.so"));
}

TEST(Glob, TwoStarsMatchAnyNumberOfComponents) {
  for (const char* path : {"usr/share/doc", "usr/share/doc/a", "usr/share/doc/a/b/c"}) {
    EXPECT_TRUE(matches("usr/share/doc/**", path)) << path;
  }
  EXPECT_FALSE(matches("usr/share/doc/**", "usr/share/docs"));
  for (const char* path : {"a.pyc", "x/a.pyc", "x/y/a.pyc"}) {
    EXPECT_TRUE(matches("**/*.pyc", path)) << path;
  }
  EXPECT_TRUE(matches("a/**/b/**/c", "a/x/b/y/b/z/c"));
  EXPECT_FALSE(matches("a/**/b/**/c", "a/x/y/c"));
  EXPECT_TRUE(matches("**", "anything/at/all"));
}

TEST(Glob, SetsMatchOneByte) {
  EXPECT_TRUE(matches("[a-c]x", "bx"));
  EXPECT_FALSE(matches("[a-c]x", "dx"));
  EXPECT_TRUE(matches("[!a-c]x", "dx"));
  EXPECT_TRUE(matches("[]]", "]"));
  EXPECT_TRUE(matches("[!]]", "a"));
  EXPECT_TRUE(matches("[a-]", "-"));
}

TEST(Glob, BackslashTakesTheNextByteAsItIs) {
  EXPECT_TRUE(matches("a\\*b", "a*b"));
  EXPECT_FALSE(matches("a\\*b", "axb"));
  EXPECT_TRUE(matches("a\\[b", "a[b"));
  EXPECT_FALSE(Glob::parse("a\\*b").is_literal());
}

TEST(Glob, RefusesWhatIsNone) {
  const auto message = [](std::string_view text) { return message_of([&] { Glob::parse(text); }); };
  EXPECT_EQ(message(""), "stamp: error: '' is not a pattern: it is empty\n");
  EXPECT_EQ(message("/"), "stamp: error: '/' is not a pattern: it is empty\n");
  EXPECT_EQ(message("a**"),
            "stamp: error: 'a**' is not a pattern: '**' must be a whole component\n");
  EXPECT_EQ(message("a/[b"), "stamp: error: 'a/[b' is not a pattern: a '[' is not closed\n");
  EXPECT_EQ(message("[a/b]"), "stamp: error: '[a/b]' is not a pattern: a '[' is not closed\n");
  EXPECT_EQ(message("[!]"), "stamp: error: '[!]' is not a pattern: a '[' is not closed\n");
  EXPECT_EQ(message("a\\"), "stamp: error: 'a\\' is not a pattern: it ends with '\\'\n");
}

TEST(Glob, TakesNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  EXPECT_FALSE(matches(pattern + "b", std::string(4000, 'a')));
  std::string folders;
  for (int i = 0; i < 100; ++i) folders += "**/a/";
  std::string path;
  for (int i = 0; i < 1000; ++i) path += "a/";
  EXPECT_FALSE(matches(folders + "b", path));
}

}  // namespace
}  // namespace stamp
