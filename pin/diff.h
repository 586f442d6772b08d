#pragma once

#include <string>
#include <string_view>

namespace stamp::pin {

/// A unified diff of a file whose lines were changed one by one, and some added, as edits of
/// references do it; none removed. What surrounds a change is shown, three lines each, unless the
/// file holds a Kubernetes Secret. Empty when nothing differs. Spec: POSIX diff -u.
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after);

}  // namespace stamp::pin
