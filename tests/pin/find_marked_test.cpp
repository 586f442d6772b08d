#include <string>

#include <gtest/gtest.h>

#include "pin/find.h"
#include "tests/expect_error.h"
#include "tests/pin/found_text.h"

namespace stamp::pin {
namespace {

std::string found_in(const std::string& text) {
  return found_text(text, find_marked({"run.sh", text}));
}

std::string refusal_of(const std::string& text) {
  return message_of([&] { find_marked({"run.sh", text}); });
}

constexpr std::string_view kFirst =
    "marker line 1 = registry.example/home/web:1 whole<registry.example/home/web:1>\n";
constexpr std::string_view kSecond =
    "marker line 2 = registry.example/home/web:1 whole<registry.example/home/web:1>\n";

TEST(FindMarked, AMarkerBehindTheTextIsForItsLine) {
  EXPECT_EQ(found_in("podman run --name web registry.example/home/web:1  # stamp:pin web\n"),
            kFirst);
  EXPECT_EQ(found_in("image = \"registry.example/home/web:1\", // stamp:pin home/web\r\n"), kFirst);
  EXPECT_EQ(found_in("x=registry.example/home/web:1 ;stamp:pin registry.example/home/web"), kFirst);
  EXPECT_EQ(found_in("('registry.example/home/web:1') -- stamp:pin\tweb\n"), kFirst);
  EXPECT_EQ(found_in("<a>registry.example/home/web:1</a> <!-- stamp:pin web -->\n"), kFirst);
  EXPECT_EQ(found_in("`registry.example/home/web:1` /* stamp:pin web*/\n"), kFirst);
}

TEST(FindMarked, AMarkerAloneIsForTheLineBelow) {
  EXPECT_EQ(found_in("  # stamp:pin web\n  image: registry.example/home/web:1\n"), kSecond);
  EXPECT_EQ(found_in("\xEF\xBB\xBF// stamp:pin web\r\nregistry.example/home/web:1"), kSecond);
  EXPECT_EQ(
      found_in("<!--stamp:pin web-->\nregistry.example/home/web:1\nregistry.example/home/web:2"),
      kSecond);
}

TEST(FindMarked, TwoMarkersMayBeForOneLine) {
  EXPECT_EQ(found_in("# stamp:pin web\n"
                     "a registry.example/home/web:1 registry.example/home/db:2 # stamp:pin db\n"),
            std::string(kSecond) +
                "marker line 2 = registry.example/home/db:2 whole<registry.example/home/db:2>\n");
  EXPECT_EQ(found_in("# stamp:pin web\nregistry.example/home/web:1 # stamp:pin web\n"), kSecond);
}

TEST(FindMarked, ASchemeStaysBeforeTheReference) {
  EXPECT_EQ(found_in("uses: docker://registry.example/home/web:1 # stamp:pin web\n"),
            "marker line 1 = registry.example/home/web:1 "
            "whole<docker://registry.example/home/web:1> before 9\n");
}

TEST(FindMarked, AWordAloneIsAnImageOnlyWhenNoOtherIs) {
  EXPECT_EQ(found_in("docker run nginx # stamp:pin nginx\n"),
            "marker line 1 = docker.io/library/nginx whole<nginx>\n");
}

TEST(FindMarked, OtherTextIsNoMarker) {
  EXPECT_EQ(
      found_in("echo 'stamp:pin web'\n"
               "put `# stamp:pin web` behind it\n"
               "x#stamp:pin web\n"
               "# stamp:pinned web\n"
               "# see stamp:pin web\n"
               "image: registry.example/home/web:1 # {\"$imagepolicy\": \"flux-system:web\"}\n"),
      "");
}

TEST(FindMarked, ABlockOfYamlAndTheMarkerOfFluxStayAsTheyAre) {
  EXPECT_EQ(
      found_in(
          "data:\n  run: |\n    podman pull registry.example/home/web:1 # stamp:pin web\n"
          "image: registry.example/home/web:2 # {\"$imagepolicy\": \"a:b\"} # stamp:pin web\n"),
      "marker line 3 = registry.example/home/web:1 whole<registry.example/home/web:1>\n"
      "marker line 4 = registry.example/home/web:2 whole<registry.example/home/web:2>\n");
}

TEST(FindMarked, TemplatesAreLeftAlone) {
  EXPECT_EQ(found_in("podman pull ${REGISTRY}/home/web:1 # stamp:pin web\n"),
            "line 1: a template at ${REGISTRY}/\n");
  EXPECT_EQ(found_in("podman pull registry.example/home/web:$TAG # stamp:pin web\n"),
            "line 1: a template at $TAG # stamp\n");
  EXPECT_EQ(found_in("image: {{ .registry }}home/web:1 # stamp:pin web\n"),
            "line 1: a template at {{ .registry\n");
  EXPECT_EQ(found_in("image: home/web{{ .suffix }} # stamp:pin web\n"),
            "line 1: a template at {{ .suffix }\n");
}

TEST(FindMarked, AMarkedLineWithoutTheImageIsRefused) {
  EXPECT_EQ(refusal_of("podman run registry.example/home/db:1 # stamp:pin web\n"),
            "stamp: error: run.sh:1:51: no word on the marked line is a reference to 'web'; write "
            "one there, or take the marker away\n"
            "  podman run registry.example/home/db:1 # stamp:pin web\n"
            "                                                    ^\n");
  EXPECT_EQ(refusal_of("# stamp:pin web"),
            "stamp: error: run.sh:1:13: no word on the marked line is a reference to 'web'; write "
            "one there, or take the marker away\n"
            "  # stamp:pin web\n"
            "              ^\n");
  EXPECT_EQ(refusal_of("# stamp:pin web\n\nregistry.example/home/web:1\n"),
            "stamp: error: run.sh:1:13: no word on the marked line is a reference to 'web'; write "
            "one there, or take the marker away\n"
            "  # stamp:pin web\n"
            "              ^\n");
}

TEST(FindMarked, TwoWordsThatTheMarkerMayMeanAreRefused) {
  EXPECT_EQ(refusal_of("a.example/web:1 b.example/web:2 # stamp:pin web\n"),
            "stamp: error: run.sh:1:17: this is the second word that the marker 'web' may mean; "
            "put them on lines of their own\n"
            "  a.example/web:1 b.example/web:2 # stamp:pin web\n"
            "                  ^\n");
}

TEST(FindMarked, AMarkerNamesOneImage) {
  EXPECT_EQ(refusal_of("a.example/web:1 # stamp:pin\nb.example/web:1 # stamp:pin web, b\n"),
            "stamp: error: run.sh:1:19: a marker names one image: stamp:pin NAME\n"
            "  a.example/web:1 # stamp:pin\n"
            "                    ^\n"
            "run.sh:2:19: a marker names one image: stamp:pin NAME\n"
            "  b.example/web:1 # stamp:pin web, b\n"
            "                    ^\n");
}

}  // namespace
}  // namespace stamp::pin
