#include "pin/doctor.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/pin/registry_fixture.h"

namespace stamp::pin {
namespace {

const std::vector<oci::Platform> kBoth = {oci::Platform::parse("linux/amd64"),
                                          oci::Platform::parse("linux/arm64")};

/// Texts of the parts that an image lacks.
std::vector<std::string> texts(const std::vector<MissingPart>& missing) {
  std::vector<std::string> all;
  for (const MissingPart& part : missing) all.push_back(part.str());
  return all;
}

struct Doctor : ::testing::Test {
  std::vector<ExaminedImage> look(const std::vector<PinnedReference>& pinned) {
    Examination examination;
    examination.platforms = platforms;
    examination.defaults = kBoth;
    examination.own = own;
    examination.threads = threads;
    return examine(pinned, examination, *registry.client.client);
  }
  ExaminedImage look_at(const oci::Reference& reference) {
    const std::vector<ExaminedImage> images = look({{reference, {"a.yaml", 3}}});
    return images.empty() ? ExaminedImage() : images.front();
  }
  /// An image of the workspace in `repository`.
  OwnImage& add_own(const std::string& recipe, const std::string& repository) {
    OwnImage image;
    image.recipe = recipe;
    image.repository = registry.at(repository);
    image.platforms = kBoth;
    image.lock = recipe + "/stamp.lock";
    own.push_back(image);
    return own.back();
  }
  registry::Repository repository(const std::string& name) {
    return registry.client.at(registry.fake.host(), name);
  }

