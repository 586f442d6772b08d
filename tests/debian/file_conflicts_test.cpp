#include "debian/file_conflicts.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace stamp::debian {
namespace {

ShippingPackage package(const char* name, const char* path, ShippedKind kind = ShippedKind::other,
                        const char* sameness = "") {
  return {.name = name,
          .version = "1.0",
          .architecture = "amd64",
          .paths = {{EntryPath::parse(path), kind, sameness}}};
}

using Replaced = std::vector<ReplacedEntry>;

TEST(FileConflicts, DifferentPathsAndSharedFoldersAreNone) {
  const std::vector<ShippingPackage> packages = {package("a", "/x"), package("b", "/y"),
                                                 package("c", "/etc", ShippedKind::folder),
                                                 package("d", "/etc", ShippedKind::folder)};
  EXPECT_EQ(resolve_file_conflicts(packages), Replaced{});
}

TEST(FileConflicts, TwoPackagesWithOnePathAreAnError) {
  const std::vector<ShippingPackage> packages = {package("a", "/usr/bin/x"),
                                                 package("b", "/usr/bin/x")};
  EXPECT_EQ(message_of([&] { static_cast<void>(resolve_file_conflicts(packages)); }),
            "stamp: error: cannot unpack the packages: '/usr/bin/x' is in 'a:amd64 1.0' and in "
            "'b:amd64 1.0'\n  try: leave out one of the packages: neither says that it replaces "
            "the other\n");
}

TEST(FileConflicts, AllAreReportedAtOnce) {
  std::vector<ShippingPackage> packages = {package("a", "/x"), package("b", "/x")};
  for (int i = 0; i < 30; ++i) {
    const EntryPath path = EntryPath::parse("/y" + std::to_string(i));
    packages[0].paths.push_back({path});
    packages[1].paths.push_back({path});
  }
  const std::string message =
      message_of([&] { static_cast<void>(resolve_file_conflicts(packages)); });
  EXPECT_NE(message.find("'/y0' is in"), std::string::npos);
  EXPECT_NE(message.find("  and 11 more\n"), std::string::npos);
}

TEST(FileConflicts, ThePackageThatReplacesWinsInEitherOrder) {
  ShippingPackage winner = package("new", "/x");
  winner.replaces = "old (<< 2.0), unrelated";
  const std::vector<ShippingPackage> one = {package("old", "/x"), winner};
  EXPECT_EQ(resolve_file_conflicts(one), (Replaced{{0, EntryPath::parse("/x"), false}}));
  const std::vector<ShippingPackage> other = {winner, package("old", "/x")};
  EXPECT_EQ(resolve_file_conflicts(other), (Replaced{{1, EntryPath::parse("/x"), false}}));
}

TEST(FileConflicts, ReplacesCountsOnlyForItsVersions) {
  ShippingPackage winner = package("new", "/x");
  winner.replaces = "old (<< 1.0)";
  const std::vector<ShippingPackage> packages = {package("old", "/x"), winner};
  EXPECT_EQ(kind_of([&] { static_cast<void>(resolve_file_conflicts(packages)); }),
            ErrorKind::invalid);
}

TEST(FileConflicts, MultiArchSameSharesWhatIsIdentical) {
  std::vector<ShippingPackage> packages = {
      package("lib", "/usr/share/doc/lib/copyright", ShippedKind::other, "f:abc"),
      package("lib", "/usr/share/doc/lib/copyright", ShippedKind::other, "f:abc")};
  packages[1].architecture = "i386";
  EXPECT_EQ(kind_of([&] { static_cast<void>(resolve_file_conflicts(packages)); }),
            ErrorKind::invalid);
  packages[0].multi_arch = MultiArch::same;
  packages[1].multi_arch = MultiArch::same;
  EXPECT_EQ(resolve_file_conflicts(packages),
            (Replaced{{1, EntryPath::parse("/usr/share/doc/lib/copyright"), true}}));
  packages[1].paths[0].sameness = "f:def";
  EXPECT_EQ(kind_of([&] { static_cast<void>(resolve_file_conflicts(packages)); }),
            ErrorKind::invalid);
}

TEST(FileConflicts, AFolderWinsOverALink) {
  const std::vector<ShippingPackage> packages = {package("a", "/x", ShippedKind::link),
                                                 package("b", "/x", ShippedKind::folder)};
  EXPECT_EQ(resolve_file_conflicts(packages), (Replaced{{0, EntryPath::parse("/x"), true}}));
  const std::vector<ShippingPackage> file = {package("a", "/x"),
                                             package("b", "/x", ShippedKind::folder)};
  EXPECT_EQ(kind_of([&] { static_cast<void>(resolve_file_conflicts(file)); }), ErrorKind::invalid);
}

TEST(FileConflicts, RelationsMatchByNameAndVersion) {
  EXPECT_TRUE(relation_matches("a", "a", "1"));
  EXPECT_TRUE(relation_matches("x, a:any | b", "a", "1"));
  EXPECT_TRUE(relation_matches("x | a (>= 1)", "a", "1"));
  EXPECT_TRUE(relation_matches("a (<< 2), a (>> 3)", "a", "4"));
  EXPECT_TRUE(relation_matches("a (= 1-1)", "a", "1-1"));
  EXPECT_TRUE(relation_matches("a(<=1)", "a", "1"));
  EXPECT_FALSE(relation_matches("", "a", "1"));
  EXPECT_FALSE(relation_matches("ab", "a", "1"));
  EXPECT_FALSE(relation_matches("a (<< 1)", "a", "1"));
  EXPECT_FALSE(relation_matches("a (>> 1)", "a", "1"));
}

TEST(FileConflicts, RefusesMalformedRelations) {
  EXPECT_EQ(message_of([] { static_cast<void>(relation_matches("a (1)", "a", "1")); }),
            "stamp: error: cannot read the relation 'a (1)'\n");
  EXPECT_EQ(message_of([] { static_cast<void>(relation_matches("a (<< 1", "a", "1")); }),
            "stamp: error: cannot read the relation 'a (<< 1'\n");
  EXPECT_EQ(message_of([] { static_cast<void>(relation_matches("(<< 1)", "a", "1")); }),
            "stamp: error: cannot read the relation '(<< 1)'\n");
}

}  // namespace
}  // namespace stamp::debian
