#include "builder/sharing/shared_result.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "oci/manifest.h"
#include "tests/builder/signing_keys.h"
#include "tests/expect_error.h"

namespace stamp::build {
namespace {

constexpr std::string_view kRecord = "vnd.stamp.step-result.record";
constexpr std::string_view kSignature = "vnd.stamp.step-result.signature";

const Digest kStep = Digest::of("step");

cache::Result result() {
  return {.outputs = {{"folders", {Digest::of("folders"), 7}},
                      {"piece", {Digest::of("piece"), 5}},
                      {"list", {Digest::of(""), 0}},
                      {"piece", {Digest::of("piece"), 5}}},
          .note = R"({"size":5})"};
}

class SharedResult : public testing::Test {
 protected:
  registry::ManifestText signed_manifest() const {
    return shared_manifest(kStep, result(), {&key_, "stamp 1.2.3"});
  }
  /// The manifest with an annotation changed.
  static registry::ManifestText with(const registry::ManifestText& manifest, std::string_view name,
                                     const std::string& value) {
    oci::Manifest parsed = oci::Manifest::parse(manifest.text);
    parsed.annotations[std::string(name)] = value;
    return {parsed.media_type, parsed.serialize()};
  }
  std::string refusal(const registry::ManifestText& manifest, const Digest& step = kStep) const {
    return message_of([&] { read_shared_manifest(manifest, step, &key_.verifying_key()); });
  }
  static std::string text(std::string_view why) {
    return "stamp: error: " + std::string(why) + "\n  while reading its manifest\n";
  }

  SigningKey key_ = first_key();
  SigningKey other_ = second_key();
};

TEST_F(SharedResult, WhatWasSignedIsRead) {
  EXPECT_EQ(read_shared_manifest(signed_manifest(), kStep, &key_.verifying_key()), result());
}

TEST_F(SharedResult, TheManifestIsAnArtifactWithTheBlobs) {
  const oci::Manifest manifest = oci::Manifest::parse(signed_manifest().text);
  EXPECT_EQ(manifest.media_type, oci::kMediaTypeManifest);
  EXPECT_EQ(manifest.artifact_type, kSharedResultType);
  EXPECT_EQ(manifest.config.media_type, oci::kMediaTypeEmpty);
  EXPECT_EQ(manifest.config.digest, Digest::of("{}"));
  ASSERT_EQ(manifest.layers.size(), 2U);  // each once, and nothing empty
  EXPECT_EQ(manifest.layers[0].digest, Digest::of("folders"));
  EXPECT_EQ(manifest.layers[1].size, 5U);
  EXPECT_EQ(manifest.annotations.at(std::string(kRecord)),
            R"({"format":1,"key":")" + kStep.str() +
                R"(","kind":"stamp-step-result","note":"{\"size\":5}","outputs":[{"digest":")" +
                Digest::of("folders").str() + R"(","name":"folders","size":7},{"digest":")" +
                Digest::of("piece").str() + R"(","name":"piece","size":5},{"digest":")" +
                Digest::of("").str() + R"(","name":"list","size":0},{"digest":")" +
                Digest::of("piece").str() +
                R"(","name":"piece","size":5}],"program":"stamp 1.2.3"})");
}

TEST_F(SharedResult, TheSignatureIsOverTheRecord) {
  const oci::Manifest manifest = oci::Manifest::parse(signed_manifest().text);
  EXPECT_TRUE(
      key_.verifying_key().verify(manifest.annotations.at(std::string(kRecord)),
                                  from_base64(manifest.annotations.at(std::string(kSignature)))));
}

TEST_F(SharedResult, ASignatureOfAnotherKeyIsRefused) {
  EXPECT_EQ(refusal(shared_manifest(kStep, result(), {&other_, "stamp 1.2.3"})),
            text("its signature is not one of the key " + signer_name(key_.verifying_key())));
}

