#include <algorithm>

#include <gtest/gtest.h>

#include "maintainer-scripts/tools/tool.h"

namespace stamp::scripts {
namespace {

TEST(Table, NamesEachToolOnce) {
  const auto rows = all_tools();
  const auto same =
      std::adjacent_find(rows.begin(), rows.end(),
                         [](const ToolRow& a, const ToolRow& b) { return a.name >= b.name; });
  EXPECT_EQ(same, rows.end()) << (same == rows.end() ? "" : same->name);
}

TEST(Table, FindsToolsByName) {
  for (const ToolRow& row : all_tools()) {
    EXPECT_EQ(find_tool(row.name), &row);
    EXPECT_NE(row.tool, nullptr);
  }
  EXPECT_EQ(find_tool("no-such-tool"), nullptr);
}

}  // namespace
}  // namespace stamp::scripts
