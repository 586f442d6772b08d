// Locks of recipes on images in registries.

#include <gtest/gtest.h>

#include "builder/lock/locker.h"
#include "tests/builder/base_registry.h"
#include "tests/builder/lock_archive.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

class LockerBase : public testing::Test {
 protected:
  /// Puts an image that holds `content` as home/base:1; its index's digest.
  Digest publish(const std::string& content,
                 const std::vector<std::string>& platforms = {"linux/amd64", "linux/arm64"}) {
    const std::string layer = base_tar({file("/base", content)});
    std::vector<oci::Descriptor> images;
    for (const std::string& platform : platforms) {
      images.push_back(registry_.put_image("home/base", platform, {layer}));
    }
    manifest_ = images.front().digest;
    return registry_.put_index("home/base", "1", images);
  }
  /// Writes a recipe on it; `rest` are more lines.
  void recipe(const std::string& rest = "", const std::string& digest = "") {
    test_.put("app/recipe.yaml", "name: app\nfrom: {image: \"" + name_ + digest + "\"}\n" + rest);
  }
  LockOutcome lock(const LockUpdate& update = {}) { return test_.lock("app", update); }
  static const workspace::LockedBase& base(const LockOutcome& outcome,
                                           const std::string& platform = "linux/amd64") {
    return outcome.lock.platforms.at(platform).bases.at(0);
  }
  std::string locked(const Digest& index) const { return "image:" + name_ + "@" + index.str(); }

  BaseRegistry registry_;
  LockWorkspace test_;
  std::string name_ = registry_.name("home/base:1");
  Digest manifest_;
};

TEST_F(LockerBase, TheIndexAndThePlatformsManifestsAreRecorded) {
  const Digest index = publish("1");
  recipe();
  const LockOutcome outcome = lock();
  EXPECT_EQ(outcome.state, LockState::created);
  EXPECT_EQ(base(outcome).reference, locked(index));
  EXPECT_EQ(base(outcome).digest, manifest_);
  EXPECT_EQ(base(outcome, "linux/arm64").reference, locked(index));
  EXPECT_NE(base(outcome, "linux/arm64").digest, manifest_);
  EXPECT_EQ(describe_changes(outcome.changes, outcome.lock),
            "  + " + name_ + " " + index.brief() + "\n");
}

TEST_F(LockerBase, ALockThatMatchesMakesNoRequest) {
  publish("1");
  recipe();
  lock();
  publish("2");
  std::filesystem::remove_all(test_.path("cache"));
  registry_.requests();
  EXPECT_EQ(lock().state, LockState::unchanged);
  EXPECT_EQ(registry_.requests(), Lines{});
}

TEST_F(LockerBase, OnlyAnUpdateFollowsTheTag) {
  const Digest first = publish("1");
  recipe();
  lock();
  const Digest second = publish("2");
  recipe("config: {user: me}\n");
  EXPECT_EQ(base(lock()).reference, locked(first));
  const LockOutcome outcome = lock({.kind = LockUpdate::Kind::all});
  EXPECT_EQ(outcome.state, LockState::changed);
  EXPECT_EQ(base(outcome).reference, locked(second));
  EXPECT_EQ(describe_changes(outcome.changes, outcome.lock),
            "  ~ " + name_ + " " + first.brief() + " → " + second.brief() + "\n");
}

TEST_F(LockerBase, AnUpdateCanBeOfTheBaseAlone) {
  publish("1");
  recipe();
  lock();
  const Digest second = publish("2");
  test_.check_update({.kind = LockUpdate::Kind::packages, .packages = {name_}});
  const LockUpdate update = {.kind = LockUpdate::Kind::packages, .packages = {name_}};
  EXPECT_EQ(base(lock(update)).reference, locked(second));
}

TEST_F(LockerBase, AnUpdateThatFindsTheSameChangesNothing) {
  publish("1");
  recipe();
  lock();
  EXPECT_EQ(lock({.kind = LockUpdate::Kind::all}).state, LockState::unchanged);
}

