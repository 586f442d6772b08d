#include "builder/steps/kept_contents.h"

#include "tests/builder/builder_fixture.h"

namespace stamp::build {
namespace {

class KeptContentsTest : public BuilderTest {
 protected:
  std::string read(const StoredSegment& segment, std::string_view at) {
    KeptContents contents(store_);
    std::string text = contents.read(segment, encoding_, path(at));
    contents.keep();
    return text;
  }
};

TEST_F(KeptContentsTest, AFileThatWasReadOnceIsReadWithoutItsSegment) {
  const StoredSegment segment =
      store_segment({file("/a", "first"), file("/b", ""), file("/c", "third")});
  EXPECT_EQ(read(segment, "/a"), "first");
  EXPECT_EQ(read(segment, "/b"), "");
  store_.cache().drop(segment.blob.digest);
  EXPECT_EQ(read(segment, "/a"), "first");
  EXPECT_EQ(read(segment, "/b"), "");
  EXPECT_EQ(kind_of([&] { read(segment, "/c"); }), ErrorKind::corrupt);
}

TEST_F(KeptContentsTest, LargeFilesAreNotKept) {
  const StoredSegment segment = store_segment({file("/a", std::string(70'000, 'x'))});
  EXPECT_EQ(read(segment, "/a").size(), 70'000U);
  store_.cache().drop(segment.blob.digest);
  EXPECT_EQ(kind_of([&] { read(segment, "/a"); }), ErrorKind::corrupt);
}

TEST_F(KeptContentsTest, NothingIsKeptUnlessToldTo) {
  const StoredSegment segment = store_segment({file("/a", "first")});
  EXPECT_EQ(KeptContents(store_).read(segment, encoding_, path("/a")), "first");
  store_.cache().drop(segment.blob.digest);
  EXPECT_EQ(kind_of([&] { read(segment, "/a"); }), ErrorKind::corrupt);
}

}  // namespace
}  // namespace stamp::build
