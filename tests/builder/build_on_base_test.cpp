// Packages put on base images, whoever made these.

#include <algorithm>

#include <gtest/gtest.h>

#include "builder/explain.h"
#include "builder/image/image_files.h"
#include "tests/builder/base_registry.h"
#include "tests/builder/build_fixture.h"

namespace stamp::build {
namespace {

std::string stanza(const std::string& name, const std::string& more = "") {
  return "Package: " + name + "\nStatus: install ok installed\nMaintainer: Base <b@e.x>\n" +
         "Architecture: amd64\nVersion: 1.0\n" + more + "Description: of the base\n\n";
}

/// The programs that scripts call, a package "base" that is told of files below /usr/share/told,
/// and dpkg's database as dpkg left it.
std::vector<PlannedEntry> base_entries() {
  std::vector<PlannedEntry> entries = {
      folder("/dev"),
      folder("/etc"),
      folder("/usr"),
      folder("/usr/bin"),
      folder("/usr/share"),
      folder("/var"),
      file("/dev/null", "what a container does not see"),
      folder("/var/lib", 0711),
      folder("/var/lib/dpkg"),
      folder("/var/lib/dpkg/info"),
      folder("/var/lib/dpkg/triggers"),
      link("/bin", "usr/bin"),
      file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
      file("/etc/group", "root:x:0:\n"),
      file("/etc/base.conf", "of the base\n"),
      file("/usr/share/taken", "of the base\n"),
      file("/var/lib/dpkg/status", stanza("base",
                                          "Conffiles:\n /etc/base.conf "
                                          "0123456789abcdef0123456789abcdef\n")),
      file("/var/lib/dpkg/diversions", ""),
      file("/var/lib/dpkg/triggers/File", "/usr/share/told base\n"),
      file("/var/lib/dpkg/info/format", "1\n"),
      file("/var/lib/dpkg/info/base.list",
           "/.\n/etc\n/etc/base.conf\n/usr\n/usr/share\n/usr/share/taken\n"),
      file("/var/lib/dpkg/info/base.conffiles", "/etc/base.conf\n"),
      file("/var/lib/dpkg/info/base.triggers", "interest /usr/share/told\n"),
      file("/var/lib/dpkg/info/base.postinst",
           "#!/bin/sh\nset -e\n[ \"$1\" != triggered ] || echo \"$2\" > /var/lib/told\n", 0755)};
  for (const char* name : {"sh", "cp", "rm", "chmod"}) {
    entries.push_back(file(std::string("/usr/bin/") + name, "program", 0755));
  }
  return entries;
}

class BuildOnBase : public BuildTest {
 protected:
  void publish_base(const std::vector<std::vector<PlannedEntry>>& layers) {
    std::vector<std::string> tars;
    for (const auto& entries : layers) tars.push_back(base_tar(entries));
    registry_.put_index("home/base", "1", {registry_.put_image("home/base", "linux/amd64", tars)});
  }
  /// Adds a recipe on the image, locked.
  void add_on_base(const std::string& name, const std::string& text,
                   const std::vector<workspace::LockedPackage>& packages) {
    add(name, "from: {image: \"" + registry_.name("home/base:1") + "\"}\n" + text, packages);
    const workspace::Recipe& recipe = workspace_.recipes.back();
    cache::Cache other(temp() / "other-cache", clock_);
    RegistryBases bases(*client_.client, other, progress_);
    workspace::LockedBase base = bases.resolve(recipe, recipe.from.image).at("linux/amd64");
    base.merged = "bin";
    base.system = "unknown";
    lock_on(name, base);
  }
  void lock_on(const std::string& name, const workspace::LockedBase& base) {
    workspace::Lock lock = locks_.at(name);
    lock.platforms["linux/amd64"].bases = {base};
    replace_file(find(name).lock_path(), workspace::serialize(lock));
    locks_[name] = lock;
  }
  ReportedPlatform build_platform(const std::string& name) {
    return run({.recipes = {name}}).images.back().platforms.at(0);
  }
  std::string text_of(const ReportedPlatform& platform, std::string_view at) {
    const std::vector<StoredLayer> layers = layers_of(platform);
    std::vector<const StoredLayer*> views;
    for (const StoredLayer& layer : layers) views.push_back(&layer);
    return ImageFiles(views, store_).read(path(at), 1U << 20U);
  }
  std::vector<StoredLayer> layers_of(const ReportedPlatform& platform) {
    std::vector<StoredLayer> layers;
    for (const ReportedLayer& layer : platform.layers) {
      layers.push_back(LayerStore(cache_).find_by_digest(layer.digest).value());
    }
    return layers;
  }
  Lines top_layer(const ReportedPlatform& platform) {
    return entries_of(layers_of(platform).back());
  }

