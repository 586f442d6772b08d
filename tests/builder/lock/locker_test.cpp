#include "builder/lock/locker.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/builder/lock_archive.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

/// "name version layer why" of each package.
Lines packages(const workspace::Lock& lock, const std::string& platform = "linux/amd64") {
  Lines lines;
  for (const workspace::LockedPackage& package : lock.platforms.at(platform).packages) {
    lines.push_back(package.name + " " + package.version + " " + std::to_string(package.layer) +
                    " " + package.why);
  }
  return lines;
}

std::string changes(const LockOutcome& outcome) {
  return describe_changes(outcome.changes, outcome.lock);
}

constexpr auto kAll = LockUpdate::Kind::all;
constexpr auto kPackages = LockUpdate::Kind::packages;

TEST(Locker, LocksPackagesForEachPlatform) {
  LockWorkspace test;
  test.recipe("app", "app, {name: only-here, only: [amd64]}");
  const LockOutcome outcome = test.lock("app");
  EXPECT_EQ(outcome.state, LockState::created);
  EXPECT_EQ(packages(outcome.lock),
            (Lines{"app 1.0 0 named", "basis 1.0 0 essential", "lib 1.0 0 needed by app",
                   "only-here 1.0 0 named", "usr-is-merged 1.0 0 essential"}));
  EXPECT_EQ(packages(outcome.lock, "linux/arm64"),
            (Lines{"app 1.0 0 named", "basis 1.0 0 essential", "lib 1.0 0 needed by app",
                   "usr-is-merged 1.0 0 essential"}));
  const workspace::LockedPackage& app = outcome.lock.platforms.at("linux/arm64").packages[0];
  EXPECT_EQ(app.architecture, "arm64");
  EXPECT_EQ(app.path, "pool/main/app_1.0_arm64.deb");
  EXPECT_EQ(app.size, 100U);
  EXPECT_EQ(app.digest, Digest::of(std::string_view("app 1.0 arm64")));
  EXPECT_EQ(app.source, "fake");
  EXPECT_EQ(app.suite, "stable");
}

TEST(Locker, RecordsReleasesAndKeys) {
  LockWorkspace test;
  test.recipe("app", "app");
  const workspace::Lock lock = test.lock("app").lock;
  ASSERT_EQ(lock.releases.size(), 1U);
  const workspace::LockedRelease& release = lock.releases[0];
  EXPECT_EQ(release.archive, test.archive.url("/debian"));
  EXPECT_EQ(release.codename, "fakeworm");
  EXPECT_EQ(format_rfc3339(release.date), "2026-11-10T10:00:00Z");
  EXPECT_EQ(format_rfc3339(release.valid_until.value_or(0)), "2026-11-30T10:00:00Z");
  EXPECT_EQ(release.digest, Digest::of(test.archive.files.at("/debian/dists/stable/InRelease")));
  EXPECT_EQ(release.snapshot, "");
  ASSERT_EQ(lock.keys.size(), 1U);
  EXPECT_EQ(lock.keys[0].fingerprint, release.key);
  EXPECT_EQ(lock.epoch, release.date);
  EXPECT_EQ(lock.encoder, layer::current_encoder(layer::Compression::zstd));
}

TEST(Locker, ALockThatMatchesIsLeftAloneWithoutAskingAnyone) {
  LockWorkspace test;
  test.recipe("app", "app");
  test.lock("app");
  test.archive.requests();
  EXPECT_EQ(test.lock("app").state, LockState::unchanged);
  EXPECT_EQ(test.archive.requests(), Lines{});
}

TEST(Locker, FetchesByDigestAndAsksOnceOnConditionAfterwards) {
  LockWorkspace test;
  test.recipe("app", "app");
  test.recipe("other", "tool");
  test.lock("app");
  const Lines first = test.archive.requests();
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[0], "GET /debian/dists/stable/InRelease");
  EXPECT_TRUE(first[1].starts_with("GET /debian/dists/stable/main/binary-amd64/by-hash/SHA256/"));
  EXPECT_TRUE(first[2].starts_with("GET /debian/dists/stable/main/binary-arm64/by-hash/SHA256/"));
  std::filesystem::remove(test.path("ws/app/stamp.lock"));
  const LockOutcome again = test.lock("app");
  EXPECT_EQ(again.state, LockState::created);
  EXPECT_EQ(test.archive.requests(), Lines{"GET /debian/dists/stable/InRelease if-none-match"});
}

TEST(Locker, LockingTwiceGivesTheSameLock) {
  LockWorkspace test;
  test.recipe("app", "app, tool");
  const workspace::Lock first = test.lock("app").lock;
  std::filesystem::remove(test.path("ws/app/stamp.lock"));
  test.clock.time += 3600;
  EXPECT_EQ(workspace::serialize(test.lock("app").lock), workspace::serialize(first));
}

