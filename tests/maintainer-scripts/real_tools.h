#pragma once
// Debian's real programs, run in a scratch folder beside ours over a tree in memory, for tests that
// compare the two.

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "base/child.h"
#include "base/temp_file.h"
#include "tests/maintainer-scripts/debian_machine.h"

namespace stamp::scripts {

inline bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

/// Where scratch folders are made: in memory, where that can be.
inline std::filesystem::path scratch_parent() {
  return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path();
}

/// A word as a shell reads it.
inline std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

inline std::string replaced(std::string text, const std::string& what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
  }
  return text;
}

/// Runs a shell script and gives what it printed.
inline std::string run_real(const std::filesystem::path& folder, const std::string& script) {
  const std::filesystem::path file = folder / "script";
  std::ofstream(file) << script;
  Child child({"/bin/sh",
               {file.string()},
               {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/nonexistent",
                "DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true"}});
  std::string said = child.communicate({}, std::uint64_t{64} << 20U);
  child.wait();
  return said;
}

/// What a folder holds, by path: "→ TARGET" of links, "= TEXT" of files.
using Listing = std::map<std::string, std::string>;

inline Listing listing_of(const std::filesystem::path& root) {
  Listing listing;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string path = "/" + entry.path().lexically_relative(root).string();
    if (entry.is_symlink()) {
      listing[path] = "→ " + std::filesystem::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      listing[path] = "= " + text.str();
    }
  }
  return listing;
}

inline void add_to(Listing& listing, const Tree& tree, const std::string& path,
                   const Inode& folder) {
  for (const auto& [name, inode] : folder.children) {
    const std::string child = path + "/" + name;
    if (inode->is_symlink()) listing[child] = "→ " + inode->link_target;
    if (inode->is_file()) listing[child] = "= " + tree.read(*inode);
    if (inode->is_directory()) add_to(listing, tree, child, *inode);
  }
}

inline Listing listing_of(const Tree& tree) {
  Listing listing;
  add_to(listing, tree, "", *tree.root());
  return listing;
}

/// A choice that is the same in every run.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}
  std::size_t roll(std::size_t sides) { return random_() % sides; }
  template <std::size_t n>
  std::string pick(const std::array<const char*, n>& words) {
    return words[roll(n)];
  }

 private:
  std::mt19937 random_;
};

}  // namespace stamp::scripts
