#include "layer/tar_reader.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/temp_file.h"
#include "tests/expect_error.h"
#include "tests/layer/raw_tar.h"
#include "tests/layer/run.h"

namespace stamp::layer {
namespace {

using raw::kEnd;

/// Gives the bytes of a text in pieces of one size.
class PiecesSource final : public Source {
 public:
  PiecesSource(std::string text, std::size_t piece) : inner_(std::move(text)), piece_(piece) {}
  std::size_t read(std::span<std::byte> out) override {
    return inner_.read(out.first(std::min(out.size(), piece_)));
  }

 private:
  StringSource inner_;
  std::size_t piece_;
};

/// A folder with one of each thing.
class SampleTree {
 public:
  SampleTree() {
    namespace fs = std::filesystem;
    const auto mode = [](const fs::path& path, unsigned bits) {
      fs::permissions(path, static_cast<fs::perms>(bits));
    };
    replace_file(folder_.path() / "a", "content");
    mode(folder_.path() / "a", 04711);
    make_folders(folder_.path() / "d");
    replace_file(folder_.path() / "d/empty", "");
    mode(folder_.path() / "d/empty", 0600);
    fs::create_hard_link(folder_.path() / "a", folder_.path() / "d/hard");
    fs::create_symlink("../a", folder_.path() / "d/soft");
    mode(folder_.path() / "d", 01777);
    mode(folder_.path(), 0700);
  }
  std::string path() const { return folder_.path().string(); }

 private:
  TempDir folder_;
};

struct Read {
  Entry entry;
  std::string content;
};

std::vector<Read> read_all_entries(Source& source) {
  TarReader reader(source, "archive");
  std::vector<Read> all;
  while (std::optional<Entry> entry = reader.next()) {
    std::string content;
    for (Bytes chunk = reader.next_chunk(); !chunk.empty(); chunk = reader.next_chunk()) {
      content += as_text(chunk);
    }
    all.push_back({*entry, content});
  }
  return all;
}

std::vector<Read> read_text(std::string text) {
  StringSource source(std::move(text));
  return read_all_entries(source);
}

std::string problem(const std::string& archive) {
  return message_of([&] { read_text(archive); });
}

Entry only_entry(const std::string& archive) {
  const std::vector<Read> all = read_text(archive);
  EXPECT_EQ(all.size(), 1U);
  return all.empty() ? Entry() : all.front().entry;
}

TEST(TarReader, ReadsEveryFieldOfAUstarHeader) {
  const Entry entry = only_entry(raw::header({.name = "./usr/bin/x",
                                              .mode = "0104755",
                                              .uid = "0001750",
                                              .gid = "0000062",
                                              .mtime = "14000000000"}) +
                                 kEnd);
  Entry expected;
  expected.path = EntryPath::parse("/usr/bin/x");
  expected.mode = 04755;
  expected.uid = 1000;
  expected.gid = 50;
  expected.mtime = 014000000000;
  EXPECT_EQ(entry, expected);
}

TEST(TarReader, ReadsEveryType) {
  std::string archive;
  for (const char type : {'0', '1', '2', '3', '4', '5', '6', '\0'}) {
    const bool link = type == '1' || type == '2';
    archive += raw::header({.name = std::string("x") + (type == '\0' ? 'v' : type),
                            .type = type,
                            .link = link ? "./t" : ""});
  }
  std::vector<EntryType> types;
  for (const Read& each : read_text(archive + kEnd)) types.push_back(each.entry.type);
  using enum EntryType;
  EXPECT_THAT(types, testing::ElementsAre(file, hardlink, symlink, character_device, block_device,
                                          directory, fifo, file));
}

TEST(TarReader, KeepsASymlinksTextAndNormalisesAHardLinksPath) {
  EXPECT_EQ(only_entry(raw::header({.type = '2', .link = "./../b//"}) + kEnd).link_target,
            "./../b//");
  EXPECT_EQ(only_entry(raw::header({.type = '1', .link = "./b//c"}) + kEnd).link_target, "b/c");
}

TEST(TarReader, JoinsThePrefixOfUstarAndNotThatOfGnu) {
  EXPECT_EQ(only_entry(raw::header({.name = "b", .prefix = "a"}) + kEnd).path.str(), "a/b");
  EXPECT_EQ(
      only_entry(raw::header({.name = "b", .magic = std::string("ustar  \0", 8), .prefix = "a"}) +
                 kEnd)
          .path.str(),
      "b");
}

TEST(TarReader, ReadsNumbersInBase256) {
  const std::string small("\x80\0\0\0\0\0\7\1", 8);
  EXPECT_EQ(only_entry(raw::header({.uid = small}) + kEnd).uid, 0x701U);
}

TEST(TarReader, ReadsGnuLongNamesAndTargets) {
  const std::string name(300, 'n');
  const std::string target(400, 't');
  const Entry entry = only_entry(raw::member({.type = 'L'}, name + '\0') +
                                 raw::member({.type = 'K'}, target + '\0') +
                                 raw::header({.type = '2', .link = "t"}) + kEnd);
  EXPECT_EQ(entry.path.str(), name);
  EXPECT_EQ(entry.link_target, target);
}

TEST(TarReader, ReadsPaxRecords) {
  const std::string name = "\xc3\xa9/" + std::string(200, 'n');
  const std::string records =
      raw::record("path", name) + raw::record("mtime", "12.987654321") +
      raw::record("uid", "2147483647") + raw::record("gid", "3000000") + raw::record("size", "3") +
      raw::record("atime", "1.5") + raw::record("uname", "root") +
      raw::record("SCHILY.xattr.user.x", "a\nb") + raw::record("LIBARCHIVE.creationtime", "1");
  const std::vector<Read> all = read_text(raw::pax(records) + raw::member({}, "abc") + kEnd);
  ASSERT_EQ(all.size(), 1U);
  const Entry& entry = all.front().entry;
  EXPECT_EQ(entry.path.str(), name);
  EXPECT_EQ(entry.mtime, 12);
  EXPECT_EQ(entry.uid, 2147483647U);
  EXPECT_EQ(entry.gid, 3000000U);
  EXPECT_EQ(entry.xattrs.at("user.x"), "a\nb");
  EXPECT_EQ(all.front().content, "abc");
}

TEST(TarReader, PassesOverACommentOfGit) {
  EXPECT_EQ(
      read_text(raw::pax(raw::record("comment", "0123"), 'g') + raw::header({}) + kEnd).size(), 1U);
}

TEST(TarReader, GivesContentAsPiecesAndAsStream) {
  const std::string big(700'001, 'b');
  const std::string archive =
      raw::member({.name = "big"}, big) + raw::member({.name = "c"}, "c") + kEnd;
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{511}, std::size_t{513}, archive.size()}) {
    PiecesSource source(archive, piece);
    const std::vector<Read> all = read_all_entries(source);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].content, big);
    EXPECT_EQ(all[1].content, "c");
  }
  StringSource source(archive);
  TarReader reader(source, "archive");
  static_cast<void>(reader.next());
  EXPECT_EQ(read_all(reader.content(), 1U << 20U, "content"), big);
  static_cast<void>(reader.next());
  EXPECT_EQ(read_all(reader.content(), 1U << 20U, "content"), "c");
  EXPECT_EQ(reader.next(), std::nullopt);
  EXPECT_EQ(reader.next(), std::nullopt);
}

