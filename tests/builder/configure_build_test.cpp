// Whole builds whose packages have maintainer scripts.

#include <algorithm>

#include "builder/explain.h"
#include "builder/image/image_files.h"
#include "tests/builder/build_fixture.h"

namespace stamp::build {
namespace {

constexpr std::string_view kPasswd = "root:x:0:0:root:/root:/bin/sh\n";

/// An essential package with the programs that scripts call, and the files of accounts.
FakePackage tools_package() {
  FakePackage tools;
  tools.name = "tools";
  tools.fields = "Essential: yes\n";
  tools.files = {folder("/"), folder("/bin"), folder("/etc"), folder("/var"), folder("/var/lib")};
  for (const char* name : {"sh", "chmod", "mkdir", "rm", "ln", "adduser", "addgroup", "mv"}) {
    tools.files.push_back(file(fmt::format("/bin/{}", name), "program", 0755));
  }
  tools.files.push_back(file("/etc/group", "root:x:0:\nnogroup:x:65534:\n"));
  tools.files.push_back(file("/etc/passwd", std::string(kPasswd)));
  return tools;
}

FakePackage service_package() {
  FakePackage service;
  service.name = "service";
  service.fields = "Depends: tools\n";
  service.files = {folder("/"),
                   folder("/etc"),
                   folder("/etc/service", 0700),
                   file("/etc/service/conf", "a"),
                   folder("/usr"),
                   folder("/usr/bin"),
                   file("/usr/bin/service", "program", 0755),
                   file("/usr/bin/old", "x", 0755)};
  service.members = {{"postinst",
                      "#!/bin/sh\nset -e\nchmod 4755 /usr/bin/service\nchmod 0750 /etc/service\n"
                      "rm /usr/bin/old\nmkdir /var/lib/service\necho made > /etc/service/made\n"
                      "ln -s service /usr/bin/other\n"}};
  return service;
}

class ConfigureBuildTest : public BuildTest {
 protected:
  /// All paths of the image as a container sees them.
  Lines paths_of(const ReportedPlatform& platform) {
    Lines lines;
    const ImageFiles files = files_of(platform);
    for (const auto& [path, entry] : files.entries()) lines.push_back(shown(entry));
    return lines;
  }
  std::string text_of(const ReportedPlatform& platform, std::string_view at) {
    return files_of(platform).read(path(at), 1U << 20U);
  }
  workspace::Lock lock_of_recipe(const std::string& name) const {
    return workspace::parse_lock("stamp.lock", read_file(find(name).lock_path()));
  }

