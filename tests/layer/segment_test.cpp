#include "layer/segment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/layer/raw_tar.h"
#include "tests/layer/run.h"

namespace stamp::layer {
namespace {

Entry entry_at(std::string_view path, EntryType type = EntryType::file) {
  Entry entry;
  entry.path = EntryPath::parse(path);
  entry.type = type;
  return entry;
}

Entry link_at(std::string_view path, EntryType type, std::string target) {
  Entry entry = entry_at(path, type);
  entry.link_target = std::move(target);
  return entry;
}

void add_text(SegmentWriter& writer, std::string_view path, std::string_view text) {
  Entry entry = entry_at(path);
  entry.size = text.size();
  BytesSourceView content(as_bytes(text));
  writer.add(entry, content);
}

SegmentOptions options_of(Compression compression = Compression::none) {
  SegmentOptions options;
  options.compression = compression;
  options.what = "package 'x'";
  return options;
}

std::vector<std::string> directories_of(const SegmentList& list) {
  std::vector<std::string> paths;
  for (const NeededDirectory& each : list.directories) paths.push_back(each.entry.path.absolute());
  return paths;
}

/// The message of what goes wrong when `fill` writes a segment.
std::string problem(const std::function<void(SegmentWriter&)>& fill) {
  return message_of([&] {
    StringSink out;
    SegmentWriter writer(out, options_of());
    fill(writer);
    writer.finish();
  });
}

TEST(SegmentWriter, ListsWhatItWrote) {
  StringSink out;
  SegmentWriter writer(out, options_of());
  Entry folder = entry_at("/usr/bin", EntryType::directory);
  folder.mode = 02775;
  writer.add_directory(entry_at("/", EntryType::directory));
  writer.add_directory(folder);
  add_text(writer, "/usr/bin/x", "#!/bin/sh\n");
  add_text(writer, "/usr/share/doc/x/copyright", "text");
  writer.add(link_at("/usr/bin/y", EntryType::hardlink, "usr/bin/x"));
  writer.add(link_at("/usr/bin/z", EntryType::symlink, "x"));
  const Segment segment = writer.finish();

  EXPECT_EQ(segment.digest, Digest::of(out.text()));
  EXPECT_EQ(segment.size, out.text().size());
  EXPECT_EQ(segment.uncompressed_size, 6 * 512U);
  EXPECT_THAT(directories_of(segment.list),
              testing::ElementsAre("/", "/usr", "/usr/bin", "/usr/share", "/usr/share/doc",
                                   "/usr/share/doc/x"));
  EXPECT_EQ(segment.list.directories[2].entry, folder);
  EXPECT_EQ(segment.list.directories[2].origin, DirectoryOrigin::declared);
  EXPECT_EQ(segment.list.directories[1].entry.mode, 0755U);
  EXPECT_EQ(segment.list.directories[1].origin, DirectoryOrigin::implied);
  ASSERT_EQ(segment.list.entries.size(), 4U);
  EXPECT_EQ(segment.list.entries[0].script, "/bin/sh");
  EXPECT_EQ(segment.list.entries[0].content, Digest::of("#!/bin/sh\n"));
  EXPECT_EQ(segment.list.entries[1].content, Digest::of("text"));
  EXPECT_EQ(segment.list.entries[2].content, std::nullopt);
  EXPECT_EQ(segment.list.entries[3].entry.link_target, "x");
  EXPECT_EQ(SegmentList::parse(segment.list.serialize()), segment.list);
}

TEST(SegmentWriter, HoldsNoDirectoryAndNoEnd) {
  StringSink out;
  SegmentWriter writer(out, options_of());
  writer.add_directory(entry_at("/d", EntryType::directory));
  add_text(writer, "/d/x", "text");
  static_cast<void>(writer.finish());
  EXPECT_EQ(run("/usr/bin/tar", {"-t", "-f", "-"}, out.text() + raw::kEnd), "d/x\n");
}

TEST(SegmentWriter, SegmentsOneAfterTheOtherAreALayer) {
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd}) {
    StringSink layer;
    EncoderContext context;
    StringSink plain;
    SegmentOptions options = options_of(compression);
    options.context = &context;
    options.uncompressed = &plain;
    for (const char* path : {"/a", "/b"}) {
      SegmentWriter writer(layer, options);
      add_text(writer, path, "text");
      static_cast<void>(writer.finish());
    }
    const std::string blob = layer.text() + end_of_archive(compression);
    const std::string unpacked =
        compression == Compression::none
            ? blob
            : run("/usr/bin/" + std::string(name(compression)), {"-dc"}, blob);
    EXPECT_EQ(unpacked, plain.text() + raw::kEnd);
    EXPECT_EQ(run("/usr/bin/tar", {"-t", "-f", "-"}, unpacked), "a\nb\n");
  }
}

