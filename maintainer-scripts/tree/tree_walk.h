#pragma once
// Private to the tree: where the resolving of a path stands.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts {

struct Tree::Walk {
  explicit Walk(const std::shared_ptr<Inode>& root) : inodes{&root} {}

  const Inode& top() const { return **inodes.back(); }

  void restart(const std::shared_ptr<Inode>& root) {
    inodes.assign(1, &root);
    path.clear();
  }

  void enter(std::string_view name, const std::shared_ptr<Inode>& inode) {
    if (!path.empty()) path += '/';
    path += name;
    inodes.push_back(&inode);
  }

  void leave() {
    if (inodes.size() == 1) return;  // the root is above the root
    inodes.pop_back();
    const std::size_t slash = path.rfind('/');
    path.resize(slash == std::string::npos ? 0 : slash);
  }

  /// Notes what is not there, for people and for what is to be made.
  void missing(std::string_view name, std::string_view rest) {
    is_last_missing = rest.find_first_not_of('/') == std::string_view::npos;
    missing_name = path.empty() ? "" : "/";
    missing_name += name;
    while (!rest.empty()) {
      const std::size_t start = std::min(rest.find_first_not_of('/'), rest.size());
      const std::size_t end = std::min(rest.find('/', start), rest.size());
      const std::string_view component = rest.substr(start, end - start);
      if (component != "." && component != ".." && !component.empty()) {
        missing_name += '/';
        missing_name += component;
      }
      rest.remove_prefix(end);
    }
  }

  // Pointers into the tree, which does not change meanwhile.
  std::vector<const std::shared_ptr<Inode>*> inodes;
  std::string path;  ///< canonical, of the last of inodes, without leading slash
  std::uint32_t links = 0;
  std::string missing_name;
  bool is_last_missing = false;
};

}  // namespace stamp::scripts
