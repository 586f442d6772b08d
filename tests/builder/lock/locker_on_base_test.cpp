// Locks of packages on base images.

#include <gtest/gtest.h>

#include "builder/lock/locker.h"
#include "tests/builder/base_registry.h"
#include "tests/builder/lock_archive.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

std::string installed(const std::string& name, const std::string& version,
                      const std::string& architecture = "amd64",
                      const std::string& status = "install ok installed") {
  return "Package: " + name + "\nStatus: " + status +
         "\nMaintainer: B <b@e.x>\nArchitecture: " + architecture + "\nVersion: " + version +
         "\nDescription: x\n\n";
}

class LockerOnBase : public testing::Test {
 protected:
  /// Puts an image with this status file as home/base:1.
  void publish(const std::string& status, const std::vector<PlannedEntry>& more = {}) {
    std::vector<PlannedEntry> entries = {folder("/usr"), link("/bin", "usr/bin"),
                                         file("/usr/lib/os-release", "ID=fake\n")};
    if (!status.empty()) entries.push_back(file("/var/lib/dpkg/status", status));
    entries.insert(entries.end(), more.begin(), more.end());
    registry_.put_index("home/base", "1",
                        {registry_.put_image("home/base", "linux/amd64", {base_tar(entries)})});
  }
  /// Writes a recipe on it with these packages.
  void recipe(const std::string& packages) {
    test_.put("app/recipe.yaml", "name: app\nplatforms: [amd64]\nfrom: {image: \"" +
                                     registry_.name("home/base:1") +
                                     "\"}\nlayers:\n  - packages: [" + packages + "]\n");
  }
  /// "name version why" of each package of a lock.
  static Lines packages(const workspace::Lock& lock) {
    Lines lines;
    for (const workspace::LockedPackage& package : lock.platforms.at("linux/amd64").packages) {
      lines.push_back(package.name + " " + package.version + " " + package.why);
    }
    return lines;
  }
  std::string problem(const std::string& packages, const std::string& why) const {
    return "stamp: error: app/recipe.yaml:5:5: " + why + "\n    - packages: [" + packages +
           "]\n      ^\n  while locking 'app'\n";
  }
  std::string name() const { return "'" + registry_.name("home/base:1") + "'"; }

  BaseRegistry registry_;
  LockWorkspace test_;
};

TEST_F(LockerOnBase, OnlyTheRestIsLocked) {
  publish(installed("basis", "0.9") + installed("lib", "0.9"));
  recipe("app, lib");
  const workspace::Lock lock = test_.lock("app").lock;
  EXPECT_EQ(packages(lock), (Lines{"app 1.0 named", "usr-is-merged 1.0 essential"}));
  const workspace::LockedBase& base = lock.platforms.at("linux/amd64").bases.at(0);
  EXPECT_EQ(base.merged, "bin lib lib32 lib64 libx32 sbin");
  EXPECT_EQ(base.system, "fake");
  registry_.requests();
  EXPECT_EQ(test_.lock("app").state, LockState::unchanged);
  EXPECT_EQ(registry_.requests(), Lines{});
}

TEST_F(LockerOnBase, ABaseThatMovesIsResolvedAnew) {
  publish(installed("basis", "1.0"));
  recipe("app");
  EXPECT_EQ(packages(test_.lock("app").lock),
            (Lines{"app 1.0 named", "lib 1.0 needed by app", "usr-is-merged 1.0 essential"}));
  publish(installed("basis", "1.0") + installed("lib", "1.0"));
  EXPECT_EQ(test_.lock("app").state, LockState::unchanged);
  EXPECT_EQ(packages(test_.lock("app", {.kind = LockUpdate::Kind::all}).lock),
            (Lines{"app 1.0 named", "usr-is-merged 1.0 essential"}));
}

TEST_F(LockerOnBase, OfARecipeOnARecipeOnIt) {
  publish(installed("basis", "1.0") + installed("usr-is-merged", "1.0", "all"));
  recipe("app");
  test_.put("top/recipe.yaml",
            "name: top\nplatforms: [amd64]\nfrom: {recipe: app}\nlayers:\n  - packages: [tool]\n");
  const workspace::Lock lock = test_.lock("top").lock;
  EXPECT_EQ(packages(lock), (Lines{"tool 1.0 named"}));
  EXPECT_EQ(lock.platforms.at("linux/amd64").bases,
            test_.lock("app").lock.platforms.at("linux/amd64").bases);
  EXPECT_EQ(test_.lock("top").state, LockState::unchanged);
}

TEST_F(LockerOnBase, WithoutPackagesTheLockSaysNothingOfIt) {
  publish(installed("basis", "1.0"));
  recipe("app");
  test_.lock("app");
  test_.put("app/recipe.yaml", "name: app\nplatforms: [amd64]\nfrom: {image: \"" +
                                   registry_.name("home/base:1") + "\"}\n");
  const workspace::Lock lock = test_.lock("app").lock;
  EXPECT_FALSE(lock.platforms.at("linux/amd64").bases.at(0).merged.has_value());
  EXPECT_FALSE(lock.platforms.at("linux/amd64").bases.at(0).system.has_value());
}

TEST_F(LockerOnBase, ABaseWithoutDpkgIsRefused) {
  publish("");
  recipe("app");
  EXPECT_EQ(test_.failure(),
            problem("app", "packages cannot be put on " + name() +
                               ": it has no dpkg database (/var/lib/dpkg/status)"));
}

TEST_F(LockerOnBase, WhatWouldHaveToBeUpgradedIsRefusedWithBothVersions) {
  publish(installed("basis", "1.0") + installed("usr-is-merged", "1.0", "all") +
          installed("lib", "1.0") +
          "Package: app\nStatus: install ok installed\nMaintainer: B <b@e.x>\n"
          "Architecture: amd64\nVersion: 0.5\nBreaks: tool\nDescription: x\n\n");
  recipe("tool");
  EXPECT_EQ(
      test_.failure(),
      problem("tool",
              "'app' 0.5 of the base would have to become 1.0 for linux/amd64, and what a base "
              "has stays as it is: take a newer base, or other packages"));
}

TEST_F(LockerOnBase, WhatWouldHaveToGoIsRefused) {
  publish(installed("basis", "1.0") + installed("usr-is-merged", "1.0", "all") +
          "Package: old\nStatus: install ok installed\nMaintainer: B <b@e.x>\n"
          "Architecture: amd64\nVersion: 1\nConflicts: tool\nDescription: x\n\n");
  recipe("tool");
  EXPECT_EQ(
      test_.failure(),
      problem("tool",
              "'old' 1 of the base would have to go for linux/amd64, and what a base has stays "
              "as it is: take a newer base, or other packages"));
}

TEST_F(LockerOnBase, WhatWasRemovedAndLeftItsConfigurationIsRefused) {
  publish(installed("basis", "1.0") +
          installed("lib", "0.5", "amd64", "deinstall ok config-files"));
  recipe("app");
  EXPECT_EQ(
      test_.failure(),
      "stamp: error: cannot lock 'app' for linux/amd64: 'lib' is needed, and the base has it in "
      "state 'config-files'\n  in:  " +
          name() + "\n  while locking 'app'\n  try: dpkg --purge lib, where the base is made\n");
}

}  // namespace
}  // namespace stamp::build
