#include "pin/diff.h"

#include <gtest/gtest.h>

namespace stamp::pin {
namespace {

TEST(UnifiedDiff, ShowsWhatSurroundsAChange) {
  EXPECT_EQ(unified_diff("a.yaml", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
            "--- a.yaml\n+++ a.yaml\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(UnifiedDiff, PutsChangesThatAreNearIntoOneHunk) {
  EXPECT_EQ(unified_diff("a", "1\n2\n3\n4\n", "one\n2\nthree\n4\n"),
            "--- a\n+++ a\n@@ -1,4 +1,4 @@\n-1\n+one\n 2\n-3\n+three\n 4\n");
  EXPECT_EQ(unified_diff("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "one\n2\n3\n4\n5\n6\n7\n8\nnine\n"),
            "--- a\n+++ a\n@@ -1,4 +1,4 @@\n-1\n+one\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n"
            "+nine\n");
}

TEST(UnifiedDiff, ShowsAnAddedLineAlone) {
  EXPECT_EQ(unified_diff("a", "1\n2\n3\n4\n5\n", "1\n2\nnew\n3\n4\nfive\n"),
            "--- a\n+++ a\n@@ -1,5 +1,6 @@\n 1\n 2\n+new\n 3\n 4\n-5\n+five\n");
  EXPECT_EQ(unified_diff("a", "1\n", "1\nnew\n"), "--- a\n+++ a\n@@ -1 +1,2 @@\n 1\n+new\n");
  EXPECT_EQ(unified_diff("a", "1", "1\nnew"),
            "--- a\n+++ a\n@@ -1 +1,2 @@\n-1\n\\ No newline at end of file\n+1\n+new\n"
            "\\ No newline at end of file\n");
  EXPECT_EQ(unified_diff("a", "kind: Secret\n2\n", "kind: Secret\nnew\n2\n"),
            "--- a\n+++ a\n@@ -1,0 +2 @@\n+new\n");
}

TEST(UnifiedDiff, SaysThatTheLastLineHasNoEnd) {
  EXPECT_EQ(unified_diff("a", "1", "one"),
            "--- a\n+++ a\n@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+one\n"
            "\\ No newline at end of file\n");
}

TEST(UnifiedDiff, ShowsNothingBesideTheChangeWhereASecretIs) {
  EXPECT_EQ(unified_diff("a", "kind: Secret\ndata: {p: aGk=}\n---\nimage: a\n",
                         "kind: Secret\ndata: {p: aGk=}\n---\nimage: b\n"),
            "--- a\n+++ a\n@@ -4 +4 @@\n-image: a\n+image: b\n");
}

TEST(UnifiedDiff, IsEmptyWhereNothingDiffers) {
  EXPECT_EQ(unified_diff("a", "1\n", "1\n"), "");
}

}  // namespace
}  // namespace stamp::pin
