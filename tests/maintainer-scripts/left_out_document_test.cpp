// docs/left-out.md is what the code says. STAMP_ACCEPT=1 writes it anew.

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "maintainer-scripts/dpkg/left_out.h"
#include "maintainer-scripts/tools/tool.h"

namespace stamp::scripts {
namespace {

/// Text of a table's cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string_view extent(LeftOutClass::What what) {
  switch (what) {
    case LeftOutClass::What::no_folders:
      return "all but folders";
    case LeftOutClass::What::filled:
      return "files that are not empty";
    default:
      return "all";
  }
}

std::string document() {
  std::string text =
      "# What is left out\n\n"
      "Maintainer scripts do things that no image wants. What they make below these paths is left "
      "out of the image, and\n"
      "commands leave out what stands beside them. The tables are those of the code "
      "(`maintainer-scripts/dpkg/left_out.cpp` and\n"
      "the tables in `maintainer-scripts/tools/`), which a test compares with this page. A private "
      "key that a script made, at any\n"
      "other path, stops the build.\n\n"
      "## Paths\n\n| class | paths | of these | why |\n|---|---|---|---|\n";
  for (const LeftOutClass& each : left_out_classes()) {
    std::string patterns;
    for (const char c : each.patterns)
      patterns += c == ' ' ? std::string("` `/") : std::string(1, c);
    text += fmt::format("| {} | `/{}` | {} | {} |\n", each.name, patterns, extent(each.what),
                        cell(each.reason));
  }
  text += "\n## Commands\n\n| command | left out |\n|---|---|\n";
  for (const ToolRow& row : all_tools()) {
    if (!row.left_out.empty()) {
      text += fmt::format("| `{}` | {} |\n", cell(row.name), cell(row.left_out));
    }
  }
  return text;
}

TEST(LeftOutDocument, SaysWhatTheCodeLeavesOut) {
  const std::string path = STAMP_SOURCE_DIR "/docs/left-out.md";
  if (std::getenv("STAMP_ACCEPT") != nullptr) {
    std::ofstream(path) << document();
    GTEST_SKIP() << "written";
  }
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(text, document()) << "run the tests with STAMP_ACCEPT=1";
}

}  // namespace
}  // namespace stamp::scripts
