#include "pin/own_image.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "workspace/lock.h"

namespace stamp::pin {
namespace {

std::string fill_name(std::string text, std::string_view name) {
  constexpr std::string_view kName = "{name}";
  for (std::size_t at = text.find(kName); at != std::string::npos;
       at = text.find(kName, at + name.size())) {
    text.replace(at, kName.size(), name);
  }
  return text;
}

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

std::vector<OwnImage> own_images(const workspace::Workspace& workspace) {
  std::vector<OwnImage> images;
  if (workspace.settings.repository.empty()) return images;
  for (const workspace::Recipe& recipe : workspace.recipes) {
    OwnImage image;
    image.recipe = recipe.name;
    image.repository = during(fmt::format("reading the repository of '{}'", recipe.name), [&] {
      return oci::Reference::parse_repository(
          fill_name(workspace.settings.repository, recipe.name));
    });
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

}  // namespace stamp::pin