TEST(Locker, ADamagedIndexIsFetchedAgain) {
  LockWorkspace test;
  test.recipe("app", "app");
  test.lock("app");
  for (const auto& entry :
       std::filesystem::directory_iterator(test.path("cache/indexes/packages"))) {
    replace_file(entry.path(), "damaged");
  }
  for (const auto& entry :
       std::filesystem::directory_iterator(test.path("cache/indexes/releases"))) {
    replace_file(entry.path(), "damaged");
  }
  std::filesystem::remove(test.path("ws/app/stamp.lock"));
  test.archive.requests();
  EXPECT_EQ(test.lock("app").state, LockState::created);
  EXPECT_EQ(test.archive.requests().size(), 3U);
}

TEST(Locker, UpdateTakesTheNewestVersions) {
  LockWorkspace test;
  test.recipe("app", "app, tool");
  test.lock("app");
  test.archive.show("two");
  const LockOutcome outcome = test.lock("app", {.kind = kAll});
  EXPECT_EQ(outcome.state, LockState::changed);
  EXPECT_EQ(changes(outcome),
            "  ~ app 1.0 → 1.1 (named)\n"
            "  ~ tool 1.0 → 1.1 (named)\n");
  EXPECT_EQ(format_rfc3339(outcome.lock.epoch), "2026-11-12T10:00:00Z");
}

TEST(Locker, NewReleaseFilesAloneChangeNothing) {
  LockWorkspace test;
  test.recipe("app", "lib");
  const workspace::Lock before = test.lock("app").lock;
  test.archive.show("two");
  const LockOutcome outcome = test.lock("app", {.kind = kAll});
  EXPECT_EQ(outcome.state, LockState::unchanged);
  EXPECT_EQ(outcome.lock, before);
}

TEST(Locker, AChangedRecipeKeepsLockedVersionsThatCanBeHad) {
  LockWorkspace test;
  test.recipe("app", "app");
  test.lock("app");
  test.recipe("app", "app, lib, tool");
  const LockOutcome outcome = test.lock("app");
  EXPECT_EQ(changes(outcome), "  + tool 1.0 (named)\n");
  test.archive.show("two");
  test.recipe("app", "app, lib");
  EXPECT_EQ(changes(test.lock("app")),
            "  ~ app 1.0 → 1.1 (named)\n"
            "  - tool 1.0\n");
}

TEST(Locker, AChangedFileNeedsNoResolving) {
  LockWorkspace test;
  test.put("app/file", "1");
  test.recipe("app", "app", "  - files: {/file: {source: file}}\n");
  workspace::Lock before = test.lock("app").lock;
  before.result = workspace::LockedResult();
  const workspace::Workspace opened = workspace::open(test.path("ws"));
  write_lock(opened.recipes[0], before);
  test.put("app/file", "2");
  test.archive.requests();
  const LockOutcome outcome = test.lock("app");
  EXPECT_EQ(outcome.state, LockState::changed);
  EXPECT_EQ(changes(outcome), "");
  EXPECT_NE(outcome.lock.recipe, before.recipe);
  EXPECT_EQ(outcome.lock.result, std::nullopt);
  EXPECT_EQ(outcome.lock.platforms, before.platforms);
  EXPECT_EQ(test.archive.requests(), Lines{});
}

TEST(Locker, ALockKeepsItsResultWhileNothingChanges) {
  LockWorkspace test;
  test.recipe("app", "lib");
  workspace::Lock before = test.lock("app").lock;
  before.result = workspace::LockedResult();
  const workspace::Workspace opened = workspace::open(test.path("ws"));
  write_lock(opened.recipes[0], before);
  EXPECT_NE(test.lock("app", {.kind = kAll}).lock.result, std::nullopt);
}

TEST(Locker, LayersOfPackagesHaveWhatTheOnesBelowLack) {
  LockWorkspace test;
  test.put("app/recipe.yaml",
           "name: app\n"
           "layers:\n"
           "  - packages: {install: [app], scripts: skip, essential: false}\n"
           "  - packages: {install: [tool], scripts: skip}\n");
  EXPECT_EQ(packages(test.lock("app").lock),
            (Lines{"app 1.0 0 named", "lib 1.0 0 needed by app", "basis 1.0 1 essential",
                   "tool 1.0 1 named", "usr-is-merged 1.0 1 essential"}));
}

TEST(Locker, ARecipeOnAnotherHasWhatThatLacks) {
  LockWorkspace test;
  test.recipe("base", "app");
  test.recipe("top", "tool", "from: {recipe: base}\n");
  const LockOutcome outcome = test.lock("top");
  EXPECT_EQ(packages(outcome.lock), Lines{"tool 1.0 0 named"});
  // What the base is decides what is built on it.
  const Digest before = outcome.lock.inputs;
  test.recipe("base", "app, only-here, {name: oldie, only: [arm64]}", "platforms: [amd64]\n");
  test.recipe("top", "tool", "from: {recipe: base}\nplatforms: [amd64]\n");
  EXPECT_NE(test.lock("top").lock.inputs, before);
}