  RegistryFixture registry;
  std::vector<oci::Platform> platforms;
  std::vector<OwnImage> own;
  std::size_t threads = 8;
};

TEST_F(Doctor, AWholeImageLacksNothing) {
  const Digest digest = registry.put_both("home/app", "one", "v1");
  const ExaminedImage image = look_at(registry.at("home/app", "v1", digest));
  EXPECT_TRUE(image.missing.empty());
  EXPECT_TRUE(image.warnings.empty());
  EXPECT_FALSE(image.unknown);
  EXPECT_EQ(image.restore, "");
}

TEST_F(Doctor, EachDigestIsLookedForOnceWithAllItsPlaces) {
  const Digest digest = registry.put_both("home/app", "one", "v1");
  const oci::Reference reference = registry.at("home/app", "", digest);
  const auto images = look({{reference, {"b.yaml", 3}},
                            {registry.at("home/app", "v1", digest), {"a.yaml", 7}},
                            {reference, {"b.yaml", 3}},
                            {registry.at("home/app", "v1"), {"c.yaml", 1}}});
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(images[0].image, registry.at("home/app", "v1", digest));
  EXPECT_EQ(images[0].places, (std::vector<FileLine>{{"a.yaml", 7}, {"b.yaml", 3}}));
  EXPECT_EQ(registry.fake.log("/manifests/" + digest.str()).size(), 1U);
}

TEST_F(Doctor, LayersThatImagesShareAreAskedForOnce) {
  const auto amd64 = registry.put_image("home/app", "linux/amd64", {"shared", "one"});
  const auto other = registry.put_image("home/app", "linux/amd64", {"shared", "two"});
  platforms = {kBoth[0]};
  const Digest first = registry.put_index("home/app", {amd64});
  const Digest second = registry.put_index("home/app", {other});
  static_cast<void>(look({{registry.at("home/app", "", first), {"a.yaml", 1}},
                          {registry.at("home/app", "", second), {"a.yaml", 2}}}));
  EXPECT_EQ(registry.fake.log("/blobs/" + Digest::of("shared").str()).size(), 1U);
}

TEST_F(Doctor, NothingButManifestsIsPulled) {
  const Digest digest = registry.put_both("home/app", "one", "v1");
  static_cast<void>(look_at(registry.at("home/app", "v1", digest)));
  for (const std::string& request : registry.fake.log("/blobs/")) {
    EXPECT_TRUE(request.starts_with("HEAD ")) << request;
  }
}

TEST_F(Doctor, PartsThatACleanUpRemovedAreNamed) {
  const Digest digest = registry.put_both("home/app", "one", "v1");
  const Digest layer = Digest::of("one amd64");
  const auto arm64 = registry.put_image("home/app", "linux/arm64", {"one arm64"});
  static_cast<void>(repository("home/app").delete_blob(layer));
  static_cast<void>(repository("home/app").delete_manifest(arm64.digest));
  const ExaminedImage image = look_at(registry.at("home/app", "v1", digest));
  EXPECT_EQ(texts(image.missing),
            (std::vector<std::string>{"the manifest of linux/arm64 (" + arm64.digest.brief() + ")",
                                      "layer 1 of linux/amd64 (" + layer.brief() + ")"}));
  EXPECT_EQ(image.restore, "stamp pin --all --update=" + registry.fake.host() + "/home/app");
}

TEST_F(Doctor, ABlobOfAnotherSizeIsDamaged) {
  const Digest digest = registry.put_both("home/app", "one");
  const Digest layer = Digest::of("one amd64");
  registry.fake.add({.method = "HEAD",
                     .path = "/blobs/" + layer.str(),
                     .instead = fakes::reply_with(200, {}, "abc")});
  EXPECT_EQ(texts(look_at(registry.at("home/app", "", digest)).missing),
            (std::vector<std::string>{"layer 1 of linux/amd64 (" + layer.brief() +
                                      "), which has 3 bytes there"}));
}

TEST_F(Doctor, OnlyPlatformsThatNodesNeedAreLookedAt) {
  const auto amd64 = registry.put_image("home/app", "linux/amd64", {"amd64"});
  auto s390x = amd64;
  s390x.digest = Digest::of("removed");
  s390x.platform = oci::Platform::parse("linux/s390x");
  const Digest digest = registry.put_index("home/app", {amd64, s390x});
  platforms = {kBoth[0]};
  EXPECT_TRUE(look_at(registry.at("home/app", "", digest)).missing.empty());
  platforms = kBoth;
  const ExaminedImage image = look_at(registry.at("home/app", "", digest));
  EXPECT_EQ(texts(image.missing), std::vector<std::string>{"an image for linux/arm64"});
  EXPECT_EQ(image.restore, "take another image, or keep it from the nodes of that platform");
}

TEST_F(Doctor, AnImageOfTheWorkspaceNeedsThePlatformsOfItsRecipe) {
  const Digest digest =
      registry.put_index("home/app", {registry.put_image("home/app", "linux/amd64", {"amd64"})});
  add_own("app", "home/app").platforms = {kBoth[0]};
  EXPECT_TRUE(look_at(registry.at("home/app", "", digest)).missing.empty());
  platforms = kBoth;
  const ExaminedImage image = look_at(registry.at("home/app", "", digest));
  EXPECT_EQ(texts(image.missing), std::vector<std::string>{"an image for linux/arm64"});
  EXPECT_EQ(image.restore,
            "add the platform to 'app', then: stamp lock app && stamp push app && stamp pin");
}

TEST_F(Doctor, TheManifestOfOnePlatformIsAWarning) {
  const auto amd64 = registry.put_image("home/app", "linux/amd64", {"amd64"});
  const Digest index = registry.put_index("home/app", {amd64}, "v1");
  const ExaminedImage under_tag = look_at(registry.at("home/app", "v1", amd64.digest));
  EXPECT_TRUE(under_tag.missing.empty());
  EXPECT_EQ(
      under_tag.warnings,
      (std::vector<std::string>{
          "it is the manifest of one platform, and the tag v1 names an index: " + index.str()}));
  const ExaminedImage alone = look_at(registry.at("home/app", "", amd64.digest));
  EXPECT_EQ(alone.warnings,
            (std::vector<std::string>{"it is for linux/amd64 alone, and not for linux/arm64"}));
  platforms = {kBoth[0]};
  EXPECT_TRUE(look_at(registry.at("home/app", "", amd64.digest)).warnings.empty());
}

TEST_F(Doctor, AnImageThatTheLockHasIsPushedAgain) {
  const Digest gone = Digest::of("gone");
  add_own("app", "home/app").locked = {gone, Digest::of("amd64")};
  const ExaminedImage image = look_at(registry.at("home/app", "v1", gone));
  EXPECT_EQ(texts(image.missing), std::vector<std::string>{"all of it"});
  EXPECT_EQ(image.restore, "stamp push app --locked");
  EXPECT_EQ(look_at(registry.at("home/app", "v1", Digest::of("amd64"))).restore,
            "stamp push app --locked");
}

TEST_F(Doctor, AnImageOfAnotherLockIsFoundInItsHistory) {
  const Digest gone = Digest::of("gone");
  const Digest now = Digest::of("now");
  add_own("app", "home/app").locked = {now};
  EXPECT_EQ(look_at(registry.at("home/app", "v1", gone)).restore,
            "app/stamp.lock has " + now.str() +
                ": 'stamp push app --locked && stamp pin' moves to that; for the one that is "
                "pinned find its lock with 'git log -S " +
                gone.hex() + " -- app/stamp.lock', check it out and run 'stamp push app --locked'");
  own.front().locked.clear();
  EXPECT_EQ(look_at(registry.at("home/app", "v1", gone)).restore,
            "app/stamp.lock records no image: stamp push app && stamp pin");
}

TEST_F(Doctor, AnImageOfOthersIsPinnedAnew) {
  const Digest gone = Digest::of("gone");
  const std::string repin = "stamp pin --all --update=" + registry.fake.host() + "/other/app";
  EXPECT_EQ(look_at(registry.at("other/app", "", gone)).restore,
            "name a tag beside the digest, then: " + repin);
  EXPECT_EQ(look_at(registry.at("other/app", "v1", gone)).restore,
            "the tag v1 is gone, too; name another one, then: " + repin);
  const Digest now = registry.put_both("other/app", "now", "v1");
  EXPECT_EQ(look_at(registry.at("other/app", "v1", gone)).restore,
            "the tag v1 names " + now.str() + " now: " + repin);
}

TEST_F(Doctor, ARegistryThatCannotBeAskedDoesNotKeepOthersFromIt) {
  const Digest digest = registry.put_both("home/app", "one");
  RegistryFixture other;
  const Digest gone = Digest::of("gone");
  other.fake.add({.times = 0, .instead = fakes::reply_with(500)});
  const auto images = look({{other.at("a", "", gone), {"a.yaml", 1}},
                            {registry.at("home/app", "", gone), {"b.yaml", 1}},
                            {registry.at("home/app", "", digest), {"c.yaml", 1}}});
  ASSERT_EQ(images.size(), 3U);
  ASSERT_TRUE(images[0].unknown);
  EXPECT_EQ(images[0].unknown->headline(), "cannot pull manifest '" + gone.brief() + "' of " +
                                               other.fake.host() +
                                               "/a: 500 Internal Server Error (5 attempts)");
  EXPECT_TRUE(images[0].missing.empty());
  EXPECT_FALSE(images[1].missing.empty());
  EXPECT_TRUE(images[2].missing.empty());
  EXPECT_FALSE(images[2].unknown);
}

TEST_F(Doctor, ARegistryThatDoesNotAnswerIsAskedForOneImage) {
  registry.fake.add({.times = 0, .instead = fakes::reply_with(500)});
  threads = 1;
  const Digest second = Digest::of("second");
  const auto images = look({{registry.at("a", "", Digest::of("first")), {"a.yaml", 1}},
                            {registry.at("b", "", second), {"b.yaml", 1}}});
  ASSERT_EQ(images.size(), 2U);
  ASSERT_TRUE(images[1].unknown);
  EXPECT_EQ(images[1].unknown->headline(), images[0].unknown->headline());
  EXPECT_TRUE(registry.fake.log(second.str()).empty());
}

TEST_F(Doctor, ABlobThatCannotBeAskedForIsNotMissing) {
  const Digest digest = registry.put_both("home/app", "one");
  registry.fake.add(
      {.method = "HEAD", .path = "/blobs/", .times = 0, .instead = fakes::reply_with(403)});
  const ExaminedImage image = look_at(registry.at("home/app", "", digest));
  EXPECT_TRUE(image.missing.empty());
  ASSERT_TRUE(image.unknown);
  EXPECT_EQ(image.unknown->kind(), ErrorKind::denied);
}

TEST_F(Doctor, LayersOfOtherServersAreNotLookedFor) {
  oci::Manifest manifest;
  const std::string config = "{}";
  registry.fake.put_blob("home/app", config);
  manifest.config = descriptor_of(oci::kMediaTypeEmpty, config);
  manifest.layers = {
      descriptor_of("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "theirs")};
  const std::string text = manifest.serialize();
  registry.fake.put_manifest("home/app", "", {manifest.media_type, text});
  EXPECT_TRUE(look_at(registry.at("home/app", "", Digest::of(text))).missing.empty());
}

}  // namespace
}  // namespace stamp::pin
