#include "builder/steps/archive_segment.h"

#include "layer/tar_writer.h"
#include "tests/builder/builder_fixture.h"
#include "tests/builder/fake_deb.h"
#include "tests/layer/run.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

class ArchiveSegmentTest : public BuilderTest {
 protected:
  static ArchiveSegment to(std::string_view folder, std::uint32_t strip = 0) {
    ArchiveSegment segment;
    segment.archive.url = "https://example.org/x.tar";
    segment.to = path(folder);
    segment.strip = strip;
    segment.mtime = kDefaultMtime;
    return segment;
  }
  layer::Segment written(const std::string& bytes, const ArchiveSegment& segment) {
    StringSource source(bytes);
    NullSink out;
    return write_archive(source, segment, temp(), {.compression = layer::Compression::none}, out);
  }
  std::string refused(const std::vector<PlannedEntry>& entries, const ArchiveSegment& segment) {
    return message_of([&] { written(fake::tar_of(entries), segment); });
  }
};

TEST_F(ArchiveSegmentTest, OwnersAndTimesAreTheRecipesPermissionsTheArchives) {
  PlannedEntry tool = file("/x-1.2/bin/tool", "t", 04755);
  tool.entry.uid = 501;
  tool.entry.mtime = 1;
  ArchiveSegment segment = to("/opt/x", 1);
  segment.uid = 7;
  segment.gid = 8;
  const layer::Segment written_segment = written(
      fake::tar_of({folder("/x-1.2", 0700), folder("/x-1.2/bin", 0750), tool,
                    link("/x-1.2/bin/t", "tool"), hard_link("/x-1.2/bin/u", "x-1.2/bin/tool")}),
      segment);
  EXPECT_EQ(shown(written_segment.list),
            (Lines{"directory 750 7:8 /opt/x/bin", "file 755 7:8 /opt/x/bin/tool",
                   "symlink 777 7:8 /opt/x/bin/t -> tool",
                   "hard link 644 7:8 /opt/x/bin/u -> opt/x/bin/tool"}));
  EXPECT_EQ(written_segment.list.entries[0].entry.mtime, kDefaultMtime);
}

TEST_F(ArchiveSegmentTest, TakesWhatIsSelectedOfTheStrippedNames) {
  ArchiveSegment segment = to("/opt", 1);
  segment.selection.include = {Glob::parse("bin/*")};
  segment.selection.exclude = {Glob::parse("**/*.1")};
  const layer::Segment taken = written(fake::tar_of({file("/x/bin/a", ""), file("/x/bin/a.1", ""),
                                                     file("/x/lib/b", ""), file("/top", "")}),
                                       segment);
  EXPECT_EQ(shown(taken.list), (Lines{"file 644 0:0 /opt/bin/a"}));
}

TEST_F(ArchiveSegmentTest, GoesThroughTheLinksOfAMergedUsr) {
  ArchiveSegment segment = to("/");
  segment.merged = debian::MergedUsr::for_architecture("arm64");
  const layer::Segment taken =
      written(fake::tar_of({folder("/bin"), file("/bin/a", ""), hard_link("/bin/b", "bin/a"),
                            folder("/usr"), folder("/usr/bin")}),
              segment);
  EXPECT_EQ(shown(taken.list),
            (Lines{"directory 755 0:0 /usr", "directory 755 0:0 /usr/bin",
                   "file 644 0:0 /usr/bin/a", "hard link 644 0:0 /usr/bin/b -> usr/bin/a"}));
}

TEST_F(ArchiveSegmentTest, EveryCompressionOfTarGivesTheSameSegment) {
  const std::string tar = fake::tar_of({file("/a", "some text"), link("/b", "a")});
  const Digest plain_digest = written(tar, to("/")).digest;
  for (const char* program : {"gzip", "xz", "zstd", "bzip2"}) {
    EXPECT_EQ(written(layer::run(std::string("/usr/bin/") + program, {"-c"}, tar), to("/")).digest,
              plain_digest)
        << program;
  }
}

TEST_F(ArchiveSegmentTest, ZipIsUnpackedWithItsPermissions) {
  const std::string script =
      "import io, sys, zipfile\n"
      "out = io.BytesIO()\n"
      "with zipfile.ZipFile(out, 'w') as archive:\n"
      "    info = zipfile.ZipInfo('x/run')\n"
      "    info.external_attr = 0o100755 << 16\n"
      "    archive.writestr(info, 'echo')\n"
      "sys.stdout.buffer.write(out.getvalue())\n";
  const layer::Segment segment =
      written(layer::run("/usr/bin/python3", {"-c", script}, ""), to("/opt", 1));
  EXPECT_EQ(shown(segment.list), (Lines{"file 755 0:0 /opt/run"}));
}

TEST_F(ArchiveSegmentTest, ArchiveOfWhichNothingIsTakenIsRefused) {
  EXPECT_EQ(refused({file("/a", "")}, to("/opt", 1)),
            "stamp: error: cannot unpack archive 'https://example.org/x.tar': nothing in it is "
            "selected\n"
            "  try: look at 'strip', 'include' and 'exclude' of this archive\n");
}

TEST_F(ArchiveSegmentTest, HardLinkWithoutItsFileIsRefused) {
  ArchiveSegment segment = to("/opt");
  segment.selection.exclude = {Glob::parse("a")};
  EXPECT_EQ(refused({file("/a", ""), hard_link("/b", "a")}, segment),
            "stamp: error: cannot unpack archive 'https://example.org/x.tar': '/opt/b' is a hard "
            "link to 'a', which is not selected\n"
            "  try: select both, or neither\n");
}

TEST_F(ArchiveSegmentTest, DeviceIsRefused) {
  EXPECT_EQ(
      refused({plain("/dev/null", layer::EntryType::character_device, 0666)}, to("/opt")),
      "stamp: error: cannot read https://example.org/x.tar: '/dev/null': a character device is not "
      "allowed\n");
}

TEST_F(ArchiveSegmentTest, PathTwiceIsRefused) {
  EXPECT_EQ(refused({file("/a", "1"), file("/a", "2")}, to("/opt")),
            "stamp: error: cannot read https://example.org/x.tar: '/a': it is there twice\n");
}

TEST_F(ArchiveSegmentTest, TruncatedArchiveIsRefused) {
  const std::string tar = fake::tar_of({file("/a", std::string(2000, 'x'))});
  EXPECT_EQ(kind_of([&] { written(tar.substr(0, 1024), to("/opt")); }), ErrorKind::corrupt);
}

}  // namespace
}  // namespace stamp::build
