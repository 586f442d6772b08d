#include "pin/own_image.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "workspace/lock.h"
#include "workspace/published_repositories.h"

namespace stamp::pin {
namespace {

void read_lock(const workspace::Lock& lock, OwnImage& image) {
  if (!lock.result) return;
  image.locked.push_back(lock.result->digest);
  for (const auto& [platform, built] : lock.result->platforms) {
    image.locked.push_back(built.digest);
  }
}

}  // namespace

bool OwnImage::has(const Digest& digest) const {
  return std::find(locked.begin(), locked.end(), digest) != locked.end();
}

std::vector<OwnImage> own_images(const workspace::Workspace& workspace, const std::string& to) {
  std::vector<OwnImage> images;
  if (to.empty() && workspace.settings.repository.empty()) return images;
  for (const auto& [name, repository] : workspace::published_repositories(workspace, {}, to)) {
    const workspace::Recipe& recipe = *workspace.find(name);
    OwnImage image;
    image.recipe = name;
    image.repository = repository;
    image.platforms = recipe.platforms;
    const std::filesystem::path file = recipe.lock_path();
    image.lock = file.lexically_proximate(workspace.folder).string();
    std::error_code none;
    if (std::filesystem::exists(file, none)) {
      read_lock(workspace::parse_lock(image.lock, read_file(file)), image);
    }
    images.push_back(std::move(image));
  }
  return images;
}

const OwnImage* find_own(std::span<const OwnImage> own, const oci::Reference& reference) {
  const auto found = std::find_if(own.begin(), own.end(), [&](const OwnImage& image) {
    return image.repository.repository == reference.repository &&
           image.repository.host == reference.host;
  });
  return found == own.end() ? nullptr : &*found;
}

}  // namespace stamp::pin
