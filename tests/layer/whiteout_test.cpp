#include "layer/whiteout.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace stamp::layer {
namespace {

TEST(Whiteout, StandsBesideWhatItRemoves) {
  const Entry entry = whiteout_entry(EntryPath::parse("/etc/motd"), 7);
  EXPECT_EQ(entry.path.str(), "etc/.wh.motd");
  EXPECT_EQ(entry.type, EntryType::file);
  EXPECT_EQ(entry.size, 0U);
  EXPECT_EQ(entry.mtime, 7);
  EXPECT_EQ(whiteout_entry(EntryPath::parse("/x"), 0).path.str(), ".wh.x");
}

TEST(Whiteout, NamesWhatItRemoves) {
  EXPECT_EQ(removed_path(EntryPath::parse("/etc/.wh.motd")), EntryPath::parse("/etc/motd"));
  EXPECT_EQ(removed_path(EntryPath::parse("/etc/motd")), std::nullopt);
  EXPECT_EQ(removed_path(EntryPath::parse("/etc/.wh..wh..opq")), std::nullopt);
  EXPECT_EQ(removed_path(EntryPath::parse("/etc/.wh.")), std::nullopt);
}

TEST(Whiteout, NamesAreFoundInEveryComponent) {
  EXPECT_TRUE(has_whiteout_name(EntryPath::parse("/.wh.x")));
  EXPECT_TRUE(has_whiteout_name(EntryPath::parse("/a/.wh.x/b")));
  EXPECT_TRUE(has_whiteout_name(EntryPath::parse("/a/.wh.")));
  EXPECT_FALSE(has_whiteout_name(EntryPath::parse("/a/x.wh.y")));
  EXPECT_FALSE(has_whiteout_name(EntryPath()));
}

TEST(Whiteout, OfTheRootOrOfAWhiteoutIsRefused) {
  EXPECT_EQ(message_of([] { whiteout_entry(EntryPath(), 0); }),
            "stamp: error: '/': the root cannot be removed\n");
  EXPECT_EQ(
      message_of([] { refuse_whiteout_name(EntryPath::parse("/a/.wh.b")); }),
      "stamp: error: '/a/.wh.b': a name that starts with '.wh.' is an order to remove a file, "
      "and cannot be one\n");
  EXPECT_EQ(kind_of([] { whiteout_entry(EntryPath::parse("/.wh.b"), 0); }), ErrorKind::invalid);
}

}  // namespace
}  // namespace stamp::layer
