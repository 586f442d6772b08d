#include "debian/merged_usr.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace stamp::debian {
namespace {

using Names = std::vector<std::string>;

std::string mapped(const MergedUsr& merged, const char* path) {
  return merged.map(EntryPath::parse(path)).absolute();
}

TEST(MergedUsr, EachArchitectureHasItsFolders) {
  EXPECT_EQ(MergedUsr::for_architecture("amd64").folders(), (Names{"bin", "lib", "lib64", "sbin"}));
  EXPECT_EQ(MergedUsr::for_architecture("arm64").folders(), (Names{"bin", "lib", "sbin"}));
  EXPECT_EQ(MergedUsr::for_architecture("armhf").folders(), (Names{"bin", "lib", "sbin"}));
  EXPECT_EQ(MergedUsr::for_architecture("i386").folders(), (Names{"bin", "lib", "sbin"}));
  EXPECT_EQ(MergedUsr::for_architecture("ppc64el").folders(),
            (Names{"bin", "lib", "lib64", "sbin"}));
}

TEST(MergedUsr, MovesEntriesBelowUsr) {
  const MergedUsr merged = MergedUsr::for_architecture("amd64");
  EXPECT_EQ(mapped(merged, "/bin/ls"), "/usr/bin/ls");
  EXPECT_EQ(mapped(merged, "/lib64/ld-linux-x86-64.so.2"), "/usr/lib64/ld-linux-x86-64.so.2");
  EXPECT_EQ(mapped(merged, "/lib"), "/usr/lib");
  EXPECT_EQ(mapped(merged, "/usr/bin/env"), "/usr/bin/env");
  EXPECT_EQ(mapped(merged, "/library/x"), "/library/x");
  EXPECT_EQ(mapped(merged, "/"), "/");
  EXPECT_EQ(mapped(merged, "/etc/bin/x"), "/etc/bin/x");
}

TEST(MergedUsr, MultilibFoldersAreApart) {
  const MergedUsr merged = MergedUsr::for_architecture("amd64");
  EXPECT_FALSE(merged.is_link(EntryPath::parse("/lib32")));
  EXPECT_EQ(merged.multilib(), (Names{"lib32", "libx32"}));
  const MergedUsr all = merged.with_multilib();
  EXPECT_EQ(all.folders(), (Names{"bin", "lib", "lib32", "lib64", "libx32", "sbin"}));
  EXPECT_TRUE(all.is_link(EntryPath::parse("/lib32")));
  EXPECT_FALSE(all.is_link(EntryPath::parse("/lib32/x")));
  EXPECT_EQ(mapped(all, "/lib32/libc.so.6"), "/usr/lib32/libc.so.6");
  EXPECT_TRUE(MergedUsr::for_architecture("arm64").multilib().empty());
}

TEST(MergedUsr, ABaseMayHaveNone) {
  const MergedUsr merged;
  EXPECT_EQ(mapped(merged, "/bin/ls"), "/bin/ls");
  EXPECT_EQ(mapped(MergedUsr({"sbin", "bin"}), "/sbin/x"), "/usr/sbin/x");
}

}  // namespace
}  // namespace stamp::debian
