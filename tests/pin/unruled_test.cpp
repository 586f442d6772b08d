#include "pin/unruled.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace stamp::pin {
namespace {

const std::vector<oci::Reference> kOwn = {
    oci::Reference::parse_repository("registry.example/home/app")};

const FileText kUnknown{"unknown.yaml",
                        "kind: Unknown\n"
                        "image: registry.example/home/app:1\n"
                        "other: other.example/home/app:1\n"
                        "name: registry.example/home/app\n"
                        "longer: registry.example/home/application:1\n"};

/// The bytes where texts were added to what is left alone.
std::vector<std::size_t> unruled(const FileText& file, const Wanted& wanted) {
  Found found = find_places(file, {});
  add_unruled(file, wanted, found);
  std::vector<std::size_t> at;
  for (const LeftAlone& left : found.left_alone) at.push_back(left.at);
  return at;
}

TEST(Unruled, ReferenceToARepositoryThatIsNamedIsToldWhereNoRuleLooks) {
  const std::vector<std::size_t> image = {kUnknown.text.find("registry")};
  EXPECT_EQ(unruled(kUnknown, Wanted::repositories(kOwn)), image);
}

TEST(Unruled, ReferenceIsToldWhenImagesOfOthersAreLookedForToo) {
  const std::vector<std::size_t> image = {kUnknown.text.find("registry")};
  EXPECT_EQ(unruled(kUnknown, Wanted::any(kOwn)), image);
}

TEST(Unruled, NothingIsToldWhenNoRepositoryIsNamed) {
  EXPECT_EQ(unruled(kUnknown, Wanted::any()), std::vector<std::size_t>());
}

TEST(Unruled, ReferenceThatARuleFindsIsNotTold) {
  const FileText pod{"pod.yaml",
                     "apiVersion: v1\nkind: Pod\n"
                     "spec: {containers: [{image: \"registry.example/home/app:1\"}]}\n"};
  EXPECT_EQ(unruled(pod, Wanted::any(kOwn)), std::vector<std::size_t>());
}

TEST(Wanted, FilesThatNameARepositoryOrHoldAnyImageMayHaveReferences) {
  const Wanted own = Wanted::repositories(kOwn);
  EXPECT_TRUE(own.may_be_in("a.yaml", "name: home/app"));
  EXPECT_FALSE(own.may_be_in("a.yaml", "name: home/web"));
  EXPECT_FALSE(own.may_be_in("a.sh", "home/app"));
  EXPECT_TRUE(own.may_be_in("a.sh", "home/app # stamp:pin app"));
  EXPECT_TRUE(Wanted::any(kOwn).may_be_in("a.yaml", "name: home/web"));
  EXPECT_FALSE(Wanted::any(kOwn).may_be_in("a.sh", "home/app"));
}

}  // namespace
}  // namespace stamp::pin
