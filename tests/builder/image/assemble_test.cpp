#include "builder/image/assemble.h"

#include "layer/codec.h"
#include "tests/builder/builder_fixture.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

class AssembleTest : public BuilderTest {
 protected:
  std::string blob_of(const StoredLayer& layer) {
    return read_all(*LayerStore(cache_).open(layer), 64U << 20U, "the layer");
  }
  std::string decoded(const std::string& blob, layer::Format format) {
    StringSource bytes(blob);
    return read_all(*layer::make_decoder(format, bytes, "the layer"), 64U << 20U, "the layer");
  }
  /// A layer as packages make them: folders that are there stay as they are.
  StoredLayer package_layer(const std::vector<std::vector<PlannedEntry>>& segments,
                            const StoredLayer* below, const debian::MergedUsr& links = {}) {
    LayerPlan plan;
    plan.encoding = encoding_;
    plan.mtime = kDefaultMtime;
    plan.packages = PackageSet{"amd64", {}};
    plan.links = links;
    plan.multilib_links = {"lib32"};
    AssembleInput input;
    input.layer = &plan;
    input.below = below;
    for (const auto& entries : segments) {
      input.pieces.push_back(
          {fmt::format("piece {}", input.pieces.size() + 1), store_segment(entries)});
    }
    return assemble_layer(input, store_);
  }
};

TEST_F(AssembleTest, FoldersComeFirstParentsBeforeChildren) {
  const StoredLayer layer =
      make_layer({file("/usr/bin/x", "text"), folder("/var/tmp", 01777), file("/a", "")});
  EXPECT_EQ(entries_of(layer),
            (Lines{"directory 755 0:0 /usr", "directory 755 0:0 /usr/bin", "directory 755 0:0 /var",
                   "directory 1777 0:0 /var/tmp", "file 644 0:0 /a", "file 644 0:0 /usr/bin/x"}));
}