TEST_F(LockerBase, TheRecipesDigestStaysWhateverTheTagSays) {
  const Digest first = publish("1");
  recipe("", "@" + first.str());
  publish("2");
  EXPECT_EQ(base(lock()).reference, locked(first));
  EXPECT_EQ(lock({.kind = LockUpdate::Kind::all}).state, LockState::unchanged);
}

TEST_F(LockerBase, AnotherDigestInTheRecipeIsAnotherLock) {
  const Digest first = publish("1");
  const Digest second = publish("2");
  recipe("", "@" + first.str());
  lock();
  recipe("", "@" + second.str());
  const LockOutcome outcome = lock();
  EXPECT_EQ(outcome.state, LockState::changed);
  EXPECT_EQ(base(outcome).reference, locked(second));
}

// Writing down what is locked must not ask anybody: the digest is the same.
TEST_F(LockerBase, PinningWhatIsLockedKeepsIt) {
  const Digest first = publish("1");
  recipe();
  const LockOutcome before = lock();
  publish("2");
  registry_.requests();
  recipe("", "@" + first.str());
  EXPECT_EQ(base(lock()), base(before));
  EXPECT_EQ(registry_.requests(), Lines{});
}

TEST_F(LockerBase, ANewPlatformIsThatOfTheLockedIndex) {
  const Digest first = publish("1");
  recipe("platforms: [amd64]\n");
  lock();
  publish("2");
  recipe("platforms: [amd64, arm64]\n");
  const LockOutcome outcome = lock();
  EXPECT_EQ(base(outcome).reference, locked(first));
  EXPECT_EQ(base(outcome, "linux/arm64").reference, locked(first));
}

TEST_F(LockerBase, ItsDateIsOneOfTheInputs) {
  registry_.created = "2026-11-10T10:00:00.5+01:00";
  publish("1");
  recipe();
  const LockOutcome outcome = lock();
  EXPECT_EQ(format_rfc3339(outcome.lock.epoch), "2026-11-10T09:00:00Z");
  recipe("config: {user: me}\n");
  EXPECT_EQ(lock().lock.epoch, outcome.lock.epoch);
  registry_.created = "long ago";
  publish("2");
  EXPECT_EQ(format_rfc3339(lock({.kind = LockUpdate::Kind::all}).lock.epoch),
            "1980-01-01T00:00:01Z");
}

TEST_F(LockerBase, WhatIsBuiltOnItIsAnotherOneWhenItMoves) {
  publish("1");
  recipe();
  test_.put("top/recipe.yaml", "name: top\nfrom: {recipe: app}\n");
  const workspace::Lock before = test_.lock("top").lock;
  EXPECT_EQ(test_.lock("top").state, LockState::unchanged);
  publish("2");
  const workspace::Lock after = test_.lock("top", {.kind = LockUpdate::Kind::all}).lock;
  EXPECT_NE(after.recipe, before.recipe);
  EXPECT_NE(after.inputs, before.inputs);
}

TEST_F(LockerBase, AnUnknownNameToUpdateIsSaidWithTheNearest) {
  publish("1");
  recipe();
  lock();
  EXPECT_EQ(message_of([&] {
              test_.check_update({.kind = LockUpdate::Kind::packages,
                                  .packages = {registry_.name("home/bass:1")}});
            }),
            "stamp: error: cannot update '" + registry_.name("home/bass:1") +
                "': no lock has a package or base image of that name\n  try: --update=" + name_ +
                "\n");
}

TEST_F(LockerBase, APlatformThatTheBaseLacksIsRefused) {
  publish("1", {"linux/amd64"});
  recipe();
  EXPECT_NE(test_.failure().find("' is not for linux/arm64: it is for linux/amd64\n"),
            std::string::npos)
      << test_.failure();
}

}  // namespace
}  // namespace stamp::build
