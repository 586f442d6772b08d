#include <set>

#include <gtest/gtest.h>

#include "tests/maintainer-scripts/derived_machine.h"

namespace stamp::scripts {
namespace {

TEST(DerivedTools, LeaveCachesOut) {
  DerivedMachine machine;
  std::size_t events = 0;
  machine.tree.watch([&](const TreeEvent&) { ++events; });
  for (const ToolRow& row : derived_tools()) {
    const bool makes_files = row.name == "ldconfig" || row.name == "mkfontscale";
    if (!row.left_out.empty() && !makes_files) {
      EXPECT_EQ(machine.call({std::string(row.name), "/usr/share"}), (ToolResult{0, "", ""}))
          << row.name;
    }
  }
  EXPECT_EQ(events, 0U);
}

TEST(AllTools, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const ToolRow& row : all_tools()) EXPECT_TRUE(names.insert(row.name).second) << row.name;
  for (const std::string_view name : {"adduser", "ldconfig", "openssl", "systemctl"}) {
    ASSERT_NE(find_tool(name), nullptr) << name;
    EXPECT_EQ(find_tool(name)->name, name);
  }
  EXPECT_EQ(find_tool("ruby"), nullptr);
}

}  // namespace
}  // namespace stamp::scripts
