#include "debian/resolver.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/temp_file.h"
#include "tests/expect_error.h"

namespace stamp::debian {
namespace {

/// The stanza of a package; `more` are further lines.
std::string stanza(const std::string& name, const std::string& version,
                   const std::string& more = "", const std::string& architecture = "amd64") {
  return "Package: " + name + "\nVersion: " + version + "\nArchitecture: " + architecture +
         "\nMaintainer: A <a@b>\nInstalled-Size: 1\nFilename: pool/" + name + "_" + version +
         ".deb\nSize: 10\nSHA256: " + Digest::of(name + version).hex() + "\n" + more +
         "Description: x\n\n";
}

class Resolver : public testing::Test {
 protected:
  void index(const std::string& source, const std::string& text) {
    const std::filesystem::path path =
        folder_.path() / ("index" + std::to_string(request.indexes.size()));
    replace_file(path, text);
    request.indexes.push_back({source, path});
  }

  Resolution run() const { return resolve(ResolverProgram(STAMP_TEST_RESOLVER), request); }

  /// "name version architecture source why" of each package.
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const ResolvedPackage& package : run().packages) {
      out.push_back(package.name + " " + package.version + " " + package.architecture + " " +
                    package.source + ": " + package.why);
    }
    return out;
  }

  std::string failure() const {
    return message_of([&] { static_cast<void>(run()); });
  }

  ResolveRequest request = {.architecture = "amd64", .essential = false};

 private:
  TempDir folder_;
};

using Lines = std::vector<std::string>;

TEST_F(Resolver, FollowsDependencies) {
  index("debian", stanza("a", "1", "Depends: b | c, virtual\n") + stanza("b", "1") +
                      stanza("c", "1") + stanza("d", "1", "Provides: virtual\n", "all") +
                      stanza("e", "1"));
  request.install = {"a"};
  EXPECT_EQ(lines(), (Lines{"a 1 amd64 debian: named", "b 1 amd64 debian: needed by a",
                            "d 1 all debian: needed by a"}));
  const ResolvedPackage package = run().packages.at(0);
  EXPECT_EQ(package.filename, "pool/a_1.deb");
  EXPECT_EQ(package.size, 10U);
  EXPECT_EQ(package.digest, Digest::of("a1"));
}

TEST_F(Resolver, EssentialPackagesBelongToIt) {
  index("debian", stanza("base", "1", "Essential: yes\nDepends: usrmerge | usr-is-merged\n") +
                      stanza("usrmerge", "1", "Depends: perl\n") + stanza("perl", "1") +
                      stanza("usr-is-merged", "1", "Conflicts: usrmerge\n") + stanza("apt", "1") +
                      stanza("a", "1"));
  request.install = {"a"};
  EXPECT_EQ(lines(), (Lines{"a 1 amd64 debian: named"}));
  request.essential = true;
  EXPECT_EQ(lines(), (Lines{"a 1 amd64 debian: named", "base 1 amd64 debian: essential",
                            "usr-is-merged 1 amd64 debian: essential"}));
}

TEST_F(Resolver, RecommendsOnlyWhenAsked) {
  index("debian",
        stanza("a", "1", "Recommends: b\n") + stanza("b", "1", "Depends: c\n") + stanza("c", "1"));
  request.install = {"a"};
  EXPECT_EQ(lines(), (Lines{"a 1 amd64 debian: named"}));
  request.recommends = true;
  EXPECT_EQ(lines(), (Lines{"a 1 amd64 debian: named", "b 1 amd64 debian: recommended by a",
                            "c 1 amd64 debian: recommended by b"}));
}

TEST_F(Resolver, TheNewestVersionOfAllSourcesWins) {
  index("debian", stanza("a", "1", "Depends: b\n") + stanza("b", "1"));
  index("security", stanza("a", "2", "Depends: b\n") + stanza("b", "1"));
  request.install = {"a"};
  // Both have the same version of b: the source named first gives it.
  EXPECT_EQ(lines(), (Lines{"a 2 amd64 security: named", "b 1 amd64 debian: needed by a"}));
}

