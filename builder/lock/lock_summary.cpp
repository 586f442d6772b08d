#include "builder/lock/lock_summary.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/core.h>

#include "builder/plan/base_image.h"

namespace stamp::build {
namespace {

/// What a platform has of one thing.
struct Thing {
  std::string version;
  std::string why;
};
using Things = std::map<std::string, Thing, std::less<>>;

Things things_of(const workspace::LockedPlatform& platform) {
  Things things;
  // The architecture is named only where a package is there for several.
  std::map<std::string, int> names;
  for (const workspace::LockedPackage& package : platform.packages) ++names[package.name];
  for (const workspace::LockedPackage& package : platform.packages) {
    const bool alone = names[package.name] == 1;
    const std::string name = alone ? package.name : package.name + ":" + package.architecture;
    things[name] = {package.version, package.why};
  }
  for (const workspace::LockedArchive& archive : platform.archives) {
    things[archive.url] = {archive.digest.brief(), ""};
  }
  for (const workspace::LockedBase& base : platform.bases) {
    const std::optional<oci::Reference> image = locked_reference(base);
    if (image) {
      things[name_of(*image)] = {image->digest.value().brief(), ""};
    } else {
      things[base.reference] = {base.digest.brief(), ""};
    }
  }
  return things;
}

}  // namespace

std::vector<LockChange> compare_locks(const workspace::Lock* before, const workspace::Lock& after) {
  std::map<LockChange, std::vector<std::string>> changes;
  std::set<std::string> platforms;
  for (const auto& [text, platform] : after.platforms) platforms.insert(text);
  if (before != nullptr) {
    for (const auto& [text, platform] : before->platforms) platforms.insert(text);
  }
  for (const std::string& text : platforms) {
    const auto things = [&](const workspace::Lock* lock) {
      if (lock == nullptr) return Things();
      const auto found = lock->platforms.find(text);
      return found == lock->platforms.end() ? Things() : things_of(found->second);
    };
    const Things old_things = things(before);
    const Things new_things = things(&after);
    for (const auto& [name, thing] : new_things) {
      const auto old = old_things.find(name);
      if (old != old_things.end() && old->second.version == thing.version) continue;
      const std::string version = old == old_things.end() ? "" : old->second.version;
      changes[{name, version, thing.version, thing.why, {}}].push_back(text);
    }
    for (const auto& [name, thing] : old_things) {
      if (new_things.find(name) != new_things.end()) continue;
      changes[{name, thing.version, "", "", {}}].push_back(text);
    }
  }
  std::vector<LockChange> out;
  for (const auto& [change, where] : changes) {
    out.push_back(change);
    out.back().platforms = where;
  }
  return out;
}

std::string describe_changes(const std::vector<LockChange>& changes, const workspace::Lock& lock) {
  std::string out;
  for (const LockChange& change : changes) {
    if (change.before.empty()) {
      out += fmt::format("  + {} {}", change.what, change.after);
    } else if (change.after.empty()) {
      out += fmt::format("  - {} {}", change.what, change.before);
    } else {
      out += fmt::format("  ~ {} {} → {}", change.what, change.before, change.after);
    }
    if (!change.why.empty()) out += fmt::format(" ({})", change.why);
    if (change.platforms.size() < lock.platforms.size()) {
      std::string names;
      for (const std::string& name : change.platforms) names += (names.empty() ? "" : ", ") + name;
      out += fmt::format(" [{}]", names);
    }
    out += '\n';
  }
  return out;
}

}  // namespace stamp::build
