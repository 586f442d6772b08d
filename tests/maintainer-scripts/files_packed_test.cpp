// gzip and its like, as far as they unpack.
#include <span>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/stream.h"
#include "layer/codec.h"
#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {
namespace {

std::string packed(std::string_view text) {
  StringSink out;
  const auto encoder = layer::make_encoder(layer::Compression::gzip, out);
  encoder->write(std::as_bytes(std::span(text)));
  encoder->finish();
  return out.text();
}

TEST(Unpack, WritesFilesAndInputToStandardOutput) {
  TestMachine machine({file_tools(), debian_tools()});
  machine.file("/list.gz", packed("one\ntwo\n"));
  EXPECT_EQ(machine.run_tool({"gzip", "-cd", "/list.gz"}), (ToolResult{0, "one\ntwo\n", ""}));
  EXPECT_EQ(machine.run_tool({"gzip", "-dc", "/list"}), (ToolResult{0, "one\ntwo\n", ""}));
  EXPECT_EQ(machine.run_tool({"gzip", "--test", "/list.gz"}), (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.run_tool({"gzip", "-cd", "/nowhere"}),
            (ToolResult{1, "", "gzip: /nowhere: No such file or directory\n"}));
}

TEST(Unpack, PutsAFileInThePlaceOfThePackedOne) {
  TestMachine machine({file_tools(), debian_tools()});
  machine.file("/list.gz", packed("text"), 0640);
  EXPECT_EQ(machine.run_tool({"gzip", "-d", "/list.gz"}), (ToolResult{0, "", ""}));
  const Found found = machine.tree.find("/list");
  ASSERT_TRUE(found);
  EXPECT_EQ(machine.tree.read(*found.inode), "text");
  EXPECT_EQ(found.inode->mode, 0640U);
  EXPECT_EQ(found.inode->mtime, 1000);
  EXPECT_FALSE(machine.tree.exists("/list.gz"));
}

TEST(Unpack, PackingAndWhatIsNotPackedAreNotKnown) {
  TestMachine machine({file_tools(), debian_tools()});
  machine.file("/text", "not packed");
  EXPECT_THROW(machine.run_tool({"gzip", "-9", "/text"}), Unknown);
  EXPECT_THROW(machine.run_tool({"gzip", "/text"}), Unknown);
  EXPECT_THROW(machine.run_tool({"gzip", "-dc", "/text"}), Unknown);
  EXPECT_THROW(machine.run_tool({"bzip2", "-dc", "/text"}), Unknown);
}

TEST(Python, ByteCodeIsNotMade) {
  TestMachine machine({file_tools(), debian_tools()});
  const std::string library = "/usr/lib/python3.11/";
  EXPECT_EQ(
      machine.run_tool({"python3.11", "-E", "-S", library + "py_compile.py", library + "os.py"}),
      (ToolResult{0, "", ""}));
  EXPECT_EQ(machine.run_tool({"python3", "-m", "compileall", "/usr/share/x"}),
            (ToolResult{0, "", ""}));
  EXPECT_THROW(machine.run_tool({"python3", "-c", "print(1)"}), Unknown);
  EXPECT_THROW(machine.run_tool({"python3", "/usr/share/x/compileall.py"}), Unknown);
  EXPECT_THROW(machine.run_tool({"python3"}), Unknown);
}

}  // namespace
}  // namespace stamp::scripts
