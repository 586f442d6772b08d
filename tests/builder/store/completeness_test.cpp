#include "builder/store/completeness.h"

#include <map>

#include "tests/builder/builder_fixture.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

class CompletenessTest : public BuilderTest {
 protected:
  Lines gaps(const std::vector<const StoredLayer*>& layers, const debian::MergedUsr& merged = {}) {
    Lines lines;
    for (const Gap& gap : find_gaps(layers, merged, store_)) lines.push_back(gap.str());
    return lines;
  }
  /// A layer with programs for which these facts were found.
  StoredLayer programs(const std::map<std::string, layer::ElfFacts>& facts) {
    std::vector<PlannedEntry> entries;
    for (const auto& [name, fact] : facts) entries.push_back(file(name, "x", 0755));
    StoredLayer layer = make_layer(std::move(entries));
    for (LayerPiece& piece : layer.pieces) {
      if (!piece.has_list()) continue;
      layer::SegmentList list = store_.list(piece.segment);
      for (layer::ListedEntry& listed : list.entries) {
        const auto found = facts.find(listed.entry.path.absolute());
        if (found != facts.end()) listed.elf = found->second;
      }
      piece.segment.list = cache_.put(list.serialize());
    }
    return layer;
  }
};

TEST_F(CompletenessTest, ScriptWithoutItsInterpreterIsNamedWithThePackageThatHelps) {
  const StoredLayer layer = make_layer({file("/usr/bin/a", "#!/bin/sh -e\n", 0755)});
  EXPECT_EQ(gaps({&layer}),
            (Lines{"nothing provides /bin/sh, which /usr/bin/a needs; package 'dash' does"}));
}

TEST_F(CompletenessTest, SaysHowManyFilesNeedIt) {
  const StoredLayer two =
      make_layer({file("/bin/a", "#!/x\n", 0755), file("/bin/b", "#!/x\n", 0755)});
  const StoredLayer third = make_layer({file("/bin/c", "#!/x\n", 0755)}, &two);
  EXPECT_EQ(gaps({&two}), (Lines{"nothing provides /x, which /bin/a and another file need"}));
  EXPECT_EQ(gaps({&two, &third}),
            (Lines{"nothing provides /x, which /bin/a and 2 other files need"}));
}

TEST_F(CompletenessTest, ScriptThatNobodyStartsNeedsNothing) {
  const StoredLayer layer =
      make_layer({file("/bin/a", "#!/x\n", 0644), file("/usr/lib/b", "#!/x\n", 0755),
                  file("/usr/share/doc/bin/c", "#!/x\n", 0755)});
  EXPECT_EQ(gaps({&layer}), Lines{});
}

TEST_F(CompletenessTest, InterpreterMayBeInAnotherLayerBehindTheLinksOfAMergedUsr) {
  const StoredLayer below = make_layer({file("/usr/bin/sh", "elf", 0755)});
  const StoredLayer above = make_layer({file("/bin/a", "#!/bin/sh\n", 0755)}, &below);
  EXPECT_EQ(gaps({&below, &above}, debian::MergedUsr::for_architecture("amd64")), Lines{});
}

TEST_F(CompletenessTest, LibraryIsThereWhenAnyFolderHasIt) {
  layer::ElfFacts facts;
  facts.needed = {"libc.so.6", "libfoo.so.1"};
  facts.interpreter = "/lib64/ld-linux-x86-64.so.2";
  const StoredLayer layer = programs({{"/usr/bin/a", facts}, {"/opt/lib/libfoo.so.1", {}}});
  EXPECT_EQ(gaps({&layer}),
            (Lines{"nothing provides /lib64/ld-linux-x86-64.so.2, which /usr/bin/a needs; package "
                   "'libc6' does",
                   "nothing provides libc.so.6, which /usr/bin/a needs; package 'libc6' does"}));
}

}  // namespace
}  // namespace stamp::build
