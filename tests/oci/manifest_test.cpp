#include "oci/manifest.h"

#include "oci/document.h"
#include "tests/expect_error.h"

namespace stamp::oci {
namespace {

constexpr std::string_view kGolden =
    R"({"annotations":{"org.opencontainers.image.title":"x"},"config":{"digest":"sha256:)"
    R"(44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","mediaType":)"
    R"("application/vnd.oci.image.config.v1+json","size":2},"layers":[{"digest":"sha256:)"
    R"(e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","mediaType":)"
    R"("application/vnd.oci.image.layer.v1.tar+zstd","size":0}],"mediaType":)"
    R"("application/vnd.oci.image.manifest.v1+json","schemaVersion":2})";

Manifest example() {
  Manifest manifest;
  manifest.config = {
      .media_type = std::string(kMediaTypeConfig), .digest = Digest::of("{}"), .size = 2};
  manifest.layers.push_back(
      {.media_type = std::string(kMediaTypeLayerZstd), .digest = Digest::of(""), .size = 0});
  manifest.annotations["org.opencontainers.image.title"] = "x";
  return manifest;
}

std::string message_for(std::string_view text) {
  return message_of([&] { Manifest::parse(text); });
}

TEST(Manifest, SerializesToTheseBytes) {
  EXPECT_EQ(example().serialize(), kGolden);
}

TEST(Manifest, ParsesWhatItSerialized) {
  EXPECT_EQ(Manifest::parse(kGolden), example());
}

TEST(Manifest, KeepsArtifactTypeAndSubject) {
  Manifest manifest = example();
  manifest.artifact_type = "application/vnd.example+type";
  manifest.subject = Descriptor{
      .media_type = std::string(kMediaTypeManifest), .digest = Digest::of("y"), .size = 1};
  EXPECT_EQ(Manifest::parse(manifest.serialize()), manifest);
}

// image-spec 1.1 manifest.md, "Image Manifest Property Descriptions"
TEST(Manifest, PropertySchemaVersionMustBe2) {
  EXPECT_EQ(message_for("{}"),
            "stamp: error: cannot read the manifest: 'schemaVersion' is missing\n");
  EXPECT_EQ(message_for(R"({"schemaVersion":1})"),
            "stamp: error: cannot read the manifest: schemaVersion: only version 2 is known\n");
  EXPECT_NE(message_for(R"({"schemaVersion":2.5})"), "");
}

TEST(Manifest, PropertyMediaTypeMustBeAManifests) {
  EXPECT_EQ(
      message_for(R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json"})"),
      "stamp: error: cannot read the manifest: mediaType: "
      "'application/vnd.oci.image.index.v1+json' is not the type of a manifest\n");
}

TEST(Manifest, PropertyMediaTypeMayBeAbsent) {
  std::string text(kGolden);
  const std::string member = R"("mediaType":"application/vnd.oci.image.manifest.v1+json",)";
  text.erase(text.find(member), member.size());
  EXPECT_EQ(Manifest::parse(text).media_type, kMediaTypeManifest);
}

TEST(Manifest, PropertyConfigAndLayersAreRequired) {
  EXPECT_EQ(message_for(R"({"schemaVersion":2})"),
            "stamp: error: cannot read the manifest: 'config' is missing\n");
  EXPECT_EQ(message_for(R"({"schemaVersion":2,"config":null})"),
            "stamp: error: cannot read the manifest: 'config' is missing\n");
  EXPECT_EQ(message_for(R"({"schemaVersion":2,"config":[]})"),
            "stamp: error: cannot read the manifest: config: it must be an object\n");
}

// image-spec 1.1 manifest.md: implementations MUST NOT fail on unknown media types of layers
TEST(Manifest, UnknownLayerTypesAreKept) {
  Manifest manifest = example();
  manifest.layers[0].media_type = "application/vnd.example.layer";
  EXPECT_EQ(Manifest::parse(manifest.serialize()), manifest);
}

TEST(Manifest, PathOfAnOffendingLayerIsNamed) {
  std::string text(kGolden);
  text.replace(text.find("\"size\":0"), 8, "\"size\":-7");
  EXPECT_EQ(message_for(text),
            "stamp: error: cannot read the manifest: layers[0].size: -7 is not a size in bytes\n");
}

// CVE-2021-41190: one text that is a manifest to one reader and an index to another
TEST(Manifest, RefusesMembersOfAnIndex) {
  for (const char* name : {"manifests", "fsLayers"}) {
    std::string text(kGolden);
    text.insert(1, std::string("\"") + name + "\":[],");
    EXPECT_EQ(message_for(text), std::string("stamp: error: cannot read the manifest: ") + name +
                                     ": a manifest has none\n");
  }
}

TEST(Manifest, RefusesDuplicateKeys) {
  std::string text(kGolden);
  text.insert(text.find("\"size\":0"), "\"size\":1,");
  EXPECT_EQ(message_for(text),
            "stamp: error: not valid JSON: duplicate key 'size' in 'layers[0]'\n"
            "  while reading the manifest\n");
}

TEST(Manifest, RefusesWhatIsNoJsonObject) {
  EXPECT_EQ(message_for("<html>"),
            "stamp: error: not valid JSON: error at byte 1\n  while reading the manifest\n");
  EXPECT_EQ(message_for("[]"), "stamp: error: cannot read the manifest: it must be an object\n");
}

TEST(Manifest, RefusesMoreThan4MiB) {
  EXPECT_EQ(message_for(std::string((4U << 20U) + 1, ' ')),
            "stamp: error: cannot read the manifest: it has 4194305 bytes, more than 4194304\n");
}

TEST(Document, KeepsTheExactBytes) {
  const std::string text = " " + std::string(kGolden) + "\n";
  const auto document = Document<Manifest>::parse(text);
  EXPECT_EQ(document.text(), text);
  EXPECT_EQ(document.digest(), Digest::of(text));
  EXPECT_EQ(document.size(), text.size());
  EXPECT_EQ(document.descriptor(kMediaTypeManifest),
            (Descriptor{.media_type = std::string(kMediaTypeManifest),
                        .digest = Digest::of(text),
                        .size = text.size()}));
}

TEST(Document, RefusesAnotherTypeThanAnnounced) {
  EXPECT_EQ(
      message_of([] { Document<Manifest>::parse(std::string(kGolden), kMediaTypeDockerManifest); }),
      "stamp: error: cannot read '" + Digest::of(kGolden).brief() +
          "': mediaType: it is 'application/vnd.oci.image.manifest.v1+json' but was "
          "announced as 'application/vnd.docker.distribution.manifest.v2+json'\n");
}

}  // namespace
}  // namespace stamp::oci
