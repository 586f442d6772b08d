#include "builder/steps/entries_segment.h"

#include <filesystem>

#include "tests/builder/builder_fixture.h"
#include "tests/builder/recipe_fixture.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

class EntriesSegmentTest : public BuilderTest {
 protected:
  /// The segment of the first layer of a recipe.
  EntriesSegment plan(const workspace::Recipe& recipe, const debian::MergedUsr& merged = {}) const {
    const RecipeSources sources = read_sources(recipe);
    const EntryDefaults defaults = {kDefaultMtime, merged, recipe};
    const workspace::Layer& layer = recipe.layers.at(0);
    if (const auto* files = std::get_if<workspace::Files>(&layer)) {
      return plan_files(*files, sources, defaults);
    }
    return plan_tree(std::get<workspace::Tree>(layer), sources.trees.at(0), defaults);
  }
  workspace::Recipe recipe(std::string_view layer) const {
    return recipe_of(fmt::format("name: app\nlayers:\n  - {}\n", layer), temp() / "app");
  }
  layer::Segment written(const EntriesSegment& segment) {
    NullSink out;
    return write_entries(segment, {.compression = layer::Compression::none}, out);
  }
};

TEST_F(EntriesSegmentTest, WritesFilesFoldersLinksAndWhiteoutsOfARecipe) {
  const std::filesystem::path place = write("app/run.sh", "echo\n");
  std::filesystem::permissions(place, std::filesystem::perms::owner_all);
  const layer::Segment segment = written(plan(recipe(
      "files: {/usr/bin/run: {source: run.sh}, /etc/x: {text: y, mode: \"0600\", owner: \"1:2\"},"
      " /var/app: {directory: true, owner: \"5:5\"}, /l: {link: etc/x}, /etc/motd: {remove: "
      "true}}")));
  EXPECT_EQ(shown(segment.list), (Lines{"directory 755 5:5 /var/app", "file 644 0:0 /etc/.wh.motd",
                                        "file 600 1:2 /etc/x", "symlink 777 0:0 /l -> etc/x",
                                        "file 755 0:0 /usr/bin/run"}));
  for (const layer::ListedEntry& listed : segment.list.entries) {
    EXPECT_EQ(listed.entry.mtime, 315532801);
  }
}

TEST_F(EntriesSegmentTest, OrderInTheRecipeDoesNotMatter) {
  const Digest one = written(plan(recipe("files: {/a: {text: x}, /b: {text: y}}"))).digest;
  const Digest other = written(plan(recipe("files: {/b: {text: y}, /a: {text: x}}"))).digest;
  EXPECT_EQ(one, other);
}

TEST_F(EntriesSegmentTest, PathsGoWhereTheLinksOfAMergedUsrLead) {
  const debian::MergedUsr merged = debian::MergedUsr::for_architecture("amd64");
  const layer::Segment segment = written(plan(recipe("files: {/bin/x: {text: y}}"), merged));
  EXPECT_EQ(shown(segment.list), (Lines{"file 644 0:0 /usr/bin/x"}));
}

TEST_F(EntriesSegmentTest, OnePathUnderTwoNamesIsRefusedWithCaret) {
  const debian::MergedUsr merged = debian::MergedUsr::for_architecture("amd64");
  const workspace::Recipe twice = recipe("files: {/bin/x: {text: y}, /usr/bin/x: {text: z}}");
  EXPECT_EQ(message_of([&] { plan(twice, merged); }),
            "stamp: error: app/recipe.yaml:3:32: '/usr/bin/x' and '/bin/x' are the same path where "
            "/usr is merged\n"
            "    - files: {/bin/x: {text: y}, /usr/bin/x: {text: z}}\n"
            "                                 ^\n");
}

TEST_F(EntriesSegmentTest, TreeKeepsTheExecutableBitAndNothingElseOfItsFiles) {
  write("app/rootfs/bin/run", "");
  std::filesystem::permissions(temp() / "app/rootfs/bin/run", std::filesystem::perms::owner_all);
  write("app/rootfs/etc/x", "");
  std::filesystem::permissions(temp() / "app/rootfs/etc/x", std::filesystem::perms::owner_read);
  const layer::Segment segment =
      written(plan(recipe("tree: {source: rootfs, to: /opt, owner: \"7:8\"}")));
  EXPECT_EQ(shown(segment.list), (Lines{"directory 755 7:8 /opt/bin", "directory 755 7:8 /opt/etc",
                                        "file 755 7:8 /opt/bin/run", "file 644 7:8 /opt/etc/x"}));
}

TEST_F(EntriesSegmentTest, TreeMayHoldBothNamesOfAFolderOfAMergedUsr) {
  write("app/rootfs/bin/a", "");
  write("app/rootfs/usr/bin/b", "");
  const debian::MergedUsr merged = debian::MergedUsr::for_architecture("amd64");
  const layer::Segment segment = written(plan(recipe("tree: {source: rootfs, to: /}"), merged));
  EXPECT_EQ(shown(segment.list), (Lines{"directory 755 0:0 /usr", "directory 755 0:0 /usr/bin",
                                        "file 644 0:0 /usr/bin/a", "file 644 0:0 /usr/bin/b"}));
}

TEST_F(EntriesSegmentTest, FileThatChangedSinceTheBuildBeganIsRefused) {
  const std::filesystem::path place = write("app/run.sh", "one\n");
  const EntriesSegment segment = plan(recipe("files: {/run: {source: run.sh}}"));
  const Digest before = Digest::of(std::string_view("one\n"));
  write("app/run.sh", "two\n");
  const Digest after = Digest::of(std::string_view("two\n"));
  EXPECT_EQ(message_of([&] { written(segment); }),
            fmt::format("stamp: error: '{}' has digest {}, not {}\n"
                        "  while reading it again: it changed since the build began\n",
                        place.string(), after.str(), before.str()));
}

TEST_F(EntriesSegmentTest, FileThatShrankSinceTheBuildBeganIsRefused) {
  const std::filesystem::path place = write("app/run.sh", "one\n");
  const EntriesSegment segment = plan(recipe("files: {/run: {source: run.sh}}"));
  write("app/run.sh", "o");
  EXPECT_EQ(message_of([&] { written(segment); }),
            fmt::format("stamp: error: '{}' ends after 1 of 4 bytes\n"
                        "  while reading it again: it changed since the build began\n",
                        place.string()));
}

TEST_F(EntriesSegmentTest, FileBelowAFileIsRefused) {
  const EntriesSegment segment = plan(recipe("files: {/a: {text: x}, /a/b: {text: y}}"));
  EXPECT_EQ(message_of([&] { written(segment); }),
            "stamp: error: cannot add '/a' to segment: it is a directory there too\n");
}

}  // namespace
}  // namespace stamp::build
