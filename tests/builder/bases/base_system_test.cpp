#include "builder/bases/base_system.h"

#include "tests/builder/builder_fixture.h"
#include "tests/builder/recipe_fixture.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

std::string package(const std::string& name, const std::string& status = "install ok installed",
                    const std::string& architecture = "amd64") {
  return "Package: " + name + "\nStatus: " + status + "\nArchitecture: " + architecture +
         "\nVersion: 1\n\n";
}

PlannedEntry status(const std::string& text) {
  return file("/var/lib/dpkg/status", text);
}

class BaseSystemTest : public BuilderTest {
 protected:
  /// What an image of these layers has.
  BaseSystem read(std::vector<std::vector<PlannedEntry>> layers) {
    std::vector<StoredLayer> stored;
    for (std::vector<PlannedEntry>& entries : layers) {
      stored.push_back(make_layer(std::move(entries), stored.empty() ? nullptr : &stored.back()));
    }
    std::vector<const StoredLayer*> views;
    for (const StoredLayer& layer : stored) views.push_back(&layer);
    return read_base_system(ImageFiles(views, store_), "amd64");
  }

  /// What is said of packages on a base; empty when they can be put on it.
  static std::string check(const BaseSystem& system,
                           const std::vector<workspace::LockedRelease>& releases = {},
                           const std::string& scripts = "evaluate") {
    const workspace::Recipe recipe =
        recipe_of("name: app\nlayers:\n  - packages: {install: [xz], scripts: " + scripts + "}\n");
    return message_of([&] {
      check_base_system(system, "'registry.example/base:1'", recipe,
                        std::get<workspace::Packages>(recipe.layers[0]), "amd64", releases);
    });
  }
  static std::string refused(const std::string& why, const std::string& scripts = "evaluate") {
    return "stamp: error: app/recipe.yaml:3:5: packages cannot be put on "
           "'registry.example/base:1': " +
           why + "\n    - packages: {install: [xz], scripts: " + scripts + "}\n      ^\n";
  }
  static workspace::LockedRelease release(const std::string& origin, const std::string& codename) {
    workspace::LockedRelease made;
    made.origin = origin;
    made.codename = codename;
    return made;
  }
  BaseSystem of(const std::string& id, const std::string& codename) {
    BaseSystem system;
    system.id = id;
    system.codename = codename;
    return system;
  }
};

TEST_F(BaseSystemTest, ReadsWhatTheLayersMakeTogether) {
  const BaseSystem system =
      read({{status(package("old")), file("/etc/os-release", "ID=other\n"),
             file("/var/lib/dpkg/arch", "amd64\ni386\n"), folder("/usr/bin"), folder("/usr/lib"),
             link("/bin", "usr/bin"), link("/lib", "/usr/lib"), folder("/sbin")},
            {status(package("a") + package("b", "deinstall ok config-files")),
             whiteout("/etc/os-release"),
             file("/usr/lib/os-release",
                  "NAME=\"Debian GNU/Linux\"\nVERSION_CODENAME='bookworm'\nID=debian\n")}});
  EXPECT_EQ(system.obstacle, "");
  ASSERT_EQ(system.packages.size(), 2U);
  EXPECT_EQ(system.packages[0].name(), "a");
  EXPECT_EQ(system.architectures, Lines{"i386"});
  EXPECT_EQ(system.name(), "debian bookworm");
  // /sbin is a folder, so it stays one; what is not there yet becomes a link.
  EXPECT_EQ(system.merged, (Lines{"bin", "lib", "lib32", "lib64", "libx32"}));
}

TEST_F(BaseSystemTest, WhereNothingIsMergedNothingWillBe) {
  const BaseSystem system = read({{status(package("a")), folder("/bin"), folder("/lib")}});
  EXPECT_EQ(system.merged, Lines{});
  EXPECT_EQ(system.name(), "unknown");
}

TEST_F(BaseSystemTest, AnImageWithoutDatabaseSaysSo) {
  EXPECT_EQ(read({{file("/a", "1")}}).obstacle, "it has no dpkg database (/var/lib/dpkg/status)");
  EXPECT_EQ(read({{status(package("a"))}, {whiteout("/var/lib/dpkg")}}).obstacle,
            "it has no dpkg database (/var/lib/dpkg/status)");
  EXPECT_EQ(read({{file("/var/lib/dpkg/status.d/base", package("base"))}}).obstacle,
            "its dpkg database lies in /var/lib/dpkg/status.d, as distroless images have it, where "
            "dpkg itself does not see it");
}

TEST_F(BaseSystemTest, PackagesOfAnotherArchitectureAreRefused) {
  EXPECT_EQ(check(read({{status(package("a", "install ok installed", "arm64") +
                                package("b", "install ok installed", "all"))}})),
            refused("its packages are for arm64, not for amd64"));
  EXPECT_EQ(check(read({{status(package("b", "install ok installed", "all"))}})), "");
}

TEST_F(BaseSystemTest, PackagesThatAreNotWholeAreRefused) {
  EXPECT_EQ(check(read({{status(package("a", "install ok half-installed"))}})),
            refused("its package 'a' is half-installed"));
  EXPECT_EQ(check(read({{status(package("a", "install reinstreq installed"))}})),
            refused("its package 'a' is reinstreq"));
  const BaseSystem unpacked = read({{status(package("a", "install ok unpacked"))}});
  EXPECT_EQ(check(unpacked),
            refused("its package 'a' is unpacked, not configured; 'scripts: skip' accepts that"));
  EXPECT_EQ(check(unpacked, {}, "skip"), "");
}

TEST_F(BaseSystemTest, ItsDistributionMustBeThatOfTheSources) {
  EXPECT_EQ(check(of("ubuntu", "noble"), {release("Debian", "bookworm")}),
            refused("it is ubuntu noble, and the packages are of Debian"));
  EXPECT_EQ(check(of("debian", "bookworm"), {release("Ubuntu", "noble")}),
            refused("it is debian bookworm, and the packages are of Ubuntu"));
  EXPECT_EQ(check(of("debian", "bookworm"), {release("Debian", "trixie")}),
            refused("it is debian bookworm, and the packages are of Debian trixie"));
}

TEST_F(BaseSystemTest, OneSuiteThatFitsIsEnough) {
  EXPECT_EQ(check(of("ubuntu", "noble"), {release("Ubuntu", "noble-updates")}), "");
  EXPECT_EQ(check(of("debian", "bookworm"),
                  {release("Debian", "trixie"), release("Debian", "bookworm-security")}),
            "");
}

TEST_F(BaseSystemTest, WhereNobodyCanTellNothingIsRefused) {
  EXPECT_EQ(check(of("", ""), {release("Debian", "bookworm")}), "");
  EXPECT_EQ(check(of("debian", ""), {release("Debian", "bookworm")}), "");
  EXPECT_EQ(check(of("debian", "bookworm"), {release("Docker", "jammy")}), "");
  EXPECT_EQ(check(of("debian", "forky"), {release("Debian", "sid")}), "");
}

}  // namespace
}  // namespace stamp::build