// Its image is another one then, so that the recorded result must not stay.
TEST(Locker, ALockFollowsTheFilesOfRecipesThatItNeeds) {
  LockWorkspace test;
  test.put("tools/recipe.yaml", "name: tools\nlayers: [{files: {/tool: {text: \"1\"}}}]\n");
  test.put("app/recipe.yaml",
           "name: app\nlayers: [{copy: {from: {recipe: tools}, paths: {/tool: /tool}}}]\n");
  test.lock("app");
  EXPECT_EQ(test.lock("app").state, LockState::unchanged);
  test.put("tools/recipe.yaml", "name: tools\nlayers: [{files: {/tool: {text: \"2\"}}}]\n");
  EXPECT_EQ(test.lock("app").state, LockState::changed);
  EXPECT_EQ(test.lock("app").state, LockState::unchanged);
}

// L1: the archive that a lock names must be the one that stamp.yaml names.
TEST(Locker, AnotherArchiveInStampYamlIsAnotherLock) {
  LockWorkspace test;
  test.recipe("app", "app");
  test.lock("app");
  test.archive.show("one", "/other");
  test.put_settings(test.archive.url("/other"));
  const LockOutcome outcome = test.lock("app");
  EXPECT_EQ(outcome.state, LockState::changed);
  EXPECT_EQ(outcome.lock.releases[0].archive, test.archive.url("/other"));
}

TEST(Locker, ABaseWhoseVersionsAreGoneHasToBeUpdatedToo) {
  LockWorkspace test;
  test.recipe("base", "app");
  test.lock("base");
  test.recipe("top", "tool", "from: {recipe: base}\n");
  test.archive.show("two");
  EXPECT_EQ(test.failure(),
            "stamp: error: cannot lock 'top' for linux/amd64: the layers below have app 1.0, and "
            "only 1.1 can be had together with what is asked for\n"
            "  while locking 'top'\n"
            "  try: stamp lock --update base\n");
  EXPECT_EQ(test.lock("top", {.kind = kAll}).state, LockState::created);
}

TEST(Locker, UpdatesOnlyWhatIsNamed) {
  LockWorkspace test;
  test.recipe("app", "app, tool");
  test.lock("app");
  test.archive.show("two", "/later");
  test.put_settings(test.archive.url("/debian"), test.archive.url("/later"));
  EXPECT_EQ(changes(test.lock("app")), "");
  EXPECT_EQ(changes(test.lock("app", {.kind = kPackages, .packages = {"app"}})),
            "  ~ app 1.0 → 1.1 (named)\n");
  const workspace::Lock lock = test.lock("app").lock;
  EXPECT_EQ(lock.platforms.at("linux/amd64").packages[0].source, "later");
}

TEST(Locker, RefusesToUpdateWhatNoLockHas) {
  LockWorkspace test;
  test.recipe("app", "lib");
  test.lock("app");
  test.check_update({.kind = kPackages, .packages = {"lib"}});
  try {
    test.check_update({.kind = kPackages, .packages = {"libb"}});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(
        render(error),
        "stamp: error: cannot update 'libb': no lock has a package or base image of that name\n"
        "  try: --update=lib\n");
  }
}

TEST(Locker, ArchivesAreHashedOnceAndStay) {
  LockWorkspace test;
  test.archive.files["/x-amd64.tar"] = "amd64";
  test.archive.files["/x-arm64.tar"] = "arm64";
  test.put("app/recipe.yaml", "name: app\nlayers:\n  - archive: {url: \"" +
                                  test.archive.url("/x-{arch}.tar") + "\"}\n");
  const LockOutcome outcome = test.lock("app");
  ASSERT_EQ(outcome.lock.platforms.at("linux/arm64").archives.size(), 1U);
  const workspace::LockedArchive& archive = outcome.lock.platforms.at("linux/arm64").archives[0];
  EXPECT_EQ(archive.url, test.archive.url("/x-arm64.tar"));
  EXPECT_EQ(archive.digest, Digest::of(std::string_view("arm64")));
  EXPECT_EQ(archive.size, 5U);
  EXPECT_EQ(test.archive.requests(), (Lines{"GET /x-amd64.tar", "GET /x-arm64.tar"}));
  test.archive.files["/x-amd64.tar"] = "newer";
  test.put("app/recipe.yaml", "name: app\nlayers:\n  - archive: {to: /opt, url: \"" +
                                  test.archive.url("/x-{arch}.tar") + "\"}\n");
  const LockOutcome moved = test.lock("app");
  EXPECT_EQ(changes(moved), "");
  EXPECT_EQ(test.archive.requests(), Lines{});
  EXPECT_EQ(changes(test.lock("app", {.kind = kAll})),
            "  ~ " + test.archive.url("/x-amd64.tar") + " " +
                Digest::of(std::string_view("amd64")).brief() + " → " +
                Digest::of(std::string_view("newer")).brief() + " [linux/amd64]\n");
}

