#include "layer/archive_reader.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/temp_file.h"
#include "tests/expect_error.h"
#include "tests/layer/raw_tar.h"
#include "tests/layer/run.h"

namespace stamp::layer {
namespace {

namespace fs = std::filesystem;

class ArchiveReaderTest : public testing::Test {
 protected:
  std::vector<std::string> list(const std::string& archive) const {
    StringSource source(archive);
    ArchiveReader reader(source, {.what = "'x'", .scratch = folder_.path()});
    std::vector<std::string> found;
    while (const std::optional<Entry> entry = reader.next()) {
      found.push_back(fmt::format("{} {} {:o} {}{}", describe(entry->type), entry->path.absolute(),
                                  entry->mode, entry->link_target,
                                  read_all(reader.content(), 1U << 20U, "content")));
    }
    return found;
  }
  std::string problem(const std::string& archive) const {
    return message_of([&] { list(archive); });
  }
  /// A zip made by the program `zip` of a small tree.
  std::string zipped() const {
    const fs::path tree = folder_.path() / "tree";
    make_folders(tree / "d");
    replace_file(tree / "a", "content of a\n");
    fs::permissions(tree / "a", static_cast<fs::perms>(0755));
    replace_file(tree / "d/empty", "");
    fs::permissions(tree / "d/empty", static_cast<fs::perms>(0600));
    fs::permissions(tree / "d", static_cast<fs::perms>(0750));
    if (!fs::is_symlink(tree / "d/soft")) fs::create_symlink("../a", tree / "d/soft");
    replace_file(tree / "\xc3\xa9", "accent");
    fs::permissions(tree / "\xc3\xa9", static_cast<fs::perms>(0644));
    return run("/bin/sh",
               {"-c", "cd '" + tree.string() +
                          "' && zip -q -0 -X -y - a d d/empty d/soft '\xc3\xa9' | cat"},
               "");
  }

