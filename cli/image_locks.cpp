#include "cli/image_locks.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"

namespace stamp::cli {
namespace {

/// What a place says to the letter; of several fields, what they say together.
std::string asked_by(const pin::Place& place) {
  if (!place.whole) return place.reference.str();
  const std::string& text = place.whole->text;
  return text.substr(place.before, text.size() - place.before - place.after);
}

}  // namespace

void take_image_lock(const std::filesystem::path& file, pin::PinsLock& pins) {
  const pin::FileText text{file.string(), read_file(file, pin::kMaxManifest)};
  for (const pin::LockedImage& image : pin::read_image_lock(text)) {
    std::optional<oci::Reference> asked = pin::read_reference(image.asked);
    if (!asked || asked->repository_str() != image.locked.repository_str()) continue;
    asked->digest.reset();
    pins.images.insert_or_assign(asked->str(), *image.locked.digest);
  }
}

ImageLockOutput ImageLockOutput::parse(const std::string& text) {
  for (const auto& [prefix, kind] : {std::pair{"kbld:", pin::ImageLockKind::kbld},
                                     std::pair{"imgpkg:", pin::ImageLockKind::imgpkg}}) {
    const std::size_t size = std::string_view(prefix).size();
    if (text.starts_with(prefix) && text.size() > size) return {kind, text.substr(size)};
  }
  throw Error(ErrorKind::usage,
              fmt::format("cannot write '{}': a lock of another tool is kbld:FILE "
                          "or imgpkg:FILE",
                          printable(text, 200)));
}

std::vector<pin::LockedImage> image_lock_of(const pin::Findings& findings,
                                            const pin::PinRequest& request,
                                            const pin::PinPlan& plan) {
  std::vector<pin::LockedImage> images;
  std::set<std::pair<std::size_t, std::size_t>> changed;
  const auto add = [&](const pin::Place& place, const Digest& digest) {
    oci::Reference locked = place.reference;
    locked.digest = digest;
    images.push_back({asked_by(place), locked});
  };
  for (const pin::PinChange& change : plan.changes) {
    changed.emplace(change.file, change.finding);
    add(findings.files[change.file].findings[change.finding].place, *change.to);
  }
  for (std::size_t i = 0; i < findings.files.size(); ++i) {
    for (std::size_t k = 0; k < findings.files[i].findings.size(); ++k) {
      const pin::Place& place = findings.files[i].findings[k].place;
      if (changed.contains({i, k}) || !place.reference.digest) continue;
      const bool counts = request.all || pin::find_own(request.own, place.reference) != nullptr;
      if (counts) add(place, *place.reference.digest);
    }
  }
  std::sort(images.begin(), images.end());
  images.erase(std::unique(images.begin(), images.end()), images.end());
  return images;
}

}  // namespace stamp::cli
