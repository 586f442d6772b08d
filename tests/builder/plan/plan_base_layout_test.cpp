// Plans of recipes on a base image layout.

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "builder/plan/plan.h"
#include "builder/plan/step_key.h"
#include "tests/expect_error.h"
#include "workspace/workspace.h"

namespace stamp::build {
namespace {

workspace::Recipe recipe_of(std::string text) {
  std::vector<Diagnostic> problems;
  workspace::Recipe recipe =
      workspace::parse_recipe("app/recipe.yaml", std::move(text), "app", problems);
  for (const Diagnostic& problem : problems) ADD_FAILURE() << render(problem);
  recipe.platforms = {oci::Platform::parse("linux/amd64")};
  return recipe;
}

/// A recipe with a lock for its platform; what it names as `layout` has one layer.
RecipeInput input_of(const workspace::Recipe& recipe) {
  RecipeInput input;
  input.recipe = &recipe;
  input.lock.platforms["linux/amd64"];
  input.lock.encoder = layer::current_encoder(layer::Compression::none);
  if (recipe.from.kind == workspace::From::Kind::layout) {
    BaseImage base;
    base.layers.emplace_back();
    input.bases.emplace("linux/amd64", base);
  }
  return input;
}

Plan plan_of(const std::vector<RecipeInput>& inputs) {
  workspace::Workspace workspace;
  workspace.settings.compression = layer::Compression::none;
  return make_plan(workspace, inputs, {}, EncoderChoice::locked);
}

TEST(PlanOnALayout, FilesLieOnItsLayers) {
  const workspace::Recipe app =
      recipe_of("name: app\nfrom: {layout: base}\nlayers: [{files: {/x: {text: y}}}]\n");
  const Plan plan = plan_of({input_of(app)});
  ASSERT_EQ(plan.layers.size(), 2U);
  EXPECT_TRUE(plan.layers[0].base.has_value());
  EXPECT_EQ(plan.layers[1].below, LayerId{0});
}

TEST(PlanOnALayout, PackagesGoWhereTheLockSaysThatTheBaseHasThem) {
  const workspace::Recipe app =
      recipe_of("name: app\nfrom: {layout: base}\nlayers: [{packages: [curl]}]\n");
  RecipeInput input = input_of(app);
  workspace::LockedPlatform& locked = input.lock.platforms["linux/amd64"];
  locked.bases = {{.reference = "layout:base", .digest = {}, .created = {}, .merged = "bin lib"}};
  input.lock.releases = {{.source = "debian", .suite = "bookworm"}};
  locked.packages = {{.name = "curl", .source = "debian", .suite = "bookworm"}};
  const Plan plan = plan_of({input});
  ASSERT_EQ(plan.layers.size(), 2U);
  const LayerPlan& layer = plan.layers[1];
  ASSERT_TRUE(layer.packages.has_value());
  EXPECT_TRUE(layer.packages->on_base);
  EXPECT_TRUE(layer.links.folders().empty());
  EXPECT_EQ(layer.multilib_links, (std::vector<std::string>{"bin", "lib"}));
  const auto& package = std::get<PackageSegment>(plan.segments.at(0).what);
  EXPECT_EQ(package.merged.folders(), (std::vector<std::string>{"bin", "lib"}));
  EXPECT_EQ(plan.segments[0].key, package_key(package, plan.segments[0].encoding, {}));
}

TEST(PlanOnALayout, ALockThatDoesNotSayWhatTheBaseHasIsStale) {
  const workspace::Recipe base = recipe_of("name: base\nfrom: {layout: base}\n");
  const workspace::Recipe app = recipe_of(
      "name: app\nfrom: {recipe: base}\n"
      "layers: [{packages: {install: [curl], scripts: skip}}]\n");
  EXPECT_EQ(message_of([&] {
              plan_of({input_of(base), input_of(app)});
            }),
            "stamp: error: the lock of 'app' does not say what is installed in its base for "
            "linux/amd64\n"
            "  try: stamp lock app\n");
}

}  // namespace
}  // namespace stamp::build
