#include "layer/segment_list.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace stamp::layer {
namespace {

Entry entry_at(std::string_view path, EntryType type = EntryType::file) {
  Entry entry;
  entry.path = EntryPath::parse(path);
  entry.type = type;
  entry.mtime = 300;
  return entry;
}

NeededDirectory implied(std::string_view path) {
  NeededDirectory directory;
  directory.entry = entry_at(path, EntryType::directory);
  directory.entry.mode = 0755;
  directory.entry.mtime = 0;
  return directory;
}

SegmentList sample() {
  SegmentList list;
  NeededDirectory root = implied("/");
  root.origin = DirectoryOrigin::declared;
  list.directories.push_back(root);
  list.directories.push_back(implied("/usr"));
  NeededDirectory bin = implied("/usr/bin");
  bin.origin = DirectoryOrigin::declared;
  bin.entry.mode = 02775;
  bin.entry.uid = 70000;
  bin.entry.xattrs = {{"user.a", "1"}};
  list.directories.push_back(bin);

  ListedEntry file;
  file.entry = entry_at("/usr/bin/b");
  file.entry.size = 5'000'000'000;
  file.entry.xattrs = {{"security.capability", std::string("\0\1\xff", 3)}, {"user.z", ""}};
  file.content = Digest::of("content");
  file.elf = ElfFacts{.machine = 62,
                      .bits = 64,
                      .soname = "libb.so.1",
                      .needed = {"libc.so.6", "libm.so.6"},
                      .runpath = "$ORIGIN",
                      .interpreter = "/lib64/ld-linux-x86-64.so.2",
                      .complete = true};
  list.entries.push_back(file);
  ListedEntry script;
  script.entry = entry_at("/usr/bin/a");
  script.script = "/bin/sh -e";
  list.entries.push_back(script);
  ListedEntry soft;
  soft.entry = entry_at("/usr/bin/abc", EntryType::symlink);
  soft.entry.link_target = "../x";
  list.entries.push_back(soft);
  ListedEntry hard;
  hard.entry = entry_at("/usr/bin/h", EntryType::hardlink);
  hard.entry.link_target = "usr/bin/a";
  list.entries.push_back(hard);
  ListedEntry device;
  device.entry = entry_at("/usr/dev", EntryType::block_device);
  device.entry.device_major = 8;
  device.entry.device_minor = 300;
  list.entries.push_back(device);
  return list;
}

std::string problem(const std::string& bytes) {
  return message_of([&] { SegmentList::parse(bytes); });
}

const std::string kMagic = "stamp-segment-list 1\n";

TEST(SegmentList, IsReadAsItWasWritten) {
  const SegmentList list = sample();
  EXPECT_EQ(SegmentList::parse(list.serialize()), list);
  EXPECT_EQ(SegmentList::parse(SegmentList().serialize()), SegmentList());
}

// The grammar's example in docs/formats/segment-list.md.
TEST(SegmentList, BytesFollowTheGrammar) {
  SegmentList list;
  list.directories = {implied("/usr"), implied("/usr/bin")};
  ListedEntry script;
  script.entry = entry_at("/usr/bin/x");
  script.entry.mode = 0755;
  script.entry.size = 200;
  script.script = "/bin/sh";
  list.entries.push_back(script);
  EXPECT_EQ(list.serialize(), kMagic + std::string("\x02"
                                                   "\x00\x03usr\x00"
                                                   "\x03\x04/bin\x00"
                                                   "\x01"
                                                   "\x40\x00\x09usr/bin/x"
                                                   "\xed\x03\x00\x00\xac\x02"
                                                   "\xc8\x01"
                                                   "\x07/bin/sh",
                                                   43));
}

TEST(SegmentList, EveryTruncationIsAnError) {
  const std::string whole = sample().serialize();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(kind_of([&] { SegmentList::parse(whole.substr(0, size)); }), ErrorKind::corrupt)
        << size;
  }
}

TEST(SegmentList, WhatIsReadIsWrittenTheSame) {
  const std::string whole = sample().serialize();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int flip : {1, 2, 0x80}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      std::string again;
      const std::string message =
          message_of([&] { again = SegmentList::parse(damaged).serialize(); });
      if (message.empty()) {
        EXPECT_EQ(again, damaged) << at;
      }
    }
  }
}

TEST(SegmentList, OtherSpellingsAreRefused) {
  const auto list = [](std::string_view bytes) { return kMagic + std::string(bytes); };
  using namespace std::string_view_literals;
  EXPECT_EQ(problem(""), "stamp: error: cannot read segment list: it is not of version 1\n");
  EXPECT_EQ(problem("stamp-segment-list 2\n"),
            "stamp: error: cannot read segment list: it is not of version 1\n");
  EXPECT_EQ(problem(kMagic), "stamp: error: cannot read segment list: it ends early\n");
  EXPECT_EQ(problem(list("\0\0x"sv)),
            "stamp: error: cannot read segment list: bytes follow its end\n");
  EXPECT_EQ(problem(list("\x80\0\0"sv)),
            "stamp: error: cannot read segment list: a number is longer than it need be\n");
  EXPECT_EQ(problem(list("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"sv)),
            "stamp: error: cannot read segment list: a number is too large\n");
  EXPECT_EQ(problem(list("\x05\0"sv)),
            "stamp: error: cannot read segment list: a number is too large\n");
  EXPECT_EQ(problem(list("\x02\0\1b\0\0\1a\0\0"sv)),
            "stamp: error: cannot read segment list: directories are not in order\n");
  EXPECT_EQ(problem(list("\x02\0\1b\0\1\0\0\0"sv)),
            "stamp: error: cannot read segment list: a path stands twice\n");
  EXPECT_EQ(problem(list("\x02\0\1b\0\0\2bc\0\0"sv)),
            "stamp: error: cannot read segment list: a path shares more than it says\n");
  EXPECT_EQ(problem(list("\x01\0\2./\0\0"sv)),
            "stamp: error: cannot read segment list: a path is not in its shortest form\n");
  EXPECT_EQ(problem(list("\x01\0\1\xff\0\0"sv)),
            "stamp: error: cannot read segment list: a path is not UTF-8\n");
  EXPECT_EQ(problem(list("\x01\0\0\0\0"sv)),
            "stamp: error: cannot read segment list: it needs the root that nobody declared\n");
  EXPECT_EQ(problem(list("\x01\0\1b\2\0"sv)),
            "stamp: error: cannot read segment list: a flag is neither 0 nor 1\n");
  EXPECT_EQ(problem(list("\0\1\7\0\1a\0\0\0\0"sv)),
            "stamp: error: cannot read segment list: an entry has an unknown type\n");
  EXPECT_EQ(problem(list("\0\1\x08\0\1a\0\0\0\0\0\0"sv)),
            "stamp: error: cannot read segment list: a list of extended attributes is empty\n");
  EXPECT_EQ(problem(list("\0\1\x40\0\1a\0\0\0\0\0\0"sv)),
            "stamp: error: cannot read segment list: a script's line is empty\n");
  EXPECT_EQ(problem(list("\0\1\x02\0\1a\0\0\0\0\0"sv)),
            "stamp: error: '/a': the link has no target\n  while reading a segment list\n");
}

}  // namespace
}  // namespace stamp::layer
