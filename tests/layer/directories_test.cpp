#include "layer/directories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace stamp::layer {
namespace {

Entry entry_at(std::string_view path, EntryType type = EntryType::file) {
  Entry entry;
  entry.path = EntryPath::parse(path);
  entry.type = type;
  return entry;
}

Entry symlink_at(std::string_view path, std::string target) {
  Entry entry = entry_at(path, EntryType::symlink);
  entry.link_target = std::move(target);
  return entry;
}

SegmentList with_directories(
    const std::vector<std::pair<std::string, std::uint32_t>>& directories) {
  SegmentList list;
  for (const auto& [path, mode] : directories) {
    NeededDirectory needed;
    needed.entry = entry_at(path, EntryType::directory);
    needed.entry.mode = mode == 0 ? 0755 : mode;
    needed.entry.mtime = 99;
    needed.origin = mode == 0 ? DirectoryOrigin::implied : DirectoryOrigin::declared;
    list.directories.push_back(needed);
  }
  return list;
}

SegmentList with_entry(const Entry& entry) {
  SegmentList list;
  list.entries.push_back({.entry = entry, .content = {}, .elf = {}, .script = {}});
  return list;
}

std::vector<Entry> merge(const std::vector<NamedListView>& lists, std::vector<Entry> aliases = {}) {
  return merge_directories(lists, {.mtime = 5, .aliases = std::move(aliases)});
}

std::vector<std::string> shown(const std::vector<Entry>& entries) {
  std::vector<std::string> lines;
  for (const Entry& each : entries) {
    lines.push_back(each.path.absolute() + (each.type == EntryType::symlink
                                                ? " -> " + each.link_target
                                                : " " + std::to_string(each.mode)));
  }
  return lines;
}

TEST(MergeDirectories, ParentsComeFirstAndTheFirstDeclarationWins) {
  const SegmentList a = with_directories({{"/usr", 0}, {"/usr/bin", 0}, {"/usr/bin/x", 0700}});
  const SegmentList b = with_directories({{"/usr", 0711}, {"/usr/bin", 02755}});
  const SegmentList c = with_directories({{"/", 0700}, {"/usr", 0777}, {"/usr-local", 0}});
  const std::vector<Entry> merged = merge({{"a", a}, {"b", b}, {"c", c}});
  EXPECT_THAT(shown(merged),
              testing::ElementsAre("/ " + std::to_string(0700), "/usr " + std::to_string(0711),
                                   "/usr-local " + std::to_string(0755),
                                   "/usr/bin " + std::to_string(02755),
                                   "/usr/bin/x " + std::to_string(0700)));
  for (const Entry& each : merged) EXPECT_EQ(each.mtime, 5);
}

TEST(MergeDirectories, OfNothingIsNothing) {
  EXPECT_TRUE(merge({}).empty());
}

TEST(MergeDirectories, APathIsADirectoryOrSomethingElse) {
  const SegmentList folder = with_directories({{"/x", 0}});
  const SegmentList file = with_entry(entry_at("/x"));
  const std::string expected =
      "stamp: error: cannot put '/x' into a layer: it is a directory in package 'a' and a file in "
      "package 'b'\n";
  EXPECT_EQ(message_of([&] { merge({{"package 'a'", folder}, {"package 'b'", file}}); }), expected);
  EXPECT_EQ(message_of([&] { merge({{"package 'b'", file}, {"package 'a'", folder}}); }), expected);
  const SegmentList soft = with_entry(symlink_at("/x", "y"));
  EXPECT_EQ(message_of([&] {
              merge({{"package 'a'", folder}, {"package 'b'", soft}});
            }),
            "stamp: error: cannot put '/x' into a layer: it is a directory in package 'a' and a "
            "symlink in package 'b'\n");
}

TEST(MergeDirectories, APathIsInOneSegment) {
  const SegmentList a = with_entry(entry_at("/x"));
  const SegmentList b = with_entry(entry_at("/x"));
  EXPECT_EQ(message_of([&] {
              merge({{"package 'a'", a}, {"package 'b'", b}});
            }),
            "stamp: error: cannot put '/x' into a layer: package 'a' and package 'b' have it\n");
}

TEST(MergeDirectories, AnAliasStandsInPlaceOfADirectory) {
  const SegmentList list = with_directories({{"/bin", 0700}, {"/usr", 0}, {"/usr/bin", 0}});
  const Entry alias = symlink_at("/bin", "usr/bin");
  EXPECT_THAT(shown(merge({{"a", list}}, {alias})),
              testing::ElementsAre("/bin -> usr/bin", "/usr " + std::to_string(0755),
                                   "/usr/bin " + std::to_string(0755)));
}

TEST(MergeDirectories, AnAliasThatASegmentHoldsIsNotRepeated) {
  const Entry alias = symlink_at("/bin", "usr/bin");
  const SegmentList same = with_entry(alias);
  EXPECT_TRUE(merge({{"a", same}}, {alias}).empty());
  const SegmentList other = with_entry(symlink_at("/bin", "elsewhere"));
  EXPECT_EQ(
      message_of([&] {
        merge({{"package 'a'", other}}, {alias});
      }),
      "stamp: error: cannot put '/bin' into a layer: it must be a link to 'usr/bin' there, and "
      "package 'a' has it as something else\n");
}

TEST(MergeDirectories, NothingLiesBelowAnAlias) {
  const SegmentList list = with_directories({{"/bin", 0}, {"/bin/x", 0}});
  EXPECT_EQ(
      message_of([&] {
        merge({{"package 'a'", list}}, {symlink_at("/bin", "usr/bin")});
      }),
      "stamp: error: cannot put '/bin/x' into a layer: '/bin' is a link there, and package 'a' "
      "has something below it\n");
  const SegmentList file = [] {
    SegmentList made = with_entry(entry_at("/bin/x"));
    made.directories = with_directories({{"/bin", 0}}).directories;
    return made;
  }();
  EXPECT_EQ(
      message_of([&] {
        merge({{"package 'a'", file}}, {symlink_at("/bin", "usr/bin")});
      }),
      "stamp: error: cannot put '/bin/x' into a layer: '/bin' is a link there, and package 'a' "
      "has something below it\n");
}

}  // namespace
}  // namespace stamp::layer
