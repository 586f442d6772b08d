#include "builder/inputs/places.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace stamp::build {

Places::Places(workspace::UserSettings settings, std::vector<debian::AptSourcesFile> apt_sources)
    : settings_(std::move(settings)), apt_sources_(std::move(apt_sources)) {}

std::vector<std::string> Places::urls(std::string_view archive, std::string_view snapshot,
                                      std::string_view path) const {
  std::vector<std::string> roots;
  for (const std::string& place : settings_.places_for(archive)) {
    if (place == workspace::kHostApt) {
      const std::vector<std::string> mirrors = debian::host_apt_mirrors(archive, apt_sources_);
      roots.insert(roots.end(), mirrors.begin(), mirrors.end());
    } else {
      roots.push_back(place);
    }
  }
  roots.push_back(snapshot.empty() ? std::string(archive)
                                   : fmt::format("{}/{}", archive, snapshot));
  std::vector<std::string> urls;
  for (const std::string& root : roots) {
    std::string url = fmt::format("{}/{}", root, path);
    if (std::find(urls.begin(), urls.end(), url) == urls.end()) urls.push_back(std::move(url));
  }
  return urls;
}

}  // namespace stamp::build
