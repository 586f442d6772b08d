#include "pin/kept_references.h"

#include <gtest/gtest.h>

namespace stamp::pin {
namespace {

struct Kept : ::testing::Test {
  bool has(std::string_view tag) const { return kept.has(app, tag); }

  const oci::Reference app = oci::Reference::parse("registry.example/home/app");
  const oci::Reference tool = oci::Reference::parse("registry.example/tool");
  KeptReferences kept{{app, tool}};
  const Digest digest = Digest::of("one");
};

TEST_F(Kept, ATagCountsWhereNoDigestStandsBesideIt) {
  kept.add(oci::Reference::parse("registry.example/home/app:v1"));
  kept.add(oci::Reference::parse("registry.example/home/app:v2@" + digest.str()));
  EXPECT_TRUE(has("v1"));
  EXPECT_FALSE(has("v2"));
  EXPECT_TRUE(kept.has(digest));
  EXPECT_EQ(kept.named_with(app), std::set<Digest>{digest});
  EXPECT_FALSE(has("latest"));
  kept.add(oci::Reference::parse("registry.example/home/app"));
  EXPECT_TRUE(has("latest"));
}

TEST_F(Kept, AMirrorsNameCountsToo) {
  kept.add(oci::Reference::parse("mirror.example/proxy/home/app:v1"));
  EXPECT_TRUE(has("v1"));
  kept.add(oci::Reference::parse("mirror.example/athome/app:v2"));
  EXPECT_FALSE(has("v2"));
}

TEST_F(Kept, ImagesOfOthersNameNothing) {
  kept.add(oci::Reference::parse("registry.example/other:v1@" + digest.str()));
  kept.add_text("a.yaml", "image: registry.example/home/application:v1\n");
  EXPECT_FALSE(kept.name_any());
  EXPECT_TRUE(kept.has(digest));
}

TEST_F(Kept, DigestsCountInAnyText) {
  kept.add_text("a.yaml", "sha: " + digest.hex() + "\n");
  EXPECT_TRUE(kept.has(digest));
  const Digest other = Digest::of("two");
  kept.add_text("a.yaml", "x" + other.hex() + "f");
  EXPECT_FALSE(kept.has(other));
  kept.add_text("a.yaml", "{{ x }}@sha256:" + other.hex());
  EXPECT_TRUE(kept.has(other));
  EXPECT_FALSE(kept.name_any());
}

TEST_F(Kept, WordsOfATextThatNamesTheRepositoryCountAsTags) {
  kept.add_text("a.yaml", "repository: mirror.example/home/app\ntag: \"1.4\"  # not 1.3.\n");
  for (const char* tag : {"1.4", "1.3", "latest"}) EXPECT_TRUE(has(tag)) << tag;
  EXPECT_FALSE(has("1.2"));
  EXPECT_FALSE(kept.has(tool, "1.4"));
}

TEST_F(Kept, TheTagOfAPinnedNameIsNoReference) {
  kept.add_text("a.yaml", "podman run registry.example/home/app:v1@" + digest.str() + " v2");
  EXPECT_FALSE(has("v1"));
  EXPECT_TRUE(has("v2"));
  EXPECT_FALSE(has("latest"));
  EXPECT_EQ(kept.named_with(app), std::set<Digest>{digest});
  kept.add_text("a.yaml", "registry.example/home/app:v1");
  EXPECT_TRUE(has("v1"));
}

TEST_F(Kept, ATagThatIsMadeElsewhereIsUnclear) {
  kept.add_text("a.tf", "\nimage = \"registry.example/home/app:${var.tag}\"\n");
  kept.add_text("b.yaml",
                "image: home/app@{{ .Values.digest }}\n\nimage: home/app:v{{ .minor }}\n");
  kept.add_text("c.yaml", "image: home/app:v1\nother: {app: $TAG}\n");
  EXPECT_EQ(kept.unclear(), (std::vector<std::string>{"a.tf:2", "b.yaml:1", "b.yaml:3"}));
}

TEST_F(Kept, ARepositoryWithoutAFolderNeedsItsHost) {
  kept.add_text("a.yaml", "a tool: v1\n");
  EXPECT_FALSE(kept.name_any());
  kept.add_text("a.yaml", "registry.example/tool:v1\n");
  EXPECT_TRUE(kept.has(tool, "v1"));
}

TEST_F(Kept, ANameThatIsPartOfAnotherIsNotTheRepository) {
  for (const char* text :
       {"home/app/part:v1", "home/app-old:v1", "my-home/app:v1", "home/app.d:v1"}) {
    kept.add_text("a.yaml", text);
  }
  EXPECT_FALSE(kept.name_any());
  kept.add_text("a.yaml", "It is in home/app.");
  EXPECT_TRUE(has("latest"));
}

}  // namespace
}  // namespace stamp::pin
