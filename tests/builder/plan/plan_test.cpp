#include "builder/plan/plan.h"

#include "builder/plan/plan_config.h"
#include "tests/builder/builder_fixture.h"
#include "tests/builder/recipe_fixture.h"

namespace stamp::build {
namespace {

using Names = std::vector<std::string>;

Names names(const Plan& plan, const LayerPlan& layer) {
  Names found;
  for (const SegmentId id : layer.segments) found.push_back(plan.segments[id].name);
  return found;
}

Plan plan_of(const std::vector<RecipeInput>& inputs,
             const std::vector<oci::Platform>& platforms = {}) {
  return make_plan(plain_workspace(), inputs, platforms, EncoderChoice::locked);
}
Plan plan_of(const workspace::Recipe& recipe, workspace::Lock lock) {
  return plan_of({input_of(recipe, std::move(lock))});
}

TEST(Plan, LaysLayersOnEachOtherAccountsLast) {
  const workspace::Recipe recipe = recipe_of(
      "name: app\n"
      "layers:\n"
      "  - packages: {install: [bash], scripts: skip}\n"
      "  - files: {/x: {text: y}}\n"
      "accounts: {groups: [{name: g, gid: 5}]}\n");
  const Plan plan =
      plan_of(recipe, lock_of({locked_package("bash"), locked_package("base-files")}));
  ASSERT_EQ(plan.layers.size(), 3U);
  EXPECT_EQ(plan.layers[0].name, "app (linux/amd64) layer 1 of 3 (packages)");
  EXPECT_EQ(plan.layers[1].name, "app (linux/amd64) layer 2 of 3 (files)");
  EXPECT_EQ(plan.layers[2].name, "app (linux/amd64) layer 3 of 3 (accounts)");
  EXPECT_FALSE(plan.layers[0].below);
  EXPECT_EQ(plan.layers[1].below, LayerId{0});
  EXPECT_EQ(plan.layers[2].below, LayerId{1});
  const auto& accounts = std::get<AccountsSegment>(plan.segments[plan.layers[2].segments[0]].what);
  EXPECT_EQ(accounts.layers, (std::vector<LayerId>{0, 1}));
  ASSERT_EQ(plan.images.size(), 1U);
  EXPECT_EQ(plan.images[0].layers, (std::vector<LayerId>{0, 1, 2}));
  EXPECT_EQ(plan.images[0].config.history[0].created_by, "stamp: packages bash");
  EXPECT_EQ(plan.images[0].config.created, "2026-09-21T14:13:20Z");
}

TEST(Plan, BaseFilesComesFirstThenTheOrderOfTheLock) {
  const workspace::Recipe recipe =
      recipe_of("name: app\nlayers: [{packages: {install: [bash], scripts: skip}}]\n");
  const Plan plan = plan_of(recipe, lock_of({locked_package("acl"), locked_package("bash"),
                                             locked_package("base-files")}));
  EXPECT_EQ(names(plan, plan.layers[0]),
            (Names{"base-files 1.0 (amd64)", "acl 1.0 (amd64)", "bash 1.0 (amd64)"}));
  EXPECT_EQ(plan.layers[0].links.folders(), (Names{"bin", "lib", "lib64", "sbin"}));
}

TEST(Plan, PackageThatTwoRecipesHaveIsOneStep) {
  const workspace::Recipe one =
      recipe_of("name: one\nlayers: [{packages: {install: [bash], scripts: skip}}]\n");
  const workspace::Recipe two =
      recipe_of("name: two\nlayers: [{packages: {install: [bash, acl], scripts: skip}}]\n");
  const Plan plan =
      plan_of({input_of(one, lock_of({locked_package("bash")})),
               input_of(two, lock_of({locked_package("acl"), locked_package("bash")}))});
  EXPECT_EQ(plan.segments.size(), 2U);
  EXPECT_EQ(plan.layers.size(), 2U);
  EXPECT_EQ(plan.layers[1].segments.back(), plan.layers[0].segments[0]);
}

TEST(Plan, KeysDoNotDependOnWhatElseIsPlanned) {
  const workspace::Recipe one =
      recipe_of("name: one\nlayers: [{packages: {install: [bash], scripts: skip}}]\n");
  const workspace::Recipe two = recipe_of("name: two\nlayers: [{files: {/x: {text: y}}}]\n");
  const RecipeInput first = input_of(one, lock_of({locked_package("bash")}));
  const RecipeInput second = input_of(two, lock_of({}));
  const Plan forth = plan_of({first, second});
  const Plan back = plan_of({second, first});
  const Plan alone = plan_of({second});
  EXPECT_EQ(forth.images[0].key, back.images[1].key);
  EXPECT_EQ(forth.images[1].key, back.images[0].key);
  EXPECT_EQ(forth.images[1].key, alone.images[0].key);
}

TEST(Plan, KeyOfAnImageDoesNotDependOnItsRecipesNameButOnItsConfig) {
  const workspace::Recipe one = recipe_of("name: one\nlayers: [{files: {/x: {text: y}}}]\n");
  const workspace::Recipe two = recipe_of("name: two\nlayers: [{files: {/x: {text: y}}}]\n");
  const workspace::Recipe other =
      recipe_of("name: one\nlayers: [{files: {/x: {text: y}}}]\nconfig: {user: steam}\n");
  const Plan plan = plan_of(
      {input_of(one, lock_of({})), input_of(two, lock_of({})), input_of(other, lock_of({}))});
  EXPECT_EQ(plan.images[0].key, plan.images[1].key);
  EXPECT_NE(plan.images[0].key, plan.images[2].key);
  EXPECT_EQ(plan.layers.size(), 1U);
}

TEST(Plan, ImageOnAnotherRecipeStartsWithItsLayersAndKnowsItsPackages) {
  const workspace::Recipe base = recipe_of(
      "name: base\nlayers: [{packages: {install: [bash], scripts: skip}}]\nconfig: {env: {A: b}, "
      "cmd: [sh]}\n");
  const workspace::Recipe app = recipe_of(
      "name: app\nfrom: {recipe: base}\nlayers: [{packages: {install: [acl], scripts: "
      "skip}}]\nconfig: {env: {C: d}}\n");
  const Plan plan = plan_of({input_of(base, lock_of({locked_package("bash")})),
                             input_of(app, lock_of({locked_package("acl")}))});
  ASSERT_EQ(plan.layers.size(), 2U);
  EXPECT_EQ(plan.images[1].layers, (std::vector<LayerId>{0, 1}));
  EXPECT_EQ(plan.layers[1].packages->installed, plan.layers[0].segments);
  EXPECT_TRUE(plan.layers[1].links.folders().empty());
  const auto& segment = std::get<PackageSegment>(plan.segments[plan.layers[1].segments[0]].what);
  EXPECT_EQ(segment.merged.folders(), plan.layers[0].links.with_multilib().folders());
  EXPECT_EQ(plan.images[1].config.config.env, (Names{"A=b", "C=d"}));
  EXPECT_EQ(plan.images[1].config.config.cmd, (Names{"sh"}));
  EXPECT_EQ(plan.images[1].config.history.size(), 2U);
}

TEST(Plan, CopyNeedsTheLayersOfTheOtherImage) {
  const workspace::Recipe tools = recipe_of("name: tools\nlayers: [{files: {/t: {text: t}}}]\n");
  const workspace::Recipe app =
      recipe_of("name: app\nlayers:\n  - copy: {from: {recipe: tools}, paths: {/t: /usr/bin/t}}\n");
  const Plan plan = plan_of({input_of(tools, lock_of({})), input_of(app, lock_of({}))});
  const auto& copy = std::get<CopySegment>(plan.segments[plan.layers[1].segments[0]].what);
  EXPECT_EQ(copy.layers, (std::vector<LayerId>{0}));
  EXPECT_FALSE(plan.layers[1].below);
}

TEST(Plan, PlansThePlatformsAskedForOnly) {
  const workspace::Recipe recipe = recipe_of(
      "name: app\nplatforms: [linux/amd64, linux/arm64]\nlayers: [{files: {/x: {text: y}}}]\n");
  const workspace::Lock lock = lock_of({}, {"linux/amd64", "linux/arm64"});
  const Plan both = plan_of(recipe, lock);
  ASSERT_EQ(both.images.size(), 2U);
  EXPECT_EQ(both.layers.size(), 1U);
  const Plan one = plan_of({input_of(recipe, lock)}, {oci::Platform::parse("linux/arm64")});
  ASSERT_EQ(one.images.size(), 1U);
  EXPECT_EQ(one.images[0].platform.str(), "linux/arm64");
  EXPECT_EQ(one.images[0].key, both.images[1].key);
}

TEST(Plan, PackagesAreThoseOfTheLayersNumberAndPlatform) {
  const workspace::Recipe recipe = recipe_of(
      "name: app\nlayers: [{packages: {install: [bash], scripts: skip}}, {packages: {install: "
      "[acl], scripts: skip}}]\n");
  const Plan plan = plan_of(recipe, lock_of({locked_package("bash", 0), locked_package("acl", 1)}));
  EXPECT_EQ(names(plan, plan.layers[0]), (Names{"bash 1.0 (amd64)"}));
  EXPECT_EQ(names(plan, plan.layers[1]), (Names{"acl 1.0 (amd64)"}));
  EXPECT_EQ(plan.layers[1].packages->installed, plan.layers[0].segments);
}

TEST(Plan, EncoderIsTheLocksOrThisPrograms) {
  const workspace::Recipe recipe = recipe_of("name: app\nlayers: [{files: {/x: {text: y}}}]\n");
  workspace::Workspace workspace;
  workspace.settings.compression = layer::Compression::zstd;
  workspace::Lock lock = lock_of({});
  lock.encoder = {"zstd", "0.0.1", "3"};
  const std::vector<RecipeInput> inputs = {input_of(recipe, lock)};
  const Plan then = make_plan(workspace, inputs, {}, EncoderChoice::locked);
  const Plan now = make_plan(workspace, inputs, {}, EncoderChoice::current);
  EXPECT_EQ(then.layers[0].encoding.encoder, lock.encoder);
  EXPECT_EQ(now.layers[0].encoding.encoder, layer::current_encoder(layer::Compression::zstd));
  EXPECT_NE(then.layers[0].key, now.layers[0].key);
}

TEST(Plan, LockWithoutThePlatformIsStale) {
  const workspace::Recipe recipe =
      recipe_of("name: app\nplatforms: [linux/arm64]\nlayers: [{files: {/x: {text: y}}}]\n");
  EXPECT_EQ(message_of([&] { plan_of(recipe, lock_of({})); }),
            "stamp: error: the lock of 'app' has no platform linux/arm64\n"
            "  try: stamp lock app\n");
  EXPECT_EQ(kind_of([&] { plan_of(recipe, lock_of({})); }), ErrorKind::stale);
}

TEST(Plan, LockWithoutTheReleaseOfAPackageIsRefused) {
  const workspace::Recipe recipe =
      recipe_of("name: app\nlayers: [{packages: {install: [bash], scripts: skip}}]\n");
  workspace::Lock lock = lock_of({locked_package("bash")});
  lock.releases.clear();
  EXPECT_EQ(message_of([&] { plan_of(recipe, lock); }),
            "stamp: error: the lock of 'app' has no release for package 'bash' of source "
            "'debian'\n"
            "  try: stamp lock app\n");
}

TEST(Plan, LockWithoutTheArchiveIsStale) {
  const workspace::Recipe recipe = recipe_of(
      "name: app\nlayers:\n"
      "  - archive: {url: \"https://example.org/{name}-{arch}.tar\", to: /opt}\n");
  EXPECT_EQ(message_of([&] { plan_of(recipe, lock_of({})); }),
            "stamp: error: the lock of 'app' has no archive 'https://example.org/app-amd64.tar'\n"
            "  try: stamp lock app\n");
}

TEST(Plan, BaseThatIsNotBuiltForThePlatformIsRefusedWithCaret) {
  const workspace::Recipe base = recipe_of("name: base\nlayers: [{files: {/x: {text: y}}}]\n");
  const workspace::Recipe app = recipe_of(
      "name: app\nfrom: {recipe: base}\nplatforms: [linux/arm64]\n"
      "layers: [{files: {/z: {text: y}}}]\n");
  EXPECT_EQ(message_of([&] {
              plan_of({input_of(base, lock_of({})), input_of(app, lock_of({}, {"linux/arm64"}))});
            }),
            "stamp: error: app/recipe.yaml:2:16: recipe 'base' is not built for linux/arm64\n"
            "  from: {recipe: base}\n"
            "                 ^\n");
}

TEST(Plan, CopyFromARecipeWithoutThePlatformIsRefusedWithCaret) {
  const workspace::Recipe tools = recipe_of("name: tools\nlayers: [{files: {/x: {text: y}}}]\n");
  const workspace::Recipe app = recipe_of(
      "name: app\nplatforms: [linux/arm64]\nlayers:\n"
      "  - copy: {from: {recipe: tools}, paths: {/x: /y}}\n");
  EXPECT_EQ(message_of([&] {
              plan_of({input_of(tools, lock_of({})), input_of(app, lock_of({}, {"linux/arm64"}))});
            }),
            "stamp: error: app/recipe.yaml:4:27: recipe 'tools' is not built for linux/arm64\n"
            "    - copy: {from: {recipe: tools}, paths: {/x: /y}}\n"
            "                            ^\n");
}

TEST(DebianArchitecture, IsDebiansNameOfAPlatform) {
  const auto name = [](std::string_view text) {
    return debian_architecture(oci::Platform::parse(text));
  };
  EXPECT_EQ(name("linux/arm64"), "arm64");
  EXPECT_EQ(name("linux/arm/v7"), "armhf");
  EXPECT_EQ(name("linux/386"), "i386");
  EXPECT_EQ(name("linux/ppc64le"), "ppc64el");
  EXPECT_EQ(message_of([&] { name("linux/mips"); }),
            "stamp: error: Debian has no architecture for platform 'linux/mips'\n");
}

TEST(Configure, RecipeAddsToWhatTheBaseHas) {
  oci::ImageConfig base;
  base.config.env = {"PATH=/bin", "A=1"};
  base.config.cmd = std::vector<std::string>{"sh"};
  base.config.labels = {{"a", "base"}, {"b", "base"}};
  base.config.user = "nobody";
  base.history = {{.created_by = "base"}};
  const workspace::Recipe recipe = recipe_of(
      "name: app\nlayers: []\n"
      "config: {entrypoint: [/app], env: {A: \"2\", B: \"3\"}, labels: {b: app}, ports: "
      "[80/tcp]}\n");
  const oci::ImageConfig config = configure(base, recipe, oci::Platform::parse("linux/amd64"),
                                            {"2026-01-01T00:00:00Z", {"files"}});
  EXPECT_EQ(config.config.env, (Names{"PATH=/bin", "A=2", "B=3"}));
  EXPECT_EQ(config.config.entrypoint, (Names{"/app"}));
  EXPECT_FALSE(config.config.cmd);
  EXPECT_EQ(config.config.labels, (oci::Annotations{{"a", "base"}, {"b", "app"}}));
  EXPECT_EQ(config.config.user, "nobody");
  EXPECT_EQ(config.config.exposed_ports, (std::set<std::string>{"80/tcp"}));
  ASSERT_EQ(config.history.size(), 2U);
  EXPECT_EQ(config.history[1].created_by, "stamp: files");
}

}  // namespace
}  // namespace stamp::build
