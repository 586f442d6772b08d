#include "builder/inputs/registry_bases.h"

#include "builder/lock/lock_summary.h"
#include "tests/builder/base_registry.h"
#include "tests/builder/recipe_fixture.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

class RegistryBasesTest : public BuilderTest {
 protected:
  /// A recipe on an image, for both platforms or those named.
  workspace::Recipe on(const std::string& image,
                       const std::string& platforms = "linux/amd64, linux/arm64") {
    return recipe_of(
        "name: app\nfrom: {image: \"" + image + "\"}\nplatforms: [" + platforms + "]\n", temp());
  }
  std::map<std::string, workspace::LockedBase> resolve(const workspace::Recipe& recipe) {
    return bases_.resolve(recipe, recipe.from.image);
  }
  std::string refused(const workspace::Recipe& recipe) {
    return message_of([&] { resolve(recipe); });
  }
  /// An image for both platforms as home/base:1; its index's digest.
  Digest put_both(Types types = Types::oci) {
    amd64_ = registry_.put_image("home/base", "linux/amd64", {layer_}, types);
    arm64_ = registry_.put_image("home/base", "linux/arm64", {layer_}, types);
    return registry_.put_index("home/base", "1", {amd64_, arm64_}, types);
  }

  BaseRegistry registry_;
  registry::ClientFixture fixture_;
  SilentProgress progress_;
  RegistryBases bases_{*fixture_.client, cache_, progress_};
  std::string layer_ = base_tar({folder("/etc"), file("/etc/base", "base\n")});
  oci::Descriptor amd64_;
  oci::Descriptor arm64_;
};

TEST_F(RegistryBasesTest, ATagIsLockedWithTheDigestsOfItsPlatforms) {
  for (const Types types : {Types::oci, Types::docker}) {
    const Digest index = put_both(types);
    const auto locked = resolve(on(registry_.name("home/base:1")));
    ASSERT_EQ(locked.size(), 2U);
    const workspace::LockedBase& base = locked.at("linux/arm64");
    EXPECT_EQ(base.reference, "image:" + registry_.name("home/base:1@") + index.str());
    EXPECT_EQ(base.digest, arm64_.digest);
    EXPECT_EQ(base.created, 1794272523);  // 2026-11-10T01:02:03Z
    EXPECT_EQ(locked.at("linux/amd64").digest, amd64_.digest);
  }
}

TEST_F(RegistryBasesTest, LayersAreNotPulledForALock) {
  put_both();
  resolve(on(registry_.name("home/base:1")));
  const Lines requests = registry_.requests();
  ASSERT_EQ(requests.size(), 5U);
  EXPECT_EQ(requests[0], "GET /v2/home/base/manifests/1");
  EXPECT_EQ(requests[1], "GET /v2/home/base/manifests/" + amd64_.digest.str());
  for (const std::string& request : requests) {
    EXPECT_EQ(request.find(Digest::of(layer_).str()), std::string::npos) << request;
  }
}

TEST_F(RegistryBasesTest, ADigestCountsWhateverTheTagSays) {
  const Digest before = put_both();
  layer_ = base_tar({file("/newer", "newer")});
  ASSERT_NE(put_both(), before);
  const std::string pinned = registry_.name("home/base:1@") + before.str();
  EXPECT_EQ(resolve(on(pinned)).at("linux/amd64").reference, "image:" + pinned);
}

TEST_F(RegistryBasesTest, AnImageWithoutIndexIsForThePlatformOfItsConfig) {
  const oci::Descriptor one =
      registry_.put_image("home/one", "linux/arm64", {layer_}, Types::docker, "1");
  const std::string name = registry_.name("home/one:1");
  const auto locked = resolve(on(name, "linux/arm64"));
  EXPECT_EQ(locked.at("linux/arm64").reference, "image:" + name + "@" + one.digest.str());
  EXPECT_EQ(locked.at("linux/arm64").digest, one.digest);
  EXPECT_EQ(refused(on(name)), "stamp: error: app/recipe.yaml:2:15: '" + name +
                                   "' is for linux/arm64, not for linux/amd64\n"
                                   "  from: {image: \"" +
                                   name +
                                   "\"}\n                ^\n  while asking for the base image '" +
                                   name + "'\n");
}

