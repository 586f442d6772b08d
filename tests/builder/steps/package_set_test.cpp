#include "builder/steps/package_set.h"

#include <map>

#include "builder/image/image_files.h"
#include "builder/plan/package_record.h"
#include "builder/steps/package_segment.h"
#include "tests/builder/fake_deb.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

FakePackage package(std::string name, std::vector<PlannedEntry> files, std::string fields = "") {
  FakePackage made;
  made.name = std::move(name);
  made.files = std::move(files);
  made.fields = std::move(fields);
  return made;
}

class PackageSetTest : public BuilderTest {
 protected:
  PackageSetTest() {
    layer_.packages = PackageSet{"amd64", {}};
    layer_.mtime = kDefaultMtime;
    layer_.epoch = 1'790'000'000;
    layer_.encoding = encoding_;
  }

  StoredSegment unpack(const SegmentPlan& plan, const PackageVariant& variant) {
    const auto& segment = std::get<PackageSegment>(plan.what);
    StringSource deb(debs_.at(plan.name));
    const std::unique_ptr<cache::BlobWriter> blob = store_.new_blob();
    const UnpackedSegment unpacked = unpack_package(
        deb, segment, variant, {.segment = {.compression = layer::Compression::none}}, *blob);
    return store_.record(package_key(segment, encoding_, variant), *blob, unpacked.segment,
                         serialize_package_record(unpacked.package));
  }

  /// Plans and unpacks packages.
  std::vector<PackagePiece> pieces(const std::vector<FakePackage>& packages) {
    std::vector<PackagePiece> made;
    for (const FakePackage& each : packages) {
      auto plan = std::make_unique<SegmentPlan>();
      plan->name = fmt::format("{} {} ({})", each.name, each.version, each.architecture);
      plan->what = segment_of(each);
      debs_[plan->name] = deb_of(each);
      made.push_back({plan.get(), unpack(*plan, {})});
      plans_.push_back(std::move(plan));
    }
    return made;
  }

  PackageLayerPieces settle(const std::vector<FakePackage>& packages,
                            const std::vector<FakePackage>& installed = {}) {
    PackageLayerInput input;
    input.layer = &layer_;
    input.installed = pieces(installed);
    input.packages = pieces(packages);
    remade_.clear();
    return settle_packages(input, store_,
                           [this](const SegmentPlan& plan, const PackageVariant& variant) {
                             remade_.push_back(plan.name);
                             return unpack(plan, variant);
                           });
  }

  Lines shown_piece(const LayerPiece& piece) { return shown(store_.list(piece.segment)); }

  /// A file of the database.
  std::string database(const PackageLayerPieces& settled, std::string_view name) {
    const StoredLayer layer = assemble({settled.pieces.back()});
    return ImageFiles({&layer}, store_).read(path("/var/lib/dpkg") / name, 1U << 20U);
  }

  LayerPlan layer_;
  Lines remade_;
  std::map<std::string, std::string> debs_;
  std::vector<std::unique_ptr<SegmentPlan>> plans_;
};

TEST_F(PackageSetTest, UsesSegmentsAsTheyAreAndAddsTheDatabase) {
  const PackageLayerPieces settled =
      settle({package("one", {folder("/usr"), file("/usr/a", "a")}),
              package("two", {folder("/usr"), file("/usr/b", "b")})});
  EXPECT_EQ(remade_, Lines{});
  ASSERT_EQ(settled.pieces.size(), 3U);
  EXPECT_EQ(settled.pieces[0].name, "one 1.0 (amd64)");
  EXPECT_EQ(settled.pieces[2].name, "dpkg database");
  EXPECT_EQ(database(settled, "info/one.list"), "/usr\n/usr/a\n");
  EXPECT_EQ(database(settled, "arch"), "amd64\n");
  EXPECT_EQ(database(settled, "status"),
            "Package: one\nStatus: install ok unpacked\nMaintainer: Test <t@e.x>\n"
            "Architecture: amd64\nVersion: 1.0\nDescription: a test\n\n"
            "Package: two\nStatus: install ok unpacked\nMaintainer: Test <t@e.x>\n"
            "Architecture: amd64\nVersion: 1.0\nDescription: a test\n\n");
}

TEST_F(PackageSetTest, PathOfTwoPackagesIsRefusedWithBothNames) {
  EXPECT_EQ(message_of([&] {
              settle({package("one", {file("/usr/bin/x", "1"), file("/usr/y", "1")}),
                      package("two", {file("/bin/x", "2"), file("/usr/y", "1")})});
            }),
            "stamp: error: cannot unpack the packages: '/usr/bin/x' is in 'one:amd64 1.0' and in "
            "'two:amd64 1.0'\n"
            "  '/usr/y' is in 'one:amd64 1.0' and in 'two:amd64 1.0'\n"
            "  try: leave out one of the packages: neither says that it replaces the other\n");
}

