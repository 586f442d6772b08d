#include "pin/image_lock.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace stamp::pin {
namespace {

constexpr std::string_view kWeb =
    "registry.example/home/"
    "web@sha256:18c4eb57cd3fbbfd9ad5ee3b5d3ebd6c2ba1ebe3c2ebbd6dbb6fb62dae1b3a35";
constexpr std::string_view kNginx =
    "index.docker.io/library/"
    "nginx@sha256:f7988fb6c02e0ce69257d9bd9cf37ae20a60f1df7563c3a2a6abe24160306b8d";

LockedImage locked(std::string asked, std::string_view reference) {
  return {std::move(asked), oci::Reference::parse(reference)};
}

std::vector<LockedImage> images_of(std::string_view text) {
  return read_image_lock({"images.lock.yml", std::string(text)});
}

std::string refusal_of(const std::string& text) {
  return message_of([&] { images_of(text); });
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), with);
    at += with.size();
  }
  return text;
}

// The shape of kbld 0.47's own lock, by its tests of `--lock-output`.
TEST(ReadImageLock, KbldsLockIsRead) {
  const std::string lock = replaced(replaced("apiVersion: kbld.k14s.io/v1alpha1\n"
                                             "kind: Config\n"
                                             "minimumRequiredVersion: 0.47.0\n"
                                             "overrides:\n"
                                             "- image: web\n"
                                             "  newImage: WEB\n"
                                             "  origins:\n"
                                             "  - git:\n"
                                             "      dirty: true\n"
                                             "      remoteURL: git@git.example:web.git\n"
                                             "  preresolved: true\n"
                                             "- image: nginx:1.14.2\n"
                                             "  newImage: NGINX\n"
                                             "  preresolved: true\n"
                                             "- image: nginx:1.14.2\n"
                                             "  newImage: NGINX\n"
                                             "  preresolved: true\n"
                                             "- image: built\n"
                                             "  newImage: registry.example/home/built:1\n"
                                             "- imageRepo: registry.example/home/all\n"
                                             "  newImage: WEB\n"
                                             "searchRules:\n"
                                             "- keyMatcher:\n"
                                             "    name: sidecarImage\n",
                                             "WEB", kWeb),
                                    "NGINX", kNginx);
  EXPECT_EQ(images_of(lock),
            (std::vector<LockedImage>{locked("nginx:1.14.2", kNginx), locked("web", kWeb)}));
}

TEST(ReadImageLock, OtherDocumentsAreNone) {
  EXPECT_EQ(images_of(replaced("kind: Deployment\n---\napiVersion: kbld.k14s.io/v1alpha1\n"
                               "kind: ImageOverrides\noverrides: [{image: a, newImage: WEB}]\n"
                               "---\napiVersion: kbld.k14s.io/v1alpha1\nkind: Config\n",
                               "WEB", kWeb)),
            (std::vector<LockedImage>{locked("a", kWeb)}));
}

TEST(ReadImageLock, ImgpkgsLockIsRead) {
  EXPECT_EQ(
      images_of(replaced(replaced("---\n"
                                  "apiVersion: imgpkg.carvel.dev/v1alpha1\n"
                                  "images:\n"
                                  "- annotations:\n"
                                  "    kbld.carvel.dev/id: nginx:1.14.2\n"
                                  "    kbld.carvel.dev/origins: |\n"
                                  "      - resolved:\n"
                                  "          tag: 1.14.2\n"
                                  "          url: nginx:1.14.2\n"
                                  "  image: NGINX\n"
                                  "- image: WEB\n"
                                  "kind: ImagesLock\n",
                                  "WEB", kWeb),
                         "NGINX", kNginx)),
      (std::vector<LockedImage>{locked("nginx:1.14.2", kNginx), locked(std::string(kWeb), kWeb)}));
}

TEST(ReadImageLock, WhatIsNoLockIsRefused) {
  EXPECT_EQ(refusal_of("kind: Deployment\n"),
            "stamp: error: images.lock.yml:1:1: this is neither a lock of kbld nor one of imgpkg\n"
            "  kind: Deployment\n"
            "  ^\n");
  EXPECT_EQ(refusal_of("apiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\nimages: web\n"),
            "stamp: error: images.lock.yml:3:9: 'images' is no list\n"
            "  images: web\n"
            "          ^\n");
}

