// A whole build of a workspace whose packages tests made up and that lie in a folder.

#include "builder/build.h"

#include <algorithm>

#include "oci/layout.h"
#include "oci/manifest.h"
#include "tests/builder/build_fixture.h"

namespace stamp::build {
namespace {

FakePackage app_package() {
  FakePackage package;
  package.files = {folder("/"), folder("/bin"), file("/bin/app", "program", 0755)};
  return package;
}

TEST_F(BuildTest, SecondBuildRunsNothingAndGivesTheSame) {
  add("one", "layers: [{packages: {install: [app], scripts: skip}}, {files: {/x: {text: y}}}]\n",
      {publish(app_package())});
  const BuildReport first = run({});
  const BuildReport second = run({});
  EXPECT_EQ(first.steps_run, 5U);  // two segments, two layers, an image
  EXPECT_EQ(second.steps_run, 0U);
  EXPECT_EQ(second.steps_reused, 1U);
  ASSERT_EQ(second.images.size(), 1U);
  EXPECT_EQ(second.images[0].digest, first.images[0].digest);
  EXPECT_TRUE(second.images[0].platforms[0].layers[0].reused);
  EXPECT_FALSE(first.images[0].platforms[0].layers[0].reused);
}

TEST_F(BuildTest, ResultGoesIntoTheLockTheFirstTime) {
  add("one", "layers: [{files: {/x: {text: y}}}]\n", {});
  const BuildReport report = run({});
  const workspace::Lock lock =
      workspace::parse_lock("stamp.lock", read_file(workspace_.recipes[0].lock_path()));
  ASSERT_TRUE(lock.result);
  EXPECT_EQ(lock.result->digest, report.images[0].digest);
}

TEST_F(BuildTest, LockedBuildWritesNoLock) {
  add("one", "layers: [{files: {/x: {text: y}}}]\n", {});
  const std::string before = read_file(workspace_.recipes[0].lock_path());
  run({.locks = LockPolicy::locked});
  EXPECT_EQ(read_file(workspace_.recipes[0].lock_path()), before);
}

TEST_F(BuildTest, WritesALayoutThatHoldsWhatThePackagesShip) {
  add("one", "layers: [{packages: {install: [app], scripts: skip}}]\n", {publish(app_package())});
  run({.outputs = {OutputSpec::parse(fmt::format("oci:{}/out", temp().string()))}});
  const oci::LayoutReader reader(temp() / "out");
  const oci::Index index = oci::Index::parse(reader.read(reader.find("")));
  const oci::Manifest manifest = oci::Manifest::parse(reader.read(index.manifests[0]));
  const std::unique_ptr<Source> blob = reader.open(manifest.layers[0]);
  layer::TarReader tar(*blob, "the layer");
  Lines lines;
  while (const std::optional<layer::Entry> entry = tar.next()) lines.push_back(shown(*entry));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "file 755 0:0 /usr/bin/app"), 1);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "symlink 777 0:0 /bin -> usr/bin"), 1);
}

TEST_F(BuildTest, UnconfiguredPackagesAreNamedOnce) {
  FakePackage package = app_package();
  package.members = {{"postinst", "#!/bin/sh\n"}};
  FakePackage other;
  other.name = "other";
  other.members = package.members;
  add("base", "layers: [{packages: {install: [app], scripts: skip}}]\n", {publish(package)});
  add("top", "from: {recipe: base}\nlayers: [{packages: {install: [other], scripts: skip}}]\n",
      {publish(other)});
  const BuildReport report = run({});
  EXPECT_EQ(report.images[0].platforms[0].unconfigured, (Lines{"app"}));
  EXPECT_EQ(report.images[1].platforms[0].unconfigured, (Lines{"app", "other"}));
}

TEST_F(BuildTest, FileOfTheMirrorWithOtherBytesIsRefusedAfterAllPlaces) {
  add("one", "layers: [{packages: {install: [app], scripts: skip}}]\n", {publish(app_package())});
  FakePackage evil = app_package();
  evil.files[2] = file("/bin/app", "evildoe", 0755);
  write("mirror/pool/app.deb", deb_of(evil));
  settings_.mirrors[0].places.push_back(fmt::format("file://{}/other", temp().string()));
  EXPECT_EQ(kind_of([&] { run({}); }), ErrorKind::network);
  write("other/pool/app.deb", deb_of(app_package()));
  EXPECT_EQ(run({}).images.size(), 1U);
}

TEST_F(BuildTest, TwoRecipesToOnePlaceAreRefused) {
  add("one", "layers: [{files: {/x: {text: y}}}]\n", {});
  add("two", "layers: [{files: {/x: {text: z}}}]\n", {});
  const BuildRequest request = {.outputs = {OutputSpec::parse("oci:out")}};
  EXPECT_EQ(message_of([&] { run(request); }),
            "stamp: error: cannot write both 'one' and 'two' to oci:out\n"
            "  try: put {name} into the output, which stands for the recipe's name\n");
}

TEST_F(BuildTest, PlatformThatARecipeIsNotBuiltForIsRefused) {
  add("one", "platforms: [linux/amd64, linux/arm64]\nlayers: [{files: {/x: {text: y}}}]\n", {},
      {"linux/amd64", "linux/arm64"});
  const BuildRequest request = {.platforms = {oci::Platform::parse("linux/s390x")}};
  EXPECT_EQ(message_of([&] { run(request); }),
            "stamp: error: cannot build 'one' for linux/s390x: it is built for linux/amd64, "
            "linux/arm64\n");
}

TEST_F(BuildTest, OnlyWhatWasAskedForIsReported) {
  add("base", "layers: [{files: {/x: {text: y}}}]\n", {});
  add("top", "from: {recipe: base}\nlayers: [{files: {/y: {text: z}}}]\n", {});
  const BuildReport report = run({.recipes = {"top"}});
  ASSERT_EQ(report.images.size(), 1U);
  EXPECT_EQ(report.images[0].name, "top");
  EXPECT_EQ(report.images[0].platforms[0].layers.size(), 2U);
}

TEST_F(BuildTest, BaseLayoutIsTakenByteForByte) {
  add("one", "layers: [{files: {/tmp: {directory: true, mode: \"1777\"}}}]\n", {});
  const BuildReport base =
      run({.recipes = {"one"},
           .outputs = {OutputSpec::parse(fmt::format("oci:{}/two/base", temp().string()))}});
  const std::string text = "from: {layout: base}\nlayers: [{files: {/tmp/x: {text: y}}}]\n";
  add("two", text, {});
  workspace::Recipe& recipe = workspace_.recipes.back();
  workspace::Lock lock = workspace::parse_lock("stamp.lock", read_file(recipe.lock_path()));
  lock.platforms["linux/amd64"].bases = {{"layout:base", base.images[0].platforms[0].digest}};
  replace_file(recipe.lock_path(), workspace::serialize(lock));
  const BuildReport report = run({.recipes = {"two"}});
  const std::vector<ReportedLayer>& layers = report.images[0].platforms[0].layers;
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0].digest, base.images[0].platforms[0].layers[0].digest);
  const std::optional<StoredLayer> above = LayerStore(cache_).find_by_digest(layers[1].digest);
  ASSERT_TRUE(above);
  EXPECT_EQ(entries_of(*above), (Lines{"directory 1777 0:0 /tmp", "file 644 0:0 /tmp/x"}));
}

}  // namespace
}  // namespace stamp::build
