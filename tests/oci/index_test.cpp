#include "oci/index.h"

#include "tests/expect_error.h"

namespace stamp::oci {
namespace {

constexpr std::string_view kGolden =
    R"({"manifests":[{"digest":"sha256:)"
    R"(44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","mediaType":)"
    R"("application/vnd.oci.image.manifest.v1+json","platform":{"architecture":"amd64",)"
    R"("os":"linux"},"size":2},{"digest":"sha256:)"
    R"(e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","mediaType":)"
    R"("application/vnd.oci.image.manifest.v1+json","platform":{"architecture":"arm",)"
    R"("os":"linux","variant":"v7"},"size":0}],"mediaType":)"
    R"("application/vnd.oci.image.index.v1+json","schemaVersion":2})";

Descriptor image(std::string_view text, std::string_view platform) {
  return {.media_type = std::string(kMediaTypeManifest),
          .digest = Digest::of(text),
          .size = text.size(),
          .platform = Platform::parse(platform)};
}

Index example() {
  Index index;
  index.manifests = {image("{}", "linux/amd64"), image("", "linux/arm/v7")};
  return index;
}

std::string message_for(std::string_view text) {
  return message_of([&] { Index::parse(text); });
}

TEST(Index, SerializesToTheseBytes) {
  EXPECT_EQ(example().serialize(), kGolden);
}

TEST(Index, ParsesWhatItSerialized) {
  EXPECT_EQ(Index::parse(kGolden), example());
}

TEST(Index, KeepsSubjectArtifactTypeAndAnnotations) {
  Index index = example();
  index.artifact_type = "application/vnd.example";
  index.subject = image("z", "linux/amd64");
  index.annotations["a"] = "b";
  EXPECT_EQ(Index::parse(index.serialize()), index);
}

// image-spec 1.1 image-index.md, "Image Index Property Descriptions"
TEST(Index, PropertyManifestsIsRequiredAndMayBeEmpty) {
  EXPECT_EQ(message_for(R"({"schemaVersion":2})"),
            "stamp: error: cannot read the index: 'manifests' is missing\n");
  EXPECT_TRUE(Index::parse(R"({"schemaVersion":2,"manifests":[]})").manifests.empty());
}

TEST(Index, PropertyMediaTypeMustBeAnIndexs) {
  EXPECT_EQ(message_for(
                R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"})"),
            "stamp: error: cannot read the index: mediaType: "
            "'application/vnd.oci.image.manifest.v1+json' is not the type of an index\n");
}

// image-spec 1.1 image-index.md: "If multiple manifests match ... the first matching entry"
TEST(Index, FindGivesTheFirstOfTwo) {
  Index index = example();
  index.manifests.push_back(image("later", "linux/amd64"));
  const Descriptor* found = index.find(Platform::parse("amd64"));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->digest, Digest::of("{}"));
}

TEST(Index, FindKnowsOtherNamesOfAPlatform) {
  const Index index =
      Index::parse(R"({"schemaVersion":2,"manifests":[{"digest":"sha256:)" + Digest::of("").hex() +
                   R"(","mediaType":"application/vnd.oci.image.manifest.v1+json","size":0,)"
                   R"("platform":{"os":"linux","architecture":"arm64","variant":"v8"}}]})");
  EXPECT_NE(index.find(Platform::parse("linux/arm64")), nullptr);
  EXPECT_EQ(index.find(Platform::parse("linux/amd64")), nullptr);
}

TEST(Index, FindLeavesOutAttestationsAndNestedIndexes) {
  Index index = example();
  index.manifests[0].media_type = kMediaTypeIndex;
  index.manifests[1].platform = Platform{"unknown", "unknown", ""};
  EXPECT_EQ(index.find(Platform::parse("amd64")), nullptr);
  EXPECT_EQ(index.find(Platform::parse("linux/arm/v7")), nullptr);
}

TEST(Index, PlatformNeedsOsAndArchitecture) {
  std::string text(kGolden);
  text.replace(text.find(R"("os":"linux")"), 12, R"("ox":"linux")");
  EXPECT_EQ(message_for(text),
            "stamp: error: cannot read the index: manifests[0].platform: 'os' is missing\n");
}

TEST(Index, RefusesMembersOfAManifest) {
  for (const char* name : {"layers", "config", "fsLayers"}) {
    EXPECT_EQ(
        message_for(std::string(R"({"schemaVersion":2,"manifests":[],")") + name + "\":[]}"),
        std::string("stamp: error: cannot read the index: ") + name + ": an index has none\n");
  }
}

TEST(Index, RefusesMoreEntriesThanTheLimit) {
  std::string text = R"({"schemaVersion":2,"manifests":[0)";
  for (std::size_t i = 0; i < Index::kMaxManifests; ++i) text += ",0";
  EXPECT_EQ(message_for(text + "]}"),
            "stamp: error: cannot read the index: manifests: it has 10001 entries, more than "
            "10000\n");
}

TEST(Index, RefusesDeepNesting) {
  EXPECT_EQ(kind_of([] { Index::parse(std::string(100'000, '[')); }), ErrorKind::invalid);
}

}  // namespace
}  // namespace stamp::oci
