#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "builder/lock/locks.h"
#include "builder/plan/plan.h"
#include "builder/plan/source_files.h"
#include "workspace/lock.h"
#include "workspace/recipe.h"
#include "workspace/workspace.h"

namespace stamp::build {

/// The recipe that this text is, as if it lay in `folder`; its name is the folder's in messages.
inline workspace::Recipe recipe_of(std::string text, const std::filesystem::path& folder = "app") {
  std::vector<Diagnostic> problems;
  workspace::Recipe recipe =
      workspace::parse_recipe("app/recipe.yaml", std::move(text), folder, problems);
  workspace::resolve_owners(recipe, {}, problems);
  for (const Diagnostic& problem : problems) ADD_FAILURE() << render(problem);
  if (recipe.platforms.empty()) recipe.platforms = {oci::Platform::parse("linux/amd64")};
  return recipe;
}

/// A package as a lock has it.
inline workspace::LockedPackage locked_package(std::string name, std::uint32_t layer = 0) {
  workspace::LockedPackage package;
  package.path = "pool/" + name + ".deb";
  package.digest = Digest::of(name);
  package.name = std::move(name);
  package.version = "1.0";
  package.architecture = "amd64";
  package.size = 100;
  package.source = "debian";
  package.suite = "bookworm";
  package.why = "named";
  package.layer = layer;
  return package;
}

/// A lock for these platforms, the same packages in each.
inline workspace::Lock lock_of(const std::vector<workspace::LockedPackage>& packages,
                               const std::vector<std::string>& platforms = {"linux/amd64"}) {
  workspace::Lock lock;
  workspace::LockedRelease release;
  release.source = "debian";
  release.archive = "https://snapshot.debian.org/archive/debian";
  release.suite = "bookworm";
  release.snapshot = "20261120T000000Z";
  lock.releases = {release};
  lock.epoch = 1'790'000'000;
  lock.encoder = {"none", "", ""};
  for (const std::string& platform : platforms) lock.platforms[platform].packages = packages;
  return lock;
}

/// A workspace whose layers are not compressed.
inline workspace::Workspace plain_workspace() {
  workspace::Workspace workspace;
  workspace.settings.compression = layer::Compression::none;
  return workspace;
}

/// What a build knows of a recipe. `recipe` must outlive it.
inline RecipeInput input_of(const workspace::Recipe& recipe, workspace::Lock lock) {
  RecipeInput input;
  input.recipe = &recipe;
  input.lock = std::move(lock);
  input.sources = read_sources(recipe);
  return input;
}

}  // namespace stamp::build
