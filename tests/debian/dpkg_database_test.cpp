#include "debian/dpkg_database.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace stamp::debian {
namespace {

const std::string kSum = "d41d8cd98f00b204e9800998ecf8427e";
const std::string kOther = "0cc175b9c0f1b6a831c399e269772661";

UnpackedPackage sample() {
  return {.control = {.control = parse_stanza("Package: tool\nSource: tools\nVersion: 1.0-1\n"
                                              "Architecture: amd64\nMaintainer: A <a@b>\n"
                                              "Installed-Size: 10\nDepends: libc6 (>= 2.36)\n"
                                              "Section: utils\nPriority: optional\n"
                                              "Multi-Arch: foreign\nHomepage: https://h\n"
                                              "Description: a tool\n Long.\n",
                                              "'control'"),
                      .members = {{"conffiles", "/etc/tool.conf\nremove-on-upgrade /etc/old\n"},
                                  {"md5sums", kSum + "  usr/bin/tool\n"},
                                  {"postinst", "#!/bin/sh\n", 0755},
                                  {"triggers",
                                   "# a comment\ninterest-noawait /usr/share/fonts\n"
                                   "interest tool-done\nactivate-noawait ldconfig\n"}}},
          .files = {{"/.", ""},
                    {"/etc", ""},
                    {"/etc/tool.conf", kOther},
                    {"/usr", ""},
                    {"/usr/bin", ""},
                    {"/usr/bin/tool", ""}}};
}

TEST(DpkgDatabase, StanzasHaveDpkgsOrderOfFields) {
  EXPECT_EQ(status_stanza(sample()),
            "Package: tool\nStatus: install ok unpacked\nPriority: optional\nSection: utils\n"
            "Installed-Size: 10\nMaintainer: A <a@b>\nArchitecture: amd64\nMulti-Arch: foreign\n"
            "Source: tools\nVersion: 1.0-1\nDepends: libc6 (>= 2.36)\nConffiles:\n"
            " /etc/tool.conf " +
                kOther +
                "\n /etc/old newconffile remove-on-upgrade\nDescription: a tool\n Long.\nHomepage: "
                "https://h\n"
                "\n");
}

TEST(DpkgDatabase, NoIsNotWritten) {
  UnpackedPackage package = {
      .control = {.control = parse_stanza("Package: x\nEssential: no\nMulti-Arch: no\nVersion: 1\n"
                                          "Architecture: all\n",
                                          "'control'")}};
  EXPECT_EQ(status_stanza(package),
            "Package: x\nStatus: install ok unpacked\nArchitecture: all\nVersion: 1\n\n");
}

TEST(DpkgDatabase, InfoFilesCarryThePackagesName) {
  EXPECT_EQ(
      info_files(sample()),
      (std::vector<DatabaseFile>{
          {"var/lib/dpkg/info/tool.conffiles", "/etc/tool.conf\nremove-on-upgrade /etc/old\n",
           0644},
          {"var/lib/dpkg/info/tool.list",
           "/.\n/etc\n/etc/tool.conf\n/usr\n/usr/bin\n/usr/bin/tool\n", 0644},
          {"var/lib/dpkg/info/tool.md5sums", kSum + "  usr/bin/tool\n", 0644},
          {"var/lib/dpkg/info/tool.postinst", "#!/bin/sh\n", 0755},
          {"var/lib/dpkg/info/tool.triggers", sample().control.find("triggers")->text, 0644}}));
}

TEST(DpkgDatabase, MultiArchSameHasTheArchitectureInItsName) {
  UnpackedPackage package = {
      .control = {.control = parse_stanza("Package: libx\nMulti-Arch: same\nVersion: 1\n"
                                          "Architecture: arm64\n",
                                          "'control'")}};
  EXPECT_EQ(info_name(package.control), "libx:arm64");
  EXPECT_EQ(info_files(package).at(0).path, "var/lib/dpkg/info/libx:arm64.list");
}

TEST(DpkgDatabase, SumsAreMadeWhereThePackageHasNone) {
  UnpackedPackage package = sample();
  std::erase_if(package.control.members,
                [](const ControlMember& member) { return member.name == "md5sums"; });
  package.files.back().md5 = kSum;
  const std::vector<DatabaseFile> files = info_files(package);
  const auto sums = std::ranges::find(files, "var/lib/dpkg/info/tool.md5sums", &DatabaseFile::path);
  ASSERT_NE(sums, files.end());
  EXPECT_EQ(sums->text, kSum + "  usr/bin/tool\n");
  EXPECT_TRUE(wants_md5(package.control, "/usr/bin/tool"));
}

TEST(DpkgDatabase, OnlyConffilesNeedSumsOtherwise) {
  EXPECT_TRUE(wants_md5(sample().control, "/etc/tool.conf"));
  EXPECT_FALSE(wants_md5(sample().control, "/usr/bin/tool"));
}

TEST(DpkgDatabase, ListsUseThePackagesNames) {
  EXPECT_EQ(list_name("./"), "/.");
  EXPECT_EQ(list_name("."), "/.");
  EXPECT_EQ(list_name("./bin/"), "/bin");
  EXPECT_EQ(list_name("./bin/ls"), "/bin/ls");
  EXPECT_EQ(list_name("usr/bin/env"), "/usr/bin/env");
}

TEST(DpkgDatabase, CommonFilesAreThoseThatDpkgLeaves) {
  RegisteredPackage other = {"libgdk:amd64", "Package: libgdk\n\n",
                             "interest-await /usr/share/fonts\ninterest-noawait tool-done\n"};
  const std::vector<RegisteredPackage> packages = {registered(sample()), other};
  const std::vector<std::string> architectures = {"amd64", "i386"};
  EXPECT_EQ(dpkg_database(packages, architectures),
            (std::vector<DatabaseFile>{
                {"var/lib/dpkg/arch", "amd64\ni386\n", 0644},
                {"var/lib/dpkg/available", "", 0644},
                {"var/lib/dpkg/diversions", "", 0644},
                {"var/lib/dpkg/info/format", "1\n", 0644},
                {"var/lib/dpkg/status", status_stanza(sample()) + other.stanza, 0644},
                {"var/lib/dpkg/triggers/File",
                 "/usr/share/fonts tool/noawait\n/usr/share/fonts libgdk:amd64\n", 0644},
                {"var/lib/dpkg/triggers/Unincorp", "", 0644},
                {"var/lib/dpkg/triggers/tool-done", "tool\nlibgdk:amd64/noawait\n", 0644}}));
}

TEST(DpkgDatabase, RefusesMalformedTriggers) {
  for (const char* line : {"interest", "wish x", "interest ../status", "interest a/b"}) {
    const std::vector<RegisteredPackage> packages = {{"tool", "", std::string(line) + "\n"}};
    EXPECT_EQ(
        message_of([&] { static_cast<void>(dpkg_database(packages, {})); }),
        std::string("stamp: error: cannot read the triggers of 'tool': the line '") + line + "'\n");
  }
}

TEST(DpkgDatabase, TellsWhatWasLeftUndone) {
  EXPECT_EQ(left_unconfigured(sample().control),
            (std::vector<std::string>{"postinst", "triggers"}));
}

TEST(DpkgDatabase, ParentsComeFirstAmongItsFolders) {
  const std::vector<std::string> folders = dpkg_folders();
  EXPECT_TRUE(std::ranges::is_sorted(folders));
  EXPECT_EQ(folders.front(), "var/lib/dpkg");
}

TEST(DpkgDatabase, PackagesAreAddedToWhatIsThere) {
  const std::vector<RegisteredPackage> packages = {registered(sample())};
  const std::vector<std::string> architectures = {"amd64", "i386"};
  const std::vector<DatabaseFile> files = dpkg_database(
      packages, architectures,
      {{"status", "Package: base\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"},
       {"arch", "amd64\narm64\n"},
       {"diversions", "/a\n/b\nbase\n"},
       {"triggers/File", "/usr/share/base base\n"},
       {"triggers/ldconfig", "libc-bin"}});
  const auto text = [&](const std::string& name) {
    const auto found = std::ranges::find(files, "var/lib/dpkg/" + name, &DatabaseFile::path);
    return found == files.end() ? "missing" : found->text;
  };
  EXPECT_EQ(text("status"),
            "Package: base\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n" +
                status_stanza(sample()));
  EXPECT_EQ(text("arch"), "amd64\narm64\ni386\n");
  EXPECT_EQ(text("diversions"), "/a\n/b\nbase\n");
  EXPECT_EQ(text("triggers/File"), "/usr/share/base base\n/usr/share/fonts tool/noawait\n");
  EXPECT_EQ(text("triggers/ldconfig"), "libc-bin\n");
  EXPECT_EQ(text("triggers/tool-done"), "tool\n");
  EXPECT_EQ(text("info/format"), "1\n");
}

}  // namespace
}  // namespace stamp::debian