TEST(ReadImageLock, AnImageThatCannotBeReadIsRefused) {
  const std::string kbld = "apiVersion: kbld.k14s.io/v1alpha1\nkind: Config\noverrides:\n";
  EXPECT_EQ(refusal_of(kbld + "- image: web\n  newImage: web@sha256:12\n"),
            "stamp: error: images.lock.yml:5:13: 'web@sha256:12' is no reference to an image with "
            "a digest\n"
            "    newImage: web@sha256:12\n"
            "              ^\n");
  EXPECT_EQ(refusal_of(kbld + "- image: web\n"),
            "stamp: error: images.lock.yml:4:3: a text 'newImage' is missing here\n"
            "  - image: web\n"
            "    ^\n");
  EXPECT_EQ(refusal_of("apiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\nimages:\n"
                       "- image: registry.example/home/web:1\n"),
            "stamp: error: images.lock.yml:4:10: 'registry.example/home/web:1' is no reference to "
            "an image with a digest\n"
            "  - image: registry.example/home/web:1\n"
            "           ^\n");
}

TEST(ReadImageLock, TwoAnswersAreRefused) {
  EXPECT_EQ(refusal_of("apiVersion: kbld.k14s.io/v1alpha1\nkind: Config\noverrides:\n"
                       "- image: web\n  newImage: " +
                       std::string(kWeb) + "\n- image: web\n  newImage: a.example/" +
                       std::string(kWeb).substr(17) + "\n"),
            "stamp: error: images.lock.yml:5:13: this is the second answer to 'web'\n"
            "    newImage: " +
                std::string(kWeb) + "\n              ^\n");
}

TEST(ImageLockText, IsKbldsOrImgpkgs) {
  const std::vector<LockedImage> images{
      locked("registry.example/home/web:1", replaced(std::string(kWeb), "/web@", "/web:1@")),
      locked("nginx", kNginx), locked("nginx", kNginx)};
  EXPECT_EQ(image_lock_text(ImageLockKind::kbld, images),
            "apiVersion: kbld.k14s.io/v1alpha1\n"
            "kind: Config\n"
            "overrides:\n"
            "- image: \"nginx\"\n"
            "  newImage: docker.io/library/"
            "nginx@sha256:f7988fb6c02e0ce69257d9bd9cf37ae20a60f1df7563c3a2a6abe24160306b8d\n"
            "  preresolved: true\n"
            "- image: registry.example/home/web:1\n"
            "  newImage: registry.example/home/"
            "web:1@sha256:18c4eb57cd3fbbfd9ad5ee3b5d3ebd6c2ba1ebe3c2ebbd6dbb6fb62dae1b3a35\n"
            "  preresolved: true\n");
  EXPECT_EQ(image_lock_text(ImageLockKind::imgpkg, images),
            "---\n"
            "apiVersion: imgpkg.carvel.dev/v1alpha1\n"
            "images:\n"
            "- annotations:\n"
            "    kbld.carvel.dev/id: \"nginx\"\n"
            "  image: docker.io/library/"
            "nginx@sha256:f7988fb6c02e0ce69257d9bd9cf37ae20a60f1df7563c3a2a6abe24160306b8d\n"
            "- annotations:\n"
            "    kbld.carvel.dev/id: registry.example/home/web:1\n"
            "  image: registry.example/home/"
            "web:1@sha256:18c4eb57cd3fbbfd9ad5ee3b5d3ebd6c2ba1ebe3c2ebbd6dbb6fb62dae1b3a35\n"
            "kind: ImagesLock\n");
}

TEST(ImageLockText, IsReadAsTheSameImages) {
  std::vector<LockedImage> images{locked("\"1: x\n", kWeb), locked("no", kWeb),
                                  locked("web:", kWeb)};
  for (const ImageLockKind kind : {ImageLockKind::kbld, ImageLockKind::imgpkg}) {
    EXPECT_EQ(images_of(image_lock_text(kind, images)), images);
    EXPECT_EQ(images_of(image_lock_text(kind, {})), std::vector<LockedImage>());
  }
}

TEST(ImageLockText, EachImageHasOneDigest) {
  EXPECT_EQ(
      message_of([] {
        image_lock_text(ImageLockKind::kbld, {locked("web", "registry.example/home/web:1")});
      }),
      "stamp: error: cannot lock the image 'registry.example/home/web:1': it has no digest\n");
  EXPECT_EQ(message_of([] {
              image_lock_text(ImageLockKind::kbld, {locked("web", kWeb), locked("web", kNginx)});
            }),
            "stamp: error: cannot lock the image 'web': it is both docker.io/library/"
            "nginx@sha256:f7988fb6c02e0ce69257d9bd9cf37ae20a60f1df7563c3a2a6abe24160306b8d and " +
                std::string(kWeb) + "\n");
}

}  // namespace
}  // namespace stamp::pin
