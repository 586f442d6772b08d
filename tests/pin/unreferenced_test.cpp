#include "pin/unreferenced.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/pin/registry_fixture.h"

namespace stamp::pin {
namespace {

struct Unreferenced : ::testing::Test {
  explicit Unreferenced(fakes::RegistryOptions options = {}) : registry(std::move(options)) {
    OwnImage image;
    image.recipe = "app";
    image.repository = registry.at("home/app");
    own.push_back(image);
  }

  PublishedTags look() { return find_unreferenced(own, kept, *registry.client.client); }
  /// The tags that nothing refers to.
  std::vector<std::string> tags() {
    std::vector<std::string> names;
    for (const UnreferencedTag& tag : look().unreferenced) names.push_back(tag.image.tag);
    return names;
  }
  /// Deletes everything that nothing refers to.
  std::vector<TagRemoval> remove_all() {
    std::vector<TagRemoval> removals;
    for (const UnreferencedTag& tag : look().unreferenced) {
      removals.push_back(remove(tag, *registry.client.client));
    }
    return removals;
  }
  /// The tags that are left.
  std::vector<std::string> left() {
    std::vector<std::string> names;
    for (const auto& [tag, digest] : registry.fake.repository("home/app").tags)
      names.push_back(tag);
    return names;
  }
  void refer(const std::string& tag, std::optional<Digest> digest = std::nullopt) {
    kept.add(registry.at("home/app", tag, digest));
  }

