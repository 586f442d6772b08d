// Keys are the SHA-256 of the documents of docs/formats.md "Step keys": they stand here in full, so
// that no change of them goes unnoticed.

#include "builder/plan/step_key.h"

#include "maintainer-scripts/dpkg/evaluate.h"
#include "tests/builder/builder_fixture.h"
#include "tests/builder/recipe_fixture.h"

namespace stamp::build {
namespace {

constexpr std::string_view kEncoding =
    R"("encoding":{"compression":"zstd","level":"3","name":"zstd","version":"1.5.4"})";

Encoding zstd() {
  return {layer::Compression::zstd, {"zstd", "1.5.4", "3"}};
}

Digest key_of(std::string_view start, std::string_view end) {
  return Digest::of(fmt::format("{}{}{}", start, kEncoding, end));
}

PackageSegment bash() {
  PackageSegment package;
  package.package.name = "bash";
  package.package.version = "5.2-1";
  package.package.architecture = "amd64";
  package.package.digest = Digest::of(std::string_view("deb"));
  package.merged = debian::MergedUsr({"bin", "lib"});
  package.exclude = {Glob::parse("/usr/share/doc/**")};
  return package;
}

TEST(StepKey, OfAPackage) {
  EXPECT_EQ(
      package_key(bash(), zstd()),
      key_of(
          R"({"architecture":"amd64","deb":")" + Digest::of(std::string_view("deb")).hex() +
              R"(",)",
          R"(,"exclude":["/usr/share/doc/**"],"given-up":[],"kind":"package",)"
          R"("merged":["bin","lib"],"name":"bash","newest-mtime":null,"package-version":"5.2-1",)"
          R"("shared":[],"version":2})"));
}

TEST(StepKey, OfAPackageWithAVariant) {
  PackageVariant variant;
  variant.given_up = {path("/a")};
  variant.shared = {path("/b")};
  variant.newest_mtime = 7;
  EXPECT_EQ(
      package_key(bash(), zstd(), variant),
      key_of(R"({"architecture":"amd64","deb":")" + Digest::of(std::string_view("deb")).hex() +
                 R"(",)",
             R"(,"exclude":["/usr/share/doc/**"],"given-up":["61"],"kind":"package",)"
             R"("merged":["bin","lib"],"name":"bash","newest-mtime":7,"package-version":"5.2-1",)"
             R"("shared":["62"],"version":2})"));
}

TEST(StepKey, OfAPackageQuotesItsTextsAndHasItsOverrides) {
  PackageSegment package = bash();
  package.package.version = "1\"\\\u00e4\n";
  PackageVariant variant;
  variant.overrides = {{path("/a"), true, {}}};
  EXPECT_EQ(package_key(package, zstd(), variant),
            key_of(R"({"architecture":"amd64","deb":")" +
                       Digest::of(std::string_view("deb")).hex() + R"(",)",
                   R"(,"exclude":["/usr/share/doc/**"],"given-up":[],"kind":"package",)"
                   R"("merged":["bin","lib"],"name":"bash","newest-mtime":null,)"
                   R"("overrides":[["61",null]],"package-version":"1\"\\)"
                   "\u00e4"
                   R"(\n","shared":[],"version":2})"));
}

TEST(StepKey, OfAPackageIsThatOfItsBytesWhereverTheyLie) {
  PackageSegment other = bash();
  other.package.path = "pool/elsewhere.deb";
  other.package.source = "mirror";
  other.package.why = "essential";
  other.package.layer = 3;
  other.release.archive = "https://example.org";
  EXPECT_EQ(package_key(other, zstd()), package_key(bash(), zstd()));
}

TEST(StepKey, OfEntries) {
  EntriesSegment segment;
  segment.entries = {file("/x", "text", 0600), link("/l", "x"), whiteout("/w")};
  const std::string text = Digest::of(std::string_view("text")).hex();
  EXPECT_EQ(
      entries_key(segment, zstd()),
      key_of("{", R"(,"entries":[{"content":")" + text +
                      R"(","gid":0,"mode":384,"mtime":315532801,"path":"78","size":4,"target":"",)"
                      R"("type":"file","uid":0},)"
                      R"({"gid":0,"mode":511,"mtime":315532801,"path":"6c","size":0,"target":"78",)"
                      R"("type":"symlink","uid":0},)"
                      R"({"gid":0,"mode":420,"mtime":315532801,"path":"77","size":0,"target":"",)"
                      R"("type":"whiteout","uid":0}],"kind":"entries","version":1})"));
}

TEST(StepKey, OfEntriesIsTheSameForTextAndForASourceWithThatContent) {
  EntriesSegment text;
  text.entries = {file("/x", "text")};
  EntriesSegment source = text;
  source.entries[0].kind = PlannedEntry::Kind::source;
  source.entries[0].text.clear();
  source.entries[0].source.digest = Digest::of(std::string_view("text"));
  source.entries[0].source.host = "/somewhere";
  EXPECT_EQ(entries_key(text, zstd()), entries_key(source, zstd()));
}

TEST(StepKey, OfAnArchive) {
  ArchiveSegment segment;
  segment.archive.url = "https://example.org/not-part-of-it";
  segment.archive.digest = Digest::of(std::string_view("tar"));
  segment.to = path("/opt");
  segment.strip = 1;
  segment.selection.include = {Glob::parse("bin/*")};
  segment.uid = 5;
  segment.gid = 6;
  segment.mtime = 7;
  EXPECT_EQ(archive_key(segment, zstd()),
            key_of(R"({"archive":")" + Digest::of(std::string_view("tar")).hex() + R"(",)",
                   R"(,"exclude":[],"gid":6,"include":["bin/*"],"kind":"archive","merged":[],)"
                   R"("mtime":7,"strip":1,"to":"6f7074","uid":5,"version":1})"));
}

TEST(StepKey, OfACopy) {
  CopySegment segment;
  segment.image = "not part of it";
  segment.paths = {{path("/a"), path("/b"), {}}};
  segment.mtime = 7;
  const Digest layer = Digest::of(std::string_view("layer"));
  EXPECT_EQ(copy_key(segment, {&layer, 1}, zstd()),
            key_of("{", R"(,"kind":"copy","layers":[")" + layer.hex() +
                            R"("],"merged":[],"mtime":7,"paths":[["61","62"]],"version":1})"));
}

TEST(StepKey, OfAccounts) {
  AccountsSegment segment;
  workspace::User user;
  user.name = "steam";
  user.uid = 1000;
  user.gid = 1001;
  user.home = "/home/steam";
  user.shell = "/bin/sh";
  segment.accounts.users = {user};
  segment.accounts.groups = {{"steam", 1001, {}}};
  segment.mtime = 7;
  const Digest layer = Digest::of(std::string_view("layer"));
  EXPECT_EQ(
      accounts_key(segment, {&layer, 1}, zstd()),
      key_of("{", R"(,"groups":[["steam",1001]],"kind":"accounts","layers":[")" + layer.hex() +
                      R"("],"mtime":7,"users":[["steam",1000,1001,"/home/steam","/bin/sh"]],)"
                      R"("version":1})"));
}

/// A plan of one segment and two layers, the first of them a base's.
Plan small_plan() {
  Plan plan;
  plan.segments.resize(1);
  plan.segments[0].key = Digest::of(std::string_view("segment"));
  plan.layers.resize(2);
  plan.layers[0].key = Digest::of(std::string_view("below"));
  LayerPlan& layer = plan.layers[1];
  layer.name = "not part of it";
  layer.below = 0;
  layer.segments = {0};
  layer.encoding = zstd();
  layer.epoch = 5;
  layer.mtime = 7;
  layer.links = debian::MergedUsr({"bin"});
  layer.multilib_links = {"lib32"};
  layer.packages = PackageSet{"amd64", {0}};
  return plan;
}

TEST(StepKey, OfALayerOfPackages) {
  const Plan plan = small_plan();
  const std::string below = Digest::of(std::string_view("below")).hex();
  const std::string segment = Digest::of(std::string_view("segment")).hex();
  EXPECT_EQ(
      layer_key(plan.layers[1], plan),
      key_of(
          R"({"below":")" + below + R"(",)",
          R"(,"epoch":5,"kind":"layer","links":["bin"],"mtime":7,"multilib-links":["lib32"],"packages":{)"
          R"("architecture":"amd64","installed":[")" +
              segment + R"("]},"segments":[")" + segment + R"("],"version":1})"));
}

// What is installed is read from the layers below, whose keys say all of it.
TEST(StepKey, OfPackagesThatAreConfiguredOnABase) {
  Plan plan = small_plan();
  plan.layers[1].packages = PackageSet{.architecture = "amd64", .installed = {}, .on_base = true};
  plan.layers[1].packages->configure.emplace();
  const std::string below = Digest::of(std::string_view("below")).hex();
  const std::string segment = Digest::of(std::string_view("segment")).hex();
  EXPECT_EQ(
      layer_key(plan.layers[1], plan),
      key_of(
          R"({"below":")" + below + R"(",)",
          R"(,"epoch":5,"kind":"layer","links":["bin"],"mtime":7,"multilib-links":["lib32"],"packages":{)"
          R"("architecture":"amd64","configure":{"accept-unconfigured":[],"answers":{},"evaluation":")" +
              std::string(scripts::evaluation_version()) +
              R"(","groups":{},"users":{}},"installed":[],"on-base":true},"segments":[")" +
              segment + R"("],"version":2})"));
}

TEST(StepKey, OfALayerOfABase) {
  Plan plan = small_plan();
  plan.layers[1].base.emplace();
  plan.layers[1].base->place = "/not/part/of/it";
  oci::Descriptor& blob = plan.layers[1].base->descriptor;
  blob.digest = Digest::of(std::string_view("blob"));
  blob.media_type = "type";
  blob.annotations = {{"a", "b"}};
  EXPECT_EQ(
      layer_key(plan.layers[1], plan),
      Digest::of(R"({"base":{"annotations":{"a":"b"},"digest":")" + blob.digest.hex() +
                 R"(","media-type":"type"},"below":")" +
                 Digest::of(std::string_view("below")).hex() + R"(","kind":"layer","version":2})"));
}

TEST(StepKey, OfAnImage) {
  const Plan plan = small_plan();
  ImagePlan image;
  image.layers = {0};
  image.config.platform = oci::Platform::parse("linux/amd64");
  image.annotations = {{"a", "b"}};
  std::string config = image.config.serialize();
  for (std::size_t at = 0; (at = config.find('"', at)) != std::string::npos; at += 2) {
    config.insert(at, "\\");
  }
  EXPECT_EQ(image_key(image, plan),
            Digest::of(R"({"annotations":{"a":"b"},"config":")" + config +
                       R"(","kind":"image","layers":[")" +
                       Digest::of(std::string_view("below")).hex() + R"("],"version":1})"));
}

}  // namespace
}  // namespace stamp::build
