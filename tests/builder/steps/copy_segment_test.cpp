#include "builder/steps/copy_segment.h"

#include "tests/builder/builder_fixture.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

class CopySegmentTest : public BuilderTest {
 protected:
  /// What a copy of these paths ("from", "to") gives.
  layer::Segment copied(const StoredLayer& layer,
                        const std::vector<std::pair<std::string, std::string>>& paths,
                        const debian::MergedUsr& merged = {}) {
    CopySegment segment;
    segment.image = "tools";
    segment.mtime = kDefaultMtime;
    segment.merged = merged;
    for (const auto& [from, to] : paths) segment.paths.push_back({path(from), path(to), {}});
    NullSink out;
    return write_copy(ImageFiles({&layer}, store_), segment,
                      {.compression = layer::Compression::none}, out);
  }
};

TEST_F(CopySegmentTest, KeepsModesAndOwnersOfAFolderWithAllBelowIt) {
  PlannedEntry owned = file("/opt/tool/run", "text", 04755);
  owned.entry.uid = 9;
  owned.entry.mtime = 5;
  const StoredLayer layer = make_layer(
      {folder("/opt/tool", 0700, 9), owned, link("/opt/tool/l", "run"), file("/opt/toolbox", "")});
  const layer::Segment segment = copied(layer, {{"/opt/tool", "/usr/lib/t"}});
  EXPECT_EQ(shown(segment.list),
            (Lines{"directory 700 9:9 /usr/lib/t", "symlink 777 0:0 /usr/lib/t/l -> run",
                   "file 4755 9:0 /usr/lib/t/run"}));
  EXPECT_EQ(segment.list.entries[1].entry.mtime, kDefaultMtime);
  EXPECT_EQ(segment.list.entries[1].content, Digest::of(std::string_view("text")));
}

TEST_F(CopySegmentTest, FileThatGoesToTwoPlacesIsWrittenOnce) {
  const StoredLayer layer = make_layer({file("/a", "text")});
  const layer::Segment segment = copied(layer, {{"/a", "/x"}, {"/a", "/y"}});
  EXPECT_EQ(shown(segment.list), (Lines{"file 644 0:0 /x", "hard link 644 0:0 /y -> x"}));
}

TEST_F(CopySegmentTest, SourceIsFoundThroughLinksAndALinkItselfIsCopiedAsOne) {
  const StoredLayer layer = make_layer(
      {link("/bin", "usr/bin"), file("/usr/bin/tool", "t"), link("/usr/bin/alias", "tool")});
  const layer::Segment segment = copied(layer, {{"/bin/tool", "/tool"}, {"/bin/alias", "/alias"}});
  EXPECT_EQ(shown(segment.list), (Lines{"symlink 777 0:0 /alias -> tool", "file 644 0:0 /tool"}));
}

TEST_F(CopySegmentTest, TargetGoesThroughTheLinksOfAMergedUsr) {
  const StoredLayer layer = make_layer({file("/tool", "t")});
  const layer::Segment segment =
      copied(layer, {{"/tool", "/bin/tool"}}, debian::MergedUsr::for_architecture("amd64"));
  EXPECT_EQ(shown(segment.list), (Lines{"file 644 0:0 /usr/bin/tool"}));
}

TEST_F(CopySegmentTest, PathThatTheImageLacksIsRefused) {
  const StoredLayer layer = make_layer({file("/a", "")});
  EXPECT_EQ(message_of([&] {
              copied(layer, {{"/usr/bin/none", "/x"}});
            }),
            "stamp: error: cannot copy '/usr/bin/none' from recipe 'tools': there is no such path "
            "in its image\n");
}

}  // namespace
}  // namespace stamp::build