TEST(TarReader, LargeReadsDoNotGoThroughItsBuffer) {
  const std::string big(2'000'000, 'b');
  StringSource source(raw::member({}, big) + kEnd);
  TarReader reader(source, "archive");
  static_cast<void>(reader.next());
  std::string content(big.size() + 1, '\0');
  const std::size_t count = read_full(reader.content(), std::as_writable_bytes(std::span(content)));
  EXPECT_EQ(content.substr(0, count), big);
  EXPECT_EQ(reader.next(), std::nullopt);
}

TEST(TarReader, SkipsContentThatNobodyReads) {
  const std::string archive = raw::member({.name = "a"}, std::string(600'000, 'x')) +
                              raw::member({.name = "b"}, "y") + kEnd;
  StringSource source(archive);
  TarReader reader(source, "archive");
  EXPECT_EQ(reader.next()->path.str(), "a");
  EXPECT_EQ(reader.next()->path.str(), "b");
  EXPECT_EQ(reader.next(), std::nullopt);
}

TEST(TarReader, EveryTruncationIsAnError) {
  const std::string archive = raw::pax(raw::record("path", "long")) + raw::member({}, "content") +
                              raw::header({.name = "d", .type = '5'}) + kEnd;
  for (std::size_t size = 0; size < archive.size(); ++size) {
    EXPECT_EQ(kind_of([&] { read_text(archive.substr(0, size)); }), ErrorKind::corrupt) << size;
  }
  EXPECT_EQ(read_text(archive).size(), 2U);
}

TEST(TarReader, TheEndIsTwoZeroBlocksAndZerosOnly) {
  const std::string one = raw::header({});
  EXPECT_EQ(problem(one + kEnd + std::string(9000, '\0')), "");
  EXPECT_EQ(problem(one + kEnd + std::string(7, '\0')), "");
  EXPECT_EQ(problem(one),
            "stamp: error: cannot read archive: it ends without the two zero blocks of "
            "an archive's end\n");
  EXPECT_EQ(
      problem(one + std::string(512, '\0')),
      "stamp: error: cannot read archive: it ends after one of the two zero blocks of its end\n");
  EXPECT_EQ(problem(one + std::string(512, '\0') + one + kEnd),
            "stamp: error: cannot read archive: a single zero block stands between its entries\n");
  EXPECT_EQ(problem(one + kEnd + std::string(300'000, '\0') + "x"),
            "stamp: error: cannot read archive: bytes follow its end\n");
  EXPECT_EQ(problem(raw::pax(raw::record("path", "x")) + kEnd),
            "stamp: error: cannot read archive: an extended header describes no entry\n");
  EXPECT_EQ(problem(raw::member({}, "content").substr(0, 700)),
            "stamp: error: cannot read archive: it ends early\n");
}

struct Refused {
  const char* name;
  std::string archive;
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const Refused& refused) {
  return out << refused.name;
}

class TarReaderRefuses : public testing::TestWithParam<Refused> {};

TEST_P(TarReaderRefuses, WithItsReason) {
  const std::string archive = GetParam().archive + kEnd;
  EXPECT_EQ(problem(archive), "stamp: error: " + GetParam().message + "\n");
  EXPECT_EQ(kind_of([&] { read_text(archive); }), ErrorKind::corrupt);
}

std::string pax_file(const std::string& records) {
  return raw::pax(records) + raw::header({});
}

// A2: names
INSTANTIATE_TEST_SUITE_P(
    Names, TarReaderRefuses,
    testing::Values(
        Refused{"climbs", raw::header({.name = "../a"}),
                "'../a' is not a path in an image: '..' is not allowed\n  while reading archive"},
        Refused{"climbs_inside", raw::header({.name = "a/../b"}),
                "'a/../b' is not a path in an image: '..' is not allowed\n  while reading archive"},
        Refused{"empty", raw::header({.name = ""}),
                "'' is not a path in an image: it is empty\n  while reading archive"},
        Refused{"slash_of_file", raw::header({.name = "a/"}),
                "cannot read archive: 'a/' is a file with the name of a directory"},
        Refused{"slash_of_symlink", raw::header({.name = "a/", .type = '2', .link = "b"}),
                "cannot read archive: 'a/' is a symlink with the name of a directory"},
        Refused{"root_file", raw::header({.name = "."}),
                "'/': the root cannot be a file\n  while reading archive"},
        Refused{"root_symlink", raw::header({.name = ".", .type = '2', .link = "b"}),
                "'/': the root cannot be a symlink\n  while reading archive"},
        Refused{"not_utf8", raw::header({.name = "\xff"}),
                "'/\\xff': its name is not UTF-8\n  while reading archive"}));

// A3: links
INSTANTIATE_TEST_SUITE_P(
    Links, TarReaderRefuses,
    testing::Values(
        Refused{"self", raw::header({.name = "./a", .type = '1', .link = "a"}),
                "'/a': it is a hard link to itself\n  while reading archive"},
        Refused{"content", raw::member({.type = '1', .link = "b"}, "x"),
                "'/a': a hard link has no content\n  while reading archive"},
        Refused{"climbs", raw::header({.type = '1', .link = "../b"}),
                "'../b' is not a path in an image: '..' is not allowed\n  while reading archive"},
        Refused{"to_the_root", raw::header({.type = '1', .link = "./"}),
                "'/a': the link has no target\n  while reading archive"},
        Refused{"no_target", raw::header({.type = '2'}),
                "'/a': the link has no target\n  while reading archive"},
        Refused{"directory_with_content", raw::member({.type = '5'}, "x"),
                "'/a': a directory has no content\n  while reading archive"}));

// A4: numbers
INSTANTIATE_TEST_SUITE_P(
    Numbers, TarReaderRefuses,
    testing::Values(
        Refused{"uid_2_31", raw::header({.uid = std::string("\x80\0\0\0\x80\0\0\0", 8)}),
                "cannot read archive: a header's uid is too large"},
        Refused{"gid_all_ones", raw::header({.gid = std::string("\x80\0\0\0\xff\xff\xff\xff", 8)}),
                "cannot read archive: a header's gid is too large"},
        Refused{"uid_negative", raw::header({.uid = std::string(8, '\xff')}),
                "cannot read archive: a header's uid is negative or too large"},
        Refused{"mtime_negative", raw::header({.mtime = std::string(12, '\xff')}),
                "cannot read archive: a header's time is negative or too large"},
        Refused{"size_2_63", raw::header({.size = std::string("\x80\0\0\0\x80\0\0\0\0\0\0\0", 12)}),
                "cannot read archive: a header's size is too large"},
        Refused{"size_all", raw::header({.size = std::string("\x80") + std::string(11, '\xff')}),
                "cannot read archive: a header's size is too large"},
        Refused{"not_octal", raw::header({.uid = "0000008"}),
                "cannot read archive: a header's uid is not a number"},
        Refused{"digits_after_space", raw::header({.uid = "12 3456"}),
                "cannot read archive: a header's uid is not a number"},
        Refused{"sign", raw::header({.uid = "-000001"}),
                "cannot read archive: a header's uid is not a number"},
        Refused{"mode", raw::header({.mode = "7777777"}),
                "cannot read archive: a header's mode is too large"},
        Refused{"checksum", raw::header({.checksum = "000001"}),
                "cannot read archive: a header's checksum is wrong"},
        Refused{"magic", raw::header({.magic = "xstar"}),
                "cannot read archive: a header has an unknown magic"},
        Refused{"xattr",
                raw::pax(raw::record("SCHILY.xattr.trusted.overlay.opaque", "y")) + raw::header({}),
                "'/a': extended attribute 'trusted.overlay.opaque' is not allowed in a layer\n"
                "  while reading archive"}));

// A5: pax and GNU extensions
INSTANTIATE_TEST_SUITE_P(
    Extensions, TarReaderRefuses,
    testing::Values(
        Refused{"sizes_differ", pax_file(raw::record("size", "600")),
                "cannot read archive: an entry has size 0 in its header and 600 in its pax record"},
        Refused{
            "size_before_long_name",
            raw::pax(raw::record("size", "3")) + raw::member({.type = 'L'}, "n") + raw::header({}),
            "cannot read archive: two extended headers describe one entry"},
        Refused{"pax_after_long_name",
                raw::member({.type = 'L'}, "n") + pax_file(raw::record("path", "b")),
                "cannot read archive: two extended headers describe one entry"},
        Refused{"two_pax", raw::pax(raw::record("path", "b")) + pax_file(raw::record("path", "c")),
                "cannot read archive: two extended headers describe one entry"},
        Refused{"two_long_names",
                raw::member({.type = 'L'}, "n") + raw::member({.type = 'L'}, "m") + raw::header({}),
                "cannot read archive: two extended headers describe one entry"},
        Refused{"two_long_targets",
                raw::member({.type = 'K'}, "n") + raw::member({.type = 'K'}, "m") + raw::header({}),
                "cannot read archive: two extended headers describe one entry"},
        Refused{"global_path", raw::pax(raw::record("path", "b"), 'g') + raw::header({}),
                "cannot read archive: it has the global pax record 'path'"},
        Refused{"global_between",
                raw::pax(raw::record("path", "b")) + raw::pax(raw::record("comment", "c"), 'g') +
                    raw::header({}),
                "cannot read archive: a global pax header stands between an entry and its extended "
                "header"},
        Refused{"global_malformed", raw::pax("x", 'g') + raw::header({}),
                "cannot read archive: a pax header is malformed"},
        Refused{"length_short", pax_file("5 path=b\n"),
                "cannot read archive: a pax header is malformed"},
        Refused{"length_long", pax_file("99 path=b\n"),
                "cannot read archive: a pax header is malformed"},
        Refused{"length_zero", pax_file("010 path=b\n"),
                "cannot read archive: a pax header is malformed"},
        Refused{"length_huge", pax_file("99999999999999999999 path=b\n"),
                "cannot read archive: a pax header is malformed"},
        Refused{"length_negative", pax_file("-9 path=b\n"),
                "cannot read archive: a pax header is malformed"},
        Refused{"no_newline", pax_file("9 path=bb"),
                "cannot read archive: a pax header is malformed"},
        Refused{"no_key", pax_file("5 =b\n"), "cannot read archive: a pax header is malformed"},
        Refused{"no_equals", pax_file("8 pathb\n"),
                "cannot read archive: a pax header is malformed"},
        Refused{"twice", pax_file(raw::record("path", "b") + raw::record("path", "c")),
                "cannot read archive: pax record 'path' stands twice"},
        Refused{"xattr_twice",
                pax_file(raw::record("SCHILY.xattr.user.x", "b") +
                         raw::record("SCHILY.xattr.user.x", "c")),
                "cannot read archive: pax record 'SCHILY.xattr.user.x' stands twice"},
        Refused{"unknown", pax_file(raw::record("VENDOR.key", "b")),
                "cannot read archive: pax record 'VENDOR.key' is unknown"},
        Refused{"deletes", pax_file(raw::record("path", "")),
                "cannot read archive: pax record 'path' is empty"},
        Refused{
            "nul_in_path", pax_file(raw::record("path", std::string("b\0c", 3))),
            "'b\\x00c' is not a path in an image: it holds a NUL byte\n  while reading archive"},
        Refused{
            "nul_in_target",
            raw::pax(raw::record("linkpath", std::string("b\0c", 3))) + raw::header({.type = '2'}),
            "'/a': its target holds a NUL byte\n  while reading archive"},
        Refused{"not_utf8", pax_file(raw::record("path", "\xff")),
                "'/\\xff': its name is not UTF-8\n  while reading archive"},
        Refused{"other_charset", pax_file(raw::record("hdrcharset", "BINARY")),
                "cannot read archive: its names are in a character set other than UTF-8"},
        Refused{"mtime_negative", pax_file(raw::record("mtime", "-1.5")),
                "cannot read archive: pax record 'mtime' has the value '-1'"},
        Refused{"mtime_far", pax_file(raw::record("mtime", "99999999999")),
                "cannot read archive: pax record 'mtime' has the value '99999999999'"},
        Refused{"mtime_fraction", pax_file(raw::record("mtime", "1.")),
                "cannot read archive: pax record 'mtime' has the value '1.'"},
        Refused{"uid_all_ones", pax_file(raw::record("uid", "4294967295")),
                "cannot read archive: pax record 'uid' has the value '4294967295'"},
        Refused{"uid_negative", pax_file(raw::record("uid", "-1")),
                "cannot read archive: pax record 'uid' has the value '-1'"},
        Refused{"nul_in_long_name",
                raw::member({.type = 'L'}, std::string("n\0m", 3)) + raw::header({}),
                "cannot read archive: a long name holds a NUL byte"},
        Refused{"long_name_empty", raw::member({.type = 'L'}, "") + raw::header({}),
                "cannot read archive: an extended header is empty"},
        Refused{"long_name_large",
                raw::member({.type = 'L'}, std::string(1048577, 'n')) + raw::header({}),
                "cannot read archive: an extended header is larger than 1 MiB"}));

// A6: sparse files; and other types
INSTANTIATE_TEST_SUITE_P(
    Types, TarReaderRefuses,
    testing::Values(
        Refused{"gnu_sparse", raw::header({.type = 'S', .magic = std::string("ustar  \0", 8)}),
                "cannot read archive: sparse files are not supported"},
        Refused{"pax_sparse_0", pax_file(raw::record("GNU.sparse.numblocks", "10000000")),
                "cannot read archive: sparse files are not supported"},
        Refused{"pax_sparse_1", pax_file(raw::record("GNU.sparse.major", "1")),
                "cannot read archive: sparse files are not supported"},
        Refused{"star_sparse", pax_file(raw::record("SCHILY.realsize", "9223372036854775807")),
                "cannot read archive: sparse files are not supported"},
        Refused{"multi_volume", raw::header({.type = 'M'}),
                "cannot read archive: an entry has the unknown type 'M'"},
        Refused{"contiguous", raw::header({.type = '7'}),
                "cannot read archive: an entry has the unknown type '7'"}));

TEST(TarReader, ReadsWhatGnuTarWritesInEachOfItsFormats) {
  const SampleTree tree;
  for (const char* format : {"gnu", "ustar", "pax", "v7", "oldgnu"}) {
    SCOPED_TRACE(format);
    const std::string archive =
        run("/usr/bin/tar", {"-c", "--format", format, "--sort=name", "-C", tree.path(), "."}, "");
    std::vector<std::string> found;
    for (const Read& each : read_text(archive)) {
      found.push_back(fmt::format("{} {} {:o} {} {}", describe(each.entry.type),
                                  each.entry.path.absolute(), each.entry.mode,
                                  each.entry.link_target, each.content.substr(0, 10)));
    }
    EXPECT_THAT(found,
                testing::ElementsAre("directory / 700  ", "file /a 4711  content",
                                     "directory /d 1777  ", "file /d/empty 600  ",
                                     "hard link /d/hard 4711 a ", "symlink /d/soft 777 ../a "));
  }
}

}  // namespace
}  // namespace stamp::layer
