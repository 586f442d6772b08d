// Images on images of registries.

#include <algorithm>

#include <gtest/gtest.h>

#include "builder/output/output.h"
#include "builder/output/publish.h"
#include "oci/config.h"
#include "oci/manifest.h"
#include "tests/builder/base_registry.h"
#include "tests/builder/build_fixture.h"

namespace stamp::build {
namespace {

class OnBaseImage : public BuildTest {
 protected:
  /// Puts an image of these layers as home/base:1.
  void publish_base(const std::vector<std::string>& layers, Types types = Types::oci) {
    layers_ = layers;
    base_ = registry_.put_image("home/base", "linux/amd64", layers, types);
    index_ = registry_.put_index("home/base", "1", {base_}, types);
  }
  /// Adds a recipe on it, locked.
  void add_on_base(const std::string& name, const std::string& text) {
    add(name, "from: {image: \"" + registry_.name("home/base:1") + "\"}\n" + text, {});
    const workspace::Recipe& recipe = workspace_.recipes.back();
    cache::Cache other(temp() / "other-cache", clock_);
    RegistryBases bases(*client_.client, other, progress_);
    workspace::Lock lock = locks_.at(name);
    lock.platforms["linux/amd64"].bases = {
        bases.resolve(recipe, recipe.from.image).at("linux/amd64")};
    replace_file(recipe.lock_path(), workspace::serialize(lock));
    locks_[name] = lock;
    registry_.requests();
  }
  /// Builds and returns the image.
  FinishedImage build_image(const std::string& name, BuildRequest request = {}) {
    FinishedImage image;
    request.recipes = {name};
    request.deliver = [&](const FinishedImage& made) { image = made; };
    run(request);
    return image;
  }
  Lines layer_requests() {
    Lines lines;
    for (const std::string& request : registry_.requests()) {
      for (const std::string& layer : layers_) {
        if (request.find(Digest::of(layer).str()) != std::string::npos) lines.push_back(request);
      }
    }
    return lines;
  }
  /// The entries of an image's top layer.
  Lines top_layer(const FinishedImage& image) {
    const ImageLayer& layer = image.images.at(0).layers.back();
    return entries_of(LayerStore(cache_).find_by_digest(layer.descriptor.digest).value());
  }

