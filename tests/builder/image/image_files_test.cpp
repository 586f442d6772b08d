#include "builder/image/image_files.h"

#include "tests/builder/builder_fixture.h"

namespace stamp::build {
namespace {

class ImageFilesTest : public BuilderTest {
 protected:
  ImageFiles image(const std::vector<const StoredLayer*>& layers) { return {layers, store_}; }
  /// The path at which `text` is found; "nothing" when it is not.
  static std::string found(const ImageFiles& files, std::string_view text) {
    const layer::Entry* entry = files.find(path(text));
    return entry == nullptr ? "nothing" : entry->path.absolute();
  }
};

TEST_F(ImageFilesTest, LaterLayersWin) {
  const StoredLayer below = make_layer({file("/etc/x", "old"), file("/etc/y", "stays")});
  const StoredLayer above = make_layer({file("/etc/x", "new", 0600)}, &below);
  const ImageFiles files = image({&below, &above});
  EXPECT_EQ(files.read(path("/etc/x"), 100), "new");
  EXPECT_EQ(files.find(path("/etc/x"))->mode, 0600U);
  EXPECT_EQ(files.read(path("/etc/y"), 100), "stays");
}

TEST_F(ImageFilesTest, FollowsLinksInsideTheImage) {
  const StoredLayer layer = make_layer(
      {link("/bin", "usr/bin"), file("/usr/bin/tool", "t"), link("/usr/bin/same", "tool"),
       link("/usr/bin/up", "../../../etc/conf"), file("/etc/conf", "c"), link("/opt", "/usr/bin")});
  const ImageFiles files = image({&layer});
  EXPECT_EQ(found(files, "/bin/tool"), "/usr/bin/tool");
  EXPECT_EQ(found(files, "/opt/tool"), "/usr/bin/tool");
  EXPECT_EQ(found(files, "/bin/same"), "/usr/bin/same");
  EXPECT_EQ(files.resolve(path("/bin/same"))->path, path("/usr/bin/tool"));
  EXPECT_EQ(files.read(path("/bin/up"), 100), "c");
  EXPECT_EQ(found(files, "/bin/none"), "nothing");
}

TEST_F(ImageFilesTest, GivesUpOnLinksInACircle) {
  const StoredLayer layer = make_layer({link("/a", "b"), link("/b", "a")});
  const ImageFiles files = image({&layer});
  EXPECT_EQ(files.resolve(path("/a")), nullptr);
  EXPECT_EQ(found(files, "/a/x"), "nothing");
  EXPECT_EQ(found(files, "/a"), "/a");
}

TEST_F(ImageFilesTest, WhiteoutRemovesWhatLiesBelow) {
  const StoredLayer below = make_layer({file("/opt/app/a", "a"), file("/opt/apple", "b")});
  const StoredLayer above = make_layer({whiteout("/opt/app")}, &below);
  const ImageFiles files = image({&below, &above});
  EXPECT_EQ(found(files, "/opt/app"), "nothing");
  EXPECT_EQ(found(files, "/opt/app/a"), "nothing");
  EXPECT_EQ(found(files, "/opt/apple"), "/opt/apple");
}

TEST_F(ImageFilesTest, WhiteoutLeavesWhatItsOwnLayerPutsThere) {
  const StoredLayer below = make_layer({file("/opt/app/old", "")});
  const StoredLayer above = make_layer({whiteout("/opt/app"), file("/opt/app/new", "")}, &below);
  const ImageFiles files = image({&below, &above});
  EXPECT_EQ(found(files, "/opt/app/old"), "nothing");
  EXPECT_EQ(found(files, "/opt/app/new"), "/opt/app/new");
}

TEST_F(ImageFilesTest, OpaqueFolderHidesAllBelowItButItself) {
  const StoredLayer below = make_layer(
      {file("/data/deep/er/x", "x"), file("/data/y", "y"), folder("/data", 0700), file("/z", "z")});
  // No recipe makes such a marker: it comes with base images. Its list is all that counts here.
  StoredLayer above = make_layer({file("/data/new", "n")}, &below);
  layer::SegmentList list = store_.list(above.pieces[1].segment);
  layer::ListedEntry marker;
  marker.entry.path = path("/data/.wh..wh..opq");
  list.entries.insert(list.entries.begin(), marker);
  above.pieces[1].segment.list = cache_.put(list.serialize());
  const ImageFiles files = image({&below, &above});
  std::vector<std::string> paths;
  for (const auto& [at, entry] : files.entries()) paths.push_back(at.absolute());
  EXPECT_EQ(paths, (std::vector<std::string>{"/data", "/data/new", "/z"}));
  EXPECT_EQ(files.find(path("/data"))->mode, 0700U);
}

TEST_F(ImageFilesTest, HardLinkIsTheFileThatItLeadsTo) {
  const StoredLayer layer = make_layer({file("/a", "text", 0755), hard_link("/b", "a")});
  const ImageFiles files = image({&layer});
  EXPECT_EQ(shown(*files.find(path("/b"))), "file 755 0:0 /b");
  EXPECT_EQ(files.read(path("/b"), 100), "text");
}

TEST_F(ImageFilesTest, HardLinkOutlivesTheNameThatItWasMadeFrom) {
  const StoredLayer below = make_layer({file("/a", "text"), hard_link("/b", "a")});
  const StoredLayer above = make_layer({whiteout("/a")}, &below);
  const ImageFiles files = image({&below, &above});
  EXPECT_EQ(found(files, "/a"), "nothing");
  EXPECT_EQ(files.read(path("/b"), 100), "text");
}

TEST_F(ImageFilesTest, FileTakesThePlaceOfAFolderWithAllBelowIt) {
  const StoredLayer below = make_layer({file("/opt/x/y", "")});
  const StoredLayer above = make_layer({file("/opt/x", "now a file")}, &below);
  const ImageFiles files = image({&below, &above});
  EXPECT_EQ(found(files, "/opt/x/y"), "nothing");
  EXPECT_EQ(files.read(path("/opt/x"), 100), "now a file");
}

TEST_F(ImageFilesTest, TreeIsAFolderAndAllBelowItInByteOrder) {
  const StoredLayer layer =
      make_layer({file("/a-b", ""), file("/a/x", ""), file("/a/b/c", ""), file("/ab", "")});
  const ImageFiles files = image({&layer});
  std::vector<std::string> paths;
  for (const layer::Entry* entry : files.tree(path("/a"))) paths.push_back(entry->path.absolute());
  EXPECT_EQ(paths, (std::vector<std::string>{"/a", "/a/b", "/a/b/c", "/a/x"}));
}

TEST_F(ImageFilesTest, VisitReadsSeveralFilesOfSeveralLayers) {
  const StoredLayer below = make_layer({file("/a", "1"), file("/b", "2"), hard_link("/c", "b")});
  const StoredLayer above = make_layer({file("/d", "4")}, &below);
  const ImageFiles files = image({&below, &above});
  std::string text;
  files.visit({path("/d"), path("/c"), path("/b"), path("/a")},
              [&](const layer::Entry& entry, Source& content) {
                text += entry.path.str() + read_all(content, 10, "it") + " ";
              });
  EXPECT_EQ(text, "d4 a1 c2 b2 ");
}

TEST_F(ImageFilesTest, ReadingWhatIsNoFileIsRefused) {
  const StoredLayer layer = make_layer({folder("/etc")});
  const ImageFiles files = image({&layer});
  EXPECT_EQ(message_of([&] { files.read(path("/etc"), 10); }),
            "stamp: error: cannot read '/etc' of the image: no such file\n");
}

}  // namespace
}  // namespace stamp::build
