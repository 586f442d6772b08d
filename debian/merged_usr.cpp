#include "debian/merged_usr.h"

#include <algorithm>
#include <utility>

namespace stamp::debian {
namespace {

/// The first component of a path.
std::string_view first_component(const EntryPath& path) {
  const std::string_view text = path.str();
  return text.substr(0, text.find('/'));
}

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

MergedUsr::MergedUsr(std::vector<std::string> folders) : folders_(std::move(folders)) {
  std::ranges::sort(folders_);
}

MergedUsr MergedUsr::for_architecture(std::string_view architecture) {
  // debootstrap's table of links; those that only multilib packages use are made when needed.
  MergedUsr merged({"bin", "lib", "sbin"});
  if (architecture == "amd64") {
    merged.folders_ = {"bin", "lib", "lib64", "sbin"};
    merged.multilib_ = {"lib32", "libx32"};
  } else if (architecture == "i386") {
    merged.multilib_ = {"lib64", "libx32"};
  } else if (architecture == "ppc64el" || architecture == "loong64" || architecture == "ppc64") {
    merged.folders_ = {"bin", "lib", "lib64", "sbin"};
    if (architecture == "ppc64") merged.multilib_ = {"lib32"};
  } else if (architecture == "s390x" || architecture == "powerpc") {
    merged.multilib_ = {architecture == "s390x" ? "lib32" : "lib64"};
  } else if (architecture == "mips64el") {
    merged.folders_ = {"bin", "lib", "lib64", "sbin"};
    merged.multilib_ = {"lib32", "libo32"};
  } else if (architecture == "mipsel") {
    merged.multilib_ = {"lib32", "lib64"};
  }
  return merged;
}

MergedUsr MergedUsr::with_multilib() const {
  std::vector<std::string> all = folders_;
  all.insert(all.end(), multilib_.begin(), multilib_.end());
  return MergedUsr(std::move(all));
}

bool MergedUsr::is_link(const EntryPath& path) const {
  return holds(folders_, path.str());
}

EntryPath MergedUsr::map(const EntryPath& path) const {
  if (path.is_root() || !holds(folders_, first_component(path))) return path;
  return EntryPath::parse("/usr") / path.str();
}

}  // namespace stamp::debian
