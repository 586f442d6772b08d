#include <gtest/gtest.h>

#include "tests/pin/described.h"

namespace stamp::pin {
namespace {

std::string found_in(const std::string& name, const std::string& text) {
  return described(text, find_places({name, text}, {}));
}

TEST(FindPlaces, AreFoundOnceAlsoWhenTheyAreMarked) {
  EXPECT_EQ(found_in("a.yaml",
                     "apiVersion: v1\n"
                     "kind: Pod\n"
                     "metadata: {annotations: {from: 'registry.example/a:1'}}  # stamp:pin a\n"
                     "spec:\n"
                     "  containers:\n"
                     "  - image: \"registry.example/a:1\"  # stamp:pin a\n"),
            "marker line 3: registry.example/a:1\n"
            "  whole 3:33 registry.example/a:1\n"
            "Pod spec.containers[0].image: registry.example/a:1\n"
            "  whole 6:12 \"registry.example/a:1\"\n");
}

TEST(FindPlaces, WhatIsMarkedInATemplateIsFound) {
  EXPECT_EQ(found_in("templates/a.yaml",
                     "{{ if .x }}\n"
                     "kind: Pod\n"
                     "image: registry.example/a:1  # stamp:pin a\n"
                     "{{ end }}\n"),
            "marker line 3: registry.example/a:1\n"
            "  whole 3:8 registry.example/a:1\n"
            "- a template, which is not YAML yet\n");
}

TEST(FindPlaces, GoByTheFormatOfTheFile) {
  EXPECT_EQ(found_in("a.tf", "resource \"x\" \"y\" {\n  image = \"registry.example/a:1\"\n}\n"),
            "Terraform resource.x.y.image: registry.example/a:1\n"
            "  whole 2:11 \"registry.example/a:1\"\n");
  EXPECT_EQ(found_in("a.container", "[Container]\nImage=registry.example/a:1\n"),
            "Quadlet Container.Image: registry.example/a:1\n"
            "  whole 2:7 registry.example/a:1\n");
  EXPECT_EQ(found_in("run.sh", "podman run registry.example/a:1  # stamp:pin a\n"),
            "marker line 1: registry.example/a:1\n"
            "  whole 1:12 registry.example/a:1\n");
  EXPECT_EQ(found_in("run.sh", "podman run registry.example/a:1\n"), "");
}

}  // namespace
}  // namespace stamp::pin
