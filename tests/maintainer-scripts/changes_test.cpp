#include "maintainer-scripts/tree/changes.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {
namespace {

using Lines = std::vector<std::string>;

std::string line(const layer::Entry& entry) {
  return fmt::format("{} {:04o} {}:{} {}{}{}", layer::describe(entry.type), entry.mode, entry.uid,
                     entry.gid, entry.path.absolute(), entry.link_target.empty() ? "" : " -> ",
                     entry.link_target);
}

/// The changes, a line each.
Lines lines_of(const Tree& tree) {
  Lines lines;
  const Changes changes = changes_of(tree);
  for (const Override& o : changes.overrides) {
    lines.push_back(fmt::format("{} {}: {}", o.segment, o.path.absolute(),
                                o.removed ? "removed" : line(o.now)));
  }
  for (const MadeEntry& m : changes.made) {
    std::string content = m.text ? fmt::format(" \"{}\"", *m.text) : "";
    if (m.origin)
      content = fmt::format(" of {} {}", m.origin->segment, m.origin->path().absolute());
    lines.push_back(fmt::format("made {}{}", line(m.entry), content));
  }
  for (const layer::Entry& f : changes.folders) lines.push_back("changed " + line(f));
  for (const EntryPath& f : changes.removed_folders) lines.push_back("gone " + f.absolute());
  return lines;
}

class ChangesOf : public testing::Test, public TestTree {
 protected:
  ChangesOf() {
    file("/bin/one", "first", 0755);
    hard_link("/bin/two", "/bin/one");
    hard_link("/bin/zwo", "/bin/one");
    file("/etc/conf", "conf");
    folder("/etc/dir", 0750);
    file("/etc/dir/inside", "inside");
    file("/etc/dir/sub/deep", "deep");
    symlink("/etc/link", "conf");
  }
  Lines lines() { return lines_of(tree); }
};

TEST_F(ChangesOf, NothingIsNothing) {
  EXPECT_EQ(lines(), Lines{});
}

TEST_F(ChangesOf, ModesAndOwnersAreOverrides) {
  tree.set_mode("/etc/conf", 0640);
  tree.set_owner("/etc/conf", 0, 42);
  tree.set_owner("/etc/link", 1, 1, LastLink::keep);
  EXPECT_EQ(lines(), (Lines{"0 /etc/conf: file 0640 0:42 /etc/conf",
                            "0 /etc/link: symlink 0777 1:1 /etc/link -> conf"}));
}

TEST_F(ChangesOf, WhatIsSetBackIsNoChange) {
  tree.set_mode("/etc/conf", 0600);
  tree.set_mode("/etc/conf", 0644);
  tree.rename("/etc/conf", "/etc/other");
  tree.rename("/etc/other", "/etc/conf");
  tree.rename("/etc/dir", "/etc/elsewhere");
  tree.rename("/etc/elsewhere", "/etc/dir");
  tree.make_directory("/tmp", 0755);
  tree.remove_directory("/tmp");
  EXPECT_EQ(lines(), Lines{});
}

TEST_F(ChangesOf, TheSameContentWrittenAgainIsNoChange) {
  tree.write("/etc/conf", "conf");
  tree.write("/etc/new", "inside");
  tree.rename("/etc/new", "/etc/dir/inside");
  tree.unlink("/etc/link");
  tree.make_symlink("conf", "/etc/link");
  tree.set_time("/etc/dir", 2000);
  EXPECT_EQ(lines(), Lines{});
}

TEST_F(ChangesOf, TheSameContentWithAnotherModeIsAnOverride) {
  tree.write("/etc/new", "conf", 0600);
  tree.rename("/etc/new", "/etc/conf");
  EXPECT_EQ(lines(), (Lines{"0 /etc/conf: file 0600 0:0 /etc/conf"}));
  EXPECT_EQ(changes_of(tree).overrides[0].now.mtime, 1000);
}

TEST_F(ChangesOf, TimesCountWhenTheyAreChosen) {
  tree.set_time("/etc/conf", 2000);
  EXPECT_EQ(lines(), Lines{});
  tree.set_time("/etc/conf", 77);
  EXPECT_EQ(changes_of(tree).overrides.at(0).now.mtime, 77);
}

TEST_F(ChangesOf, OtherContentIsMade) {
  tree.append("/etc/conf", "+");
  EXPECT_EQ(lines(), (Lines{"0 /etc/conf: removed", "made file 0644 0:0 /etc/conf \"conf+\""}));
}

TEST_F(ChangesOf, NewThingsAreMade) {
  tree.make_directory("/srv", 0755);
  tree.write("/srv/f", "x", 0600);
  tree.make_hard_link("/srv/f", "/srv/e");
  tree.make_symlink("f", "/srv/s");
  tree.make_fifo("/srv/p", 0600);
  EXPECT_EQ(lines(), (Lines{"made directory 0755 0:0 /srv", "made file 0600 0:0 /srv/e \"x\"",
                            "made hard link 0600 0:0 /srv/f -> srv/e", "made fifo 0600 0:0 /srv/p",
                            "made symlink 0777 0:0 /srv/s -> f"}));
  EXPECT_EQ(changes_of(tree).made[0].entry.mtime, 2000);
}

TEST_F(ChangesOf, CopiesOfPackagedFilesNameTheirContent) {
  tree.write_copy("/etc/copy", *tree.find("/etc/conf").inode, 0600);
  EXPECT_EQ(lines(), (Lines{"made file 0600 0:0 /etc/copy of 0 /etc/conf"}));
}

TEST_F(ChangesOf, MovedFilesKeepTheirEntry) {
  tree.rename("/etc/conf", "/etc/conf.old");
  EXPECT_EQ(lines(), (Lines{"0 /etc/conf: file 0644 0:0 /etc/conf.old"}));
  tree.write("/etc/conf", "mine");
  EXPECT_EQ(lines(), (Lines{"0 /etc/conf: file 0644 0:0 /etc/conf.old",
                            "made file 0644 0:0 /etc/conf \"mine\""}));
}

TEST_F(ChangesOf, AFileReplacedByACopyOfItselfStays) {
  tree.rename("/etc/conf", "/etc/moved");
  tree.write("/etc/conf", "conf");
  EXPECT_EQ(lines(), (Lines{"made file 0644 0:0 /etc/moved of 0 /etc/conf"}));
}

TEST_F(ChangesOf, MovedAndRewrittenFilesAreMade) {
  tree.rename("/etc/conf", "/etc/moved");
  tree.append("/etc/moved", "+");
  EXPECT_EQ(lines(), (Lines{"0 /etc/conf: removed", "made file 0644 0:0 /etc/moved \"conf+\""}));
}

TEST_F(ChangesOf, SwappedFilesAreBothMoved) {
  tree.rename("/etc/conf", "/tmp");
  tree.rename("/etc/dir/inside", "/etc/conf");
  tree.rename("/tmp", "/etc/dir/inside");
  EXPECT_EQ(lines(), (Lines{"0 /etc/conf: file 0644 0:0 /etc/dir/inside",
                            "0 /etc/dir/inside: file 0644 0:0 /etc/conf"}));
}

TEST_F(ChangesOf, AFileReplacedByALink) {
  tree.unlink("/etc/conf");
  tree.make_symlink("/usr/conf", "/etc/conf");
  EXPECT_EQ(lines(),
            (Lines{"0 /etc/conf: removed", "made symlink 0777 0:0 /etc/conf -> /usr/conf"}));
}

TEST_F(ChangesOf, AFolderReplacedByALinkWithItsContentMoved) {
  tree.rename("/etc/dir", "/srv");
  tree.make_symlink("/srv", "/etc/dir");
  EXPECT_EQ(lines(),
            (Lines{"0 /etc/dir/inside: file 0644 0:0 /srv/inside",
                   "0 /etc/dir/sub/deep: file 0644 0:0 /srv/sub/deep",
                   "made symlink 0777 0:0 /etc/dir -> /srv", "made directory 0750 0:0 /srv",
                   "made directory 0755 0:0 /srv/sub", "gone /etc/dir"}));
}

TEST_F(ChangesOf, RemovedFoldersAreNamedOnce) {
  file("/etc/dir-b/x", "x");
  tree.remove_all("/etc/dir");
  tree.remove_all("/etc/dir-b");
  EXPECT_EQ(lines(), (Lines{"0 /etc/dir-b/x: removed", "0 /etc/dir/inside: removed",
                            "0 /etc/dir/sub/deep: removed", "gone /etc/dir", "gone /etc/dir-b"}));
}

TEST_F(ChangesOf, ChangedFolders) {
  tree.set_mode("/etc/dir", 02770);
  tree.set_owner("/etc/dir", 5, 6);
  tree.set_mode("/", 0700);
  EXPECT_EQ(lines(),
            (Lines{"changed directory 0700 0:0 /", "changed directory 2770 5:6 /etc/dir"}));
}

TEST_F(ChangesOf, AFolderMadeAgainIsTheSameOrAnother) {
  tree.remove_all("/etc/dir");
  tree.make_directory("/etc/dir", 0750);
  EXPECT_EQ(lines(), (Lines{"0 /etc/dir/inside: removed", "0 /etc/dir/sub/deep: removed",
                            "gone /etc/dir/sub"}));
  tree.set_mode("/etc/dir", 0700);
  EXPECT_EQ(lines().at(2), "changed directory 0700 0:0 /etc/dir");
}

TEST_F(ChangesOf, AHardLinkRemovedLeavesTheOthers) {
  tree.unlink("/bin/two");
  EXPECT_EQ(lines(), (Lines{"0 /bin/two: removed"}));
}

TEST_F(ChangesOf, TheFileOfHardLinksRemovedTakesTheNameOfOne) {
  tree.unlink("/bin/one");
  EXPECT_EQ(lines(), (Lines{"0 /bin/one: file 0755 0:0 /bin/two", "0 /bin/two: removed",
                            "0 /bin/zwo: hard link 0644 0:0 /bin/zwo -> bin/two"}));
}

TEST_F(ChangesOf, TheFileOfHardLinksMovedTakesThemAlong) {
  tree.rename("/bin/one", "/bin/eins");
  EXPECT_EQ(lines(), (Lines{"0 /bin/one: file 0755 0:0 /bin/eins",
                            "0 /bin/two: hard link 0644 0:0 /bin/two -> bin/eins",
                            "0 /bin/zwo: hard link 0644 0:0 /bin/zwo -> bin/eins"}));
}

TEST_F(ChangesOf, AModeOfOneNameIsThatOfAll) {
  tree.set_mode("/bin/zwo", 04755);
  EXPECT_EQ(lines(), (Lines{"0 /bin/one: file 4755 0:0 /bin/one",
                            "0 /bin/two: hard link 4755 0:0 /bin/two -> bin/one",
                            "0 /bin/zwo: hard link 4755 0:0 /bin/zwo -> bin/one"}));
}

TEST_F(ChangesOf, ContentOfOneNameIsThatOfAll) {
  tree.write("/bin/two", "second");
  EXPECT_EQ(lines(), (Lines{"0 /bin/one: removed", "0 /bin/two: removed", "0 /bin/zwo: removed",
                            "made file 0755 0:0 /bin/one \"second\"",
                            "made hard link 0755 0:0 /bin/two -> bin/one",
                            "made hard link 0755 0:0 /bin/zwo -> bin/one"}));
}

TEST_F(ChangesOf, OneNameReplacedLeavesTheOthers) {
  tree.write("/bin/new", "second");
  tree.rename("/bin/new", "/bin/two");
  EXPECT_EQ(lines(), (Lines{"0 /bin/two: removed", "made file 0644 0:0 /bin/two \"second\""}));
}

TEST_F(ChangesOf, AHardLinkToAPackagedFileTakesItFromItsPackage) {
  tree.make_hard_link("/etc/conf", "/etc/conf2");
  tree.set_mode("/etc/conf2", 0600);
  EXPECT_EQ(lines(), (Lines{"0 /etc/conf: removed", "made file 0600 0:0 /etc/conf of 0 /etc/conf",
                            "made hard link 0600 0:0 /etc/conf2 -> etc/conf"}));
}

TEST_F(ChangesOf, CapabilitiesAreOverrides) {
  tree.set_xattr("/etc/conf", "security.capability", "c");
  EXPECT_EQ(changes_of(tree).overrides.at(0).now.xattrs.at("security.capability"), "c");
}

TEST_F(ChangesOf, DivertedEntriesLieElsewhere) {
  layer::Entry& entry = add(layer::EntryType::file, "/bin/sh");
  tree.put(entry, 1, EntryPath::parse("/bin/sh.distrib"));
  file("/bin/sh", "dash", 0755, 2);
  EXPECT_EQ(lines(), (Lines{"1 /bin/sh: file 0644 0:0 /bin/sh.distrib"}));
}

TEST_F(ChangesOf, APathMovedAwayMayBeFilledAgain) {
  tree.rename("/etc/conf", "/etc/conf.distrib");
  file("/etc/conf", "other", 0644, 1);
  EXPECT_EQ(lines(), (Lines{"0 /etc/conf: file 0644 0:0 /etc/conf.distrib"}));
  tree.set_mode("/etc/conf", 0600);
  EXPECT_EQ(lines(), (Lines{"0 /etc/conf: file 0644 0:0 /etc/conf.distrib",
                            "1 /etc/conf: file 0600 0:0 /etc/conf"}));
}

TEST_F(ChangesOf, FoldersOfScriptsMayBecomeThoseOfPackages) {
  tree.make_directory("/var", 0700);
  folder("/var", 0755, 1);
  EXPECT_EQ(lines(), (Lines{"changed directory 0700 0:0 /var"}));
  tree.set_mode("/var", 0755);
  EXPECT_EQ(lines(), Lines{});
}

TEST_F(ChangesOf, WhatScriptsMadeIsForgottenWhereAPackageComes) {
  tree.write("/etc/late", "mine");
  file("/etc/late", "package", 0644, 1);
  EXPECT_EQ(lines(), Lines{});
}

}  // namespace
}  // namespace stamp::scripts
