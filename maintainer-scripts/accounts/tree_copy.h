#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts::accounts {

/// Who a copy belongs to.
struct Owner {
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
};

/// Makes the folders above `path`, an absolute one: 0755 root:root.
void make_parents(Tree& tree, std::string_view path);
/// Copies `source` to `path`, with what lies in it, modes kept; files that are there already stay.
/// The copies belong to `owner`, or to whom the originals do.
void copy_into(Tree& tree, const Inode& source, const std::string& path,
               const std::optional<Owner>& owner);
/// Copies what lies in the folder `source` into the folder `path`.
void copy_children(Tree& tree, const Inode& source, const std::string& path,
                   const std::optional<Owner>& owner);

}  // namespace stamp::scripts::accounts
