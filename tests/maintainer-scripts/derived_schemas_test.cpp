#include <gtest/gtest.h>

#include "base/child.h"
#include "base/temp_file.h"
#include "tests/maintainer-scripts/derived_machine.h"

namespace stamp::scripts {
namespace {

namespace fs = std::filesystem;

/// Puts a folder of schemas of this machine into the tree.
void plant(DerivedMachine& machine, const fs::path& from) {
  for (const fs::directory_entry& entry : fs::directory_iterator(from)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".xml") || name.ends_with(".override")) {
      machine.file("/schemas/" + name, DerivedMachine::bytes_of(entry.path()));
    }
  }
}

// As glib-compile-schemas of GLib 2.74 says it.
TEST(GlibSchemas, AreNothingToDoWhereThereAreNone) {
  DerivedMachine machine;
  machine.folder("/schemas");
  EXPECT_EQ(machine.call({"glib-compile-schemas", "/schemas"}),
            (ToolResult{0, "", "No schema files found: doing nothing.\n"}));
  machine.file("/schemas/gschemas.compiled", "old");
  EXPECT_EQ(machine.call({"glib-compile-schemas", "/schemas"}),
            (ToolResult{0, "", "No schema files found: removed existing output file.\n"}));
  EXPECT_FALSE(machine.tree.exists("/schemas/gschemas.compiled"));
  EXPECT_EQ(machine.call({"glib-compile-schemas", "none"}),
            (ToolResult{1, "", "Error opening directory “none”: No such file or directory\n"}));
}

// compiled.gvdb is what glib-compile-schemas of GLib 2.74.6 makes of the files beside it.
TEST(GlibSchemas, AreCompiledByteForByte) {
  const fs::path folder = fs::path(STAMP_SOURCE_DIR) / "tests/maintainer-scripts/data/schemas";
  DerivedMachine machine;
  plant(machine, folder);
  machine.file("/schemas/gschemas.compiled", "old");
  EXPECT_EQ(machine.call({"glib-compile-schemas", "/schemas"}), (ToolResult{0, "", ""}));
  EXPECT_TRUE(machine.text("/schemas/gschemas.compiled") ==
              DerivedMachine::bytes_of(folder / "compiled.gvdb"));
}

TEST(GlibSchemas, OfThisMachineAreCompiledAsTheRealOneDoes) {
  const fs::path folder = "/usr/share/glib-2.0/schemas";
  const fs::path real = "/usr/bin/glib-compile-schemas";
  if (!fs::exists(real) || !fs::exists(folder)) GTEST_SKIP() << "no schemas of GLib here";
  const TempDir output;
  Child child({real, {"--targetdir", output.path(), folder}, {}});
  child.communicate("", 1 << 20);
  if (child.wait() != 0) GTEST_SKIP() << "this machine's schemas have faults";
  DerivedMachine machine;
  plant(machine, folder);
  EXPECT_EQ(machine.call({"glib-compile-schemas", "/schemas"}), (ToolResult{0, "", ""}));
  EXPECT_TRUE(machine.text("/schemas/gschemas.compiled") ==
              DerivedMachine::bytes_of(output.path() / "gschemas.compiled"));
}

/// What stops the build for a key with this inside.
std::string refusal(const std::string& key, const std::string& overrides = {}) {
  DerivedMachine machine;
  machine.file("/schemas/x.gschema.xml",
               "<schemalist><schema id='a.b' path='/a/'>" + key + "</schema></schemalist>");
  if (!overrides.empty()) machine.file("/schemas/x.gschema.override", overrides);
  try {
    machine.call({"glib-compile-schemas", "/schemas"});
    return "nothing";
  } catch (const Unknown& error) {
    return error.headline();
  }
}

TEST(GlibSchemas, WithFaultsStopTheBuild) {
  EXPECT_EQ(refusal("<key name='k' type='i'><default>1</default></key>"), "nothing");
  EXPECT_EQ(refusal(""), "a schema without keys");
  EXPECT_EQ(refusal("<key name='k' type='i'><default>x</default></key>"), "the setting 'x'");
  EXPECT_EQ(refusal("<key name='k' type='i'><default>1 2</default></key>"), "the setting '1 2'");
  EXPECT_EQ(refusal("<key name='k' type='y'><default>256</default></key>"), "the setting '256'");
  EXPECT_EQ(refusal("<key name='k' type='u'><default>-1</default></key>"), "the setting '-1'");
  EXPECT_EQ(refusal("<key name='k' type='ab)'><default>1</default></key>"), "the setting '1'");
  EXPECT_EQ(refusal("<key name='k' type='" + std::string(100'000, 'a') +
                    "s'><default>[]</default></key>"),
            "the setting '[]'");
  EXPECT_EQ(refusal("<key name='K' type='i'><default>1</default></key>"),
            "the name 'K' in a schema");
  EXPECT_EQ(refusal("<key name='k' type='i'></key>"), "the missing default of 'k' in a schema");
  EXPECT_EQ(refusal("<key name='k' type='i'><default>5</default><range max='4'/></key>"),
            "a setting that is out of its range");
  EXPECT_EQ(refusal("<key name='k' type='s'><choices><choice value='a'/></choices>"
                    "<default>'b'</default></key>"),
            "the choice 'b' in a schema");
  EXPECT_EQ(refusal("<key name='k' enum='none'><default>'b'</default></key>"),
            "the enumeration 'none' in a schema");
  EXPECT_EQ(refusal("<override name='k'>1</override>"), "the overridden key 'k' in a schema");
  EXPECT_EQ(refusal("<key name='k' type='i'><default>1</default></schema>"),
            "XML with a wrong end tag");
  EXPECT_EQ(refusal("<key name='k' type='i'><default>&#49;</default></key>"),
            "XML with references to characters by number");
  EXPECT_EQ(refusal("<key name='k' type='i'><default>1</default></key>", "[a.b]\nother=1\n"),
            "the override of 'other' in a schema");
  EXPECT_EQ(refusal("<key name='k' type='i'><default>1</default></key>", "k=1\n"),
            "the override 'k=1' in a schema");
}

}  // namespace
}  // namespace stamp::scripts
