#include "base/entry_path.h"

#include "tests/expect_error.h"

namespace stamp {
namespace {

TEST(EntryPath, ParsesAbsolutePaths) {
  EXPECT_EQ(EntryPath::parse("/usr/bin/env").str(), "usr/bin/env");
  EXPECT_EQ(EntryPath::parse("/usr/").str(), "usr");
  EXPECT_TRUE(EntryPath::parse("/").is_root());
  EXPECT_EQ(EntryPath::parse("/a b/ü").absolute(), "/a b/ü");
  EXPECT_EQ(EntryPath::parse("/...").str(), "...");
}

TEST(EntryPath, ParseRefusesWhatRecipesMustNotSay) {
  const auto message = [](std::string_view text) {
    return message_of([&] { EntryPath::parse(text); });
  };
  EXPECT_EQ(message("usr"),
            "stamp: error: 'usr' is not a path in an image: it must start with '/'\n");
  EXPECT_EQ(message(""), "stamp: error: '' is not a path in an image: it must start with '/'\n");
  EXPECT_EQ(message("/a//b"),
            "stamp: error: '/a//b' is not a path in an image: it has an empty component\n");
  EXPECT_EQ(message("/a/../b"),
            "stamp: error: '/a/../b' is not a path in an image: '..' is not allowed\n");
  EXPECT_EQ(message("/a/./b"),
            "stamp: error: '/a/./b' is not a path in an image: '.' is not allowed\n");
  EXPECT_EQ(message(std::string_view("/a\0b", 4)),
            "stamp: error: '/a\\x00b' is not a path in an image: it holds a NUL byte\n");
}

TEST(EntryPath, ParsesNamesOfArchives) {
  for (const char* name : {"./usr/bin/env", "usr/bin/env", "/usr/bin/env", "usr//bin/./env/"}) {
    EXPECT_EQ(EntryPath::parse_member(name).str(), "usr/bin/env") << name;
  }
  for (const char* name : {".", "./", "/"}) {
    EXPECT_TRUE(EntryPath::parse_member(name).is_root()) << name;
  }
}

TEST(EntryPath, ParseMemberRefusesWhatLeavesTheRoot) {  // reliability.md A1, A2
  for (const char* name : {"..", "../x", "a/../b", "./..", "/../etc", "a/..", ""}) {
    EXPECT_EQ(kind_of([&] { EntryPath::parse_member(name); }), ErrorKind::invalid) << name;
  }
}

TEST(EntryPath, HasAtMost4096Bytes) {
  const std::string longest = "/" + std::string(4095, 'x');
  EXPECT_EQ(EntryPath::parse(longest).str().size(), 4095U);
  EXPECT_EQ(kind_of([&] { EntryPath::parse(longest + "xx"); }), ErrorKind::invalid);
  EXPECT_EQ(kind_of([&] { static_cast<void>(EntryPath::parse(longest) / "xx"); }),
            ErrorKind::invalid);
}

TEST(EntryPath, ParentNameAndDepth) {
  const EntryPath path = EntryPath::parse("/usr/bin/env");
  EXPECT_EQ(path.parent().str(), "usr/bin");
  EXPECT_EQ(path.name(), "env");
  EXPECT_EQ(path.depth(), 3U);
  EXPECT_TRUE(EntryPath::parse("/usr").parent().is_root());
  EXPECT_TRUE(EntryPath().parent().is_root());
  EXPECT_EQ(EntryPath().name(), "");
  EXPECT_EQ(EntryPath().depth(), 0U);
  EXPECT_EQ(EntryPath().absolute(), "/");
}

TEST(EntryPath, AppendsRelativePaths) {
  EXPECT_EQ((EntryPath::parse("/usr") / "bin/env").str(), "usr/bin/env");
  EXPECT_EQ((EntryPath() / "usr").str(), "usr");
  for (const char* bad : {"/x", "../x", "a/./b"}) {
    EXPECT_EQ(kind_of([&] { static_cast<void>(EntryPath() / bad); }), ErrorKind::invalid) << bad;
  }
}

TEST(EntryPath, IsWithinComparesComponents) {
  const EntryPath path = EntryPath::parse("/usr/lib/x");
  EXPECT_TRUE(path.is_within(EntryPath()));
  EXPECT_TRUE(path.is_within(EntryPath::parse("/usr/lib")));
  EXPECT_TRUE(path.is_within(path));
  EXPECT_FALSE(path.is_within(EntryPath::parse("/usr/li")));
  EXPECT_FALSE(path.parent().is_within(path));
}

}  // namespace
}  // namespace stamp
