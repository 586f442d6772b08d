#include "base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/temp_file.h"
#include "tests/expect_error.h"

namespace stamp {
namespace {

std::uint32_t mode_of(const std::filesystem::path& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(Fd, ClosesWhenItEndsAndMovesItsOwnership) {
  int number = -1;
  {
    Fd first = open_for_reading("/dev/null");
    number = first.get();
    const Fd second = std::move(first);
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what a moved-from Fd is matters here
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, AssignmentClosesWhatItHeld) {
  Fd fd = open_for_reading("/dev/null");
  const int before = fd.get();
  fd = Fd();
  EXPECT_FALSE(is_open(before));
}

TEST(Fd, IsClosedInOtherPrograms) {
  const Fd fd = open_for_reading("/dev/null");
  EXPECT_EQ(::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(Fd, CloseReportsErrors) {
  Fd fd(1'000'000);
  EXPECT_EQ(message_of([&] { fd.close("x"); }),
            "stamp: error: cannot close 'x': bad file descriptor\n");
}

TEST(Files, AMissingOneIsNamed) {
  EXPECT_EQ(message_of([] { open_for_reading("/nowhere/x"); }),
            "stamp: error: cannot open '/nowhere/x': no such file or directory\n");
}

TEST(Files, OnlyRegularOnesAndNoLinksWhenAskedFor) {
  const TempDir temp;
  replace_file(temp.path() / "file", "x");
  std::filesystem::create_symlink("file", temp.path() / "link");
  ASSERT_EQ(::mkfifo((temp.path() / "fifo").c_str(), 0600), 0);
  EXPECT_TRUE(open_regular_nofollow(temp.path() / "file"));
  EXPECT_EQ(message_of([&] { open_regular_nofollow(temp.path() / "link"); }),
            "stamp: error: cannot open '" + (temp.path() / "link").string() +
                "': too many levels of symbolic links\n");
  EXPECT_EQ(
      message_of([&] { open_regular_nofollow(temp.path() / "fifo"); }),
      "stamp: error: cannot read '" + (temp.path() / "fifo").string() + "': not a regular file\n");
  EXPECT_EQ(message_of([&] { open_regular_nofollow(temp.path()); }),
            "stamp: error: cannot read '" + temp.path().string() + "': not a regular file\n");
}

TEST(Files, ReadFileRefusesMoreThanTheLimit) {
  const TempDir temp;
  replace_file(temp.path() / "x", "12345");
  EXPECT_EQ(read_file(temp.path() / "x", 5), "12345");
  EXPECT_EQ(
      message_of([&] { read_file(temp.path() / "x", 4); }),
      "stamp: error: cannot read '" + (temp.path() / "x").string() + "': larger than 4 bytes\n");
}

TEST(ReplaceFile, MakesANewFile) {
  const TempDir temp;
  replace_file(temp.path() / "new", "text");
  EXPECT_EQ(read_file(temp.path() / "new"), "text");
}

TEST(ReplaceFile, KeepsTheMode) {
  const TempDir temp;
  replace_file(temp.path() / "x", "one");
  ASSERT_EQ(::chmod((temp.path() / "x").c_str(), 0640), 0);
  replace_file(temp.path() / "x", "two");
  EXPECT_EQ(read_file(temp.path() / "x"), "two");
  EXPECT_EQ(mode_of(temp.path() / "x"), 0640U);
}

TEST(ReplaceFile, WritesThroughALink) {
  const TempDir temp;
  replace_file(temp.path() / "file", "one");
  std::filesystem::create_symlink("file", temp.path() / "link");
  replace_file(temp.path() / "link", "two");
  EXPECT_TRUE(std::filesystem::is_symlink(temp.path() / "link"));
  EXPECT_EQ(read_file(temp.path() / "file"), "two");
}

TEST(ReplaceFile, ALinkToNothingIsAnError) {
  const TempDir temp;
  std::filesystem::create_symlink("nothing", temp.path() / "link");
  EXPECT_EQ(message_of([&] { replace_file(temp.path() / "link", "x"); }),
            "stamp: error: cannot follow '" + (temp.path() / "link").string() +
                "': no such file or directory\n");
}

TEST(FileSource, KnowsItsSizeAndGivesItsBytes) {
  const TempDir temp;
  replace_file(temp.path() / "x", "12345");
  FileSource source(temp.path() / "x");
  EXPECT_EQ(source.size(), 5U);
  EXPECT_EQ(read_all(source, 10, "x"), "12345");
}

TEST(FdSink, NamesTheFileThatCannotBeWritten) {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  if (!full) GTEST_SKIP() << "no /dev/full";
  FdSink sink(full, "out");
  EXPECT_EQ(message_of([&] { sink.write(as_bytes("x")); }),
            "stamp: error: cannot write 'out': no space left on device\n"
            "  try: free some space on that file system\n");
}

TEST(Folders, AreMadeWithTheirParents) {
  const TempDir temp;
  make_folders(temp.path() / "a/b/c");
  make_folders(temp.path() / "a/b/c");
  EXPECT_TRUE(std::filesystem::is_directory(temp.path() / "a/b/c"));
  replace_file(temp.path() / "file", "x");
  EXPECT_EQ(message_of([&] { make_folders(temp.path() / "file/x"); }),
            "stamp: error: cannot make the folder '" + (temp.path() / "file/x").string() +
                "': not a directory\n");
}

TEST(FilePartSource, RefusesAFileThatIsTooShort) {
  const TempDir temp;
  const Fd file = nameless_file(temp.path());
  write_all(file.get(), as_bytes("abc"), "test");
  FilePartSource part(file.get(), 2, 3, "the file");
  EXPECT_EQ(message_of([&] { read_all(part, 10, "test"); }),
            "stamp: error: cannot read 'the file': it is too short\n");
}

}  // namespace
}  // namespace stamp