  RegistryFixture registry;
  std::vector<OwnImage> own;
  KeptReferences kept{{registry.at("home/app")}};
};

struct UnreferencedWithoutTagDeletes : Unreferenced {
  UnreferencedWithoutTagDeletes() : Unreferenced({.tag_deletes = false}) {}
};

struct UnreferencedWithoutDeletes : Unreferenced {
  UnreferencedWithoutDeletes() : Unreferenced({.deletes = false}) {}
};

using Names = std::vector<std::string>;

TEST_F(Unreferenced, ARepositoryThatIsNotThereHasNoTags) {
  EXPECT_TRUE(tags().empty());
}

TEST_F(Unreferenced, WhatAManifestPinsIsReferencedWithAllItsTags) {
  const Digest one = registry.put_both("home/app", "one", "v1");
  registry.put_both("home/app", "one", "keep-sha256-" + one.hex());
  registry.put_both("home/app", "two", "v2");
  refer("", one);
  const PublishedTags published = look();
  ASSERT_EQ(published.unreferenced.size(), 1U);
  EXPECT_EQ(published.unreferenced[0].image.tag, "v2");
  EXPECT_EQ(published.unreferenced[0].removal, TagRemoval::listed);
  EXPECT_EQ(published.referenced, 2U);
}

TEST_F(Unreferenced, WhatATagInAManifestNamesIsReferencedWithAllItsTags) {
  registry.put_both("home/app", "one", "v1");
  registry.put_both("home/app", "one", "latest");
  registry.put_both("home/app", "two", "v2");
  refer("v1");
  EXPECT_EQ(tags(), Names{"v2"});
}

TEST_F(Unreferenced, WhatTheLockRecordsIsReferenced) {
  own[0].locked = {registry.put_both("home/app", "one", "v1")};
  registry.put_both("home/app", "two", "v2");
  EXPECT_EQ(tags(), Names{"v2"});
}

TEST_F(Unreferenced, AnIndexWithAPinnedManifestIsReferenced) {
  const auto amd64 = registry.put_image("home/app", "linux/amd64", {"one"});
  registry.put_index("home/app", {amd64, registry.put_image("home/app", "linux/arm64", {"arm"})},
                     "v1");
  registry.put_both("home/app", "two", "v2");
  refer("", amd64.digest);
  EXPECT_EQ(tags(), Names{"v2"});
}

TEST_F(Unreferenced, AManifestOfAReferencedIndexIsReferenced) {
  const auto amd64 = registry.put_image("home/app", "linux/amd64", {"one"}, "v1-amd64");
  registry.put_image("home/app", "linux/amd64", {"two"}, "v2-amd64");
  refer("", registry.put_index("home/app", {amd64}));  // which no tag names any more
  EXPECT_EQ(tags(), Names{"v2-amd64"});
}

TEST_F(Unreferenced, AnIndexThatSharesAManifestWithAReferencedOneIsNot) {
  const auto amd64 = registry.put_image("home/app", "linux/amd64", {"same"});
  const auto old = registry.put_image("home/app", "linux/arm64", {"old"});
  registry.put_index("home/app", {amd64, old}, "old");
  refer("", registry.put_index("home/app", {amd64}, "new"));
  EXPECT_EQ(tags(), Names{"old"});
}

TEST_F(Unreferenced, ListsOfReferrersBelongToTheirSubject) {
  const Digest one = registry.put_both("home/app", "one", "v1");
  const Digest two = registry.put_both("home/app", "two", "v2");
  for (const Digest& digest : {one, two}) {
    registry.put_index("home/app", {}, "sha256-" + digest.hex());
    registry.put_image("home/app", "linux/amd64", {"signature"}, "sha256-" + digest.hex() + ".sig");
  }
  refer("", one);
  EXPECT_EQ(tags(), (Names{"sha256-" + two.hex(), "sha256-" + two.hex() + ".sig", "v2"}));
}

TEST_F(Unreferenced, TagsAreDeletedAndOthersStay) {
  const Digest one = registry.put_both("home/app", "one", "v1");
  const Digest two = registry.put_both("home/app", "two", "v2");
  refer("", one);
  EXPECT_EQ(remove_all(), std::vector{TagRemoval::tag});
  EXPECT_EQ(left(), Names{"v1"});
  EXPECT_EQ(registry.fake.repository("home/app").manifests.count(two.str()), 1U);
  EXPECT_TRUE(tags().empty());
}

TEST_F(UnreferencedWithoutTagDeletes, TheManifestIsDeletedWithItsTags) {
  const Digest one = registry.put_both("home/app", "one", "v1");
  registry.put_both("home/app", "two", "v2");
  const Digest two = registry.put_both("home/app", "two", "v3");
  refer("", one);
  EXPECT_EQ(remove_all(), (std::vector{TagRemoval::manifest, TagRemoval::gone}));
  EXPECT_EQ(left(), Names{"v1"});
  EXPECT_EQ(registry.fake.repository("home/app").manifests.count(two.str()), 0U);
}

TEST_F(UnreferencedWithoutDeletes, ARegistryThatDeletesNothingSaysSo) {
  registry.put_both("home/app", "one", "v1");
  const Digest one = *look().unreferenced.at(0).image.digest;
  EXPECT_EQ(message_of([&] { remove_all(); }),
            "stamp: error: cannot delete manifest '" + one.brief() + "' of " +
                registry.fake.host() +
                "/home/app: the registry does not delete it (405 Method Not Allowed)\n"
                "  in:  http://" +
                registry.fake.host() + "/v2/home/app/manifests/" + one.str() + "\n");
  EXPECT_EQ(left(), Names{"v1"});
}

TEST_F(Unreferenced, ATagThatWasMovedMeanwhileStays) {
  registry.put_both("home/app", "one", "v1");
  registry.put_both("home/app", "two", "v2");
  const std::vector<UnreferencedTag> found = look().unreferenced;
  ASSERT_EQ(found.size(), 2U);
  registry.put_both("home/app", "three", "v1");
  static_cast<void>(registry.client.at(registry.fake.host(), "home/app").delete_tag("v2"));
  EXPECT_EQ(remove(found[0], *registry.client.client), TagRemoval::moved);
  EXPECT_EQ(remove(found[1], *registry.client.client), TagRemoval::gone);
  EXPECT_EQ(left(), Names{"v1"});
}

TEST_F(Unreferenced, AQuestionWithoutAnAnswerIsAnError) {
  registry.put_both("home/app", "one", "v1");
  registry.fake.add(
      {.method = "GET", .path = "/manifests/", .times = 0, .instead = fakes::reply_with(403)});
  EXPECT_EQ(kind_of([&] { look(); }), ErrorKind::denied);
  registry.fake.clear_rules();
  registry.fake.add(
      {.method = "HEAD", .path = "/manifests/v1", .times = 0, .instead = fakes::reply_with(500)});
  EXPECT_EQ(kind_of([&] { look(); }), ErrorKind::network);
  registry.fake.clear_rules();
  registry.fake.add({.path = "/tags/list", .times = 0, .instead = fakes::reply_with(429)});
  EXPECT_EQ(kind_of([&] { look(); }), ErrorKind::network);
}

}  // namespace
}  // namespace stamp::pin