TEST_F(SharedResult, ASignatureOverAnotherRecordIsRefused) {
  const registry::ManifestText manifest = signed_manifest();
  std::string record = oci::Manifest::parse(manifest.text).annotations.at(std::string(kRecord));
  record.replace(record.find("1.2.3"), 5, "1.2.4");
  EXPECT_EQ(refusal(with(manifest, kRecord, record)),
            text("its signature is not one of the key " + signer_name(key_.verifying_key())));
}

TEST_F(SharedResult, WithoutASignatureItIsRefused) {
  const registry::ManifestText manifest = shared_manifest(kStep, result(), {nullptr, "stamp"});
  EXPECT_EQ(refusal(manifest), text("it has no signature"));
  EXPECT_EQ(read_shared_manifest(manifest, kStep, nullptr), result());
}

TEST_F(SharedResult, ItCountsForNoOtherStep) {
  EXPECT_EQ(refusal(signed_manifest(), Digest::of("other")),
            text("it is the result of another step"));
}

TEST_F(SharedResult, AnotherTextThatTheKeySignedIsRefused) {
  for (const auto& [record, why] : std::vector<std::pair<std::string, std::string>>{
           {R"({"kind":"letter"})", "its record is of another kind"},
           {R"({"format":2,"kind":"stamp-step-result"})",
            "its record has format 2, and this program reads 1"},
           {R"({"format":1,"kind":"stamp-step-result"})",
            "cannot read the record: 'key' is missing"},
       }) {
    const registry::ManifestText manifest =
        with(with(signed_manifest(), kRecord, record), kSignature, to_base64(key_.sign(record)));
    EXPECT_EQ(refusal(manifest), text(why));
  }
}

TEST_F(SharedResult, ABlobHasOneSize) {
  const cache::Blob piece{Digest::of("piece"), 5};
  for (const cache::Blob& wrong :
       {cache::Blob{piece.digest, 4}, cache::Blob{piece.digest, 0},
        cache::Blob{Digest::of("other"), 0}, cache::Blob{Digest::of(""), 1}}) {
    const cache::Result result = {{{"a", piece}, {"b", wrong}}, "{}"};
    EXPECT_EQ(refusal(shared_manifest(kStep, result, {&key_, "stamp 1.2.3"})),
              text("it says a wrong size of its blob " + wrong.digest.str()));
  }
}

TEST_F(SharedResult, AnotherArtifactIsRefused) {
  oci::Manifest manifest = oci::Manifest::parse(signed_manifest().text);
  manifest.artifact_type = "application/vnd.example";
  EXPECT_EQ(refusal({manifest.media_type, manifest.serialize()}),
            text("it is no result of a step"));
  EXPECT_EQ(kind_of([&] {
              read_shared_manifest({manifest.media_type, "{"}, kStep, nullptr);
            }),
            ErrorKind::corrupt);
}

TEST(SharedTag, IsReadAsItIsWritten) {
  const SharedTag tag{kStep, signer_name(first_key().verifying_key())};
  EXPECT_EQ(tag.str(), "r1-" + kStep.hex() + "-" + tag.signer);
  EXPECT_EQ(tag.signer, first_key().verifying_key().fingerprint().hex().substr(0, 32));
  const std::optional<SharedTag> read = SharedTag::parse(tag.str());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->key, kStep);
  EXPECT_EQ(read->signer, tag.signer);
  EXPECT_EQ(SharedTag::parse("r1-" + kStep.hex() + "-unsigned")->signer, kUnsigned);
  EXPECT_LE(tag.str().size(), 128U);  // the most that a tag may have
}

TEST(SharedTag, OthersArePassedOver) {
  const std::string key = kStep.hex();
  const std::string signer(32, 'a');
  for (const std::string& tag :
       {std::string("latest"), std::string("r1-"), "r1-" + key, "r1-" + key + "-",
        "r1-" + key + "-me", "r2-" + key + "-" + signer, "r1-" + key + "-" + signer + "a",
        "r1-" + key.substr(1) + "g-" + signer, "r1-" + key + "_" + signer}) {
    EXPECT_FALSE(SharedTag::parse(tag)) << tag;
  }
}

}  // namespace
}  // namespace stamp::build
