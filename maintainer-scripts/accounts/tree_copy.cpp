#include "maintainer-scripts/accounts/tree_copy.h"

#include <map>
#include <memory>

#include <fmt/core.h>

namespace stamp::scripts::accounts {

void make_parents(Tree& tree, std::string_view path) {
  for (std::size_t at = path.find('/', 1); at != std::string_view::npos;
       at = path.find('/', at + 1)) {
    tree.make_directory(path.substr(0, at), 0755);
  }
}

void copy_into(Tree& tree, const Inode& source, const std::string& path,
               const std::optional<Owner>& owner) {
  if (!source.is_directory() && tree.find(path, LastLink::keep)) return;
  if (source.is_symlink()) {
    tree.make_symlink(source.link_target, path);
  } else if (source.is_file()) {
    tree.write_copy(path, source, source.mode);
  } else {
    tree.make_directory(path, source.mode);
    copy_children(tree, source, path, owner);
  }
  tree.set_owner(path, owner ? owner->uid : source.uid, owner ? owner->gid : source.gid,
                 LastLink::keep);
  if (!source.is_symlink()) tree.set_mode(path, source.mode);
}

void copy_children(Tree& tree, const Inode& source, const std::string& path,
                   const std::optional<Owner>& owner) {
  const std::map<std::string, std::shared_ptr<Inode>, std::less<>> children = source.children;
  for (const auto& [name, child] : children) {
    copy_into(tree, *child, fmt::format("{}/{}", path, name), owner);
  }
}

}  // namespace stamp::scripts::accounts