  BaseRegistry registry_;
  std::vector<std::string> layers_;
  oci::Descriptor base_;
  Digest index_;
};

TEST_F(OnBaseImage, ConfigurationAloneNeedsNoLayer) {
  publish_base({base_tar({file("/a", "1")}), base_tar({file("/b", "2")})});
  add_on_base("app", "config: {user: me, env: {BASE: no}}\n");
  const FinishedImage image = build_image("app");
  EXPECT_EQ(layer_requests(), Lines{});
  EXPECT_EQ(image.bases.size(), 2U);
  const oci::Manifest manifest = oci::Manifest::parse(image.images[0].manifest_text);
  ASSERT_EQ(manifest.layers.size(), 2U);
  EXPECT_EQ(manifest.layers[0].digest, Digest::of(layers_[0]));
  EXPECT_EQ(manifest.layers[1].size, layers_[1].size());
  const oci::ImageConfig config = oci::ImageConfig::parse(image.images[0].config_text);
  EXPECT_EQ(config.config.user, "me");
  EXPECT_EQ(config.config.env, (Lines{"PATH=/bin", "BASE=no"}));
  EXPECT_EQ(config.config.cmd, Lines{"sh"});
  EXPECT_EQ(config.config.other.count("Healthcheck"), 1U);
  EXPECT_EQ(config.diff_ids[1], Digest::of(unpacked(layers_[1])));
}

TEST_F(OnBaseImage, ItsLayersHistoryAndMediaTypesStay) {
  publish_base({base_tar({folder("/etc", 0711), file("/etc/a", "1")})}, Types::docker);
  add_on_base("app", "layers: [{files: {/etc/b: {text: x}}}]\n");
  const FinishedImage image = build_image("app");
  const oci::Manifest manifest = oci::Manifest::parse(image.images[0].manifest_text);
  ASSERT_EQ(manifest.layers.size(), 2U);
  EXPECT_EQ(manifest.layers[0].media_type, oci::kMediaTypeDockerLayerGzip);
  EXPECT_EQ(manifest.layers[0].digest, Digest::of(layers_[0]));
  EXPECT_EQ(manifest.media_type, oci::kMediaTypeManifest);
  const oci::ImageConfig config = oci::ImageConfig::parse(image.images[0].config_text);
  ASSERT_EQ(config.history.size(), 3U);
  EXPECT_EQ(config.history[0].created_by, "base");
  EXPECT_TRUE(config.history[1].empty_layer);
  EXPECT_EQ(config.history[2].created_by, "stamp: files");
  // The folder is what the base has, although the recipe does not name it.
  EXPECT_EQ(top_layer(image), (Lines{"directory 711 0:0 /etc", "file 644 0:0 /etc/b"}));
}

// The same blobs under OCI's and Docker's names are two bases.
TEST_F(OnBaseImage, MediaTypesArePartOfWhatAnImageFollowsFrom) {
  publish_base({base_tar({file("/a", "1")})});
  add_on_base("one", "");
  const FinishedImage one = build_image("one");
  publish_base(layers_, Types::docker);
  add_on_base("two", "");
  const FinishedImage two = build_image("two");
  EXPECT_EQ(one.images[0].config_text, two.images[0].config_text);
  EXPECT_EQ(oci::Manifest::parse(two.images[0].manifest_text).layers[0].media_type,
            oci::kMediaTypeDockerLayerGzip);
}

TEST_F(OnBaseImage, AnnotationsNameTheBase) {
  publish_base({base_tar({file("/a", "1")})});
  add_on_base("app", "annotations: {a: b}\n");
  const FinishedImage image = build_image("app");
  const std::string name = "org.opencontainers.image.base.name";
  const std::string digest = "org.opencontainers.image.base.digest";
  EXPECT_EQ(oci::Manifest::parse(image.images[0].manifest_text).annotations,
            (oci::Annotations{
                {"a", "b"}, {digest, base_.digest.str()}, {name, registry_.name("home/base:1")}}));
  EXPECT_EQ(oci::Index::parse(image.index_text).annotations,
            (oci::Annotations{
                {"a", "b"}, {digest, index_.str()}, {name, registry_.name("home/base:1")}}));
  add_on_base("own", "annotations: {" + name + ": mine}\n");
  EXPECT_EQ(oci::Manifest::parse(build_image("own").images[0].manifest_text).annotations.at(name),
            "mine");
}

TEST_F(OnBaseImage, FilesLieOnWhatItsLayersMakeTogether) {
  publish_base({base_tar({folder("/etc"), folder("/etc/old", 0700), file("/etc/old/x", "1"),
                          folder("/opt", 0711), file("/opt/gone", "1"), link("/bin", "usr/bin"),
                          folder("/usr"), folder("/usr/bin", 0751)}),
                base_tar({file("/etc/.wh.old", ""), file("/opt/.wh..wh..opq", "")})});
  add_on_base("app",
              "layers: [{files: {/etc/old/y: {text: x}, /opt/z: {text: x}, "
              "/usr/bin/t: {text: x}}}]\n");
  // What a whiteout took away does not lend its mode.
  EXPECT_EQ(top_layer(build_image("app")),
            (Lines{"directory 755 0:0 /etc", "directory 755 0:0 /etc/old", "directory 711 0:0 /opt",
                   "directory 755 0:0 /usr", "directory 751 0:0 /usr/bin",
                   "file 644 0:0 /etc/old/y", "file 644 0:0 /opt/z", "file 644 0:0 /usr/bin/t"}));
  const Lines pulled = layer_requests();
  EXPECT_EQ(pulled.size(), 2U);
  add_on_base("link", "layers: [{files: {/bin/t: {text: x}}}]\n");
  EXPECT_NE(message_of([&] {
              build_image("link");
            }).find("cannot write '/bin/t': '/bin' is a link to 'usr/bin' in a layer below"),
            std::string::npos);
}

TEST_F(OnBaseImage, AccountsAreAddedToItsOwn) {
  publish_base({base_tar({folder("/etc"), file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
                          file("/etc/group", "root:x:0:\n")}),
                base_tar({folder("/etc"), file("/etc/passwd",
                                               "root:x:0:0:root:/root:/bin/sh\n"
                                               "www:x:33:33::/:/bin/false\n")})});
  add_on_base("app", "accounts: {users: [{name: me, uid: 1000}]}\n");
  const FinishedImage image = build_image("app");
  const StoredLayer top =
      LayerStore(cache_).find_by_digest(image.images[0].layers.back().descriptor.digest).value();
  EXPECT_NE(tar_of(top).find("root:x:0:0:root:/root:/bin/sh\n"
                             "www:x:33:33::/:/bin/false\n"
                             "me:x:1000:1000::/nonexistent:/usr/sbin/nologin\n"),
            std::string::npos);
}

TEST_F(OnBaseImage, OtherRecipesCopyFromItAndBuildOnIt) {
  publish_base({base_tar({folder("/etc"), file("/etc/a", "content of a", 0640)})});
  add_on_base("base", "");
  add("copies", "layers: [{copy: {from: {recipe: base}, paths: {/etc/a: /x}}}]\n", {});
  EXPECT_EQ(top_layer(build_image("copies")), Lines{"file 640 0:0 /x"});
  add("top", "from: {recipe: base}\nlayers: [{files: {/y: {text: y}}}]\n", {});
  const FinishedImage top = build_image("top");
  EXPECT_EQ(top.images[0].layers.size(), 2U);
  EXPECT_EQ(top.bases.size(), 1U);
  // It is not itself on the image in the registry.
  EXPECT_TRUE(oci::Manifest::parse(top.images[0].manifest_text).annotations.empty());
}

TEST_F(OnBaseImage, WhatAnUpperLayerOfItSaysOfAFolderCounts) {
  publish_base({base_tar({folder("/a", 0700), file("/a/x", "1"), file("/b", "a file")}),
                base_tar({folder("/a", 0711, 7), folder("/b", 0701), file("/b/y", "2")})});
  add_on_base("base", "");
  add("copies", "layers: [{copy: {from: {recipe: base}, paths: {/a: /a, /b: /b}}}]\n", {});
  EXPECT_EQ(top_layer(build_image("copies")), (Lines{"directory 711 7:7 /a", "directory 701 0:0 /b",
                                                     "file 644 0:0 /a/x", "file 644 0:0 /b/y"}));
}

TEST_F(OnBaseImage, AnOutputPullsItsLayers) {
  publish_base({base_tar({file("/a", "1")})}, Types::docker);
  add_on_base("app", "config: {user: me}\n");
  build_image("app");
  EXPECT_EQ(layer_requests(), Lines{});
  const OutputSpec output = OutputSpec::parse(fmt::format("oci:{}/out", temp().string()));
  const FinishedImage image = build_image("app", {.outputs = {output}});
  EXPECT_EQ(layer_requests().size(), 1U);
  EXPECT_EQ(read_file(temp() / "out/blobs/sha256" / Digest::of(layers_[0]).hex()), layers_[0]);
}

TEST_F(OnBaseImage, WhatIsInTheCacheNeedsNoRegistry) {
  publish_base({base_tar({file("/a", "1")})});
  add_on_base("app", "layers: [{files: {/b: {text: x}}}]\n");
  const FinishedImage first = build_image("app");
  registry_.fake.add({.times = 0, .instead = fakes::reply_with(503)});
  registry_.requests();
  EXPECT_EQ(build_image("app").top.digest, first.top.digest);
  EXPECT_EQ(registry_.requests(), Lines{});
}

TEST_F(OnBaseImage, OnlyThePlatformsThatAreBuiltAreRead) {
  const std::string layer = base_tar({file("/a", "1")});
  const oci::Descriptor amd64 = registry_.put_image("home/base", "linux/amd64", {layer});
  const oci::Descriptor arm64 = registry_.put_image("home/base", "linux/arm64", {layer});
  registry_.put_index("home/base", "1", {amd64, arm64});
  add("app",
      "from: {image: \"" + registry_.name("home/base:1") +
          "\"}\nplatforms: [linux/amd64, linux/arm64]\n",
      {}, {"linux/amd64", "linux/arm64"});
  const workspace::Recipe& recipe = workspace_.recipes.back();
  cache::Cache other(temp() / "other-cache", clock_);
  workspace::Lock lock = locks_.at("app");
  RegistryBases bases(*client_.client, other, progress_);
  for (const auto& [platform, base] : bases.resolve(recipe, recipe.from.image)) {
    lock.platforms[platform].bases = {base};
  }
  replace_file(recipe.lock_path(), workspace::serialize(lock));
  registry_.requests();
  run({.platforms = {oci::Platform::parse("linux/arm64")}});
  const Lines requests = registry_.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0], "GET /v2/home/base/manifests/" + arm64.digest.str());
}