 private:
  ImageFiles files_of(const ReportedPlatform& platform) {
    layers_.clear();
    for (const ReportedLayer& layer : platform.layers) {
      layers_.push_back(LayerStore(cache_).find_by_digest(layer.digest).value());
    }
    std::vector<const StoredLayer*> layers;
    for (const StoredLayer& layer : layers_) layers.push_back(&layer);
    return ImageFiles(layers, store_);
  }
  std::vector<StoredLayer> layers_;
};

bool has(const Lines& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

TEST_F(ConfigureBuildTest, ScriptsChangeEntriesFoldersAndMakeFiles) {
  add("one", "layers: [{packages: [service]}]\n",
      {publish(service_package()), publish(tools_package())});
  const BuildReport report = run({});
  const ReportedPlatform& platform = report.images[0].platforms[0];
  EXPECT_EQ(platform.unconfigured, Lines{});
  const Lines lines = paths_of(platform);
  EXPECT_TRUE(has(lines, "file 4755 0:0 /usr/bin/service"));
  EXPECT_TRUE(has(lines, "directory 750 0:0 /etc/service"));
  EXPECT_TRUE(has(lines, "directory 755 0:0 /var/lib/service"));
  EXPECT_TRUE(has(lines, "file 644 0:0 /etc/service/made"));
  EXPECT_TRUE(has(lines, "symlink 777 0:0 /usr/bin/other -> service"));
  EXPECT_FALSE(has(lines, "file 755 0:0 /usr/bin/old"));
  EXPECT_NE(text_of(platform, "/var/lib/dpkg/status")
                .find("Package: service\nStatus: install ok "
                      "installed\n"),
            std::string::npos);
  EXPECT_NE(text_of(platform, "/var/lib/dpkg/info/service.list").find("/usr/bin/old\n"),
            std::string::npos);
  EXPECT_EQ(run({}).steps_run, 0U);
}

TEST_F(ConfigureBuildTest, LayerAboveChangesWhatIsBelow) {
  FakePackage above;
  above.name = "above";
  above.fields = "Depends: service\n";
  above.files = {folder("/"), folder("/etc")};
  above.members = {{"postinst",
                    "#!/bin/sh -e\nrm /usr/bin/other\nchmod 0711 /usr/bin/service /etc/service\n"
                    "mv /etc/service/made /etc/made\n"}};
  add("base", "layers: [{packages: [service]}]\n",
      {publish(service_package()), publish(tools_package())});
  add("top", "from: {recipe: base}\nlayers: [{packages: [above]}]\n", {publish(above)});
  const BuildReport report = run({});
  const ReportedPlatform& platform = report.images[1].platforms[0];
  const Lines lines = paths_of(platform);
  EXPECT_TRUE(has(lines, "file 711 0:0 /usr/bin/service"));
  EXPECT_TRUE(has(lines, "directory 711 0:0 /etc/service"));
  EXPECT_TRUE(has(lines, "file 644 0:0 /etc/made"));
  EXPECT_FALSE(has(lines, "file 644 0:0 /etc/service/made"));
  EXPECT_FALSE(has(lines, "symlink 777 0:0 /usr/bin/other -> service"));
  EXPECT_EQ(text_of(platform, "/etc/made"), "made\n");
  EXPECT_EQ(text_of(platform, "/usr/bin/service"), "program");
}

TEST_F(ConfigureBuildTest, IdsAreTheSameOnAllPlatformsAndGoIntoTheLock) {
  FakePackage user;
  user.name = "user";
  user.fields = "Depends: tools\n";
  user.members = {{"postinst",
                   "#!/bin/sh\nset -e\nadduser --system --quiet --no-create-home --group \\\n"
                   "  --home /nonexistent user\n"}};
  const std::vector<std::string> platforms = {"linux/amd64", "linux/arm64"};
  add("one", "platforms: [linux/amd64, linux/arm64]\nlayers: [{packages: [user]}]\n",
      {publish(user), publish(tools_package())}, platforms);
  const BuildReport first = run({});
  const workspace::Lock lock = lock_of_recipe("one");
  ASSERT_EQ(lock.users.size(), 1U);
  EXPECT_EQ(lock.users[0].name, "user");
  EXPECT_EQ(lock.users[0].number, 100U);
  ASSERT_EQ(lock.groups.size(), 1U);
  EXPECT_EQ(text_of(first.images[0].platforms[1], "/etc/passwd"),
            std::string(kPasswd) + "user:!:100:100::/nonexistent:/usr/sbin/nologin\n");
  // The lock's ids are in the keys now, and nothing is made anew for that.
  const BuildReport second = run({});
  EXPECT_EQ(second.steps_run, 0U);
  EXPECT_EQ(second.images[0].digest, first.images[0].digest);
}

TEST_F(ConfigureBuildTest, RecipesAccountsFixIdsAndClashesNameBoth) {
  FakePackage user;
  user.name = "user";
  user.fields = "Depends: tools\n";
  user.members = {{"postinst", "#!/bin/sh\nset -e\naddgroup --system --quiet clients\n"}};
  add("one", "layers: [{packages: [user]}]\naccounts: {groups: [{name: clients, gid: 777}]}\n",
      {publish(user), publish(tools_package())});
  const BuildReport report = run({});
  EXPECT_NE(text_of(report.images[0].platforms[0], "/etc/group").find("clients:x:777:"),
            std::string::npos);
  workspace::Lock lock = lock_of_recipe("one");
  EXPECT_TRUE(lock.groups.empty());
  lock.groups = {{"others", 777}};
  lock.result.reset();
  replace_file(find("one").lock_path(), workspace::serialize(lock));
  EXPECT_EQ(message_of([&] { run({}); }),
            "stamp: error: cannot give the group 'others' the id 777: 'clients' of 'one' has it\n"
            "  in:  app/recipe.yaml\n"
            "  try: give one of them another id in 'accounts'\n");
}

TEST_F(ConfigureBuildTest, ScriptThatStopsIsAnErrorUnlessItIsAccepted) {
  FakePackage bad = service_package();
  bad.name = "bad";
  bad.files.clear();
  bad.members = {{"postinst", "#!/bin/sh\necho a > /etc/left\necho broken >&2\nexit 3\n"}};
  FakePackage user;
  user.name = "user";
  user.fields = "Depends: bad\n";
  const std::vector<workspace::LockedPackage> packages = {publish(bad), publish(tools_package()),
                                                          publish(user)};
  add("one", "layers: [{packages: [user]}]\n", packages);
  EXPECT_EQ(message_of([&] { run({}); }),
            "stamp: error: cannot configure 'bad': its postinst ended with status 3\n"
            "  broken\n"
            "  while configuring 'bad' 1.0\n"
            "  while putting together one (linux/amd64) layer 1 of 1 (packages)\n"
            "  try: leave it unpacked only, by 'accept-unconfigured: [bad]' in the recipe\n");
  workspace_.recipes.clear();
  add("two", "layers: [{packages: {install: [user], accept-unconfigured: [bad]}}]\n", packages);
  const BuildReport report = run({});
  const ReportedPlatform& platform = report.images[0].platforms[0];
  EXPECT_EQ(platform.unconfigured, (Lines{"bad", "user"}));
  EXPECT_EQ(platform.reasons.at("user"), "it depends on 'bad', which is not configured");
  EXPECT_FALSE(has(paths_of(platform), "file 644 0:0 /etc/left"));
}

TEST_F(ConfigureBuildTest, PackagesAreNotConfiguredOnPackagesThatAreNot) {
  add("base", "layers: [{packages: {install: [tools], scripts: skip}}]\n",
      {publish(tools_package())});
  add("top", "from: {recipe: base}\nlayers: [{packages: [service]}]\n",
      {publish(service_package())});
  EXPECT_EQ(message_of([&] { run({}); }),
            "stamp: error: app/recipe.yaml:3:11: these packages are configured, and those of base "
            "(linux/amd64) layer 1 of 1 (packages) are not; say 'scripts: skip' of both or of "
            "neither\n"
            "  layers: [{packages: [service]}]\n"
            "            ^\n");
}

TEST_F(ConfigureBuildTest, ExplainTellsWhatAPackagesScriptsDo) {
  add("one", "layers: [{packages: [service]}]\n",
      {publish(service_package()), publish(tools_package())});
  const Explanation explanation = with_services([&](const BuildServices& services) {
    return explain(workspace_, {.recipe = "one", .package = "service"}, services);
  });
  EXPECT_TRUE(explanation.installed);
  Lines lines;
  for (const ExplainedEvent& event : explanation.events) {
    lines.push_back(fmt::format("{}:{} {} {}", event.script, event.line, event.event, event.path));
  }
  EXPECT_EQ(
      lines,
      (Lines{"service.postinst:3 mode /usr/bin/service", "service.postinst:4 mode /etc/service",
             "service.postinst:5 removed /usr/bin/old", "service.postinst:6 made /var/lib/service",
             "service.postinst:7 made /etc/service/made",
             "service.postinst:8 made /usr/bin/other"}));
  EXPECT_EQ(message_of([&] {
              with_services([&](const BuildServices& services) {
                return explain(workspace_, {.recipe = "one", .package = "servce"}, services);
              });
            }),
            "stamp: error: cannot explain 'servce': 'one' has no such package\n"
            "  try: --package service\n");
}

}  // namespace
}  // namespace stamp::build
