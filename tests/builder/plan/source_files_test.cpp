#include "builder/plan/source_files.h"

#include <filesystem>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tests/builder/builder_fixture.h"
#include "tests/builder/recipe_fixture.h"

namespace stamp::build {
namespace {

class SourceFilesTest : public BuilderTest {
 protected:
  workspace::Recipe tree_recipe(std::string_view selection = "") const {
    std::filesystem::create_directories(temp() / "app/rootfs");
    return recipe_of(
        fmt::format("name: app\nlayers:\n  - tree: {{source: rootfs, to: /{}}}\n", selection),
        temp() / "app");
  }
  static Digest checksum(const workspace::Recipe& recipe) {
    return recipe_checksum(recipe, read_sources(recipe));
  }
};

TEST_F(SourceFilesTest, ReadsAFileWithDigestAndSize) {
  write("app/run.sh", "echo\n");
  const workspace::Recipe recipe = recipe_of(
      "name: app\nlayers:\n  - files: {/run: {source: run.sh}, /x: {text: y}}\n", temp() / "app");
  const RecipeSources sources = read_sources(recipe);
  ASSERT_EQ(sources.files.size(), 1U);
  const SourceItem& item = sources.files.at("run.sh");
  EXPECT_EQ(item.kind, SourceItem::Kind::file);
  EXPECT_EQ(item.digest, Digest::of(std::string_view("echo\n")));
  EXPECT_EQ(item.size, 5U);
  EXPECT_FALSE(item.executable);
}

TEST_F(SourceFilesTest, ReadsATreeInByteOrder) {
  const workspace::Recipe recipe = tree_recipe();
  write("app/rootfs/b/z", "");
  write("app/rootfs/b-1", "");
  write("app/rootfs/a", "");
  std::filesystem::create_symlink("a", temp() / "app/rootfs/link");
  std::filesystem::create_directory(temp() / "app/rootfs/empty");
  const RecipeSources sources = read_sources(recipe);
  std::vector<std::string> paths;
  for (const SourceItem& item : sources.trees.at(0)) paths.push_back(item.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"a", "b", "b-1", "b/z", "empty", "link"}));
  EXPECT_EQ(sources.trees.at(0).back().link_target, "a");
}

TEST_F(SourceFilesTest, TreeTakesWhatIsSelected) {
  const workspace::Recipe recipe = tree_recipe(", include: ['etc/**'], exclude: ['**/.git']");
  write("app/rootfs/etc/x", "");
  write("app/rootfs/etc/.git", "");
  write("app/rootfs/usr/y", "");
  std::vector<std::string> paths;
  const RecipeSources sources = read_sources(recipe);
  for (const SourceItem& item : sources.trees.at(0)) paths.push_back(item.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"etc", "etc/x"}));
}

TEST_F(SourceFilesTest, ChecksumChangesWithContentNameAndExecutableBitOnly) {
  const workspace::Recipe recipe = tree_recipe();
  const std::filesystem::path place = write("app/rootfs/x", "text");
  ::chmod(place.c_str(), 0644);
  const Digest first = checksum(recipe);
  ::chmod(place.c_str(), 0666);
  std::filesystem::last_write_time(
      place, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1000));
  EXPECT_EQ(checksum(recipe), first);
  ::chmod(place.c_str(), 0755);
  const Digest executable = checksum(recipe);
  EXPECT_NE(executable, first);
  ::chmod(place.c_str(), 0700);
  EXPECT_EQ(checksum(recipe), executable);
  ::chmod(place.c_str(), 0644);
  write("app/rootfs/x", "texts");
  EXPECT_NE(checksum(recipe), first);
  write("app/rootfs/x", "text");
  EXPECT_EQ(checksum(recipe), first);
  std::filesystem::rename(place, temp() / "app/rootfs/y");
  EXPECT_NE(checksum(recipe), first);
}

TEST_F(SourceFilesTest, ChecksumChangesWithTheTargetOfALink) {
  const workspace::Recipe recipe = tree_recipe();
  const std::filesystem::path place = temp() / "app/rootfs/link";
  std::filesystem::create_symlink("a", place);
  const Digest first = checksum(recipe);
  std::filesystem::remove(place);
  std::filesystem::create_symlink("b", place);
  EXPECT_NE(checksum(recipe), first);
}

TEST_F(SourceFilesTest, ChecksumChangesWithAByteOfTheRecipe) {
  const workspace::Recipe one = recipe_of("name: app\n");
  const workspace::Recipe other = recipe_of("name: app\n# a word\n");
  EXPECT_NE(checksum(one), checksum(other));
}

TEST_F(SourceFilesTest, SocketIsRefusedWithCaret) {
  const workspace::Recipe recipe = tree_recipe();
  const Fd descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string place = (temp() / "app/rootfs/socket").string();
  ASSERT_LT(place.size(), sizeof(address.sun_path));
  place.copy(address.sun_path, place.size());
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  ASSERT_EQ(::bind(descriptor.get(), generic, sizeof(address)), 0);
  EXPECT_EQ(message_of([&] { read_sources(recipe); }),
            "stamp: error: app/recipe.yaml:3:20: 'socket' is neither a file, a folder nor a link\n"
            "    - tree: {source: rootfs, to: /}\n"
            "                     ^\n");
}

TEST_F(SourceFilesTest, FolderInPlaceOfAFileIsRefusedWithCaret) {
  std::filesystem::create_directories(temp() / "app/run.sh");
  const workspace::Recipe recipe =
      recipe_of("name: app\nlayers:\n  - files: {/run: {source: run.sh}}\n", temp() / "app");
  EXPECT_EQ(message_of([&] { read_sources(recipe); }),
            "stamp: error: app/recipe.yaml:3:28: 'run.sh' is not a file\n"
            "    - files: {/run: {source: run.sh}}\n"
            "                             ^\n");
}

}  // namespace
}  // namespace stamp::build