  BaseRegistry registry_;
};

FakePackage app_package() {
  FakePackage app;
  app.name = "app";
  app.fields = "Depends: base\n";
  app.files = {folder("/"),
               folder("/bin"),
               file("/bin/app", "program", 0755),
               folder("/usr"),
               folder("/usr/share"),
               folder("/usr/share/told"),
               file("/usr/share/told/app", "x")};
  app.members = {{"postinst",
                  "#!/bin/sh\nset -e\ncp /etc/base.conf /etc/app.conf > /dev/null\n"
                  "rm /etc/base.conf\n"},
                 {"triggers", "interest-noawait app-done\n"}};
  return app;
}

TEST_F(BuildOnBase, PackagesAreConfiguredOverItsTreeAndAddedToItsDatabase) {
  publish_base({base_entries()});
  add_on_base("one", "layers: [{packages: [app]}]\n", {publish(app_package())});
  const ReportedPlatform platform = build_platform("one");
  EXPECT_EQ(platform.unconfigured, Lines{});
  EXPECT_EQ(top_layer(platform), (Lines{"directory 755 0:0 /",
                                        "directory 755 0:0 /etc",
                                        "directory 755 0:0 /usr",
                                        "directory 755 0:0 /usr/bin",
                                        "directory 755 0:0 /usr/share",
                                        "directory 755 0:0 /usr/share/told",
                                        "directory 755 0:0 /var",
                                        "directory 711 0:0 /var/lib",
                                        "directory 755 0:0 /var/lib/dpkg",
                                        "directory 755 0:0 /var/lib/dpkg/alternatives",
                                        "directory 755 0:0 /var/lib/dpkg/info",
                                        "directory 755 0:0 /var/lib/dpkg/parts",
                                        "directory 755 0:0 /var/lib/dpkg/triggers",
                                        "directory 755 0:0 /var/lib/dpkg/updates",
                                        "file 755 0:0 /usr/bin/app",
                                        "file 644 0:0 /usr/share/told/app",
                                        "file 644 0:0 /etc/app.conf",
                                        "file 644 0:0 /var/lib/told",
                                        "file 644 0:0 /etc/.wh.base.conf",
                                        "file 644 0:0 /var/lib/dpkg/arch",
                                        "file 644 0:0 /var/lib/dpkg/available",
                                        "file 644 0:0 /var/lib/dpkg/info/app.list",
                                        "file 644 0:0 /var/lib/dpkg/info/app.md5sums",
                                        "file 755 0:0 /var/lib/dpkg/info/app.postinst",
                                        "file 755 0:0 /var/lib/dpkg/info/app.triggers",
                                        "file 644 0:0 /var/lib/dpkg/status",
                                        "file 644 0:0 /var/lib/dpkg/triggers/Unincorp",
                                        "file 644 0:0 /var/lib/dpkg/triggers/app-done"}));
  EXPECT_EQ(text_of(platform, "/etc/app.conf"), "of the base\n");
  EXPECT_EQ(text_of(platform, "/var/lib/told"), "/usr/share/told\n");
  EXPECT_EQ(text_of(platform, "/var/lib/dpkg/status"),
            stanza("base", "Conffiles:\n /etc/base.conf 0123456789abcdef0123456789abcdef\n") +
                "Package: app\nStatus: install ok installed\nMaintainer: Test <t@e.x>\n"
                "Architecture: amd64\nVersion: 1.0\nDepends: base\nDescription: a test\n\n");
  EXPECT_EQ(text_of(platform, "/var/lib/dpkg/triggers/File"), "/usr/share/told base\n");
  EXPECT_EQ(run({}).steps_run, 0U);
}

TEST_F(BuildOnBase, WhiteoutsAndOpaqueFoldersCount) {
  std::vector<PlannedEntry> second = {folder("/var"),
                                      folder("/var/lib"),
                                      folder("/var/lib/dpkg"),
                                      folder("/var/lib/dpkg/triggers"),
                                      file("/var/lib/dpkg/triggers/.wh..wh..opq", ""),
                                      file("/var/lib/dpkg/status", stanza("base") + stanza("more")),
                                      folder("/etc"),
                                      file("/etc/.wh.base.conf", ""),
                                      file("/etc/base.conf", "of the second\n")};
  publish_base({base_entries(), second});
  add_on_base("one", "layers: [{packages: [app]}]\n", {publish(app_package())});
  const ReportedPlatform platform = build_platform("one");
  EXPECT_EQ(text_of(platform, "/etc/app.conf"), "of the second\n");
  const std::string status = text_of(platform, "/var/lib/dpkg/status");
  EXPECT_TRUE(status.starts_with(stanza("base") + stanza("more") + "Package: app\n")) << status;
  EXPECT_EQ(text_of(platform, "/var/lib/dpkg/triggers/File"), "");
}

TEST_F(BuildOnBase, APathThatAnInstalledPackageLosesLeavesItsList) {
  FakePackage taker = app_package();
  taker.fields = "Replaces: base\n";
  taker.members.clear();
  taker.files = {folder("/"), folder("/usr"), folder("/usr/share"),
                 file("/usr/share/taken", "new")};
  publish_base({base_entries()});
  add_on_base("one", "layers: [{packages: [app]}]\n", {publish(taker)});
  const ReportedPlatform platform = build_platform("one");
  EXPECT_EQ(text_of(platform, "/usr/share/taken"), "new");
  EXPECT_EQ(text_of(platform, "/var/lib/dpkg/info/base.list"),
            "/.\n/etc\n/etc/base.conf\n/usr\n/usr/share\n");
  const Lines top = top_layer(platform);
  EXPECT_EQ(std::count_if(top.begin(), top.end(),
                          [](const std::string& line) {
                            return line.find("/info/base.") != std::string::npos;
                          }),
            1);
}

TEST_F(BuildOnBase, APathOfAnInstalledPackageIsRefused) {
  FakePackage taker = app_package();
  taker.files = {folder("/"), folder("/usr"), folder("/usr/share"),
                 file("/usr/share/taken", "new")};
  publish_base({base_entries()});
  add_on_base("one", "layers: [{packages: [app]}]\n", {publish(taker)});
  EXPECT_NE(
      message_of([&] { build_platform("one"); })
          .find("cannot unpack the packages: '/usr/share/taken' is in 'base:amd64 1.0' and in "
                "'app:amd64 1.0'\n"),
      std::string::npos);
}

TEST_F(BuildOnBase, PackagesThatAreUnpackedOnlyAreRecordedSo) {
  publish_base({base_entries()});
  add_on_base("one", "layers: [{packages: {install: [app], scripts: skip}}]\n",
              {publish(app_package())});
  const ReportedPlatform platform = build_platform("one");
  EXPECT_EQ(platform.unconfigured, Lines{"app"});
  EXPECT_NE(
      text_of(platform, "/var/lib/dpkg/status").find("Package: app\nStatus: install ok unpacked"),
      std::string::npos);
}

TEST_F(BuildOnBase, RecipesOnARecipeOnItSeeAllThatIsBelow) {
  FakePackage second;
  second.name = "second";
  second.fields = "Depends: app\n";
  second.files = {folder("/"), folder("/usr"), folder("/usr/share"), folder("/usr/share/told"),
                  file("/usr/share/told/second", "x")};
  second.members = {{"postinst", "#!/bin/sh\nset -e\ncp /etc/app.conf /etc/second.conf\n"}};
  publish_base({base_entries()});
  add_on_base("one", "layers: [{packages: [app]}, {files: {/etc/app.conf: {text: changed}}}]\n",
              {publish(app_package())});
  add("two", "from: {recipe: one}\nlayers: [{packages: [second]}]\n", {publish(second)});
  lock_on("two", locks_.at("one").platforms.at("linux/amd64").bases.at(0));
  const ReportedPlatform platform = build_platform("two");
  EXPECT_EQ(text_of(platform, "/etc/second.conf"), "changed");
  const std::string status = text_of(platform, "/var/lib/dpkg/status");
  Lines names;
  for (std::size_t at = status.find("Package: "); at != std::string::npos;
       at = status.find("Package: ", at + 1)) {
    names.push_back(status.substr(at + 9, status.find('\n', at) - at - 9));
  }
  EXPECT_EQ(names, (Lines{"base", "app", "second"}));
}

TEST_F(BuildOnBase, ABaseWithoutDatabaseIsRefusedWhenItIsBuiltToo) {
  publish_base({{file("/a", "1")}});
  add_on_base("one", "layers: [{packages: [app]}]\n", {publish(app_package())});
  EXPECT_NE(message_of([&] {
              build_platform("one");
            }).find("the layers below have no dpkg database (/var/lib/dpkg/status)"),
            std::string::npos);
}

TEST_F(BuildOnBase, WhatScriptsDoIsExplained) {
  publish_base({base_entries()});
  add_on_base("one", "layers: [{packages: [app]}]\n", {publish(app_package())});
  const Explanation explanation = with_services([&](const BuildServices& services) {
    return explain(workspace_, {.recipe = "one", .package = "app", .platform = {}}, services);
  });
  EXPECT_TRUE(explanation.installed);
  Lines events;
  for (const ExplainedEvent& event : explanation.events) {
    events.push_back(event.script + " " + event.event + " " + event.path);
  }
  EXPECT_EQ(events,
            (Lines{"app.postinst made /etc/app.conf", "app.postinst removed /etc/base.conf"}));
}

}  // namespace
}  // namespace stamp::build