TEST(Locker, TheDateComesFromTheEnvironmentTheRecipeOrTheInputs) {
  LockWorkspace test;
  test.put("a/recipe.yaml", "name: a\n");
  EXPECT_EQ(format_rfc3339(test.lock("a").lock.epoch), "1980-01-01T00:00:01Z");
  test.put("a/recipe.yaml", "name: a\nepoch: 2020-02-02T02:02:02Z\n");
  EXPECT_EQ(format_rfc3339(test.lock("a").lock.epoch), "2020-02-02T02:02:02Z");
  test.epoch = 86400;
  EXPECT_EQ(format_rfc3339(test.lock("a").lock.epoch), "1970-01-02T00:00:00Z");
}

TEST(Locker, AMirrorThatIsBehindIsPassedOver) {
  LockWorkspace test;
  test.archive.show("two");
  test.recipe("app", "app");
  test.lock("app");
  test.archive.show("one", "/old");
  test.use_mirrors({test.archive.url("/missing"), test.archive.url("/old")});
  test.recipe("app", "app, tool");
  EXPECT_EQ(changes(test.lock("app")), "  + tool 1.1 (named)\n");
}

// DC-5
TEST(Locker, AnArchiveThatWentBackIsRefused) {
  LockWorkspace test;
  test.archive.show("two");
  test.recipe("app", "app");
  test.lock("app");
  test.archive.show("one");
  const std::string failure = test.failure({.kind = kAll});
  EXPECT_NE(failure.find("older than"), std::string::npos) << failure;
  test.archive.show("two");
  test.clock.time = parse_rfc3339("2026-12-01T00:00:00Z");
  const std::string expired = test.failure({.kind = kAll});
  EXPECT_NE(expired.find("it was valid until 2026-11-30T10:00:00Z"), std::string::npos) << expired;
}

TEST(Locker, SaysWhichPlacesDidNotHaveARelease) {
  LockWorkspace test;
  test.recipe("app", "app");
  test.archive.files.clear();
  test.use_mirrors({test.archive.url("/mirror")});
  const std::string place = test.archive.url("/debian/dists/stable/InRelease");
  const std::string mirror = test.archive.url("/mirror/dists/stable/InRelease");
  EXPECT_EQ(test.failure(),
            "stamp: error: cannot fetch InRelease of fake stable: 404 Not Found\n"
            "  before that, at " +
                mirror +
                ": cannot fetch InRelease of fake stable: 404 Not Found\n"
                "  in:  " +
                place +
                "\n"
                "  while locking 'app'\n"
                "  try: check the network, or name a mirror in config.yaml\n");
}

TEST(Locker, AnUnknownPackageIsNamedWithItsPlace) {
  LockWorkspace test;
  test.recipe("app", "apps");
  EXPECT_EQ(test.failure(),
            "stamp: error: app/recipe.yaml:3:26: package 'apps': no source has such a package; did "
            "you mean 'app'?\n"
            "    - packages: {install: [apps], scripts: skip}\n"
            "                           ^\n"
            "  while locking 'app'\n");
}

TEST(Locker, AMissingKeyringIsShownInStampYaml) {
  LockWorkspace test;
  test.put("stamp.yaml",
           "stamp: 1\n"
           "sources:\n"
           "  fake: {archive: \"http://127.0.0.1:1\", suites: [stable], keyring: /nowhere.gpg}\n");
  test.recipe("app", "app");
  EXPECT_EQ(test.failure(),
            "stamp: error: stamp.yaml:3:68: there is no keyring '/nowhere.gpg'\n"
            "   {archive: \"http://127.0.0.1:1\", suites: [stable], keyring: /nowhere.gpg}\n"
            "                                                              ^\n"
            "  while locking 'app'\n"
            "  try: install the archive's keyring, for Debian the package "
            "debian-archive-keyring\n");
}

TEST(Locker, ARecipeOnOneWithoutALockSaysSo) {
  LockWorkspace test;
  test.recipe("base", "app");
  test.recipe("top", "tool", "from: {recipe: base}\n");
  const workspace::Workspace opened = workspace::open(test.path("ws"));
  Locker locker(opened, test.services());
  try {
    locker.lock(*opened.find("top"), {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::stale);
    EXPECT_EQ(render(error),
              "stamp: error: cannot lock 'top': 'base', which it needs, has no lock\n"
              "  while locking 'top'\n"
              "  try: stamp lock base\n");
  }
}

}  // namespace
}  // namespace stamp::build
