#pragma once

#include <cstdint>
#include <optional>

#include "base/entry_path.h"
#include "layer/entry.h"

namespace stamp::layer {

/// Whether some component of the path starts with ".wh.": in a layer such a name is an order, not
/// a file. Spec: OCI image-spec 1.1 layer.md "Whiteouts".
bool has_whiteout_name(const EntryPath& path);

/// Refuses a path that has_whiteout_name(). Errors: invalid.
void refuse_whiteout_name(const EntryPath& path);

/// The entry that removes `path` of the layers below: an empty file ".wh.<name>" beside it.
/// Errors: invalid (the root; a name that is a whiteout already).
Entry whiteout_entry(const EntryPath& path, std::int64_t mtime);

/// The path that this entry of a layer removes; nothing when it is an ordinary entry.
std::optional<EntryPath> removed_path(const EntryPath& path);

}  // namespace stamp::layer
