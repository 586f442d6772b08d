#include "workspace/workspace.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/temp_file.h"

namespace stamp::workspace {
namespace {

class WorkspaceFolder {
 public:
  WorkspaceFolder() {
    put("stamp.yaml",
        "stamp: 1\n"
        "sources:\n"
        "  debian: {archive: \"https://snapshot.debian.org/archive/debian\", suites: [bookworm], "
        "keyring: k}\n");
  }

  void put(const std::string& name, std::string_view text) {
    const auto path = folder_.path() / name;
    make_folders(path.parent_path());
    replace_file(path, text);
  }
  void recipe(const std::string& name, std::string_view rest) {
    put(name + "/recipe.yaml", "name: " + name + "\n" + std::string(rest));
  }
  Workspace open() const { return workspace::open(folder_.path()); }
  std::string failure() const {
    try {
      open();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::invalid);
      return error.headline();
    }
    return "no error";
  }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TempDir folder_;
};

std::vector<std::string> names(const std::vector<const Recipe*>& recipes) {
  std::vector<std::string> out;
  for (const Recipe* recipe : recipes) out.push_back(recipe->name);
  return out;
}

TEST(Workspace, FindsRecipesOneLevelBelow) {
  WorkspaceFolder folder;
  folder.recipe("b", "");
  folder.recipe("a", "platforms: [arm64]\n");
  folder.put("deeper/c/recipe.yaml", "not looked at\n");
  folder.put("other/file", "");
  const Workspace workspace = folder.open();
  ASSERT_EQ(workspace.recipes.size(), 2U);
  EXPECT_EQ(workspace.recipes[0].name, "a");
  EXPECT_EQ(workspace.recipes[0].file, "a/recipe.yaml");
  EXPECT_EQ(workspace.recipes[0].platforms[0].str(), "linux/arm64");
  EXPECT_EQ(workspace.recipes[1].platforms[0].str(), "linux/amd64");
  EXPECT_EQ(workspace.find("b"), &workspace.recipes[1]);
  EXPECT_EQ(workspace.find("c"), nullptr);
}

TEST(Workspace, NeedsAStampYaml) {
  const TempDir folder;
  try {
    open(folder.path());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(render(error),
              "stamp: error: cannot open workspace '" + folder.path().string() +
                  "': it has no stamp.yaml\n"
                  "  try: name the folder that holds stamp.yaml: stamp -C FOLDER …\n");
  }
}

TEST(Workspace, SelectsRecipesWithWhatTheyNeed) {
  WorkspaceFolder folder;
  folder.recipe("app", "from: {recipe: middle}\n");
  folder.recipe("middle", "from: {recipe: zero}\n");
  folder.recipe("other", "layers: [{copy: {from: {recipe: zero}, paths: {/a: /a}}}]\n");
  folder.recipe("zero", "");
  const Workspace workspace = folder.open();
  EXPECT_EQ(names(workspace.select({})),
            (std::vector<std::string>{"zero", "middle", "app", "other"}));
  const std::vector<std::string> wanted = {"other"};
  EXPECT_EQ(names(workspace.select(wanted)), (std::vector<std::string>{"zero", "other"}));
}

TEST(Workspace, RefusesToSelectWhatIsNotThere) {
  WorkspaceFolder folder;
  folder.recipe("backup", "");
  const Workspace workspace = folder.open();
  const std::vector<std::string> wanted = {"bakcup"};
  try {
    static_cast<void>(workspace.select(wanted));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(render(error), "stamp: error: cannot find recipe 'bakcup': no recipe.yaml in '" +
                                 folder.path().string() +
                                 "' has that name\n"
                                 "  try: the recipe 'backup'\n");
  }
}

TEST(Workspace, ReportsProblemsOfAllFilesAtOnce) {
  WorkspaceFolder folder;
  folder.put("stamp.yaml", "stamp: 1\nsorces: {}\n");
  folder.recipe("a", "confg: {}\n");
  folder.recipe("b", "from: {recipe: zz}\nlayers: [{packages: {install: [x1], scripts: skip}}]\n");
  EXPECT_EQ(folder.failure(),
            "a/recipe.yaml:2:1: unknown key 'confg' in recipe.yaml; did you mean 'config'?\n"
            "  confg: {}\n"
            "  ^\n"
            "b/recipe.yaml:2:16: unknown recipe 'zz'\n"
            "  from: {recipe: zz}\n"
            "                 ^\n"
            "b/recipe.yaml:3:11: stamp.yaml names no 'sources' that packages could come from\n"
            "  layers: [{packages: {install: [x1], scripts: skip}}]\n"
            "            ^\n"
            "stamp.yaml:2:1: unknown key 'sorces' in stamp.yaml; did you mean 'sources'?\n"
            "  sorces: {}\n"
            "  ^");
}

TEST(Workspace, RefusesUnknownRecipesAndSources) {
  WorkspaceFolder folder;
  folder.recipe("tools", "");
  folder.recipe("app",
                "layers:\n"
                "  - copy: {from: {recipe: tool}, paths: {/a: /a}}\n"
                "  - packages: {install: [x1], scripts: skip, sources: [debain]}\n");
  EXPECT_EQ(folder.failure(),
            "app/recipe.yaml:3:27: unknown recipe 'tool'; did you mean 'tools'?\n"
            "    - copy: {from: {recipe: tool}, paths: {/a: /a}}\n"
            "                            ^\n"
            "app/recipe.yaml:4:55: unknown source 'debain'; did you mean 'debian'?\n"
            "    - packages: {install: [x1], scripts: skip, sources: [debain]}\n"
            "                                                        ^");
}

TEST(Workspace, RefusesTwoRecipesOfOneName) {
  WorkspaceFolder folder;
  folder.put("x/recipe.yaml", "name: app\n");
  folder.put("y/recipe.yaml", "name: app\n");
  EXPECT_EQ(folder.failure(),
            "y/recipe.yaml:1:7: recipe 'app' is also in x/recipe.yaml\n"
            "  name: app\n"
            "        ^");
}

TEST(Workspace, RefusesCircles) {
  WorkspaceFolder folder;
  folder.recipe("a", "from: {recipe: b}\n");
  folder.recipe("b", "from: {recipe: c}\n");
  folder.recipe("c", "from: {recipe: b}\n");
  EXPECT_EQ(folder.failure(),
            "b/recipe.yaml:1:7: recipes need each other: b → c → b\n"
            "  name: b\n"
            "        ^");
}

TEST(Workspace, RefusesAPlatformThatItsBaseLacks) {
  WorkspaceFolder folder;
  folder.recipe("base", "");
  folder.recipe("app", "from: {recipe: base}\nplatforms: [amd64, arm64]\n");
  EXPECT_EQ(folder.failure(),
            "app/recipe.yaml:1:7: 'app' is for linux/arm64, and recipe 'base', which it needs, is "
            "not\n"
            "  name: app\n"
            "        ^");
}

TEST(Workspace, TakesPackagesOnABaseImage) {
  for (const std::string from : {"{layout: oci}", "{image: \"registry.example/x:1\"}"}) {
    WorkspaceFolder folder;
    folder.put("base/oci/index.json", "{}");
    folder.recipe("base", "from: " + from + "\nlayers: [{packages: [x1]}]\n");
    folder.recipe("app", "from: {recipe: base}\nlayers: [{packages: [x1]}]\n");
    EXPECT_EQ(folder.failure(), "no error");
  }
}

TEST(Workspace, ChecksSourcesBesideTheRecipe) {
  WorkspaceFolder folder;
  folder.put("secret", "x");
  folder.put("app/file", "x");
  std::filesystem::create_directory(folder.path() / "app/rootfs");
  std::filesystem::create_symlink("../secret", folder.path() / "app/out");
  std::filesystem::create_symlink("file", folder.path() / "app/in");
  folder.recipe("app",
                "layers:\n"
                "  - files:\n"
                "      /a: {source: missing}\n"
                "      /b: {source: rootfs}\n"
                "      /c: {source: out}\n"
                "      /d: {source: in}\n"
                "  - tree: {source: file}\n"
                "  - tree: {source: rootfs}\n");
  EXPECT_EQ(folder.failure(),
            "app/recipe.yaml:4:20: 'missing' cannot be read: no such file or directory\n"
            "        /a: {source: missing}\n"
            "                     ^\n"
            "app/recipe.yaml:5:20: 'rootfs' is not a file\n"
            "        /b: {source: rootfs}\n"
            "                     ^\n"
            "app/recipe.yaml:6:20: 'out' is a link that leaves the recipe's folder\n"
            "        /c: {source: out}\n"
            "                     ^\n"
            "app/recipe.yaml:8:20: 'file' is not a folder\n"
            "    - tree: {source: file}\n"
            "                     ^");
}

TEST(Workspace, OwnersMayBeNamesOfTheRecipeOrItsBases) {
  WorkspaceFolder folder;
  folder.recipe(
      "base",
      "accounts: {users: [{name: steam, uid: 1000, group: games}], groups: [{name: games, "
      "gid: 60}]}\n");
  folder.recipe("app",
                "from: {recipe: base}\n"
                "accounts: {users: [{name: app, uid: 2000, group: games}]}\n"
                "layers:\n"
                "  - files:\n"
                "      /a: {text: x, owner: steam}\n"
                "      /b: {text: x, owner: \"app:root\"}\n"
                "      /c: {text: x, owner: \"7:games\"}\n");
  const Workspace workspace = folder.open();
  const Recipe& app = *workspace.find("app");
  EXPECT_EQ(app.accounts.users[0].gid, 60U);
  const auto& items = std::get<Files>(app.layers[0]).items;
  EXPECT_EQ(items[0].owner.uid, 1000U);
  EXPECT_EQ(items[0].owner.gid, 60U);
  EXPECT_EQ(items[1].owner.uid, 2000U);
  EXPECT_EQ(items[1].owner.gid, 0U);
  EXPECT_EQ(items[2].owner.uid, 7U);
  EXPECT_EQ(items[2].owner.gid, 60U);
}

TEST(Workspace, RefusesOwnersThatAreNotKnown) {
  WorkspaceFolder folder;
  folder.recipe("app",
                "accounts: {users: [{name: app, uid: 1, group: games}]}\n"
                "layers:\n"
                "  - files:\n"
                "      /a: {text: x, owner: steam}\n"
                "      /b: {text: x, owner: \"0:games\"}\n"
                "      /c: {text: x, owner: \"1000\"}\n");
  EXPECT_EQ(folder.failure(),
            "app/recipe.yaml:2:47: unknown group 'games'; 'accounts' has none of that name\n"
            "  accounts: {users: [{name: app, uid: 1, group: games}]}\n"
            "                                                ^\n"
            "app/recipe.yaml:5:28: unknown user 'steam'; 'accounts' has none of that name\n"
            "        /a: {text: x, owner: steam}\n"
            "                             ^\n"
            "app/recipe.yaml:6:28: unknown group 'games'; 'accounts' has none of that name\n"
            "        /b: {text: x, owner: \"0:games\"}\n"
            "                             ^\n"
            "app/recipe.yaml:7:28: 'owner: 1000' names no group; write \"uid:gid\"\n"
            "        /c: {text: x, owner: \"1000\"}\n"
            "                             ^");
}

}  // namespace
}  // namespace stamp::workspace