TEST_F(Resolver, KeepsVersionsThatAreLocked) {
  index("debian", stanza("a", "1", "Depends: b\n") + stanza("b", "1"));
  index("security", stanza("a", "2", "Depends: b\n") + stanza("b", "2"));
  request.install = {"a"};
  request.keep = {{"b", "amd64", "1"}, {"a", "amd64", "0"}, {"gone", "amd64", "1"}};
  EXPECT_EQ(lines(), (Lines{"a 2 amd64 security: named", "b 1 amd64 debian: needed by a"}));
}

TEST_F(Resolver, ForeignArchitectures) {
  index("debian", stanza("tool", "1", "Depends: lib\n") + stanza("lib", "1", "Multi-Arch: same\n"));
  index("debian", stanza("game", "1", "Depends: lib\n", "i386") +
                      stanza("lib", "1", "Multi-Arch: same\n", "i386"));
  request.foreign_architectures = {"i386"};
  request.install = {"tool", "game:i386"};
  EXPECT_EQ(lines(), (Lines{"game 1 i386 debian: named", "lib 1 amd64 debian: needed by tool",
                            "lib 1 i386 debian: needed by game", "tool 1 amd64 debian: named"}));
}

TEST_F(Resolver, AVirtualNameWithOneProviderStandsForIt) {
  index("debian", stanza("a", "1", "Provides: virtual\n"));
  request.install = {"virtual"};
  EXPECT_EQ(lines(), (Lines{"a 1 amd64 debian: named"}));
}

TEST_F(Resolver, NamesAllUnknownPackages) {
  index("debian", stanza("openssh-server", "1") + stanza("games", "1", "", "i386"));
  request.install = {"openssh-server", "openssh-sever", "xyz", "games"};
  const Resolution resolution = run();
  EXPECT_EQ(resolution.unknown,
            (std::vector<UnknownName>{
                {"openssh-sever", "no source has such a package; did you mean 'openssh-server'?"},
                {"xyz", "no source has such a package"},
                {"games", "no source has it for amd64"}}));
  EXPECT_TRUE(resolution.packages.empty());
}

TEST_F(Resolver, VirtualNameWithSeveralProvidersStandsForNothing) {
  index("debian",
        stanza("b", "1", "Provides: virtual\n") + stanza("a", "1", "Provides: virtual\n"));
  request.install = {"virtual"};
  EXPECT_EQ(run().unknown,
            (std::vector<UnknownName>{
                {"virtual", "several packages provide it, name one of them: 'a', 'b'"}}));
}

TEST_F(Resolver, SaysWhatIsMissing) {
  index("debian", stanza("a", "1", "Depends: b (>= 2), nothing\n") + stanza("b", "1"));
  request.install = {"a"};
  EXPECT_EQ(failure(),
            "stamp: error: cannot resolve the packages: 'a' needs 'b (>= 2)', but the sources have "
            "1\n  'a' needs 'nothing', but no source has it\n");
}

TEST_F(Resolver, NamesBothSidesOfAConflict) {
  index("debian", stanza("a", "1", "Conflicts: b\n") + stanza("b", "1"));
  request.install = {"a", "b"};
  EXPECT_EQ(failure(), "stamp: error: cannot resolve the packages: 'a' conflicts with 'b'\n");
}

// D3
TEST_F(Resolver, RefusesAStanzaThatIsThereTwice) {
  index("debian", stanza("a", "1") + stanza("a", "1", "Depends: b\n") + stanza("b", "1"));
  request.install = {"a"};
  EXPECT_EQ(failure(), "stamp: error: cannot read the index of 'debian': it has 'a' 1 twice\n");
}

// D3
TEST_F(Resolver, RefusesFilenamesThatLeave) {
  index("debian", "Package: a\nVersion: 1\nArchitecture: amd64\nSize: 1\nSHA256: " +
                      Digest::of("").hex() + "\nFilename: ../../a.deb\n\n");
  request.install = {"a"};
  EXPECT_EQ(
      failure(),
      "stamp: error: the Filename '../../a.deb' is no path inside an archive\n  while reading "
      "the index of 'debian'\n");
}

