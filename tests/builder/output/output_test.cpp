#include "builder/output/output.h"

#include <array>
#include <filesystem>

#include "base/fd.h"
#include "oci/document.h"
#include "oci/layout.h"
#include "tests/builder/builder_fixture.h"
#include "tests/builder/finished_image_fixture.h"
#include "tests/builder/recipe_fixture.h"

namespace stamp::build {
namespace {

TEST(OutputSpec, KnowsItsThreeForms) {
  const OutputSpec layout = OutputSpec::parse("oci:out/{name}:1.0");
  EXPECT_EQ(layout.kind, OutputSpec::Kind::layout);
  EXPECT_EQ(layout.path, "out/{name}");
  EXPECT_EQ(layout.tag, "1.0");
  EXPECT_EQ(layout.for_recipe("app").path, "out/app");
  EXPECT_EQ(OutputSpec::parse("oci:a:b/c").path, "a:b/c");
  EXPECT_EQ(OutputSpec::parse("oci:a:b/c").tag, "latest");
  EXPECT_EQ(OutputSpec::parse("oci:all:{name}").for_recipe("app").tag, "app");
  EXPECT_EQ(OutputSpec::parse("oci-archive:x.tar").kind, OutputSpec::Kind::oci_archive);
  EXPECT_EQ(OutputSpec::parse("docker-archive:x:y.tar").path, "x:y.tar");
}

TEST(OutputSpec, OtherFormsAreRefused) {
  for (const std::string text : {"", "out", "oci:", "docker://x", "oci-archive:"}) {
    EXPECT_EQ(message_of([&] { OutputSpec::parse(text); }),
              "stamp: error: cannot write '" + text +
                  "': an output is oci:DIR[:TAG], oci-archive:FILE or docker-archive:FILE\n");
  }
  EXPECT_EQ(message_of([] { OutputSpec::parse("oci:x:.bad"); }),
            "stamp: error: cannot write 'oci:x:.bad': '.bad' is not a tag\n");
}

class OutputTest : public FinishedImageTest {
 protected:
  OutputSpec to(std::string_view kind, std::string_view name) {
    return OutputSpec::parse(fmt::format("{}:{}/{}", kind, temp().string(), name));
  }

  EarlyLayers early_;
};

TEST_F(OutputTest, LayoutHoldsTheIndexAndAllBelowIt) {
  const FinishedImage both = image({"linux/amd64", "linux/arm64"});
  const OutputSpec output = to("oci", "layout:1.0");
  EXPECT_FALSE(has_layers(output, both.images[0]));
  write_output(output, both, early_, cache_);
  EXPECT_TRUE(has_layers(output, both.images[0]));
  const oci::LayoutReader reader(output.path);
  EXPECT_EQ(reader.find("1.0").digest, both.top.digest);
  const oci::Index index = oci::Index::parse(reader.read(reader.find("1.0")));
  ASSERT_EQ(index.manifests.size(), 2U);
  EXPECT_EQ(index.manifests[1].platform->str(), "linux/arm64");
  const oci::Manifest manifest = oci::Manifest::parse(reader.read(index.manifests[1]));
  const std::unique_ptr<Source> blob = reader.open(manifest.layers[0]);
  EXPECT_EQ(Digest::of(read_all(*blob, 1U << 20U, "it")), layer_.digest);
}

TEST_F(OutputTest, LayoutThatIsThereIsNotWrittenAgainAndNeedsNoLayer) {
  const FinishedImage one = image({"linux/amd64"});
  const OutputSpec output = to("oci", "layout");
  write_output(output, one, early_, cache_);
  const std::filesystem::path blob = output.path / "blobs/sha256" / layer_.digest.hex();
  const auto before = std::filesystem::last_write_time(blob);
  TempDir other;
  cache::Cache empty(other.path() / "cache", clock_);
  write_output(output, one, early_, empty);
  EXPECT_EQ(std::filesystem::last_write_time(blob), before);
}

TEST_F(OutputTest, SeveralImagesShareALayoutUnderTheirTags) {
  const FinishedImage one = image({"linux/amd64"});
  const FinishedImage other = image({"linux/arm64"});
  write_output(to("oci", "layout:one"), one, early_, cache_);
  write_output(to("oci", "layout:other"), other, early_, cache_);
  const oci::LayoutReader reader(temp() / "layout");
  EXPECT_EQ(reader.find("one").digest, one.top.digest);
  EXPECT_EQ(reader.find("other").digest, other.top.digest);
}

TEST_F(OutputTest, OciArchiveHasTheSameBytesEachTime) {
  const FinishedImage both = image({"linux/amd64", "linux/arm64"});
  write_output(to("oci-archive", "deep/one.tar"), both, early_, cache_);
  write_output(to("oci-archive", "two.tar"), both, early_, cache_);
  EXPECT_EQ(read_file(temp() / "deep/one.tar"), read_file(temp() / "two.tar"));
}

TEST_F(OutputTest, DockerArchiveNamesTheRepository) {
  FinishedImage one = image({"linux/amd64"});
  one.repository = "registry.example/home/app";
  write_output(to("docker-archive", "x.tar"), one, early_, cache_);
  EXPECT_NE(read_file(temp() / "x.tar").find("\"registry.example/home/app:latest\""),
            std::string::npos);
}

TEST_F(OutputTest, DockerArchiveOfTwoPlatformsIsRefusedAndNothingIsLeft) {
  const FinishedImage both = image({"linux/amd64", "linux/arm64"});
  const OutputSpec output = to("docker-archive", "x.tar");
  EXPECT_EQ(
      message_of([&] { write_output(output, both, early_, cache_); }),
      fmt::format("stamp: error: cannot write '{0}': a docker archive holds one platform, and "
                  "'app' is built for 2\n"
                  "  while writing 'app' to {0}\n"
                  "  try: --platform linux/amd64\n",
                  output.text));
  EXPECT_FALSE(std::filesystem::exists(output.path));
}

TEST_F(OutputTest, FolderThatIsNoLayoutIsLeftAlone) {
  write("folder/precious", "text");
  const FinishedImage one = image({"linux/amd64"});
  EXPECT_EQ(kind_of([&] { write_output(to("oci", "folder"), one, early_, cache_); }),
            ErrorKind::invalid);
  EXPECT_EQ(read_file(temp() / "folder/precious"), "text");
  EXPECT_FALSE(std::filesystem::exists(temp() / "folder/blobs"));
}

TEST_F(OutputTest, ImageIsFoundAgainByItsKey) {
  const FinishedImage one = image({"linux/amd64"});
  const std::array<Digest, 2> keys = {Digest::of(std::string_view("linux/arm64")),
                                      Digest::of(std::string_view("linux/amd64"))};
  const std::vector<std::optional<StoredImage>> both = find_images(keys, cache_);
  ASSERT_EQ(both.size(), 2U);
  EXPECT_FALSE(both[0]);
  const std::optional<StoredImage>& found = both[1];
  ASSERT_TRUE(found);
  EXPECT_EQ(found->manifest, one.images[0].manifest);
  EXPECT_EQ(found->config, one.images[0].config);
  EXPECT_EQ(found->manifest_text, one.images[0].manifest_text);
  EXPECT_EQ(found->layers[0].descriptor, one.images[0].layers[0].descriptor);
  EXPECT_EQ(found->layers[0].diff_id, layer_.diff_id);
}

}  // namespace
}  // namespace stamp::build
