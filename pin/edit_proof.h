#pragma once

#include <span>

#include "pin/edit.h"

namespace stamp::pin {

/// Proves that `after` is `before` with `edits` (by position), and that a parser sees nothing else:
/// see edited(). Errors: internal, naming the first thing that differs.
void prove_edit(const FileText& before, const FileText& after, std::span<const Edit> edits,
                const workspace::PinSettings& settings);

}  // namespace stamp::pin
