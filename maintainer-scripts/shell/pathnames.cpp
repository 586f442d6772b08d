#include "maintainer-scripts/shell/pathnames.h"

#include <algorithm>

#include "maintainer-scripts/shell/pattern.h"

namespace stamp::scripts::shell {
namespace {

std::string unescaped(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    out += pattern[i];
  }
  return out;
}

/// A component of a pattern and the slashes behind it.
struct Component {
  std::string pattern;
  std::string slashes;
};

std::vector<Component> components_of(std::string_view pattern) {
  std::vector<Component> components;
  std::size_t at = 0;
  while (at < pattern.size()) {
    std::size_t end = at;
    while (end < pattern.size() && pattern[end] != '/') {
      const bool escape =
          pattern[end] == '\\' && end + 1 < pattern.size() && pattern[end + 1] != '/';
      end += escape ? 2U : 1U;
    }
    std::string_view text = pattern.substr(at, end - at);
    // a quoted slash separates all the same
    if (text.ends_with('\\') && end < pattern.size()) text.remove_suffix(1);
    std::size_t after = end;
    while (after < pattern.size() && pattern[after] == '/') ++after;
    components.push_back(
        {.pattern = std::string(text), .slashes = std::string(pattern.substr(end, after - end))});
    at = after;
  }
  return components;
}

class Walk {
 public:
  Walk(const Tree& tree, Budget& budget, std::string_view directory)
      : tree_(tree), budget_(budget), directory_(directory) {}

  std::vector<std::string> run(std::string_view pattern) {
    std::string prefix;
    while (pattern.starts_with('/')) {
      prefix += '/';
      pattern.remove_prefix(1);
    }
    const std::vector<Component> components = components_of(pattern);
    descend(components, 0, prefix);
    std::sort(names_.begin(), names_.end());
    return std::move(names_);
  }

 private:
  std::string absolute(const std::string& path) const {
    if (path.starts_with('/')) return path;
    return std::string(directory_) + "/" + path;
  }

  void add(const std::string& name) {
    size_ += name.size();
    budget_.check_size(size_);
    names_.push_back(name);
  }

  void descend(const std::vector<Component>& components, std::size_t index,
               const std::string& prefix) {
    const Budget::Level level(budget_);
    std::string path = prefix;
    while (index < components.size() && !has_pattern(components[index].pattern)) {
      path += unescaped(components[index].pattern) + components[index].slashes;
      ++index;
    }
    if (index == components.size()) {
      if (tree_.find(absolute(path), LastLink::keep)) add(path);
      return;
    }
    const Found folder = tree_.find(absolute(path.empty() ? "." : path));
    if (!folder || !folder.inode->is_directory()) return;
    const Component& component = components[index];
    const Pattern pattern(component.pattern);
    const std::string_view start = component.pattern;
    const bool dots = start.starts_with('.') || start.starts_with("\\.");
    const auto try_name = [&](const std::string& name) {
      budget_.take_steps();
      if ((name[0] == '.' && !dots) || !pattern.matches(name, budget_)) return;
      if (index + 1 == components.size() && component.slashes.empty()) {
        add(path + name);
      } else {
        descend(components, index + 1, path + name + component.slashes);
      }
    };
    if (dots) {
      try_name(".");
      try_name("..");
    }
    for (const auto& [name, inode] : folder.inode->children) try_name(name);
  }

  const Tree& tree_;
  Budget& budget_;
  std::string_view directory_;
  std::vector<std::string> names_;
  std::size_t size_ = 0;
};

}  // namespace

std::vector<std::string> expand_pathnames(const Tree& tree, Budget& budget,
                                          std::string_view directory, std::string_view pattern) {
  return Walk(tree, budget, directory).run(pattern);
}

}  // namespace stamp::scripts::shell