TEST_F(OnBaseImage, ALayerWithAnotherDiffIdIsRefused) {
  const std::string layer = base_tar({file("/a", "1")});
  publish_base({layer});
  // The config of the image tells of another tar.
  const oci::Manifest manifest = oci::Manifest::parse(
      registry_.fake.repository("home/base").manifests.at(base_.digest.str()).body);
  std::string config =
      registry_.fake.repository("home/base").blobs.at(manifest.config.digest.str());
  const std::string right = Digest::of(unpacked(layer)).hex();
  config.replace(config.find(right), 64, Digest().hex());
  oci::Manifest wrong = manifest;
  wrong.config.digest = Digest::parse(registry_.fake.put_blob("home/base", config));
  wrong.config.size = config.size();
  registry_.fake.put_manifest("home/base", "1", {wrong.media_type, wrong.serialize()});
  add_on_base("app", "layers: [{files: {/b: {text: x}}}]\n");
  EXPECT_EQ(message_of([&] { build_image("app"); }),
            "stamp: error: layer " + Digest::of(layer).brief() + " of the base image has diff_id " +
                Digest::of(unpacked(layer)).brief() + ", not " + Digest().brief() +
                "\n  in:  " + registry_.name("home/base:1@") + Digest::of(wrong.serialize()).str() +
                "\n  while putting together app (linux/amd64) base layer " +
                Digest::of(layer).brief() + "\n");
}

