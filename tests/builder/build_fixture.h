#pragma once
// A workspace whose packages tests made up and that lie in a folder.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "builder/build.h"
#include "builder/lock/locker.h"
#include "tests/builder/fake_deb.h"
#include "tests/builder/recipe_fixture.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::build {

using Lines = std::vector<std::string>;

class NoServer final : public registry::Transport {
 public:
  registry::Response send(const registry::Request&, const registry::ChooseSink&) override {
    throw Error(ErrorKind::denied, "no server here");
  }
};

class BuildTest : public BuilderTest {
 protected:
  BuildTest() {
    workspace_.settings.compression = layer::Compression::none;
    settings_.mirrors = {{"https://snapshot.debian.org/archive/debian",
                          {fmt::format("file://{}/mirror", temp().string())}}};
  }

  /// Puts a package into the mirror; what a lock says of it.
  workspace::LockedPackage publish(const FakePackage& package, std::uint32_t layer = 0) {
    const std::string deb = deb_of(package);
    write("mirror/pool/" + package.name + ".deb", deb);
    workspace::LockedPackage locked = locked_package(package.name, layer);
    locked.architecture = package.architecture;
    locked.size = deb.size();
    locked.digest = Digest::of(deb);
    return locked;
  }

  /// Adds a recipe with its lock.
  void add(const std::string& name, const std::string& text,
           const std::vector<workspace::LockedPackage>& packages,
           const std::vector<std::string>& platforms = {"linux/amd64"}) {
    std::filesystem::create_directories(temp() / name);
    workspace::Recipe recipe = recipe_of("name: " + name + "\n" + text, temp() / name);
    workspace::Lock lock = lock_of(packages, platforms);
    lock.releases[0].key = std::string(40, 'A');
    lock.keys = {{std::string(40, 'A'), "bWFkZSB1cA=="}};
    std::vector<NeededLock> needed;
    for (const std::string& other : recipe.needs()) {
      needed.push_back({&find(other), &locks_.at(other)});
    }
    const bool on_recipe = recipe.from.kind == workspace::From::Kind::recipe;
    lock.inputs = inputs_checksum(workspace_, recipe, on_recipe ? needed[0].lock : nullptr);
    lock.recipe = content_checksum(recipe, read_sources(recipe), needed);
    replace_file(recipe.lock_path(), workspace::serialize(lock));
    locks_[name] = std::move(lock);
    workspace_.recipes.push_back(std::move(recipe));
  }

  const workspace::Recipe& find(const std::string& name) const {
    for (const workspace::Recipe& recipe : workspace_.recipes) {
      if (recipe.name == name) return recipe;
    }
    throw Error(ErrorKind::internal, "no recipe " + name);
  }

  /// Calls `body` with what a build needs.
  template <typename Body>
  auto with_services(Body&& body) {
    const Places places(settings_, {});
    const Fetcher fetcher(downloader_, places, temp() / "scratch");
    return body(BuildServices{cache_, fetcher, *client_.client, progress_,
                              [](const workspace::Recipe&) -> workspace::Lock {
                                throw Error(ErrorKind::internal, "a lock was resolved");
                              },
                              temp() / "scratch", 2});
  }

  BuildReport run(const BuildRequest& request) {
    return with_services(
        [&](const BuildServices& services) { return build(workspace_, request, services); });
  }

  registry::ClientFixture client_;
  NoServer transport_;
  registry::Downloader downloader_{transport_, clock_};
  workspace::UserSettings settings_;
  workspace::Workspace workspace_;
  std::map<std::string, workspace::Lock> locks_;
  SilentProgress progress_;
};

}  // namespace stamp::build
