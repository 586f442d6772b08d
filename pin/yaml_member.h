#pragma once

#include <optional>
#include <string_view>

#include "base/yaml_tree.h"
#include "pin/find.h"

namespace stamp::pin {

/// Where a mapping could be given a member `key`: in a line of its own below that of `value`, which
/// is another member's, or behind it in flow style. Nothing, when there is no such place that is
/// beyond doubt: the mapping has an anchor or a tag, `value` is none of its own, stands on several
/// lines, or does not begin its line with its key.
std::optional<Field> new_member(const FileText& file, const YamlTreeNode& mapping,
                                const YamlTreeNode& value, std::string_view key);

}  // namespace stamp::pin