TEST_F(OnBaseImage, ALayerThatIsGoneIsSaidWithWhatToDo) {
  publish_base({base_tar({file("/a", "1")})});
  add_on_base("app", "layers: [{files: {/b: {text: x}}}]\n");
  registry_.fake.add({.path = "/blobs/" + Digest::of(layers_[0]).str(),
                      .times = 0,
                      .instead = fakes::reply_with(404)});
  const std::string name = registry_.name("home/base:1@") + index_.str();
  EXPECT_EQ(message_of([&] { build_image("app"); }),
            "stamp: error: cannot pull the base image '" + name + "': blob " +
                Digest::of(layers_[0]).str() + " is gone\n  in:  tried " +
                registry_.name("home/base") + "\n  while pulling a layer of the base image '" +
                name +
                "'\n  try: stamp lock --update, which takes what '1' names now; or publish the "
                "image again\n");
}

class PublishOnBaseImage : public OnBaseImage {
 protected:
  Published publish(const FinishedImage& image, const std::string& host,
                    const std::string& repository) {
    registry_.requests();
    return Publisher(*client_.client, cache_, progress_)
        .publish(image, {.host = host, .repository = repository}, {"latest"});
  }
  void expect_whole(fakes::FakeRegistry& registry, const std::string& repository) {
    const fakes::StoredRepository stored = registry.repository(repository);
    for (const std::string& layer : layers_) {
      EXPECT_EQ(stored.blobs.at(Digest::of(layer).str()), layer);
    }
    EXPECT_EQ(stored.tags.size(), 2U);
  }
};

TEST_F(PublishOnBaseImage, LayersOfTheSameRegistryAreMountedAndNeverPulled) {
  publish_base({base_tar({file("/a", "1")}), base_tar({file("/b", "2")})});
  add_on_base("app", "config: {user: me}\n");
  const Published published = publish(build_image("app"), registry_.fake.host(), "home/app");
  EXPECT_EQ(published.mounted, layers_[0].size() + layers_[1].size());
  for (const std::string& request : layer_requests()) {
    EXPECT_FALSE(request.starts_with("GET ")) << request;
  }
  expect_whole(registry_.fake, "home/app");
}

TEST_F(PublishOnBaseImage, ItsOwnRepositoryNeedsNoMount) {
  publish_base({base_tar({file("/a", "1")})});
  add_on_base("app", "config: {user: me}\n");
  const Published published = publish(build_image("app"), registry_.fake.host(), "home/base");
  EXPECT_EQ(published.mounted, 0U);
  for (const std::string& request : layer_requests()) {
    EXPECT_TRUE(request.starts_with("HEAD ")) << request;
  }
}

