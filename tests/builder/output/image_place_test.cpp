#include "builder/output/image_place.h"

#include "tests/expect_error.h"

namespace stamp::build {
namespace {

using Kind = ImagePlace::Kind;

TEST(ImagePlace, NamesAnImageInARegistry) {
  const ImagePlace place = ImagePlace::parse("docker://registry.example:5000/home/app:1.4");
  EXPECT_EQ(place.kind, Kind::registry);
  EXPECT_EQ(place.reference.str(), "registry.example:5000/home/app:1.4");
  EXPECT_EQ(ImagePlace::parse("docker://debian:12").reference.str(), "docker.io/library/debian:12");
  const std::string digest = Digest::of("x").str();
  EXPECT_EQ(ImagePlace::parse("docker://registry.example/app@" + digest).reference.digest,
            Digest::of("x"));
}

TEST(ImagePlace, NamesALayoutOrItsArchiveWithATagOrWithout) {
  const ImagePlace layout = ImagePlace::parse("oci:out/a:b/app:1.4");
  EXPECT_EQ(layout.kind, Kind::layout);
  EXPECT_EQ(layout.path, "out/a:b/app");
  EXPECT_EQ(layout.tag, "1.4");
  const ImagePlace archive = ImagePlace::parse("oci-archive:app.tar");
  EXPECT_EQ(archive.kind, Kind::oci_archive);
  EXPECT_EQ(archive.path, "app.tar");
  EXPECT_EQ(archive.tag, "");
}

TEST(ImagePlace, NamesADockerArchiveWithANameOrWithout) {
  const ImagePlace place = ImagePlace::parse("docker-archive:app.tar:home/app:1.4");
  EXPECT_EQ(place.kind, Kind::docker_archive);
  EXPECT_EQ(place.path, "app.tar");
  EXPECT_EQ(place.reference.str(), "docker.io/home/app:1.4");
  EXPECT_EQ(ImagePlace::parse("docker-archive:app.tar").reference.tag, "");
}

TEST(ImagePlace, WhatIsNoPlaceIsAUsageErrorWithAWayOut) {
  const auto message = [](const std::string& text) {
    return message_of([&] { ImagePlace::parse(text); });
  };
  const std::string places =
      "an image is docker://REFERENCE, oci:DIR[:TAG], oci-archive:FILE[:TAG] or "
      "docker-archive:FILE[:REFERENCE]\n";
  EXPECT_EQ(message("registry.example/app:1"),
            "stamp: error: cannot use 'registry.example/app:1': " + places +
                "  try: docker://registry.example/app:1 for an image in a registry, "
                "oci:registry.example/app:1 for a folder\n");
  EXPECT_EQ(message("https://registry.example/app"),
            "stamp: error: cannot use 'https://registry.example/app': " + places);
  EXPECT_EQ(message(""), "stamp: error: cannot use '': " + places);
  EXPECT_EQ(message("docker://"),
            "stamp: error: cannot use 'docker://': it names no image\n"
            "  try: docker://registry.example/app:1.4\n");
  EXPECT_EQ(message("docker://registry.example/app"),
            "stamp: error: cannot use 'docker://registry.example/app': it has neither a tag nor a "
            "digest\n"
            "  while reading 'docker://registry.example/app'\n"
            "  try: docker://registry.example/app:latest\n");
  EXPECT_EQ(message("oci:out:a b"),
            "stamp: error: cannot use 'oci:out:a b': 'a b' is not a tag\n"
            "  try: a tag has letters, digits, '_', '.' and '-', at most 128, and begins with one "
            "of the first three\n");
  EXPECT_EQ(message("oci-archive:"),
            "stamp: error: cannot use 'oci-archive:': it names no file or folder\n"
            "  try: oci-archive:out/app\n");
  EXPECT_EQ(message("docker-archive:a.tar:app@" + Digest::of("x").str()),
            "stamp: error: cannot use 'docker-archive:a.tar:app@" + Digest::of("x").str() +
                "': images in a docker archive have no digest\n  try: leave it out\n");
}

TEST(ImagePlace, ADamagedNameSaysWhatIsWrong) {
  EXPECT_EQ(message_of([] { ImagePlace::parse("docker://registry.example/App:1"); }),
            "stamp: error: cannot use the image 'registry.example/App:1': the repository must be "
            "in lower case\n  while reading 'docker://registry.example/App:1'\n");
}

}  // namespace
}  // namespace stamp::build
