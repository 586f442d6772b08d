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
    if (!row.left_out.empty() && row.name != "ldconfig") {
      EXPECT_EQ(machine.call({std::string(row.name), "/usr/share"}), (ToolResult{0, "", ""}))
          << row.name;
    }
  }
  EXPECT_EQ(events, 0U);
}

TEST(DerivedTools, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const ToolRow& row : derived_tools()) EXPECT_TRUE(names.insert(row.name).second) << row.name;
  for (const ToolRow& row : service_tools()) EXPECT_TRUE(names.insert(row.name).second) << row.name;
  for (const ToolRow& row : account_tools()) EXPECT_TRUE(names.insert(row.name).second) << row.name;
}

}  // namespace
}  // namespace stamp::scripts
