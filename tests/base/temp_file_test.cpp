#include "base/temp_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/expect_error.h"

namespace stamp {
namespace {

std::uint32_t mode_of(const std::filesystem::path& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

TEST(TempFile, IsGoneUnlessCommitted) {
  const TempDir temp;
  { const TempFile file(temp.path()); }
  EXPECT_TRUE(std::filesystem::is_empty(temp.path()));
}

TEST(TempFile, CommitPublishesTheWhole) {
  const TempDir temp;
  TempFile file(temp.path());
  write_all(file.fd().get(), as_bytes("text"), "x");
  EXPECT_EQ(mode_of(file.path()), 0600U);
  file.commit(temp.path() / "x");
  EXPECT_EQ(read_file(temp.path() / "x"), "text");
  EXPECT_FALSE(std::filesystem::exists(file.path()));
}

TEST(TempFile, CommitReplaces) {
  const TempDir temp;
  replace_file(temp.path() / "x", "old");
  TempFile file(temp.path());
  file.commit(temp.path() / "x");
  EXPECT_EQ(read_file(temp.path() / "x"), "");
}

TEST(TempFile, AFailedCommitLeavesNothing) {
  const TempDir temp;
  {
    TempFile file(temp.path());
    EXPECT_EQ(message_of([&] { file.commit(temp.path() / "no/x"); }),
              "stamp: error: cannot replace '" + (temp.path() / "no/x").string() +
                  "': no such file or directory\n");
  }
  EXPECT_TRUE(std::filesystem::is_empty(temp.path()));
}

TEST(TempFile, TakesTheModeOfAnOrdinaryFile) {
  const TempDir temp;
  TempFile file(temp.path());
  const mode_t before = ::umask(027);
  file.apply_umask();
  ::umask(before);
  EXPECT_EQ(mode_of(file.path()), 0640U);
}

TEST(TempFile, NeedsItsFolder) {
  EXPECT_EQ(message_of([] { TempFile file("/nowhere"); }),
            "stamp: error: cannot make a file in '/nowhere': no such file or directory\n");
}

TEST(TempDir, TakesAllItHoldsWithIt) {
  std::filesystem::path path;
  {
    const TempDir temp;
    path = temp.path();
    std::filesystem::create_directories(path / "a/b");
    replace_file(path / "a/b/c", "x");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(NamelessFile, IsInNoFolder) {
  const TempDir temp;
  const Fd file = nameless_file(temp.path() / "new");
  write_all(file.get(), as_bytes("abcdef"), "test");
  EXPECT_TRUE(std::filesystem::is_empty(temp.path() / "new"));
  FilePartSource part(file.get(), 2, 3, "test");
  EXPECT_EQ(read_all(part, 10, "test"), "cde");
}

}  // namespace
}  // namespace stamp
