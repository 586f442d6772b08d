#include "layer/entry.h"

#include <gtest/gtest.h>

#include "layer/utf8.h"
#include "tests/expect_error.h"

namespace stamp::layer {
namespace {

Entry file(const char* path) {
  Entry entry;
  entry.path = EntryPath::parse(path);
  return entry;
}

std::string problem(Entry entry) {
  return message_of([&] { validate(entry); });
}

TEST(Entry, AnOrdinaryFileIsValid) {
  EXPECT_EQ(problem(file("/usr/bin/env")), "");
}

TEST(Entry, TheRootIsADirectory) {
  EXPECT_EQ(problem(file("/")), "stamp: error: '/': the root cannot be a file\n");
  Entry root;
  root.type = EntryType::directory;
  EXPECT_EQ(problem(root), "");
}

TEST(Entry, NumbersHaveBounds) {
  Entry entry = file("/a");
  entry.uid = 0x7fffffff;
  entry.gid = 0x7fffffff;
  entry.mtime = kMaxTime;
  entry.mode = 07777;
  EXPECT_EQ(problem(entry), "");
  entry.uid = 0x80000000;
  EXPECT_EQ(problem(entry), "stamp: error: '/a': user id 2147483648 is too large\n");
  entry.uid = 0;
  entry.gid = 0xffffffff;
  EXPECT_EQ(problem(entry), "stamp: error: '/a': group id 4294967295 is too large\n");
  entry.gid = 0;
  entry.mtime = -1;
  EXPECT_EQ(problem(entry), "stamp: error: '/a': time -1 is not within 1970 and 2242\n");
  entry.mtime = kMaxTime + 1;
  EXPECT_EQ(problem(entry), "stamp: error: '/a': time 8589934592 is not within 1970 and 2242\n");
  entry.mtime = 0;
  entry.mode = 0100644;
  EXPECT_EQ(problem(entry), "stamp: error: '/a': mode 100644 is not one\n");
  entry.mode = 0644;
  entry.size = kMaxSize + 1;
  EXPECT_EQ(problem(entry), "stamp: error: '/a': size 8796093022209 is too large\n");
  entry.size = 0;
  entry.device_major = 1U << 21U;
  EXPECT_EQ(problem(entry), "stamp: error: '/a': its device number is too large\n");
}

TEST(Entry, OnlyFilesHaveContentAndOnlyLinksHaveTargets) {
  Entry entry = file("/a");
  entry.type = EntryType::directory;
  entry.size = 1;
  EXPECT_EQ(problem(entry), "stamp: error: '/a': a directory has no content\n");
  entry.size = 0;
  entry.link_target = "b";
  EXPECT_EQ(problem(entry), "stamp: error: '/a': only links have a target\n");
  entry.type = EntryType::hardlink;
  EXPECT_EQ(problem(entry), "");
  entry.link_target = "a";
  EXPECT_EQ(problem(entry), "stamp: error: '/a': it is a hard link to itself\n");
  entry.type = EntryType::symlink;
  EXPECT_EQ(problem(entry), "");
  entry.link_target = "";
  EXPECT_EQ(problem(entry), "stamp: error: '/a': the link has no target\n");
  entry.link_target = std::string(4097, 'x');
  EXPECT_EQ(problem(entry), "stamp: error: '/a': its target is longer than 4,096 bytes\n");
  entry.link_target = std::string("x\0y", 3);
  EXPECT_EQ(problem(entry), "stamp: error: '/a': its target holds a NUL byte\n");
  entry.link_target = "\xff";
  EXPECT_EQ(problem(entry), "stamp: error: '/a': its target is not UTF-8\n");
}

TEST(Entry, NamesAreUtf8) {
  EXPECT_EQ(problem(file("/\xc3\xa9")), "");
  EXPECT_EQ(problem(file("/\xe9")), "stamp: error: '/\\xe9': its name is not UTF-8\n");
}

TEST(Entry, AttributesOfAnOverlayAreRefused) {
  Entry entry = file("/a");
  entry.xattrs = {{"security.capability", std::string("\1\0\0\2", 4)}, {"user.mime", "x"}};
  EXPECT_EQ(problem(entry), "");
  for (const char* name : {"trusted.overlay.opaque", "user.overlay.opaque", "system.posix_acl",
                           "security.selinux", "user.a=b"}) {
    entry.xattrs = {{name, "y"}};
    EXPECT_EQ(problem(entry), std::string("stamp: error: '/a': extended attribute '") + name +
                                  "' is not allowed in a layer\n");
  }
}

TEST(Utf8, FollowsTheTableOfRfc3629) {
  for (const char* good : {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good));
  }
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2g", "\xe0\x9f\xbf",
                          "\xed\xa0\x80", "\xe1\x80", "\xe1\x80g", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf1\x80\x80g", "\xff"}) {
    EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(std::string(bad));
  }
}

}  // namespace
}  // namespace stamp::layer