TEST_F(Resolver, MalformedIndexesAreCorrupt) {
  index("debian", "no colon here\n\n");
  request.install = {"a"};
  EXPECT_EQ(kind_of([&] { static_cast<void>(run()); }), ErrorKind::corrupt) << failure();
}

/// A stanza of dpkg's status file.
std::string installed(const std::string& name, const std::string& version,
                      const std::string& more = "") {
  return "Package: " + name + "\nStatus: install ok installed\nMaintainer: A <a@b>\n" +
         "Architecture: amd64\nVersion: " + version + "\n" + more + "Description: x\n\n";
}

/// "name installed → wanted: why" of what would have to change.
Lines changes_of(const Resolution& resolution) {
  Lines out;
  for (const ChangedPackage& change : resolution.changed) {
    out.push_back(change.name + " " + change.installed + " → " + change.wanted + ": " + change.why);
  }
  return out;
}

TEST_F(Resolver, WhatIsInstalledIsNotInTheClosure) {
  index("debian", stanza("a", "2", "Depends: b, c\n") + stanza("b", "2") + stanza("c", "1") +
                      stanza("d", "2"));
  request.status = installed("b", "1") + installed("d", "1");
  request.install = {"a", "d"};
  EXPECT_EQ(lines(), (Lines{"a 2 amd64 debian: named", "c 1 amd64 debian: needed by a"}));
  EXPECT_EQ(changes_of(run()), Lines{});
}

TEST_F(Resolver, WhatNobodyHasAnyMoreIsInstalledNevertheless) {
  index("debian", stanza("a", "2", "Depends: gone\n"));
  request.status = installed("gone", "1");
  request.install = {"a", "gone"};
  EXPECT_EQ(lines(), Lines{"a 2 amd64 debian: named"});
}

TEST_F(Resolver, AnUpgradeThatSomethingNeedsIsSaid) {
  index("debian", stanza("a", "2", "Depends: b (>= 2)\n") + stanza("b", "2"));
  request.status = installed("b", "1");
  request.install = {"a"};
  EXPECT_EQ(changes_of(run()), Lines{"b 1 → 2: needed by a"});
}

TEST_F(Resolver, WhatWouldHaveToGoIsSaid) {
  index("debian", stanza("a", "2", "Conflicts: b\n"));
  request.status = installed("b", "1");
  request.install = {"a"};
  EXPECT_EQ(changes_of(run()), Lines{"b 1 → : "});
}

TEST_F(Resolver, AVirtualPackageThatIsProvidedNeedsNoOther) {
  index("debian", stanza("one", "1", "Provides: v\n") + stanza("two", "1", "Provides: v\n") +
                      stanza("three", "1", "Provides: v\n"));
  request.status = installed("one", "1", "Provides: v\n");
  request.install = {"v"};
  EXPECT_EQ(lines(), Lines{});
  EXPECT_TRUE(run().unknown.empty());
}

TEST_F(Resolver, EssentialPackagesThatAreLackingAreAdded) {
  index("debian", stanza("base", "2", "Essential: yes\n") +
                      stanza("more", "1", "Essential: yes\n") + stanza("usr-is-merged", "1") +
                      stanza("a", "1"));
  request.status =
      installed("base", "1", "Essential: yes\n") + installed("init-system-helpers", "1");
  request.essential = true;
  request.install = {"a"};
  EXPECT_EQ(lines(), (Lines{"a 1 amd64 debian: named", "more 1 amd64 debian: essential"}));
}

TEST_F(Resolver, InstalledPackagesThatDoNotFitTogetherAreRefused) {
  index("debian", stanza("a", "1"));
  request.status = installed("b", "1", "Depends: c (>= 2)\n") + installed("c", "1");
  request.install = {"a"};
  EXPECT_EQ(failure(),
            "stamp: error: the packages that are installed do not fit together: 'b' needs 'c (>= "
            "2)', but there is 1\n");
}

}  // namespace
}  // namespace stamp::debian
