// Plans of recipes on a base image layout.

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "builder/plan.h"
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

// A recipe's own layout is refused for packages where it is read; that of a recipe below, here.
TEST(PlanOnALayout, PackagesOfARecipeOnARecipeOnALayoutAreRefused) {
  const workspace::Recipe base = recipe_of("name: base\nfrom: {layout: base}\n");
  const workspace::Recipe app = recipe_of(
      "name: app\nfrom: {recipe: base}\n"
      "layers: [{packages: {install: [curl], scripts: skip}}]\n");
  EXPECT_EQ(
      message_of([&] {
        plan_of({input_of(base), input_of(app)});
      }),
      "stamp: error: app/recipe.yaml:3:11: packages on a base image are not supported by this "
      "version\n"
      "  layers: [{packages: {install: [curl], scripts: skip}}]\n"
      "            ^\n");
}

}  // namespace
}  // namespace stamp::build