TEST_F(AssembleTest, BlobIsThePiecesOneAfterTheOtherInEveryCompression) {
  const std::vector<PlannedEntry> entries = {file("/usr/x", std::string(100'000, 'x'))};
  const std::string tar = tar_of(make_layer(entries));
  const struct {
    layer::Compression compression;
    layer::Format format;
  } kinds[] = {{layer::Compression::none, layer::Format::none},
               {layer::Compression::gzip, layer::Format::gzip},
               {layer::Compression::zstd, layer::Format::zstd}};
  for (const auto& kind : kinds) {
    encoding_.compression = kind.compression;
    const StoredLayer layer = make_layer(entries);
    const std::string blob = blob_of(layer);
    EXPECT_EQ(layer.digest, Digest::of(blob));
    EXPECT_EQ(layer.size, blob.size());
    EXPECT_EQ(decoded(blob, kind.format), tar);
    EXPECT_EQ(layer.diff_id, Digest::of(tar));
    EXPECT_EQ(layer.uncompressed_size, tar.size());
    EXPECT_EQ(layer.media_type, media_type_of(kind.compression));
  }
}

TEST_F(AssembleTest, EndsWithTwoBlocksOfZeros) {
  const std::string tar = tar_of(make_layer({file("/a", "")}));
  ASSERT_EQ(tar.size(), 512U + 1024U);
  EXPECT_EQ(tar.substr(512), std::string(1024, '\0'));
}

TEST_F(AssembleTest, PackagesLeaveFoldersOfTheLayersBelowAsTheyAre) {
  const StoredLayer below =
      package_layer({{folder("/tmp", 01777), folder("/opt", 0700, 5)}}, nullptr);
  const StoredLayer above = package_layer({{folder("/tmp", 0755), file("/opt/x", "")}}, &below);
  EXPECT_EQ(entries_of(above),
            (Lines{"directory 700 5:5 /opt", "directory 1777 0:0 /tmp", "file 644 0:0 /opt/x"}));
}

TEST_F(AssembleTest, FoldersThatNobodyDeclaresAreAsBelow) {
  const StoredLayer below = make_layer({folder("/tmp", 01777)});
  const StoredLayer middle = make_layer({file("/x", "")}, &below);
  const StoredLayer above = make_layer({file("/tmp/x", "")}, &middle);
  EXPECT_EQ(entries_of(above), (Lines{"directory 1777 0:0 /tmp", "file 644 0:0 /tmp/x"}));
}

TEST_F(AssembleTest, FolderThatARecipeNamesItselfIsAsTheRecipeSays) {
  const StoredLayer below = make_layer({folder("/tmp", 01777)});
  const StoredLayer above = make_layer({folder("/tmp", 0700)}, &below);
  EXPECT_EQ(entries_of(above), (Lines{"directory 700 0:0 /tmp"}));
}

TEST_F(AssembleTest, FirstPackageDecidesWhatAFolderIsLike) {
  const StoredLayer layer = package_layer(
      {{folder("/x", 0711)}, {folder("/x", 0755), folder("/y", 0700)}, {folder("/y", 0755)}},
      nullptr);
  EXPECT_EQ(entries_of(layer), (Lines{"directory 711 0:0 /x", "directory 700 0:0 /y"}));
}

TEST_F(AssembleTest, LinksOfAMergedUsrAreAmongTheFolders) {
  const StoredLayer layer = package_layer({{file("/usr/bin/x", "")}}, nullptr,
                                          debian::MergedUsr::for_architecture("arm64"));
  EXPECT_EQ(entries_of(layer),
            (Lines{"symlink 777 0:0 /bin -> usr/bin", "symlink 777 0:0 /lib -> usr/lib",
                   "symlink 777 0:0 /sbin -> usr/sbin", "directory 755 0:0 /usr",
                   "directory 755 0:0 /usr/bin", "file 644 0:0 /usr/bin/x"}));
}

TEST_F(AssembleTest, LinkOfAMultilibFolderComesWithSomethingInIt) {
  const StoredLayer layer = package_layer({{file("/usr/lib32/x", "")}}, nullptr);
  EXPECT_EQ(entries_of(layer),
            (Lines{"symlink 777 0:0 /lib32 -> usr/lib32", "directory 755 0:0 /usr",
                   "directory 755 0:0 /usr/lib32", "file 644 0:0 /usr/lib32/x"}));
}

TEST_F(AssembleTest, LinkOfAMultilibFolderComesOnce) {
  const StoredLayer below = package_layer({{file("/usr/lib32/x", "")}}, nullptr);
  const StoredLayer above = package_layer({{file("/usr/lib32/y", "")}}, &below);
  EXPECT_EQ(entries_of(above), (Lines{"directory 755 0:0 /usr", "directory 755 0:0 /usr/lib32",
                                      "file 644 0:0 /usr/lib32/y"}));
}

TEST_F(AssembleTest, FolderThatWasRemovedIsForgotten) {
  const StoredLayer below = make_layer({folder("/data", 0700, 5), folder("/data-2", 0700, 5)});
  const StoredLayer middle = make_layer({whiteout("/data")}, &below);
  const StoredLayer above = make_layer({file("/data/x", ""), file("/data-2/x", "")}, &middle);
  EXPECT_EQ(entries_of(above), (Lines{"directory 755 0:0 /data", "directory 700 5:5 /data-2",
                                      "file 644 0:0 /data-2/x", "file 644 0:0 /data/x"}));
}

TEST_F(AssembleTest, FolderThatAFileReplacedIsForgotten) {
  const StoredLayer below = make_layer({folder("/data", 0700, 5)});
  const StoredLayer middle = make_layer({file("/data", "")}, &below);
  const StoredLayer above = make_layer({whiteout("/data"), file("/y", "")}, &middle);
  const StoredLayer top = make_layer({folder("/data/sub")}, &above);
  EXPECT_EQ(entries_of(top), (Lines{"directory 755 0:0 /data", "directory 755 0:0 /data/sub"}));
}

TEST_F(AssembleTest, LinkToAFolderBelowIsNotHiddenByAFolder) {
  const StoredLayer below = make_layer({folder("/run"), folder("/var"), link("/var/run", "/run")});
  EXPECT_EQ(message_of([&] { make_layer({file("/var/run/x.pid", "")}, &below); }),
            "stamp: error: cannot write '/var/run/x.pid': '/var/run' is a link to '/run' in a "
            "layer below\n"
            "  try: name the path that the link leads to\n");
  EXPECT_EQ(message_of([&] { make_layer({whiteout("/var/run/x.pid")}, &below); }),
            "stamp: error: cannot write '/var/run/x.pid': '/var/run' is a link to '/run' in a "
            "layer below\n"
            "  try: name the path that the link leads to\n");
}

TEST_F(AssembleTest, FolderMayTakeThePlaceOfALinkThatWasRemoved) {
  const StoredLayer below =
      make_layer({folder("/run"), folder("/var"), link("/var/run", "../run")});
  const StoredLayer middle = make_layer({whiteout("/var/run")}, &below);
  const StoredLayer above = make_layer({file("/var/run/x", "")}, &middle);
  EXPECT_EQ(entries_of(above), (Lines{"directory 755 0:0 /var", "directory 755 0:0 /var/run",
                                      "file 644 0:0 /var/run/x"}));
}

TEST_F(AssembleTest, LinkToNoFolderMayBeReplacedByOne) {
  const StoredLayer below = make_layer({file("/a", ""), link("/x", "a"), link("/y", "../../up")});
  const StoredLayer above = make_layer({file("/x/f", ""), file("/y/f", "")}, &below);
  EXPECT_EQ(entries_of(above), (Lines{"directory 755 0:0 /x", "directory 755 0:0 /y",
                                      "file 644 0:0 /x/f", "file 644 0:0 /y/f"}));
}

TEST_F(AssembleTest, PathOfTwoPiecesIsRefusedWithBothNames) {
  EXPECT_EQ(message_of([&] {
              package_layer({{file("/a", "1")}, {file("/a", "2")}}, nullptr);
            }),
            "stamp: error: cannot put '/a' into a layer: piece 1 and piece 2 have it\n");
}

TEST_F(AssembleTest, DamagedPieceOfAnEarlierRunIsNoticed) {
  const StoredSegment segment = store_segment({file("/a", std::string(5000, 'x'))});
  const std::string hex = segment.blob.digest.hex();
  const std::filesystem::path place = temp() / "cache/blobs/sha256" / hex.substr(0, 2) / hex;
  std::string bytes = read_file(place);
  bytes[600] = 'y';
  std::filesystem::remove(place);
  std::ofstream(place, std::ios::binary) << bytes;
  cache::Cache later(temp() / "cache", clock_);
  EXPECT_EQ(kind_of([&] {
              hash_layer({{"files", segment}}, encoding_.compression, later);
            }),
            ErrorKind::corrupt);
}

TEST_F(AssembleTest, LayerIsFoundByItsKeyAndByItsDigest) {
  StoredLayer layer = make_layer({file("/usr/x", "text")});
  layer.unconfigured = {"bash"};
  LayerStore layers(cache_);
  const Digest key = Digest::of(std::string_view("key"));
  EXPECT_FALSE(layers.find(key));
  layers.record(key, layer);
  for (const std::optional<StoredLayer>& found :
       {layers.find(key), layers.find_by_digest(layer.digest)}) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->diff_id, layer.diff_id);
    EXPECT_EQ(found->pieces.size(), layer.pieces.size());
    EXPECT_EQ(found->unconfigured, layer.unconfigured);
    EXPECT_EQ(blob_of(*found), blob_of(layer));
    EXPECT_EQ(entries_of(*found), entries_of(layer));
  }
}

TEST(CompressionOf, ForeignTypeIsRefused) {
  EXPECT_EQ(message_of([] { compression_of("application/x"); }),
            "stamp: error: a layer of type 'application/x' cannot be read\n");
}

}  // namespace
}  // namespace stamp::build