TEST_F(PublishOnBaseImage, LayersThatWereReadAreMountedToo) {
  publish_base({base_tar({file("/a", "1")})});
  add_on_base("app", "layers: [{files: {/b: {text: x}}}]\n");
  const Published published = publish(build_image("app"), registry_.fake.host(), "home/app");
  EXPECT_EQ(published.mounted, layers_[0].size());
}

TEST_F(PublishOnBaseImage, AnotherRegistryGetsThemFromTheFirst) {
  publish_base({base_tar({file("/a", std::string(100'000, 'a'))})});
  add_on_base("app", "config: {user: me}\n");
  fakes::FakeRegistry other;
  const Published published = publish(build_image("app"), other.host(), "home/app");
  EXPECT_GE(published.sent, layers_[0].size());
  EXPECT_EQ(published.mounted, 0U);
  EXPECT_EQ(layer_requests(), Lines{"GET /v2/home/base/blobs/" + Digest::of(layers_[0]).str()});
  expect_whole(other, "home/app");
  // What is there is not pulled to find that out.
  const Published again = publish(build_image("app"), other.host(), "home/app");
  EXPECT_TRUE(again.unchanged);
}

TEST_F(PublishOnBaseImage, ALayerThatIsThereIsNotPulled) {
  publish_base({base_tar({file("/a", "1")})});
  add_on_base("app", "config: {user: me}\n");
  fakes::FakeRegistry other;
  other.put_blob("home/app", layers_[0]);
  publish(build_image("app"), other.host(), "home/app");
  EXPECT_EQ(layer_requests(), Lines{});
  expect_whole(other, "home/app");
}

TEST_F(PublishOnBaseImage, ARegistryThatDoesNotMountGetsThemSent) {
  registry_.fake.add(
      {.method = "POST", .path = "mount=", .times = 0, .instead = fakes::reply_with(405)});
  publish_base({base_tar({file("/a", "1")})});
  add_on_base("app", "config: {user: me}\n");
  const Published published = publish(build_image("app"), registry_.fake.host(), "home/app");
  EXPECT_EQ(published.mounted, 0U);
  expect_whole(registry_.fake, "home/app");
  EXPECT_EQ(registry_.fake.open_uploads(), 0U);
}

// Nothing is pulled from a registry while something is being sent to it: that might wait for ever.
TEST_F(PublishOnBaseImage, ARegistryMayTakeOneRequestAtATime) {
  registry_.fake.add(
      {.method = "POST", .path = "mount=", .times = 0, .instead = fakes::reply_with(405)});
  publish_base({base_tar({file("/a", "1")}), base_tar({file("/b", "2")})});
  add_on_base("app", "config: {user: me}\n");
  const registry::ClientFixture slow({.hosts = {{registry_.fake.host(), {.concurrency = 1}}}});
  Publisher(*slow.client, cache_, progress_)
      .publish(build_image("app"), {.host = registry_.fake.host(), .repository = "home/app"},
               {"latest"});
  expect_whole(registry_.fake, "home/app");
}

TEST_F(PublishOnBaseImage, AMountThatOpensAnUploadLeavesNone) {
  BaseRegistry unmounting({.mounts = false});
  const std::string layer = base_tar({file("/a", "1")});
  const oci::Descriptor image = unmounting.put_image("home/base", "linux/amd64", {layer});
  unmounting.put_index("home/base", "1", {image});
  add("app", "from: {image: \"" + unmounting.name("home/base:1") + "\"}\n", {});
  const workspace::Recipe& recipe = workspace_.recipes.back();
  RegistryBases bases(*client_.client, cache_, progress_);
  workspace::Lock lock = locks_.at("app");
  lock.platforms["linux/amd64"].bases = {
      bases.resolve(recipe, recipe.from.image).at("linux/amd64")};
  replace_file(recipe.lock_path(), workspace::serialize(lock));
  layers_ = {layer};
  publish(build_image("app"), unmounting.fake.host(), "home/app");
  expect_whole(unmounting.fake, "home/app");
  EXPECT_EQ(unmounting.fake.open_uploads(), 0U);
}

}  // namespace
}  // namespace stamp::build
