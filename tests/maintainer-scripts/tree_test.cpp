#include "maintainer-scripts/tree/tree.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {
namespace {

using std::errc;
constexpr errc kDone = {};

/// /a/b/f ("one"), /a/l → b, /a/up → ../x, /x/g ("two"), /loop → loop, /hang → nowhere, /abs → /a/b
class Trees : public testing::Test, public TestTree {
 protected:
  Trees() {
    file("/a/b/f", "one");
    symlink("/a/l", "b");
    symlink("/a/up", "../x");
    file("/x/g", "two", 0755);
    symlink("/loop", "loop");
    symlink("/hang", "nowhere/deep");
    symlink("/abs", "/a/b");
    symlink("/flink", "x/g");
  }
  std::string where(std::string_view path, LastLink last = LastLink::follow) {
    const Found found = tree.find(path, last);
    return (found ? "" : std::make_error_code(found.error).message() + " ") + found.path.absolute();
  }
};

TEST_F(Trees, ResolvesLinksAndDots) {
  EXPECT_EQ(where("/a/b/f"), "/a/b/f");
  EXPECT_EQ(where("/a/l/f"), "/a/b/f");
  EXPECT_EQ(where("//a/./l/../up//g"), "/x/g");
  EXPECT_EQ(where("/../../a"), "/a");
  EXPECT_EQ(where("/abs/f"), "/a/b/f");
  EXPECT_EQ(where("/a/l"), "/a/b");
  EXPECT_EQ(where("/a/l", LastLink::keep), "/a/l");
  EXPECT_EQ(where("/a/l/", LastLink::keep), "/a/b");
  EXPECT_EQ(where("/"), "/");
}

TEST_F(Trees, SaysWhatIsWrongWithAPath) {
  EXPECT_EQ(tree.find("").error, errc::no_such_file_or_directory);
  EXPECT_EQ(tree.find("/a/b/f/").error, errc::not_a_directory);
  EXPECT_EQ(tree.find("/a/b/f/.").error, errc::not_a_directory);
  EXPECT_EQ(tree.find("/a/b/f/..").error, errc::not_a_directory);
  EXPECT_EQ(tree.find("/flink/").error, errc::not_a_directory);
  EXPECT_EQ(tree.find("/loop").error, errc::too_many_symbolic_link_levels);
  EXPECT_EQ(tree.find("/loop/x").error, errc::too_many_symbolic_link_levels);
  EXPECT_EQ(tree.find("/a/" + std::string(256, 'n')).error, errc::filename_too_long);
  EXPECT_EQ(tree.find("/" + std::string(4096, '/')).error, errc::filename_too_long);
  EXPECT_EQ(where("/a/nothing/deeper"), "No such file or directory /a/nothing/deeper");
  EXPECT_EQ(where("/hang"), "No such file or directory /nowhere/deep");
}

TEST_F(Trees, FollowsFortyLinksAndNoMore) {
  tree.make_symlink("/x", "/c0");
  for (int i = 1; i < 41; ++i) {
    tree.make_symlink("c" + std::to_string(i - 1), "/c" + std::to_string(i));
  }
  EXPECT_EQ(tree.find("/c39").error, kDone);
  EXPECT_EQ(tree.find("/c40").error, errc::too_many_symbolic_link_levels);
}

TEST_F(Trees, EndsEndlessLooking) {
  Tree small(reader, 0, {.visited = 10});
  EXPECT_THROW((void)small.find("/./././././././././././."), Error);
}

TEST_F(Trees, MakesFoldersAsMkdirDoes) {
  EXPECT_EQ(tree.make_directory("/n", 0750), kDone);
  EXPECT_EQ(tree.find("/n").inode->mode, 0750U);
  EXPECT_EQ(tree.make_directory("/n2/", 0750), kDone);
  EXPECT_EQ(tree.make_directory("/n", 0750), errc::file_exists);
  EXPECT_EQ(tree.make_directory("/", 0750), errc::file_exists);
  EXPECT_EQ(tree.make_directory("/a/.", 0750), errc::file_exists);
  EXPECT_EQ(tree.make_directory("/hang", 0750), errc::file_exists);
  EXPECT_EQ(tree.make_directory("/p/q", 0750), errc::no_such_file_or_directory);
  EXPECT_EQ(tree.make_directory("/a/b/f/q", 0750), errc::not_a_directory);
  EXPECT_EQ(tree.make_directory("/a/l/new", 0755), kDone);
  EXPECT_TRUE(tree.exists("/a/b/new"));
}

TEST_F(Trees, GivesWhatIsMadeTheGroupOfASetGroupFolder) {
  folder("/var/local", 02775);
  EXPECT_EQ(tree.set_owner("/var/local", {}, 50), kDone);
  tree.make_directory("/var/local/d", 0755);
  tree.write("/var/local/f", "");
  EXPECT_EQ(tree.find("/var/local/d").inode->mode, 02755U);
  EXPECT_EQ(tree.find("/var/local/d").inode->gid, 50U);
  EXPECT_EQ(tree.find("/var/local/f").inode->gid, 50U);
  EXPECT_EQ(tree.find("/var/local/f").inode->mode, 0644U);
}

TEST_F(Trees, WritesThroughLinksAndKeepsModes) {
  EXPECT_EQ(tree.write("/flink", "new"), kDone);
  EXPECT_EQ(text("/x/g"), "new");
  EXPECT_EQ(tree.find("/x/g").inode->mode, 0755U);
  EXPECT_EQ(tree.find("/x/g").inode->mtime, 2000);
  EXPECT_EQ(tree.write("/hang", "x"), errc::no_such_file_or_directory);
  EXPECT_EQ(tree.make_directory("/nowhere", 0755), kDone);
  EXPECT_EQ(tree.write("/hang", "x"), kDone);
  EXPECT_EQ(text("/nowhere/deep"), "x");
  EXPECT_EQ(tree.write("/a", "x"), errc::is_a_directory);
  EXPECT_EQ(tree.write("/new/", "x"), errc::is_a_directory);
  EXPECT_EQ(tree.write("/loop", "x"), errc::too_many_symbolic_link_levels);
}

TEST_F(Trees, AppendsToPackagedContent) {
  EXPECT_EQ(tree.append("/a/b/f", "+"), kDone);
  EXPECT_EQ(tree.append("/a/b/f", "+"), kDone);
  EXPECT_EQ(text("/a/b/f"), "one++");
  EXPECT_EQ(tree.find("/a/b/f").inode->size, 5U);
}

TEST_F(Trees, ReadsContentOnceAndOnlyWhenAsked) {
  EXPECT_EQ(reader.reads, 0);
  EXPECT_EQ(text("/a/b/f"), "one");
  EXPECT_EQ(text("/a/b/f"), "one");
  EXPECT_EQ(reader.reads, 1);
}

TEST_F(Trees, CopiesContentWithoutReadingIt) {
  EXPECT_EQ(tree.write_copy("/copy", *tree.find("/x/g").inode, 0600), kDone);
  EXPECT_EQ(reader.reads, 0);
  EXPECT_EQ(text("/copy"), "two");
  tree.append("/copy", "!");
  EXPECT_EQ(text("/x/g"), "two");
}

TEST_F(Trees, MakesLinksAsSymlinkAndLinkDo) {
  EXPECT_EQ(tree.make_symlink("any", "/s"), kDone);
  EXPECT_EQ(tree.make_symlink("any", "/s"), errc::file_exists);
  EXPECT_EQ(tree.make_symlink("any", "/new/"), errc::no_such_file_or_directory);
  EXPECT_EQ(tree.make_symlink("", "/e"), errc::no_such_file_or_directory);
  EXPECT_EQ(tree.make_hard_link("/a/b/f", "/h"), kDone);
  EXPECT_EQ(tree.find("/h").inode->names, 2U);
  EXPECT_EQ(tree.make_hard_link("/a", "/h2"), errc::operation_not_permitted);
  EXPECT_EQ(tree.make_hard_link("/nothing", "/h2"), errc::no_such_file_or_directory);
  EXPECT_EQ(tree.make_hard_link("/x/g", "/h"), errc::file_exists);
  tree.write("/h", "both");
  EXPECT_EQ(text("/a/b/f"), "both");
  tree.unlink("/a/b/f");
  EXPECT_EQ(text("/h"), "both");
  EXPECT_EQ(tree.make_hard_link("/flink", "/h3"), kDone);
  EXPECT_TRUE(tree.find("/h3", LastLink::keep).inode->is_symlink());
}

TEST_F(Trees, RemovesAsUnlinkAndRmdirDo) {
  EXPECT_EQ(tree.unlink("/a"), errc::is_a_directory);
  EXPECT_EQ(tree.unlink("/a/l/"), errc::not_a_directory);
  EXPECT_EQ(tree.unlink("/a/l"), kDone);
  EXPECT_TRUE(tree.exists("/a/b"));
  EXPECT_EQ(tree.unlink("/a/l"), errc::no_such_file_or_directory);
  EXPECT_EQ(tree.remove_directory("/a"), errc::directory_not_empty);
  EXPECT_EQ(tree.remove_directory("/abs"), errc::not_a_directory);
  EXPECT_EQ(tree.remove_directory("/abs/"), errc::not_a_directory);
  EXPECT_EQ(tree.remove_directory("/a/."), errc::invalid_argument);
  EXPECT_EQ(tree.remove_directory("/a/.."), errc::directory_not_empty);
  EXPECT_EQ(tree.remove_directory("/"), errc::device_or_resource_busy);
  EXPECT_EQ(tree.remove_all("/a"), kDone);
  EXPECT_FALSE(tree.exists("/a"));
  EXPECT_EQ(tree.remove_all("/a"), errc::no_such_file_or_directory);
}

TEST_F(Trees, RenamesAsRenameDoes) {
  EXPECT_EQ(tree.rename("/nothing", "/n"), errc::no_such_file_or_directory);
  EXPECT_EQ(tree.rename("/a", "/a/b/c"), errc::invalid_argument);
  EXPECT_EQ(tree.rename("/a/b", "/a"), errc::directory_not_empty);
  EXPECT_EQ(tree.rename("/a", "/x/g"), errc::not_a_directory);
  EXPECT_EQ(tree.rename("/x/g", "/a"), errc::is_a_directory);
  EXPECT_EQ(tree.rename("/a", "/x"), errc::directory_not_empty);
  EXPECT_EQ(tree.rename("/x/g", "/x/h/"), errc::not_a_directory);
  EXPECT_EQ(tree.rename("/a/.", "/n"), errc::device_or_resource_busy);
  EXPECT_EQ(tree.rename("/a", "/no/n"), errc::no_such_file_or_directory);
  EXPECT_EQ(tree.rename("/a", "/n/"), kDone);
  EXPECT_EQ(text("/n/b/f"), "one");
  EXPECT_EQ(tree.rename("/x/g", "/n/b/f"), kDone);
  EXPECT_EQ(text("/n/b/f"), "two");
  EXPECT_FALSE(tree.exists("/x/g"));
  tree.make_directory("/empty", 0755);
  EXPECT_EQ(tree.rename("/n", "/empty"), kDone);
  EXPECT_EQ(text("/empty/b/f"), "two");
}

TEST_F(Trees, RenamingOneNameOfAFileToAnotherDoesNothing) {
  tree.make_hard_link("/x/g", "/h");
  EXPECT_EQ(tree.rename("/x/g", "/h"), kDone);
  EXPECT_TRUE(tree.exists("/x/g"));
  EXPECT_TRUE(tree.exists("/h"));
}

TEST_F(Trees, RefusesPathsThatNobodyCouldName) {
  std::string deep = "/";
  for (int i = 0; i < 15; ++i) {
    deep += std::string(200, 'd');
    ASSERT_EQ(tree.make_directory(deep, 0755), kDone);
    deep += '/';
  }
  tree.make_directory("/n", 0755);
  std::string other = "/n/";
  for (int i = 0; i < 10; ++i) {
    other += std::string(200, 'e');
    ASSERT_EQ(tree.make_directory(other, 0755), kDone);
    other += '/';
  }
  EXPECT_EQ(tree.rename("/" + std::string(200, 'd'), other + "x"), errc::filename_too_long);
}

TEST_F(Trees, TakesSetIdBitsAwayWithTheOwner) {
  file("/prog", "", 06755);
  folder("/dir", 02755);
  file("/lock", "", 02644);
  tree.set_xattr("/prog", "security.capability", "x");
  EXPECT_EQ(tree.set_owner("/prog", 0, 7), kDone);
  EXPECT_EQ(tree.find("/prog").inode->mode, 0755U);
  EXPECT_TRUE(tree.find("/prog").inode->xattrs.empty());
  tree.set_owner("/dir", 0, 7);
  EXPECT_EQ(tree.find("/dir").inode->mode, 02755U);
  tree.set_owner("/lock", 0, 7);
  EXPECT_EQ(tree.find("/lock").inode->mode, 02644U);
  tree.set_owner("/flink", 3, {}, LastLink::keep);
  EXPECT_EQ(tree.find("/flink", LastLink::keep).inode->uid, 3U);
  EXPECT_EQ(tree.find("/flink").inode->uid, 0U);
}

TEST_F(Trees, OpensAsOpenDoes) {
  EXPECT_EQ(tree.open("/n", Opening::existing, 0).error, errc::no_such_file_or_directory);
  EXPECT_EQ(tree.open("/a", Opening::create, 0).error, errc::is_a_directory);
  EXPECT_EQ(tree.open("/hang", Opening::exclusive, 0).error, errc::file_exists);
  const Tree::Opened file = tree.open("/n", Opening::exclusive, 0600);
  ASSERT_TRUE(file.inode);
  tree.write_at(*file.inode, 2, "xy");
  EXPECT_EQ(text("/n"), std::string("\0\0xy", 4));
  tree.write_at(*file.inode, 1, "abcd");
  EXPECT_EQ(text("/n"), std::string("\0abcd", 5));
  tree.resize(*file.inode, 2);
  EXPECT_EQ(text("/n"), std::string("\0a", 2));
  tree.unlink("/n");
  tree.write_at(*file.inode, 0, "still");
}

TEST_F(Trees, EndsEndlessWriting) {
  Tree small(reader, 0, {.inodes = 3, .written = 100});
  small.write("/a", "");
  const Tree::Opened file = small.open("/a", Opening::existing, 0);
  EXPECT_THROW(small.write_at(*file.inode, ~std::uint64_t{0} - 5, "x"), Error);
  EXPECT_THROW(small.resize(*file.inode, ~std::uint64_t{0}), Error);
  EXPECT_THROW(small.write("/a", std::string(100, 'x')), Error);
  small.write("/b", "");
  EXPECT_THROW(small.write("/c", ""), Error);
}

TEST_F(Trees, TellsOfChanges) {
  std::vector<std::string> events;
  tree.watch([&](const TreeEvent& e) { events.push_back(e.path.absolute() + " " + e.detail); });
  tree.make_directory("/d", 0755);
  tree.write("/d/f", "x");
  tree.set_mode("/d/f", 02755);
  tree.set_owner("/d/f", 0, 101);
  tree.make_symlink("/d/f", "/s");
  tree.rename("/s", "/t");
  tree.unlink("/t");
  EXPECT_EQ(events, (std::vector<std::string>{"/d folder 0755", "/d/f 0644", "/d/f 0644 → 2755",
                                              "/d/f 0:0 → 0:101", "/s → /d/f", "/s → /t", "/t "}));
}

TEST(TreeFilling, MakesParentsAndKeepsFoldersThatAreThere) {
  TestTree t;
  t.folder("/etc/app", 0750);
  t.file("/etc/app/conf", "x");
  t.file("/etc/zzz", "z");
  t.file("/bin/sh", "s");
  t.file("/etc/app/conf.d/y", "y");
  t.folder("/etc/app", 0700, 1);
  EXPECT_EQ(t.tree.find("/etc/app").inode->mode, 0750U);
  EXPECT_EQ(t.tree.find("/etc").inode->mode, 0755U);
  EXPECT_EQ(t.text("/etc/app/conf.d/y"), "y");
}

TEST(TreeFilling, TakesALinkToAFolderForTheFolder) {
  TestTree t;
  t.folder("/run");
  t.symlink("/var/run", "/run");
  t.folder("/var/run", 0755, 1);
  t.file("/var/run/sshd/x", "x", 0644, 1);
  EXPECT_EQ(t.tree.find("/run/sshd/x").path.absolute(), "/run/sshd/x");
  EXPECT_TRUE(t.tree.find("/var/run", LastLink::keep).inode->is_symlink());
}

TEST(TreeFilling, RefusesWhatDoesNotFit) {
  TestTree t;
  t.file("/file", "x");
  const auto message = [](auto&& body) -> std::string {
    try {
      body();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message([&] { t.file("/file/below", "x"); }),
            "cannot put '/file/below' into the tree: '/file' is no folder");
  EXPECT_EQ(message([&] { t.hard_link("/h", "/nothing"); }),
            "cannot put '/h' into the tree: its target '/nothing' is no packaged file");
}

TEST(TreeFilling, MakesHardLinks) {
  TestTree t;
  t.file("/usr/bin/perl", "p", 0755);
  t.hard_link("/usr/bin/perl5", "/usr/bin/perl");
  EXPECT_EQ(t.tree.find("/usr/bin/perl").inode, t.tree.find("/usr/bin/perl5").inode);
  EXPECT_EQ(t.tree.find("/usr/bin/perl").inode->names, 2U);
}

}  // namespace
}  // namespace stamp::scripts