TEST_F(RegistryBasesTest, AnIndexThatLacksAPlatformIsRefused) {
  oci::Descriptor attestation = registry_.put_image("home/base", "linux/amd64", {});
  attestation.platform = oci::Platform{"unknown", "unknown", ""};
  const Digest index =
      registry_.put_index("home/base", "1",
                          {registry_.put_image("home/base", "linux/s390x", {layer_}), attestation,
                           registry_.put_image("home/base", "linux/amd64", {layer_})});
  const std::string name = registry_.name("home/base:1");
  EXPECT_EQ(refused(on(name, "linux/amd64, linux/arm64, linux/arm/v7")),
            "stamp: error: app/recipe.yaml:2:15: '" + name + "@" + index.str() +
                "' is not for linux/arm64, linux/arm/v7: it is for linux/s390x, linux/amd64\n"
                "  from: {image: \"" +
                name + "\"}\n                ^\n  while asking for the base image '" + name +
                "'\n");
}

TEST_F(RegistryBasesTest, AnImageThatIsNotThereIsRefused) {
  const std::string name = registry_.name("home/none:1");
  EXPECT_EQ(refused(on(name)), "stamp: error: app/recipe.yaml:2:15: " + registry_.fake.host() +
                                   " has no image '" + name + "'\n  from: {image: \"" + name +
                                   "\"}\n                ^\n  while asking for the base image '" +
                                   name + "'\n");
}

TEST_F(RegistryBasesTest, WhatIsNoImageForContainersIsRefused) {
  oci::Manifest artifact;
  artifact.config.media_type = oci::kMediaTypeEmpty;
  artifact.config.digest = Digest::of(std::string_view("{}"));
  artifact.config.size = 2;
  registry_.fake.put_manifest("home/x", "1", {artifact.media_type, artifact.serialize()});
  const oci::Reference name = on(registry_.name("home/x:1")).from.image;
  EXPECT_EQ(refused(on(name.str())), "stamp: error: cannot build on '" + name.str() + "@" +
                                         Digest::of(artifact.serialize()).str() +
                                         "': it is no image for containers but of type "
                                         "'application/vnd.oci.empty.v1+json'\n"
                                         "  while asking for the base image '" +
                                         name.str() + "'\n");
}

TEST_F(RegistryBasesTest, ARegistryThatRefusesIsSaidWithWhatToDo) {
  BaseRegistry closed({.user = "me", .password = "secret"});
  const std::string name = closed.name("home/base:1");
  const workspace::Recipe recipe = on(name);
  EXPECT_EQ(kind_of([&] { resolve(recipe); }), ErrorKind::denied);
  const std::string message = refused(recipe);
  EXPECT_NE(message.find("  while asking for the base image '" + name + "'\n"), std::string::npos)
      << message;
  EXPECT_NE(message.find("  try: stamp login " + closed.fake.host()), std::string::npos) << message;
}

TEST_F(RegistryBasesTest, OtherBytesThanTheDigestSaysAreRefused) {
  const Digest index = put_both();
  registry_.fake.add({.method = "GET",
                      .path = "/manifests/sha256:",
                      .times = 0,
                      .change = [](fakes::HttpReply& reply) { reply.body.back() = ' '; }});
  const workspace::Recipe recipe = on(registry_.name("home/base:1@") + index.str());
  EXPECT_EQ(kind_of([&] { resolve(recipe); }), ErrorKind::corrupt);
  registry_.fake.clear_rules();
  registry_.fake.add(
      {.method = "GET", .path = "/blobs/", .times = 0, .change = [](fakes::HttpReply& reply) {
         reply.body.back() = ' ';
       }});
  EXPECT_EQ(kind_of([&] { resolve(recipe); }), ErrorKind::corrupt);
  registry_.fake.clear_rules();
  EXPECT_EQ(resolve(recipe).size(), 2U);
}

