#include "builder/lock/locks.h"

#include <filesystem>

#include "builder/lock/locker.h"
#include "tests/builder/builder_fixture.h"
#include "tests/builder/recipe_fixture.h"

namespace stamp::build {
namespace {

class LocksTest : public BuilderTest {
 protected:
  /// A recipe in a folder of its own, with a lock that matches it.
  workspace::Recipe recipe(const std::string& name) {
    std::filesystem::create_directories(temp() / name);
    workspace::Recipe made = recipe_of(
        fmt::format("name: {}\nlayers: [{{files: {{/x: {{text: y}}}}}}]\n", name), temp() / name);
    made.file = name + "/recipe.yaml";
    write_lock(made, lock(made));
    return made;
  }
  static workspace::Lock lock(const workspace::Recipe& recipe) {
    workspace::Lock lock = lock_of({});
    lock.releases.clear();
    lock.inputs = inputs_checksum(plain_workspace(), recipe, nullptr);
    lock.recipe = content_checksum(recipe, read_sources(recipe), {});
    return lock;
  }
  static void write_lock(const workspace::Recipe& recipe, const workspace::Lock& lock) {
    replace_file(recipe.lock_path(), workspace::serialize(lock));
  }
  static std::vector<RecipeInput> match(const std::vector<const workspace::Recipe*>& recipes,
                                        LockPolicy policy, const workspace::Workspace& workspace) {
    return match_locks(workspace, recipes, policy, [](const workspace::Recipe& asked) {
      workspace::Lock made = lock_of({});
      made.epoch = 7;
      made.recipe = Digest::of(asked.name);
      return made;
    });
  }
  static std::string refused(const workspace::Recipe& recipe,
                             const workspace::Workspace& workspace = plain_workspace()) {
    return message_of([&] { match({&recipe}, LockPolicy::locked, workspace); });
  }
  static std::string stale(std::string_view why) {
    return fmt::format(
        "stamp: error: cannot build with --locked: these locks do not match their recipes\n"
        "  app: {}\n"
        "  try: stamp lock app\n",
        why);
  }
};

TEST_F(LocksTest, LockThatMatchesIsUsedAsItIs) {
  const workspace::Recipe app = recipe("app");
  for (const LockPolicy policy : {LockPolicy::locked, LockPolicy::resolve}) {
    const std::vector<RecipeInput> inputs = match({&app}, policy, plain_workspace());
    ASSERT_EQ(inputs.size(), 1U);
    EXPECT_EQ(inputs[0].lock, lock(app));
  }
}

TEST_F(LocksTest, LockThatDoesNotMatchIsResolved) {
  const workspace::Recipe app = recipe("app");
  workspace::Lock other = lock(app);
  other.recipe = Digest();
  write_lock(app, other);
  EXPECT_EQ(match({&app}, LockPolicy::resolve, plain_workspace())[0].lock.epoch, 7);
  EXPECT_EQ(refused(app), stale("the recipe or a file of it changed"));
}

TEST_F(LocksTest, MissingLocksAreAllNamed) {
  const workspace::Recipe app = recipe("app");
  const workspace::Recipe tools = recipe("tools");
  std::filesystem::remove(app.lock_path());
  std::filesystem::remove(tools.lock_path());
  EXPECT_EQ(message_of([&] {
              match({&app, &tools}, LockPolicy::locked, plain_workspace());
            }),
            "stamp: error: cannot build with --locked: these locks do not match their recipes\n"
            "  app: there is no lock\n"
            "  tools: there is no lock\n"
            "  try: stamp lock app tools\n");
}

TEST_F(LocksTest, EncoderOfAnotherNameThanItsCompressionIsNotStale) {
  const workspace::Recipe app = recipe("app");
  workspace::Workspace workspace = plain_workspace();
  workspace.settings.compression = layer::Compression::gzip;
  workspace::Lock gzip = lock(app);
  gzip.encoder = layer::current_encoder(layer::Compression::gzip);
  write_lock(app, gzip);
  EXPECT_EQ(refused(app, workspace), "");
}

TEST_F(LocksTest, OtherCompressionAndPlatformMakeALockStale) {
  workspace::Recipe app = recipe("app");
  workspace::Workspace workspace = plain_workspace();
  workspace.settings.compression = layer::Compression::gzip;
  EXPECT_EQ(refused(app, workspace), stale("layers are to be compressed by gzip, not by none"));
  app.platforms.push_back(oci::Platform::parse("linux/arm64"));
  EXPECT_EQ(refused(app), stale("its packages, archives, platforms, sources or base changed"));
  write_lock(app, lock(app));
  EXPECT_EQ(refused(app), stale("it has no platform linux/arm64"));
}

TEST_F(LocksTest, LockThatDoesNotParseIsRefusedWithItsPlace) {
  const workspace::Recipe app = recipe("app");
  write("app/stamp.lock", "{}\n");
  const std::string message = refused(app);
  EXPECT_EQ(message.substr(0, message.find(' ', 15)), "stamp: error: app/stamp.lock:1:2:");
}

TEST_F(LocksTest, OfLocksThatDoNotParseTheFirstIsNamed) {
  std::vector<workspace::Recipe> recipes;
  for (const std::string name : {"a", "b", "c", "d", "e", "f"}) {
    recipes.push_back(recipe(name));
    if (name < "c") continue;
    write(name + "/stamp.lock", "{}\n" + std::string(name == "e" ? 5000 : 0, '\n'));
  }
  std::vector<const workspace::Recipe*> all;
  for (const workspace::Recipe& each : recipes) all.push_back(&each);
  for (int turn = 0; turn < 20; ++turn) {
    const std::string message =
        message_of([&] { match(all, LockPolicy::locked, plain_workspace()); });
    EXPECT_EQ(message.substr(0, message.find(' ', 15)), "stamp: error: c/stamp.lock:1:2:");
  }
}

TEST_F(LocksTest, LockIsStaleWhenThatOfARecipeItCopiesFromIsResolved) {
  const workspace::Recipe tools = recipe("tools");
  std::filesystem::create_directories(temp() / "app");
  workspace::Recipe app = recipe_of(
      "name: app\nlayers: [{copy: {from: {recipe: tools}, paths: {/x: /y}}}]\n", temp() / "app");
  app.file = "app/recipe.yaml";
  const workspace::Lock below = lock(tools);
  workspace::Lock locked = lock_of({});
  locked.releases.clear();
  locked.inputs = inputs_checksum(plain_workspace(), app, nullptr);
  locked.recipe =
      content_checksum(app, read_sources(app), std::vector<NeededLock>{{&tools, &below}});
  write_lock(app, locked);
  EXPECT_EQ(match({&tools, &app}, LockPolicy::resolve, plain_workspace())[1].lock, locked);

  workspace::Lock other = below;
  other.recipe = Digest();
  write_lock(tools, other);
  EXPECT_EQ(match({&tools, &app}, LockPolicy::resolve, plain_workspace())[1].lock.epoch, 7);
}

class CompareResultTest : public LocksTest {
 protected:
  /// An image over one layer of these files.
  StoredImage build(std::vector<PlannedEntry> entries, const std::string& user = "") {
    const StoredLayer layer = make_layer(std::move(entries));
    LayerStore(cache_).record(layer.digest, layer);
    ImagePlan plan;
    plan.key = layer.digest;
    plan.platform = oci::Platform::parse("linux/amd64");
    plan.config.platform = plan.platform;
    plan.config.config.user = user;
    return store_image(plan, {LayerOfImage(&layer)}, cache_);
  }
  /// What comparing says when the lock records `then`.
  std::string compared(const StoredImage& now, const StoredImage& then) {
    const workspace::Recipe app = recipe("app");
    RecipeInput input = input_of(app, lock(app));
    input.lock.result = to_locked(then.manifest, {then});
    const std::string message =
        message_of([&] { compare_result(input, {now}, encoding_, cache_); });
    place_ = app.lock_path().string();
    return message;
  }
  std::string expected(const StoredImage& now, const StoredImage& then, std::string_view why) {
    return fmt::format(
        "stamp: error: cannot build 'app': the image for linux/amd64 is {}, but its lock says {}\n"
        "  {}\n"
        "  in:  {}\n"
        "  try: run 'stamp lock --update app' to accept what is new, or use the version of stamp "
        "that wrote the lock\n",
        now.manifest.digest.str(), then.manifest.digest.str(), why, place_);
  }
  std::string place_;
};

TEST_F(CompareResultTest, SameImageIsRight) {
  const StoredImage image = build({file("/x", "1")});
  EXPECT_EQ(compared(image, image), "");
}

TEST_F(CompareResultTest, ChangedFilesAreSaidWithTheSegment) {
  const StoredImage now = build({file("/x", "1")});
  const StoredImage then = build({file("/x", "2")});
  const std::string message = compared(now, then);
  EXPECT_EQ(message,
            expected(now, then,
                     fmt::format("layer 1 of 1: its files differ (diff_id {}, before {}); other "
                                 "segments: files",
                                 now.layers[0].diff_id.brief(), then.layers[0].diff_id.brief())));
}

TEST_F(CompareResultTest, SegmentOfALayerThatThisCacheNeverMadeCannotBeNamed) {
  const StoredImage now = build({file("/x", "1")});
  StoredImage then = build({file("/x", "2")});
  then.layers[0].descriptor.digest = Digest::of(std::string_view("unknown"));
  const std::string message = compared(now, then);
  EXPECT_EQ(message,
            expected(now, then,
                     fmt::format("layer 1 of 1: its files differ (diff_id {}, before {}); this "
                                 "cache does not have the layer before, so the segment cannot be "
                                 "named",
                                 now.layers[0].diff_id.brief(), then.layers[0].diff_id.brief())));
}

TEST_F(CompareResultTest, EncodingAloneIsSaidWithBothEncoders) {
  const StoredImage then = build({file("/x", "1")});
  encoding_ = {layer::Compression::zstd, {"zstd", "1.5.4", "3"}};
  const StoredImage now = build({file("/x", "1")});
  EXPECT_EQ(now.layers[0].diff_id, then.layers[0].diff_id);
  const std::string message = compared(now, then);
  EXPECT_EQ(message, expected(now, then,
                              "layer 1 of 1: only its encoding differs (zstd 1.5.4 level 3, before "
                              "none  level )"));
}

TEST_F(CompareResultTest, ConfigurationAloneIsSaid) {
  const StoredImage now = build({file("/x", "1")}, "steam");
  const StoredImage then = build({file("/x", "1")});
  const std::string message = compared(now, then);
  EXPECT_EQ(message,
            expected(now, then, "all layers are the same: the image's configuration differs"));
}

TEST_F(CompareResultTest, NumberOfLayersIsSaid) {
  const StoredImage now = build({file("/x", "1")});
  StoredImage then = build({file("/x", "2")});
  then.layers.push_back(then.layers[0]);
  const std::string message = compared(now, then);
  EXPECT_EQ(message, expected(now, then, "it has 1 layers, the lock 2"));
}

TEST_F(CompareResultTest, PlatformThatTheLockDoesNotRecordIsNotCompared) {
  StoredImage now = build({file("/x", "1")});
  const StoredImage then = build({file("/x", "2")});
  now.manifest.platform = oci::Platform::parse("linux/arm64");
  EXPECT_EQ(compared(now, then), "");
}

}  // namespace
}  // namespace stamp::build
