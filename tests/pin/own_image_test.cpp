#include "pin/own_image.h"

#include <gtest/gtest.h>

#include "base/temp_file.h"
#include "tests/expect_error.h"
#include "workspace/lock.h"

namespace stamp::pin {
namespace {

struct OwnImages : ::testing::Test {
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder.path() / name).parent_path());
    replace_file(folder.path() / name, text);
  }
  void settings(const std::string& repository) {
    write("stamp.yaml", "stamp: 1\ndefaults: {platforms: [linux/amd64]}\n" + repository);
  }
  std::vector<OwnImage> images() { return own_images(workspace::open(folder.path())); }

  TempDir folder;
};

TEST_F(OwnImages, ArePublishedUnderTheRecipesName) {
  settings("publish: {repository: \"registry.example/home/{name}\"}\n");
  write("app/recipe.yaml", "name: app\nplatforms: [linux/arm64]\n");
  write("base/recipe.yaml", "name: base\n");
  const std::vector<OwnImage> own = images();
  ASSERT_EQ(own.size(), 2U);
  EXPECT_EQ(own[0].recipe, "app");
  EXPECT_EQ(own[0].repository.str(), "registry.example/home/app");
  EXPECT_EQ(own[0].platforms, std::vector{oci::Platform::parse("linux/arm64")});
  EXPECT_EQ(own[0].lock, "app/stamp.lock");
  EXPECT_TRUE(own[0].locked.empty());
  EXPECT_EQ(own[1].repository.str(), "registry.example/home/base");
}

TEST_F(OwnImages, AreNoneWhereNoRepositoryIsNamed) {
  settings("");
  write("app/recipe.yaml", "name: app\n");
  EXPECT_TRUE(images().empty());
}

TEST_F(OwnImages, HaveTheDigestsOfTheirLocks) {
  settings("publish: {repository: \"registry.example/{name}\"}\n");
  write("app/recipe.yaml", "name: app\n");
  const Digest top = Digest::of("top");
  const Digest manifest = Digest::of("manifest");
  workspace::Lock lock;
  lock.encoder = {"none", "", ""};
  lock.result = workspace::LockedResult{top, {{"linux/amd64", {manifest, 10, {}}}}};
  write("app/stamp.lock", workspace::serialize(lock));
  const std::vector<OwnImage> own = images();
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own[0].locked, (std::vector<Digest>{top, manifest}));
  EXPECT_TRUE(own[0].has(manifest));
  EXPECT_FALSE(own[0].has(Digest::of("other")));
}

TEST_F(OwnImages, ALockThatDoesNotParseIsAnError) {
  settings("publish: {repository: \"registry.example/{name}\"}\n");
  write("app/recipe.yaml", "name: app\n");
  write("app/stamp.lock", "{\n");
  EXPECT_EQ(kind_of([&] { images(); }), ErrorKind::invalid);
}

}  // namespace
}  // namespace stamp::pin
