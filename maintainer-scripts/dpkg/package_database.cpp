#include "maintainer-scripts/dpkg/package_database.h"

namespace stamp::scripts {

std::string Package::info_name() const {
  return multi_arch_same ? name + ":" + architecture : name;
}

PackageDatabase::PackageDatabase(
    std::string architecture,
    std::function<int(std::string_view, std::string_view)> compare_versions)
    : architecture_(std::move(architecture)), compare_(std::move(compare_versions)) {}

void PackageDatabase::add(Package package) {
  by_name_.emplace(package.name, packages_.size());
  packages_.push_back(std::move(package));
}

const Package* PackageDatabase::find(std::string_view name) const {
  const std::size_t colon = name.find(':');
  const std::string_view wanted =
      colon == std::string_view::npos ? std::string_view() : name.substr(colon + 1);
  const auto [first, last] = by_name_.equal_range(name.substr(0, colon));
  const Package* other = nullptr;
  for (auto row = first; row != last; ++row) {
    const Package& package = packages_[row->second];
    const bool native = package.architecture == architecture_ || package.architecture == "all";
    if (wanted.empty()) {
      if (native) return &package;
      if (other == nullptr) other = &package;
      continue;
    }
    // An "all" package is taken for one of the image's own architecture.
    if (package.architecture == wanted || wanted == "any") return &package;
    if (package.architecture == "all" && wanted == architecture_) return &package;
  }
  return other;
}

Package* PackageDatabase::find(std::string_view name) {
  const PackageDatabase& self = *this;
  const Package* found = self.find(name);
  return found == nullptr ? nullptr
                          : &packages_[static_cast<std::size_t>(found - packages_.data())];
}

}  // namespace stamp::scripts
