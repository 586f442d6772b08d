#include "pin/edit.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace stamp::pin {
namespace {

const Digest kNew = Digest::of("new");
const Digest kOld = Digest::of("old");

/// A file in which every place was pinned to kNew.
std::string pinned(const std::string& name, const std::string& text) {
  const FileText file{name, text};
  std::vector<Edit> edits;
  for (const Place& place : find_places(file, {}).places) {
    EXPECT_EQ(obstacle_to(place, kNew), "") << place.path;
    for (Edit& edit : edits_for(place, kNew)) edits.push_back(std::move(edit));
  }
  const std::string after = edited(file, edits, {});
  for (const Place& place : find_places({name, after}, {}).places) {
    EXPECT_TRUE(edits_for(place, kNew).empty()) << place.path;
  }
  return after;
}

std::string pod(const std::string& image) {
  return "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: " + image + "\n";
}

TEST(Edited, KeepsQuotesAndTag) {
  EXPECT_EQ(pinned("a.yaml", pod("r.example/a:1")), pod("r.example/a:1@" + kNew.str()));
  EXPECT_EQ(pinned("a.yaml", pod("'r.example/a:1'")), pod("'r.example/a:1@" + kNew.str() + "'"));
  EXPECT_EQ(pinned("a.yaml", pod("\"r.example/a\"  # why")),
            pod("\"r.example/a@" + kNew.str() + "\"  # why"));
  EXPECT_EQ(pinned("a.yaml", pod("r.example/a:1@" + kOld.str())),
            pod("r.example/a:1@" + kNew.str()));
}

TEST(Edited, KeepsByteOrderMarkCarriageReturnsAndTheMissingEnd) {
  const std::string start =
      "\xEF\xBB\xBFkind: Pod\r\napiVersion: v1\r\nspec: {containers: [{image: r.example/a:1";
  EXPECT_EQ(pinned("a.yaml", start + "}]}"), start + "@" + kNew.str() + "}]}");
}

TEST(Edited, WritesFieldsOfTheirOwnWhereThereAreSome) {
  const auto values = [](const std::string& tag, const std::string& digest) {
    return "image:\n  repository: r.example/a\n  tag: " + tag + "\n" + digest;
  };
  EXPECT_EQ(pinned("values.yaml", values("1.4", "  digest: \"\"\n")),
            values("1.4", "  digest: \"" + kNew.str() + "\"\n"));
  EXPECT_EQ(pinned("values.yaml", values("1.4", "  digest: " + kOld.str() + "\n")),
            values("1.4", "  digest: " + kNew.str() + "\n"));
  EXPECT_EQ(pinned("values.yaml", values("\"1.4\"", "")), values("\"1.4@" + kNew.str() + "\"", ""));
  EXPECT_EQ(pinned("values.yaml", values("1.4", "  sha: ''\n")),
            values("1.4", "  sha: '" + kNew.hex() + "'\n"));
}

std::string oci_repository(const std::string& ref) {
  return "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec:\n"
         "  url: oci://r.example/a\n  ref:" +
         ref;
}

TEST(Edited, AddsTheDigestOfAnOciRepositoryBelowItsTag) {
  const std::string digest = "    digest: " + kNew.str();
  const auto becomes = [](const std::string& before, const std::string& after) {
    EXPECT_EQ(pinned("a.yaml", oci_repository(before)), oci_repository(after));
  };
  becomes("\n    tag: v1\n", "\n    tag: v1\n" + digest + "\n");
  becomes("\n    tag: '1.2' # why\n\n  # end\n",
          "\n    tag: '1.2' # why\n" + digest + "\n\n  # end\n");
  becomes("\n    tag: v1\n  interval: 5m\n", "\n    tag: v1\n" + digest + "\n  interval: 5m\n");
  becomes("\n    tag: v1", "\n    tag: v1\n" + digest);
  becomes("\r\n    tag: v1 \r\n", "\r\n    tag: v1 \r\n" + digest + "\r\n");
  becomes("\r\n    tag: v1", "\r\n    tag: v1\r\n" + digest);
}

TEST(Edited, AddsTheDigestOfAnOciRepositoryBehindItsTagInFlowStyle) {
  const std::string digest = ", digest: \"" + kNew.str() + "\"";
  EXPECT_EQ(pinned("a.yaml", oci_repository(" {tag: v1 , layerSelector: {}} # why\n")),
            oci_repository(" {tag: v1" + digest + " , layerSelector: {}} # why\n"));
  const std::string json =
      "{\"apiVersion\": \"source.toolkit.fluxcd.io/v1\", \"kind\": \"OCIRepository\",\n"
      "\"spec\": {\"url\": \"oci://r.example/a\", \"ref\": {\"tag\":\"v1\"";
  EXPECT_EQ(pinned("a.json", json + "}}}"), json + ", \"digest\": \"" + kNew.str() + "\"}}}");
}

TEST(Edited, AddsNothingThatAParserSeesElsewhere) {
  const FileText file{"a.yaml", oci_repository("\n    tag: v1\n")};
  const std::vector<Place> places = find_places(file, {}).places;
  ASSERT_EQ(places.size(), 1U);
  std::vector<Edit> edits = edits_for(places[0], kNew);
  ASSERT_EQ(edits.size(), 1U);
  for (const char* lead : {"\n  digest: ", "\n    digests: ", "\n    a: b\n    digest: ",
                           "\n    digest: &a ", " # ", "\n    digest: b\n---\n    digest: "}) {
    edits[0].field.lead = lead;
    EXPECT_THROW(static_cast<void>(edited(file, edits, {})), Error) << lead;
  }
}

TEST(EditsFor, SaysWhyAPlaceCannotBeEdited) {
  Place place;
  place.path = "spec.image";
  place.reference = oci::Reference::parse("r.example/a");
  EXPECT_EQ(obstacle_to(place, kNew),
            "there is no field for a digest: write digest: \"\" beside it");
  place.whole = Field{{0, 11}, Notation::yaml_plain, "r.example/a"};
  EXPECT_EQ(obstacle_to(place, kNew), "");
  place.obstacle = "an alias";
  EXPECT_EQ(obstacle_to(place, kNew),
            "this image is to be pinned to " + kNew.str() + ", and cannot be edited: an alias");
  place.whole->text += "@" + kNew.str();
  EXPECT_EQ(obstacle_to(place, kNew), "");
}

TEST(Written, IsSafeInItsNotation) {
  EXPECT_EQ(written(Notation::yaml_plain, "1.4@sha256:ab"), "1.4@sha256:ab");
  EXPECT_EQ(written(Notation::yaml_plain, std::string(64, '1')),
            "\"" + std::string(64, '1') + "\"");
  EXPECT_EQ(written(Notation::yaml_single_quoted, "a"), "'a'");
  EXPECT_EQ(written(Notation::hcl, "a"), "\"a\"");
  EXPECT_EQ(written(Notation::bare, "a"), "a");
}

TEST(Edited, RefusesAMarkerOnWhatIsNoValue) {
  const FileText file{"a.yaml", "b: &a:1 text # stamp:pin a\n"};
  const Found found = find_places(file, {});
  ASSERT_EQ(found.places.size(), 1U);
  try {
    static_cast<void>(edited(file, edits_for(found.places[0], kNew), {}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_EQ(error.headline(), "cannot edit 'a.yaml': a value would change at line 1");
  }
}

TEST(Edited, NothingIsWrittenThatAParserSeesDifferently) {
  const FileText file{"a.yaml", pod("r.example/a:1")};
  const Found found = find_places(file, {});
  ASSERT_EQ(found.places.size(), 1U);
  std::vector<Edit> edits{{*found.places[0].whole, "r.example/b:1"}};
  try {
    static_cast<void>(edited(file, edits, {}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.headline(), "cannot edit 'a.yaml': the image would change at line 5");
  }
  edits[0].text = "r.example/a:1\n    command: [sh]";
  EXPECT_THROW(static_cast<void>(edited(file, edits, {})), Error);
}

}  // namespace
}  // namespace stamp::pin