  TempDir folder_;
};

std::string tar_with(const std::string& members) {
  return members + raw::kEnd;
}

TEST_F(ArchiveReaderTest, ReadsTarInEveryCompression) {
  const std::string archive =
      tar_with(raw::header({.name = "d/", .type = '5', .mode = "0000755"}) +
               raw::member({.name = "d/x"}, "text") +
               raw::header({.name = "d/s", .type = '2', .link = "/abs", .mode = "0000777"}) +
               raw::header({.name = "d/h", .type = '1', .link = "d/x"}));
  const auto expected = testing::ElementsAre("directory /d 755 ", "file /d/x 644 text",
                                             "symlink /d/s 777 /abs", "hard link /d/h 644 d/x");
  EXPECT_THAT(list(archive), expected);
  for (const char* program : {"gzip", "xz", "zstd", "bzip2"}) {
    EXPECT_THAT(list(run(std::string("/usr/bin/") + program, {"-c"}, archive)), expected)
        << program;
  }
}

TEST_F(ArchiveReaderTest, ReadsZip) {
  EXPECT_THAT(
      list(zipped()),
      testing::ElementsAre("file /a 755 content of a\n", "directory /d 750 ", "file /d/empty 600 ",
                           "symlink /d/soft 777 ../a", "file /\xc3\xa9 644 accent"));
}

TEST_F(ArchiveReaderTest, LeavesNothingInTheScratchFolder) {
  const std::string zip = zipped();
  fs::remove_all(folder_.path() / "tree");
  list(zip);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(ArchiveReaderTest, SkipsZipContentThatNobodyReads) {
  StringSource source(zipped());
  ArchiveReader reader(source, {.what = "'x'", .scratch = folder_.path()});
  int count = 0;
  while (reader.next()) ++count;
  EXPECT_EQ(count, 5);
}

TEST_F(ArchiveReaderTest, EveryTruncationOfAZipIsAnError) {
  const std::string zip = zipped();
  for (std::size_t size = 0; size < zip.size(); ++size) {
    EXPECT_EQ(kind_of([&] { list(zip.substr(0, size)); }), ErrorKind::corrupt) << size;
  }
}

TEST_F(ArchiveReaderTest, DamagedZipContentIsAnError) {
  std::string zip = zipped();
  const std::size_t at = zip.find("accent");
  ASSERT_NE(at, std::string::npos);
  zip[at] = 'A';
  EXPECT_THAT(problem(zip), testing::StartsWith("stamp: error: cannot read 'x': ZIP bad CRC"));
}

TEST_F(ArchiveReaderTest, ZipNamesThatClimbAreRefused) {
  std::string zip = zipped();
  for (std::size_t at = zip.find("d/empty"); at != std::string::npos; at = zip.find("d/empty")) {
    zip.replace(at, 7, "../empt");
  }
  EXPECT_EQ(problem(zip),
            "stamp: error: '../empt' is not a path in an image: '..' is not allowed\n"
            "  while reading 'x'\n");
}

TEST_F(ArchiveReaderTest, EncryptedZipIsRefused) {
  zipped();
  const std::string zip = run("/bin/sh",
                              {"-c", "cd '" + (folder_.path() / "tree").string() +
                                         "' && zip -q -P secret ../e a && cat ../e.zip"},
                              "");
  EXPECT_EQ(problem(zip), "stamp: error: cannot read 'x': 'a' is encrypted\n");
}

TEST_F(ArchiveReaderTest, OtherFilesAreRefused) {
  const std::string expected =
      "stamp: error: cannot read 'x': it is neither a zip archive nor a tar archive, alone or in "
      "gzip, xz, zstd or bzip2\n";
  EXPECT_EQ(problem(""), expected);
  EXPECT_EQ(problem("text"), expected);
  EXPECT_EQ(problem(std::string(5000, 'x')), expected);
  EXPECT_EQ(problem(run("/usr/bin/gzip", {"-c"}, "text")), expected);
}

TEST_F(ArchiveReaderTest, EveryTruncationOfACompressedTarIsAnError) {
  const std::string archive = run("/usr/bin/gzip", {"-c"}, tar_with(raw::member({}, "text")));
  for (std::size_t size = 0; size < archive.size(); ++size) {
    EXPECT_EQ(kind_of([&] { list(archive.substr(0, size)); }), ErrorKind::corrupt) << size;
  }
}

// A1, A3, A4, A9: what entries may not be to each other
TEST_F(ArchiveReaderTest, ContradictionsAndEscapesAreRefused) {
  const auto file = [](const char* name) { return raw::header({.name = name}); };
  const auto link = [](const char* name, const char* target, char type) {
    return raw::header({.name = name, .type = type, .link = target});
  };
  const auto folder = [](const char* name, const char* mode) {
    return raw::header({.name = name, .type = '5', .mode = mode});
  };
  const std::vector<std::pair<std::string, std::string>> cases{
      {file("a") + file("./a"), "'/a': it is there twice"},
      {file("a") + folder("a", "0000755"), "'/a': it is there twice"},
      {folder("a", "0000755") + file("a"), "'/a': it is there twice"},
      {file("a/b") + file("a"), "'/a': it is there twice"},
      {file("a") + file("a/b"), "'/a/b': it lies below '/a', which is a file"},
      {link("a", "/etc", '2') + file("a/passwd"),
       "'/a/passwd': it lies below '/a', which is a symlink"},
      {link("a", "..", '2'), "'/a': its target '..' lies outside of the archive"},
      {link("a/b", "../../c", '2'), "'/a/b': its target '../../c' lies outside of the archive"},
      {link("a/b", "c/../../../d", '2'),
       "'/a/b': its target 'c/../../../d' lies outside of the archive"},
      {link("a", "b", '1'), "'/a': it is a hard link to '/b', which is no file before it"},
      {link("a", "b", '1') + file("b"),
       "'/a': it is a hard link to '/b', which is no file before it"},
      {folder("b", "0000755") + link("a", "b", '1'),
       "'/a': it is a hard link to '/b', which is no file before it"},
      {link("b", "c", '2') + link("a", "b", '1'),
       "'/a': it is a hard link to '/b', which is no file before it"},
      {raw::header({.type = '3'}), "'/a': a character device is not allowed"},
      {raw::header({.type = '4'}), "'/a': a block device is not allowed"},
      {raw::header({.type = '6'}), "'/a': a fifo is not allowed"},
      {file("a/.wh.b"),
       "'/a/.wh.b': its name starts with '.wh.', which has a meaning of its own in images"},
      {file(".wh."),
       "'/.wh.': its name starts with '.wh.', which has a meaning of its own in images"},
      {folder("a", "0000755") + folder("a", "0000700"),
       "'/a': it is there twice, with another mode or owner"}};
  for (const auto& [members, message] : cases) {
    EXPECT_EQ(problem(tar_with(members)), "stamp: error: cannot read 'x': " + message + "\n");
  }
}

TEST_F(ArchiveReaderTest, WhatStaysInsideIsAllowed) {
  EXPECT_THAT(list(tar_with(raw::header({.name = "a/b", .type = '2', .link = "../c/../d"}))),
              testing::ElementsAre("symlink /a/b 644 ../c/../d"));
}

TEST_F(ArchiveReaderTest, ADirectoryRepeatedAsItWasIsGivenOnce) {
  const std::string folder = raw::header({.name = "a/", .type = '5', .mode = "0000755"});
  EXPECT_THAT(list(tar_with(raw::header({.name = "a/b"}) + folder + folder)),
              testing::ElementsAre("file /a/b 644 ", "directory /a 755 "));
}

}  // namespace
}  // namespace stamp::layer
