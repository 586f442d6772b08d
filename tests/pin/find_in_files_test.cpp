#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/temp_file.h"
#include "pin/manifests.h"
#include "tests/expect_error.h"

namespace stamp::pin {
namespace {

namespace fs = std::filesystem;

const std::string kPod =
    "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: \"registry.example/web:1\"}]}\n";

class ManifestTree : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text = kPod) {
    make_folders((root() / name).parent_path());
    replace_file(root() / name, text);
  }
  void link(const std::string& name, const fs::path& target) {
    fs::create_symlink(target, root() / name);
  }
  fs::path root() const { return folder_.path() / "tree"; }
  fs::path outside() const { return folder_.path() / "outside"; }

  /// The files below `paths`, relative to the tree.
  std::vector<std::string> listed(const std::vector<std::string>& paths) {
    std::vector<fs::path> roots;
    for (const std::string& path : paths) roots.push_back(root() / path);
    std::vector<std::string> names;
    for (const ManifestFile& file : list_manifests(roots)) {
      names.push_back(fs::path(file.name).lexically_relative(root()).string());
    }
    return names;
  }

  /// The files with something in them.
  Findings found() const {
    const std::vector<fs::path> roots = {root()};
    return find_in_files(list_manifests(roots), Wanted::any(), {});
  }

 private:
  TempDir folder_;
};

using Names = std::vector<std::string>;

TEST_F(ManifestTree, FilesOfAllFoldersAreListedOnceByName) {
  put("b.yaml");
  put("a/c.yaml");
  put("a/d/e.txt");
  EXPECT_EQ(listed({"."}), (Names{"a/c.yaml", "a/d/e.txt", "b.yaml"}));
  EXPECT_EQ(listed({"a", "b.yaml", ".", "a/c.yaml"}), (Names{"a/c.yaml", "a/d/e.txt", "b.yaml"}));
}

TEST_F(ManifestTree, FoldersOfProgramsArePassedOver) {
  for (const char* folder : {".git", ".terraform", "node_modules", ".github"}) {
    put(std::string(folder) + "/a.yaml");
    put(std::string("deep/") + folder + "/a.yaml");
  }
  EXPECT_EQ(listed({"."}), (Names{".github/a.yaml", "deep/.github/a.yaml"}));
}

TEST_F(ManifestTree, FolderOfAProgramThatIsNamedIsLookedThrough) {
  put("node_modules/a.yaml");
  EXPECT_EQ(listed({"node_modules"}), Names{"node_modules/a.yaml"});
}

TEST_F(ManifestTree, FileOfARunThatWasKilledIsPassedOver) {
  put(".stamp-abc");
  put("stamp-abc");
  EXPECT_EQ(listed({"."}), Names{"stamp-abc"});
}

TEST_F(ManifestTree, LinksAreNotFollowedInTheTreeNorOutOfIt) {
  put("a/b.yaml");
  put("../outside/c.yaml");
  link("inside.yaml", "a/b.yaml");
  link("folder", "a");
  link("outside.yaml", outside() / "c.yaml");
  link("out", outside());
  link("a/up", "..");
  link("gone", "nothing");
  EXPECT_EQ(listed({"."}), Names{"a/b.yaml"});
}

TEST_F(ManifestTree, LinkThatIsNamedLeadsToItsTargetWhichIsListedOnce) {
  put("a/b.yaml");
  link("folder", "a");
  EXPECT_EQ(listed({"folder"}), Names{"folder/b.yaml"});
  const std::vector<fs::path> roots = {root() / "folder"};
  EXPECT_EQ(list_manifests(roots).front().path, fs::canonical(root() / "a/b.yaml"));
  EXPECT_EQ(listed({"a", "folder"}).size(), 1U);
}

TEST_F(ManifestTree, PathThatIsNotThereIsAnError) {
  put("a.yaml");
  EXPECT_EQ(message_of([&] { list_manifests(std::vector<fs::path>{root() / "b.yaml"}); }),
            "stamp: error: cannot open '" + (root() / "b.yaml").string() +
                "': no such file or directory\n");
}

TEST_F(ManifestTree, FileOf16MiBIsLookedIntoAndALargerManifestIsNamed) {
  const std::string most = kPod + std::string(kMaxManifest - kPod.size(), '\n');
  put("most.yaml", most);
  put("more.yaml", most + '\n');
  put("more.txt", most + '\n');
  const Findings all = found();
  ASSERT_EQ(all.files.size(), 2U);
  EXPECT_EQ(all.files[0].file.path.filename(), "more.yaml");
  ASSERT_EQ(all.files[0].left_alone.size(), 1U);
  EXPECT_EQ(all.files[0].left_alone[0].reason, "it is larger than 16 MiB");
  EXPECT_EQ(all.files[1].findings.size(), 1U);
  EXPECT_EQ(all.looked_at, 1U);
}

TEST_F(ManifestTree, FileThatIsNoTextIsPassedOver) {
  put("binary.yaml", std::string(100, '\0') + kPod);
  put("text.yaml");
  const Findings all = found();
  ASSERT_EQ(all.files.size(), 1U);
  EXPECT_EQ(all.files[0].file.path.filename(), "text.yaml");
  EXPECT_EQ(all.looked_at, 2U);
}

}  // namespace
}  // namespace stamp::pin
