#include "oci/unnamed_blob.h"

#include <fstream>

#include "base/temp_file.h"
#include "oci/layout.h"
#include "tests/expect_error.h"

namespace stamp::oci {
namespace {

class UnnamedBlobTest : public testing::Test {
 protected:
  std::filesystem::path folder() const { return temp_.path() / "deep/out"; }
  std::filesystem::path blob(std::string_view text) const {
    return folder() / "blobs/sha256" / Digest::of(text).hex();
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::recursive_directory_iterator(temp_.path()),
                      std::filesystem::recursive_directory_iterator()));
  }
  TempDir temp_;
};

TEST_F(UnnamedBlobTest, IsSeenByNobodyUntilTheLayoutTakesIt) {
  const std::string text = std::string(5U << 20U, 'a') + "end";
  const std::unique_ptr<UnnamedBlob> early = UnnamedBlob::make(folder());
  if (!early) GTEST_SKIP() << "this file system has no files without a name";
  early->write(as_bytes(text));
  EXPECT_EQ(entries(), 0U);
  LayoutWriter writer(folder());
  EXPECT_TRUE(writer.put(Digest::of(text), *early));
  EXPECT_TRUE(writer.contains(Digest::of(text), text.size()));
  EXPECT_EQ(read_file(blob(text)), text);
}

TEST_F(UnnamedBlobTest, HasTheModeOfAnOrdinaryNewFile) {
  const std::unique_ptr<UnnamedBlob> early = UnnamedBlob::make(folder());
  if (!early) GTEST_SKIP() << "this file system has no files without a name";
  early->write(as_bytes("x"));
  LayoutWriter writer(folder());
  ASSERT_TRUE(writer.put(Digest::of("x"), *early));
  writer.put(Digest::of("y"), "y");
  EXPECT_EQ(std::filesystem::status(blob("x")).permissions(),
            std::filesystem::status(blob("y")).permissions());
}

TEST_F(UnnamedBlobTest, LeavesNothingWhenItIsNotTaken) {
  if (const std::unique_ptr<UnnamedBlob> early = UnnamedBlob::make(folder())) {
    early->write(as_bytes(std::string(5U << 20U, 'a')));
  }
  EXPECT_EQ(entries(), 0U);
}

TEST_F(UnnamedBlobTest, DoesNotReplaceWhatIsThere) {
  const std::unique_ptr<UnnamedBlob> early = UnnamedBlob::make(folder());
  if (!early) GTEST_SKIP() << "this file system has no files without a name";
  early->write(as_bytes("x"));
  std::filesystem::create_directories(folder() / "blobs/sha256");
  std::ofstream(blob("x")) << "of another size";
  LayoutWriter writer(folder());
  EXPECT_FALSE(writer.put(Digest::of("x"), *early));
  EXPECT_EQ(read_file(blob("x")), "of another size");
}

TEST_F(UnnamedBlobTest, IsNotMadeWhereNoFileCanBe) {
  EXPECT_EQ(UnnamedBlob::make("/proc/nothing/here"), nullptr);
}

}  // namespace
}  // namespace stamp::oci