TEST(SegmentWriter, TakesContentFromATarReaderInPieces) {
  const std::string big(700'000, 'b');
  StringSource archive(raw::member({.name = "big"}, big) + raw::kEnd);
  TarReader reader(archive, "archive");
  StringSink out;
  SegmentOptions options = options_of();
  options.content_digests = ContentDigests::no;
  SegmentWriter writer(out, options);
  const Entry entry = reader.next().value();
  writer.add(entry, reader);
  const Segment segment = writer.finish();
  EXPECT_EQ(out.text().substr(512, big.size()), big);
  EXPECT_EQ(segment.list.entries[0].content, std::nullopt);
}

TEST(SegmentWriter, WhiteoutsAreAddedAsSuch) {
  StringSink out;
  SegmentWriter writer(out, options_of());
  writer.add_whiteout(EntryPath::parse("/etc/motd"), 1);
  const Segment segment = writer.finish();
  EXPECT_EQ(segment.list.entries[0].entry.path.str(), "etc/.wh.motd");
  EXPECT_THAT(directories_of(segment.list), testing::ElementsAre("/etc"));
}

TEST(SegmentWriter, AnEmptySegmentHasNoEntries) {
  StringSink out;
  SegmentWriter writer(out, options_of(Compression::zstd));
  const Segment segment = writer.finish();
  EXPECT_EQ(segment.uncompressed_size, 0U);
  EXPECT_EQ(segment.list, SegmentList());
  EXPECT_EQ(run("/usr/bin/zstd", {"-dc"}, out.text()), "");
}

TEST(SegmentWriter, ContradictionsAreRefused) {
  EXPECT_EQ(problem([](SegmentWriter& writer) {
              writer.add(entry_at("/a"));
              writer.add(entry_at("/b"));
              writer.add(entry_at("/a"));
            }),
            "stamp: error: cannot add '/a' to package 'x': it is there twice\n");
  EXPECT_EQ(problem([](SegmentWriter& writer) {
              writer.add(entry_at("/a"));
              writer.add(entry_at("/a/b"));
            }),
            "stamp: error: cannot add '/a' to package 'x': it is a directory there too\n");
  EXPECT_EQ(problem([](SegmentWriter& writer) {
              writer.add_directory(entry_at("/a", EntryType::directory));
              writer.add_directory(entry_at("/a", EntryType::directory));
            }),
            "stamp: error: cannot add '/a' to package 'x': it is there twice\n");
  EXPECT_EQ(
      problem([](SegmentWriter& writer) { writer.add(entry_at("/a", EntryType::directory)); }),
      "stamp: error: cannot add '/a' to package 'x': directories belong to the layer's "
      "directories segment\n");
  EXPECT_EQ(problem([](SegmentWriter& writer) { writer.add_directory(entry_at("/a")); }),
            "stamp: error: cannot add '/a' to package 'x': it is no directory\n");
  EXPECT_EQ(
      problem([](SegmentWriter& writer) { writer.add(entry_at("/a/.wh.b")); }),
      "stamp: error: '/a/.wh.b': a name that starts with '.wh.' is an order to remove a file, "
      "and cannot be one\n");
}

// A3: hard links to what is missing, later, a link, a directory
TEST(SegmentWriter, AHardLinkNeedsAFileBeforeIt) {
  const std::string expected =
      "stamp: error: cannot add '/h' to package 'x': it is a hard link to '/t', which is no file "
      "before it\n";
  EXPECT_EQ(
      problem([](SegmentWriter& writer) { writer.add(link_at("/h", EntryType::hardlink, "t")); }),
      expected);
  EXPECT_EQ(problem([](SegmentWriter& writer) {
              writer.add(link_at("/h", EntryType::hardlink, "t"));
              writer.add(entry_at("/t"));
            }),
            expected);
  EXPECT_EQ(problem([](SegmentWriter& writer) {
              writer.add(link_at("/t", EntryType::symlink, "x"));
              writer.add(link_at("/h", EntryType::hardlink, "t"));
            }),
            expected);
  EXPECT_EQ(problem([](SegmentWriter& writer) {
              writer.add_directory(entry_at("/t", EntryType::directory));
              writer.add(link_at("/h", EntryType::hardlink, "t"));
            }),
            expected);
}

TEST(WriteDirectories, WritesDirectoriesAndLinksOnly) {
  StringSink out;
  const std::vector<Entry> entries{entry_at("/", EntryType::directory),
                                   link_at("/bin", EntryType::symlink, "usr/bin"),
                                   entry_at("/usr", EntryType::directory)};
  const Segment segment = write_directories(entries, options_of(), out);
  EXPECT_EQ(segment.digest, Digest::of(out.text()));
  EXPECT_EQ(segment.list.entries.size(), 3U);
  EXPECT_EQ(run("/usr/bin/tar", {"-t", "-f", "-"}, out.text() + raw::kEnd), "./\nbin\nusr/\n");
  EXPECT_EQ(SegmentList::parse(segment.list.serialize()), segment.list);
  const std::vector<Entry> wrong{entry_at("/a")};
  EXPECT_EQ(message_of([&] { write_directories(wrong, options_of(), out); }),
            "stamp: error: cannot add '/a' to the directories of a layer: it is a file\n");
}

}  // namespace
}  // namespace stamp::layer
