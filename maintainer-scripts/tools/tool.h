#pragma once

#include <span>
#include <string_view>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/process.h"

namespace stamp::scripts {

/// A command: reads its process, changes its machine, returns the exit status. Errors: Unknown;
/// invalid past a limit.
using Tool = int (*)(Process& process);

/// A row of the table of commands.
struct ToolRow {
  std::string_view name;  ///< as scripts call it, without folder
  Tool tool = nullptr;
  /// What of it is left out, for docs/left-out.md: "" when it does what its manual says.
  std::string_view left_out = {};
};

// One function for each family; tools/table.cpp puts them together.
std::span<const ToolRow> file_tools();     ///< cp, mv, rm, ln, install, chmod, find, …
std::span<const ToolRow> text_tools();     ///< sed, grep, cut, tr, sort, awk, …
std::span<const ToolRow> account_tools();  ///< adduser, useradd, getent, systemd-sysusers, …
std::span<const ToolRow> debian_tools();   ///< dpkg, update-alternatives, ucf, debconf, …
std::span<const ToolRow> derived_tools();  ///< ldconfig, update-ca-certificates, …
std::span<const ToolRow> shell_tools();    ///< sh, env, and builtins of the shell: echo, test, …
std::span<const ToolRow> service_tools();  ///< systemctl, invoke-rc.d, …: answer and do nothing

/// All rows, by name.
std::span<const ToolRow> all_tools();
/// The row of that name; null when no such command is known. Names are unique.
const ToolRow* find_tool(std::string_view name);

}  // namespace stamp::scripts