TEST_F(RegistryBasesTest, AnAnswerThatIsCutShortIsAskedForAgain) {
  put_both();
  registry_.fake.add({.method = "GET", .path = "/manifests/", .change = fakes::cut_after(20)});
  registry_.fake.add({.method = "GET", .path = "/blobs/", .change = fakes::cut_after(20)});
  EXPECT_EQ(resolve(on(registry_.name("home/base:1"))).size(), 2U);
}

TEST_F(RegistryBasesTest, WhatWasReadOnceNeedsNoRegistry) {
  put_both(Types::docker);
  const workspace::Recipe recipe = on(registry_.name("home/base:1"));
  const workspace::LockedBase locked = resolve(recipe).at("linux/amd64");
  registry_.requests();
  const BaseImage image = bases_.read(recipe, locked, oci::Platform::parse("linux/amd64"));
  EXPECT_EQ(image.manifest, amd64_.digest);
  EXPECT_EQ(image.config.config.cmd, (std::vector<std::string>{"sh"}));
  ASSERT_EQ(image.layers.size(), 1U);
  EXPECT_TRUE(image.layers[0].is_remote());
  EXPECT_EQ(image.layers[0].descriptor.media_type, oci::kMediaTypeDockerLayerGzip);
  EXPECT_EQ(image.layers[0].diff_id, Digest::of(unpacked(layer_)));
  EXPECT_EQ(registry_.requests(), Lines{});
  static_cast<void>(bases_.pull_layer(image.layers[0]));
  EXPECT_EQ(registry_.requests(), Lines{"GET /v2/home/base/blobs/" + Digest::of(layer_).str()});
  const cache::Blob blob = bases_.pull_layer(image.layers[0]);
  EXPECT_EQ(cache_.read(blob), layer_);
  EXPECT_EQ(registry_.requests(), Lines{});
}

TEST_F(RegistryBasesTest, AnImageThatIsGoneIsSaidWithPlacesAndWhatToDo) {
  const Digest index = put_both();
  const workspace::Recipe recipe = on(registry_.name("home/base:1"));
  workspace::LockedBase locked = resolve(recipe).at("linux/amd64");
  locked.digest = Digest::of(std::string_view("gone"));
  const std::string name = registry_.name("home/base:1@") + index.str();
  EXPECT_EQ(message_of([&] { bases_.read(recipe, locked, oci::Platform::parse("linux/amd64")); }),
            "stamp: error: cannot pull the base image '" + name + "': manifest " +
                locked.digest.str() + " is gone\n  in:  tried " + registry_.name("home/base") +
                "\n  while reading the base image '" + name +
                "' for linux/amd64\n"
                "  try: stamp lock --update, which takes what '1' names now; or publish the image "
                "again\n");
}

TEST_F(RegistryBasesTest, ARegistryThatCannotBeReachedIsSaidWithWhatToDo) {
  put_both();
  const workspace::Recipe recipe = on(registry_.name("home/base:1"));
  workspace::LockedBase locked = resolve(recipe).at("linux/amd64");
  locked.digest = Digest::of(std::string_view("not here"));
  registry_.fake.add({.times = 0, .instead = fakes::reply_with(503)});
  const std::string message =
      message_of([&] { bases_.read(recipe, locked, oci::Platform::parse("linux/amd64")); });
  EXPECT_NE(message.find("  try: reach " + registry_.fake.host() +
                         " once: what came from it stays in the cache\n"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("  while reading the base image '" + registry_.name("home/base:1@")),
            std::string::npos)
      << message;
}

TEST_F(RegistryBasesTest, ALayerWithOtherBytesIsNotKept) {
  put_both();
  const workspace::Recipe recipe = on(registry_.name("home/base:1"));
  const workspace::LockedBase locked = resolve(recipe).at("linux/amd64");
  const BaseImage image = bases_.read(recipe, locked, oci::Platform::parse("linux/amd64"));
  registry_.fake.add(
      {.method = "GET", .path = "/blobs/", .times = 0, .change = [](fakes::HttpReply& reply) {
         reply.body.back() = 'x';
       }});
  EXPECT_EQ(kind_of([&] { bases_.pull_layer(image.layers[0]); }), ErrorKind::corrupt);
  EXPECT_FALSE(cache_.find_blob(image.layers[0].descriptor.digest));
}

}  // namespace
}  // namespace stamp::build