TEST_F(PackageSetTest, PackageThatReplacesTheOtherGetsThePath) {
  const PackageLayerPieces settled =
      settle({package("one", {file("/x", "1"), file("/y", "1")}),
              package("two", {file("/x", "2")}, "Replaces: one (<< 2)\n")});
  EXPECT_EQ(remade_, (Lines{"one 1.0 (amd64)"}));
  EXPECT_EQ(shown_piece(settled.pieces[0]), (Lines{"file 644 0:0 /y"}));
  EXPECT_EQ(shown_piece(settled.pieces[1]), (Lines{"file 644 0:0 /x"}));
  EXPECT_EQ(database(settled, "info/one.list"), "/y\n");
  EXPECT_EQ(database(settled, "info/two.list"), "/x\n");
}

TEST_F(PackageSetTest, FolderWinsOverALinkThatStaysListed) {
  const PackageLayerPieces settled =
      settle({package("one", {link("/doc", "elsewhere")}), package("two", {folder("/doc")})});
  EXPECT_EQ(remade_, (Lines{"one 1.0 (amd64)"}));
  EXPECT_EQ(shown_piece(settled.pieces[0]), Lines{});
  EXPECT_EQ(database(settled, "info/one.list"), "/doc\n");
}

TEST_F(PackageSetTest, InstancesOfOnePackageShareWhatIsTheSame) {
  const std::string md5 = "0123456789abcdef0123456789abcdef";
  FakePackage one = package("lib", {file("/usr/share/x", "1")}, "Multi-Arch: same\n");
  one.members = {{"md5sums", md5 + "  usr/share/x\n"}};
  FakePackage other = one;
  other.architecture = "i386";
  const PackageLayerPieces settled = settle({one, other});
  EXPECT_EQ(remade_, (Lines{"lib 1.0 (i386)"}));
  EXPECT_EQ(database(settled, "info/lib:amd64.list"), "/usr/share/x\n");
  EXPECT_EQ(database(settled, "info/lib:i386.list"), "/usr/share/x\n");
  EXPECT_EQ(database(settled, "arch"), "amd64\ni386\n");
}

TEST_F(PackageSetTest, TimesAfterTheEpochMakeAPackageAnew) {
  FakePackage late = package("late", {file("/x", "1")});
  late.files[0].entry.mtime = layer_.epoch + 5;
  const PackageLayerPieces settled = settle({late});
  EXPECT_EQ(remade_, (Lines{"late 1.0 (amd64)"}));
  EXPECT_EQ(settled.pieces[0].segment.newest_mtime, layer_.epoch);
}

TEST_F(PackageSetTest, DatabaseHasThePackagesOfTheLayersBelowAndWritesItsOwnInfoFilesOnly) {
  const PackageLayerPieces settled =
      settle({package("two", {file("/b", "")})}, {package("one", {file("/a", "")})});
  ASSERT_EQ(settled.pieces.size(), 2U);
  const std::string status = database(settled, "status");
  EXPECT_LT(status.find("Package: one"), status.find("Package: two"));
  const Lines lines = shown_piece(settled.pieces[1]);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "file 644 0:0 /var/lib/dpkg/info/two.list"), 1);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "file 644 0:0 /var/lib/dpkg/info/one.list"), 0);
}

TEST_F(PackageSetTest, PackageBelowGivesUpAPathToOneAbove) {
  const PackageLayerPieces settled = settle({package("two", {file("/x", "2")}, "Replaces: one\n")},
                                            {package("one", {file("/x", "1"), file("/y", "")})});
  EXPECT_EQ(remade_, Lines{});
  EXPECT_EQ(database(settled, "info/one.list"), "/y\n");
}

TEST_F(PackageSetTest, NamesThePackagesOfThisLayerThatHaveSomethingToConfigure) {
  FakePackage below = package("below", {});
  below.members = {{"postinst", "#!/bin/sh\n"}};
  FakePackage above = package("above", {});
  above.members = {{"triggers", "interest-noawait /usr/x\n"}};
  const PackageLayerPieces settled = settle({above, package("plain", {})}, {below});
  EXPECT_EQ(settled.unconfigured, (Lines{"above"}));
  EXPECT_EQ(database(settled, "triggers/File"), "/usr/x above/noawait\n");
}

}  // namespace
}  // namespace stamp::build
