#include "builder/steps/package_segment.h"

#include "builder/plan/package_record.h"
#include "tests/builder/fake_deb.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

UnpackedSegment unpack(const FakePackage& package, const PackageSegment& segment,
                       const PackageVariant& variant = {}) {
  StringSource deb(deb_of(package));
  NullSink out;
  return unpack_package(deb, segment, variant,
                        {.segment = {.compression = layer::Compression::none}}, out);
}
UnpackedSegment unpack(const FakePackage& package) {
  return unpack(package, segment_of(package));
}

Lines listed(const UnpackedSegment& unpacked) {
  Lines lines;
  for (const debian::ShippedFile& shipped : unpacked.package.files) lines.push_back(shipped.path);
  return lines;
}

FakePackage documented() {
  FakePackage package;
  package.files = {folder("/"),
                   folder("/usr"),
                   folder("/usr/share"),
                   folder("/usr/share/doc"),
                   folder("/usr/share/doc/app"),
                   file("/usr/share/doc/app/NEWS", "news"),
                   file("/usr/share/doc/app/copyright", "free"),
                   file("/usr/share/x", "x")};
  return package;
}

TEST(PackageSegment, KeepsModesOwnersAndTimesAndListsTheNamesOfThePackage) {
  FakePackage package;
  package.files = {folder("/"), folder("/bin", 0750, 3), file("/bin/tool", "text", 04755),
                   link("/bin/l", "tool"), hard_link("/bin/z", "bin/tool")};
  package.files[2].entry.gid = 42;
  package.files[2].entry.mtime = 1'000'000'000;
  const UnpackedSegment unpacked = unpack(package);
  EXPECT_EQ(shown(unpacked.segment.list),
            (Lines{"directory 755 0:0 /", "directory 750 3:3 /usr/bin",
                   "file 4755 0:42 /usr/bin/tool", "symlink 777 0:0 /usr/bin/l -> tool",
                   "hard link 644 0:0 /usr/bin/z -> usr/bin/tool"}));
  EXPECT_EQ(unpacked.segment.list.entries[0].entry.mtime, 1'000'000'000);
  EXPECT_EQ(listed(unpacked), (Lines{"/.", "/bin", "/bin/tool", "/bin/l", "/bin/z"}));
}

TEST(PackageSegment, ExcludeLeavesCopyrightUnlessItIsNamed) {
  const FakePackage package = documented();
  PackageSegment segment = segment_of(package);
  segment.exclude = {Glob::parse("/usr/share/doc/**")};
  const UnpackedSegment unpacked = unpack(package, segment);
  EXPECT_EQ(shown(unpacked.segment.list),
            (Lines{"directory 755 0:0 /", "directory 755 0:0 /usr", "directory 755 0:0 /usr/share",
                   "file 644 0:0 /usr/share/doc/app/copyright", "file 644 0:0 /usr/share/x"}));
  EXPECT_EQ(listed(unpacked),
            (Lines{"/.", "/usr", "/usr/share", "/usr/share/doc/app/copyright", "/usr/share/x"}));
  segment.exclude.push_back(Glob::parse("/usr/share/doc/app/copyright"));
  EXPECT_EQ(listed(unpack(package, segment)), (Lines{"/.", "/usr", "/usr/share", "/usr/share/x"}));
}

TEST(PackageSegment, ExcludeMayUseEitherNameOfAMergedFolder) {
  FakePackage package;
  package.files = {file("/bin/a", ""), file("/usr/bin/b", "")};
  PackageSegment segment = segment_of(package);
  segment.exclude = {Glob::parse("/bin/a")};
  EXPECT_EQ(listed(unpack(package, segment)), (Lines{"/usr/bin/b"}));
  segment.exclude = {Glob::parse("/usr/bin/a")};
  EXPECT_EQ(listed(unpack(package, segment)), (Lines{"/usr/bin/b"}));
}

TEST(PackageSegment, WhatGoesToAnotherPackageIsNeitherThereNorListed) {
  const FakePackage package = documented();
  PackageVariant variant;
  variant.given_up = {path("/usr/share/x")};
  const UnpackedSegment unpacked = unpack(package, segment_of(package), variant);
  EXPECT_EQ(listed(unpacked).back(), "/usr/share/doc/app/copyright");
  EXPECT_EQ(shown(unpacked.segment.list).back(), "file 644 0:0 /usr/share/doc/app/copyright");
}

TEST(PackageSegment, WhatIsSharedStaysListed) {
  const FakePackage package = documented();
  PackageVariant variant;
  variant.shared = {path("/usr/share/x")};
  const UnpackedSegment unpacked = unpack(package, segment_of(package), variant);
  EXPECT_EQ(listed(unpacked).back(), "/usr/share/x");
  EXPECT_EQ(shown(unpacked.segment.list).back(), "file 644 0:0 /usr/share/doc/app/copyright");
}

TEST(PackageSegment, LaterTimesBecomeTheNewest) {
  FakePackage package;
  package.files = {file("/a", ""), file("/b", "")};
  package.files[0].entry.mtime = 100;
  package.files[1].entry.mtime = 300;
  PackageVariant variant;
  variant.newest_mtime = 200;
  const UnpackedSegment unpacked = unpack(package, segment_of(package), variant);
  EXPECT_EQ(unpacked.segment.list.entries[0].entry.mtime, 100);
  EXPECT_EQ(unpacked.segment.list.entries[1].entry.mtime, 200);
}

TEST(PackageSegment, KnowsTheMd5OfConffilesAndOfAllWhereThePackageGivesNone) {
  FakePackage package;
  package.files = {file("/etc/conf", "text"), file("/x", "text")};
  package.members = {{"conffiles", "/etc/conf\n"}};
  const std::string md5 = "1cb251ec0d568de6a929b520c4aed8d1";
  UnpackedSegment unpacked = unpack(package);
  EXPECT_EQ(unpacked.package.files[0].md5, md5);
  EXPECT_EQ(unpacked.package.files[1].md5, md5);
  package.members.emplace_back("md5sums", md5 + "  x\n");
  unpacked = unpack(package);
  EXPECT_EQ(unpacked.package.files[0].md5, md5);
  EXPECT_EQ(unpacked.package.files[1].md5, "");
}

TEST(PackageSegment, FolderOf32BitFilesIsMergedToo) {
  FakePackage package;
  package.files = {folder("/lib32"), file("/lib32/libc.so", "")};
  EXPECT_EQ(shown(unpack(package).segment.list),
            (Lines{"directory 755 0:0 /usr/lib32", "file 644 0:0 /usr/lib32/libc.so"}));
}

TEST(PackageSegment, LinkThatMergesUsrIsTheLayersOwn) {
  FakePackage package;
  package.files = {link("/bin", "usr/bin"), file("/usr/bin/x", "")};
  const UnpackedSegment unpacked = unpack(package);
  EXPECT_EQ(shown(unpacked.segment.list), (Lines{"file 644 0:0 /usr/bin/x"}));
  EXPECT_EQ(listed(unpacked), (Lines{"/bin", "/usr/bin/x"}));
}

TEST(PackageSegment, DeviceIsRefused) {
  FakePackage package;
  package.files = {plain("/dev/null", layer::EntryType::character_device, 0666)};
  EXPECT_EQ(
      message_of([&] { unpack(package); }),
      "stamp: error: cannot unpack package 'app': '/dev/null' is a character device, which no "
      "package may ship\n");
  EXPECT_EQ(kind_of([&] { unpack(package); }), ErrorKind::corrupt);
}

TEST(PackageSegment, HardLinkToWhatIsLeftOutIsRefused) {
  FakePackage package;
  package.files = {file("/a", ""), hard_link("/b", "a")};
  PackageSegment segment = segment_of(package);
  segment.exclude = {Glob::parse("/a")};
  EXPECT_EQ(message_of([&] { unpack(package, segment); }),
            "stamp: error: cannot unpack package 'app': '/b' is a hard link to '/a', which is left "
            "out\n"
            "  try: exclude both, or neither\n");
}

TEST(PackageSegment, PackageThatIsAnotherThanLockedIsRefused) {
  const FakePackage package;
  PackageSegment segment = segment_of(package);
  segment.package.version = "2.0";
  EXPECT_EQ(kind_of([&] { unpack(package, segment); }), ErrorKind::corrupt);
  EXPECT_EQ(message_of([&] { unpack(package, segment); }),
            "stamp: error: cannot use package 'app 2.0 amd64': its own control file says 'app 1.0 "
            "amd64'\n");
}

TEST(PackageSegment, TruncatedPackageIsRefused) {
  FakePackage package;
  package.files = {file("/a", std::string(3000, 'x'))};
  const std::string deb = deb_of(package);
  for (const std::size_t size : {deb.size() - 1, deb.size() - 1024, deb.size() - 3000}) {
    StringSource cut(deb.substr(0, size));
    NullSink out;
    EXPECT_EQ(kind_of([&] {
                unpack_package(cut, segment_of(package), {},
                               {.segment = {.compression = layer::Compression::none}}, out);
              }),
              ErrorKind::corrupt)
        << size;
  }
}

TEST(PackageRecord, ReadsWhatItWrote) {
  FakePackage package = documented();
  package.members = {{"postinst", "#!/bin/sh\n"}, {"md5sums", "x"}};
  package.files.push_back(file("/name with\nline end and ä", ""));
  const debian::UnpackedPackage unpacked = unpack(package).package;
  const PackageRecord record = serialize_package_record(unpacked);
  const debian::UnpackedPackage again = parse_package_record(record.text);
  ASSERT_EQ(again.files.size(), unpacked.files.size());
  for (std::size_t i = 0; i < again.files.size(); ++i) {
    EXPECT_EQ(again.files[i].path, unpacked.files[i].path);
    EXPECT_EQ(again.files[i].md5, unpacked.files[i].md5);
  }
  EXPECT_EQ(again.control.members, unpacked.control.members);
  EXPECT_EQ(again.control.control.str(), unpacked.control.control.str());
  EXPECT_EQ(serialize_package_record(again).text, record.text);
}

TEST(PackageRecord, TheHeadIsAllWithoutWhatScriptsDoNotRead) {
  FakePackage package = documented();
  package.members = {{"postinst", "#!/bin/sh\n"},
                     {"md5sums", "x"},
                     {"symbols", "y"},
                     {"shlibs", "z"},
                     {"triggers", "t"}};
  const debian::UnpackedPackage unpacked = unpack(package).package;
  const PackageRecord record = serialize_package_record(unpacked);
  const debian::UnpackedPackage head = parse_package_head(record.text.substr(0, record.head));
  EXPECT_EQ(head.control.control.str(), unpacked.control.control.str());
  EXPECT_EQ(head.files.size(), unpacked.files.size());
  std::vector<std::string> names;
  for (const debian::ControlMember& member : head.control.members) names.push_back(member.name);
  EXPECT_EQ(names, (std::vector<std::string>{"postinst", "triggers"}));
}

TEST(PackageRecord, CutRecordIsRefused) {
  const std::string record = serialize_package_record(unpack(documented()).package).text;
  EXPECT_EQ(kind_of([&] { parse_package_record(std::string_view(record).substr(0, 1024)); }),
            ErrorKind::corrupt);
}

}  // namespace
}  // namespace stamp::build
