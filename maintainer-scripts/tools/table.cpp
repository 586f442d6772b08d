#include <algorithm>
#include <vector>

#include "maintainer-scripts/tools/tool.h"

namespace stamp::scripts {
namespace {

std::vector<ToolRow> sorted_rows() {
  std::vector<ToolRow> rows;
  const auto add = [&rows](std::span<const ToolRow> family) {
    rows.insert(rows.end(), family.begin(), family.end());
  };
  // alphabetical
  add(account_tools());
  add(debian_tools());
  add(derived_tools());
  add(file_tools());
  add(service_tools());
  add(shell_tools());
  add(text_tools());
  std::sort(rows.begin(), rows.end(),
            [](const ToolRow& a, const ToolRow& b) { return a.name < b.name; });
  return rows;
}

}  // namespace

std::span<const ToolRow> all_tools() {
  // made once, never changed
  static const std::vector<ToolRow> rows = sorted_rows();
  return rows;
}

const ToolRow* find_tool(std::string_view name) {
  const std::span<const ToolRow> rows = all_tools();
  const auto found = std::lower_bound(
      rows.begin(), rows.end(), name,
      [](const ToolRow& row, std::string_view wanted) { return row.name < wanted; });
  return found != rows.end() && found->name == name ? &*found : nullptr;
}

}  // namespace stamp::scripts
