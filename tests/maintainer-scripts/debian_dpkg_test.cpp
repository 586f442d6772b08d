#include <gtest/gtest.h>

#include "maintainer-scripts/tools/debian_common.h"
#include "maintainer-scripts/tools/debian_tools.h"
#include "tests/maintainer-scripts/debian_machine.h"

namespace stamp::scripts {
namespace {

class Dpkg : public ::testing::Test, public DebianMachine {
 protected:
  ToolResult ask(std::vector<std::string> args) {
    args.insert(args.begin(), "dpkg");
    return run_tool(dpkg, std::move(args));
  }
  ToolResult query(std::vector<std::string> args) {
    args.insert(args.begin(), "dpkg-query");
    return run_tool(dpkg_query, std::move(args));
  }
  bool holds(const std::string& a, const std::string& relation, const std::string& b) {
    return ask({"--compare-versions", a, relation, b}).status == 0;
  }
};

TEST_F(Dpkg, ComparesVersions) {
  EXPECT_TRUE(holds("1.0~rc1", "lt", "1.0"));
  EXPECT_TRUE(holds("1:0.1", "gt", "9"));
  EXPECT_FALSE(holds("1.0", "ne", "1.0"));
  EXPECT_TRUE(holds("1.0", ">=", "1.0"));
}

TEST_F(Dpkg, AMissingVersionIsEarlierOrLater) {
  EXPECT_TRUE(holds("", "lt", "1"));
  EXPECT_FALSE(holds("", "lt-nl", "1"));
  EXPECT_TRUE(holds("1", "lt-nl", ""));
  EXPECT_TRUE(holds("", "le-nl", ""));
  EXPECT_FALSE(holds("", "lt", ""));
}

TEST_F(Dpkg, SaysWhatIsWrongWithAVersion) {
  EXPECT_EQ(ask({"--compare-versions", "x1", "lt", "2"}),
            (ToolResult{1, "",
                        "dpkg: warning: version 'x1' has bad syntax: version number does not "
                        "start with digit\n"}));
  EXPECT_EQ(ask({"--validate-version", "1 2"}),
            (ToolResult{2, "",
                        "dpkg: error: version '1 2' has bad syntax: version string has embedded "
                        "spaces\n"}));
  EXPECT_EQ(ask({"--validate-version", "1.2-3"}), ToolResult());
}

TEST_F(Dpkg, KnowsArchitecturesAndFeatures) {
  tree.write("/var/lib/dpkg/arch", "amd64\ni386\n");
  EXPECT_EQ(ask({"--print-architecture"}).out, "amd64\n");
  EXPECT_EQ(ask({"--print-foreign-architectures"}).out, "i386\n");
  EXPECT_EQ(ask({"--assert-multi-arch"}), ToolResult());
  environment["DPKG_RUNNING_VERSION"] = "1.10";
  EXPECT_EQ(ask({"--assert-multi-arch"}).status, 1);
}

TEST_F(Dpkg, InstallsNothing) {
  EXPECT_THROW(ask({"--install", "x.deb"}), Unknown);
  EXPECT_THROW(ask({"-i", "x.deb"}), Unknown);
  EXPECT_THROW(ask({"--configure", "-a"}), Unknown);
}

TEST_F(Dpkg, ShowsWhatIsInstalled) {
  Package& package = install("libc6", "2.36-9", {"/.", "/lib/libc.so.6"});
  package.multi_arch_same = true;
  package.fields = {{"Depends", "libgcc-s1,\n libcrypt1 (>= 1)"},
                    {"Description", "C library\n more"}};
  package.conffiles = {{"/etc/ld.so.conf", "abc"}};
  EXPECT_EQ(query({"-W", "libc6"}).out, "libc6:amd64\t2.36-9\n");
  EXPECT_EQ(query({"-W", "-f=${db:Status-Abbrev}|${Status}|${Depends}\\n", "libc6"}).out,
            "ii |install ok installed|libgcc-s1, libcrypt1 (>= 1)\n");
  EXPECT_EQ(query({"--showformat", "${Package;8}|${Package;-8}|${Version;3}|", "-W"}).out,
            "   libc6|libc6   |2.3|");
  EXPECT_EQ(query({"-W", "-f", "${Conffiles}", "libc6"}).out, " /etc/ld.so.conf abc");
  EXPECT_EQ(query({"-L", "libc6"}).out, "/.\n/lib/libc.so.6\n");
  EXPECT_EQ(query({"-S", "libc.so"}).out, "libc6:amd64: /lib/libc.so.6\n");
  EXPECT_EQ(ask({"-s", "libc6"}).out,
            "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n"
            "Depends: libgcc-s1, libcrypt1 (>= 1)\nConffiles:\n /etc/ld.so.conf abc\n"
            "Description: C library\n more\n");
}

TEST_F(Dpkg, DoesNotFillTheMemoryWithBlanks) {
  install("a", "1");
  EXPECT_THROW(query({"-W", "-f", "${Package;2147483647}"}), Error);
  EXPECT_THROW(query({"-W", "-f", "${Package;-2147483648}"}), Error);
}

TEST_F(Dpkg, SaysWhatIsNotInstalled) {
  install("a", "1").fields["Suggests"] = "gone (>= 2)";
  EXPECT_EQ(query({"-W", "none"}),
            (ToolResult{1, "", "dpkg-query: no packages found matching none\n"}));
  EXPECT_EQ(query({"-W", "-f", "${Status}", "gone"}).out, "unknown ok not-installed");
  EXPECT_EQ(ask({"-s", "none"}),
            (ToolResult{1, "",
                        "dpkg-query: package 'none' is not installed and no information is "
                        "available\nUse dpkg --info (= dpkg-deb --info) to examine archive "
                        "files.\n"}));
  EXPECT_EQ(query({"-S", "/none"}),
            (ToolResult{1, "", "dpkg-query: no path found matching pattern /none\n"}));
}

TEST_F(Dpkg, ShowsControlMembers) {
  install("a", "1").members = {{"postinst", "#!"}, {"templates", "T"}, {"conffiles", "/a\n"}};
  EXPECT_EQ(query({"--control-path", "a", "templates"}).out, "/var/lib/dpkg/info/a.templates\n");
  EXPECT_EQ(query({"--control-path", "a", "none"}), ToolResult());
  EXPECT_EQ(query({"--control-list", "a"}).out, "postinst\ntemplates\n");
  EXPECT_EQ(query({"--control-show", "a", "postinst"}).out, "#!");
}

class MaintscriptHelper : public ::testing::Test, public DebianMachine {
 protected:
  MaintscriptHelper() {
    environment["DPKG_MAINTSCRIPT_NAME"] = "postinst";
    environment["DPKG_MAINTSCRIPT_PACKAGE"] = "a";
  }
  ToolResult help(std::vector<std::string> args) {
    args.insert(args.begin(), "dpkg-maintscript-helper");
    return run_tool(dpkg_maintscript_helper, std::move(args));
  }
};

TEST_F(MaintscriptHelper, DoesNothingOnAFirstInstallation) {
  file("/etc/a.conf", "x");
  EXPECT_EQ(help({"rm_conffile", "/etc/a.conf", "1.0~", "a", "--", "configure", ""}), ToolResult());
  EXPECT_EQ(help({"mv_conffile", "/etc/a", "/etc/b", "1.0~", "--", "configure", ""}), ToolResult());
  EXPECT_EQ(help({"symlink_to_dir", "/usr/a", "b", "1.0~", "--", "configure", ""}), ToolResult());
  EXPECT_EQ(help({"dir_to_symlink", "/usr/a/", "b", "1.0~", "a", "--", "configure", ""}),
            ToolResult());
  EXPECT_EQ(text("/etc/a.conf"), "x");
}

TEST_F(MaintscriptHelper, DoesNotKnowUpgrades) {
  file("/etc/a.conf", "x");
  EXPECT_EQ(help({"rm_conffile", "/etc/a.conf", "1.0~", "a", "--", "configure", "2"}),
            ToolResult());
  EXPECT_THROW(help({"rm_conffile", "/etc/a.conf", "1.0~", "a", "--", "configure", "0.9"}),
               Unknown);
}

TEST_F(MaintscriptHelper, SaysWhatIsWrong) {
  EXPECT_EQ(help({"rm_conffile", "/etc/a.conf", "1.0~"}).err,
            "dpkg-maintscript-helper: error: missing arguments after --\n\n"
            "Use 'dpkg-maintscript-helper --help' for program usage information.\n");
  EXPECT_EQ(help({"rm_conffile", "etc/a.conf", "1.0~", "--", "configure"}),
            (ToolResult{1, "",
                        "dpkg-maintscript-helper: error: conffile 'etc/a.conf' is not an absolute "
                        "path\n"}));
  EXPECT_EQ(help({"rm_conffile", "/etc/a.conf", "1 0", "--", "configure"}).err,
            "dpkg-maintscript-helper: error: dpkg: error: version '1 0' has bad syntax: version "
            "string has embedded spaces\n");
}

TEST_F(MaintscriptHelper, KnowsWhatItSupports) {
  EXPECT_EQ(help({"supports", "rm_conffile"}), ToolResult());
  EXPECT_EQ(help({"supports", "tea"}).status, 1);
}

TEST(DpkgRealpath, FollowsLinksInsideTheTree) {
  DebianMachine machine;
  machine.symlink("/bin", "usr/bin");
  machine.symlink("/loop", "loop");
  const auto real = [&](const std::string& path) {
    return machine.run_tool(dpkg_realpath, {"dpkg-realpath", path});
  };
  EXPECT_EQ(real("/bin/../bin/./sh").out, "/usr/bin/sh\n");
  EXPECT_EQ(real("/../none/x").out, "/none/x\n");
  EXPECT_EQ(real("/loop"),
            (ToolResult{1, "", "dpkg-realpath: error: too many levels of symbolic links\n"}));
}

TEST(PackageDatabase, FindsByNameAndArchitecture) {
  PackageDatabase packages("amd64", compare_as_dpkg);
  for (const char* architecture : {"i386", "amd64", "all"}) {
    Package package;
    package.name = std::string(architecture) == "all" ? "doc" : "lib";
    package.architecture = architecture;
    packages.add(package);
  }
  EXPECT_EQ(packages.find("lib")->architecture, "amd64");
  EXPECT_EQ(packages.find("lib:i386")->architecture, "i386");
  EXPECT_EQ(packages.find("doc:amd64")->name, "doc");
  EXPECT_EQ(packages.find("lib:arm64"), nullptr);
  EXPECT_EQ(packages.find("none"), nullptr);
}

// FNV-1a of nothing is its basis; the order of real lists is compared in
// debian_differential_test.cpp.
TEST(DpkgCommon, PlacesPathsByAHash) {
  EXPECT_EQ(dpkg_position("/bin/sh"), dpkg_position("bin/sh"));
  EXPECT_EQ(dpkg_position(""), 2166136261U % 262139U);
}

}  // namespace
}  // namespace stamp::scripts
