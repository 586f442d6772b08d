#include "builder/lock/locker.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/nearest.h"
#include "builder/inputs/registry_bases.h"
#include "builder/lock/lock_indexes.h"
#include "builder/lock/lock_recipe.h"
#include "builder/lock/package_base.h"
#include "builder/plan/base_image.h"
#include "builder/plan/source_files.h"
#include "builder/progress.h"
#include "layer/codec.h"

namespace stamp::build {
namespace {

/// The date of an image that follows from nothing dated.
constexpr std::int64_t kOldest = 315532801;  // 1980-01-01T00:00:01Z

std::optional<workspace::Lock> read_lock(const workspace::Recipe& recipe) {
  std::error_code error;
  if (!std::filesystem::exists(recipe.lock_path(), error)) return std::nullopt;
  const auto shown = std::filesystem::path(recipe.file).parent_path() / "stamp.lock";
  return workspace::parse_lock(shown.string(), read_file(recipe.lock_path()));
}

/// What of a lock the image's layers follow from: with this the same, newer InRelease files are no
/// reason to change a lock.
bool same_content(const workspace::Lock& a, const workspace::Lock& b) {
  if (a.platforms != b.platforms || a.releases.size() != b.releases.size()) return false;
  return std::equal(a.releases.begin(), a.releases.end(), b.releases.begin(),
                    [](const workspace::LockedRelease& x, const workspace::LockedRelease& y) {
                      return x.source == y.source && x.suite == y.suite && x.archive == y.archive;
                    });
}

/// The lock as parse_lock() gives it: lists in their order. Also shows that it can be read.
workspace::Lock normal_form(workspace::Lock lock) {
  return workspace::parse_lock("stamp.lock", workspace::serialize(std::move(lock)));
}

}  // namespace

class Locker::Implementation {
 public:
  Implementation(const workspace::Workspace& workspace, LockServices services)
      : workspace_(workspace), services_(std::move(services)), indexes_(services_) {}

  LockOutcome lock(const workspace::Recipe& recipe, const LockUpdate& update) {
    LockOutcome outcome =
        during(fmt::format("locking '{}'", recipe.name), [&] { return make_lock(recipe, update); });
    made_.insert_or_assign(recipe.name, outcome.lock);
    return outcome;
  }

  void check_update(std::span<const workspace::Recipe* const> recipes,
                    const LockUpdate& update) const {
    std::set<std::string> known;
    for (const workspace::Recipe* recipe : recipes) {
      const std::optional<workspace::Lock> lock = read_lock(*recipe);
      if (!lock) continue;
      for (const auto& [text, platform] : lock->platforms) {
        for (const workspace::LockedPackage& package : platform.packages) {
          known.insert(package.name);
        }
        for (const workspace::LockedBase& base : platform.bases) {
          const std::optional<oci::Reference> image = locked_reference(base);
          if (image) known.insert(name_of(*image));
        }
      }
    }
    for (const std::string& name : update.packages) {
      if (known.count(name) != 0) continue;
      const std::vector<std::string_view> names(known.begin(), known.end());
      const auto meant = nearest(name, names);
      throw Error(ErrorKind::usage,
                  fmt::format("cannot update '{}': no lock has a package or base image of that "
                              "name",
                              printable(name, 80)),
                  {.hint = meant ? fmt::format("--update={}", *meant) : std::string()});
    }
  }

 private:
  LockOutcome make_lock(const workspace::Recipe& recipe, const LockUpdate& update) {
    const std::optional<workspace::Lock> before = read_lock(recipe);
    const ResolveTask task{.workspace = workspace_,
                           .recipe = recipe,
                           .bases = bases_of(recipe),
                           .before = before ? &*before : nullptr,
                           .update = update};
    workspace::Lock lock;
    const workspace::Lock* base = task.bases.empty() ? nullptr : task.bases.front().lock;
    lock.inputs = inputs_checksum(workspace_, recipe, base);
    const bool resolved = before && before->inputs == lock.inputs && !layout_moved(task);
    if (resolved && update.kind == LockUpdate::Kind::none) {
      const Digest inputs = lock.inputs;
      lock = *before;
      lock.inputs = inputs;
    } else {
      resolve(task, lock);
    }
    complete(task, lock);
    lock = normal_form(std::move(lock));
    if (before && same_content(lock, *before)) keep_dates(task, *before, lock);
    return judge(task, std::move(lock));
  }

  /// Whether packages lie on a layout that is not the one in the lock any more.
  static bool layout_moved(const ResolveTask& task) {
    const workspace::Recipe& recipe = task.recipe;
    const bool matters =
        recipe.from.kind == workspace::From::Kind::layout && !package_layers(recipe).empty();
    if (!matters) return false;
    for (const oci::Platform& platform : recipe.platforms) {
      const auto locked = task.before->platforms.find(platform.str());
      if (locked == task.before->platforms.end()) return true;
      const Digest now = read_base_image(recipe, platform).manifest;
      const auto& bases = locked->second.bases;
      if (bases.empty() || bases.front().digest != now || !bases.front().merged) return true;
    }
    return false;
  }

  /// The locks of the recipes that `recipe` is built on, nearest first.
  std::vector<NeededLock> bases_of(const workspace::Recipe& recipe) {
    std::vector<NeededLock> bases;
    const workspace::Recipe* next = &recipe;
    while (next->from.kind == workspace::From::Kind::recipe) {
      next = workspace_.find(next->from.recipe);
      bases.push_back({next, &lock_of_needed(recipe, *next)});
    }
    return bases;
  }

  std::vector<NeededLock> needed_by(const workspace::Recipe& recipe) {
    std::vector<NeededLock> needed;
    for (const std::string& name : recipe.needs()) {
      const workspace::Recipe* other = workspace_.find(name);
      needed.push_back({other, &lock_of_needed(recipe, *other)});
    }
    return needed;
  }

  const workspace::Lock& lock_of_needed(const workspace::Recipe& recipe,
                                        const workspace::Recipe& other) {
    const auto made = made_.find(other.name);
    if (made != made_.end()) return made->second;
    std::optional<workspace::Lock> lock = read_lock(other);
    if (!lock) {
      throw Error(ErrorKind::stale,
                  fmt::format("cannot lock '{}': '{}', which it needs, has no lock", recipe.name,
                              other.name),
                  {.hint = fmt::format("stamp lock {}", other.name)});
    }
    return made_.emplace(other.name, std::move(*lock)).first->second;
  }

  /// Packages, releases and archives as they are now.
  void resolve(const ResolveTask& task, workspace::Lock& lock) {
    const Phase phase(services_.progress, fmt::format("locking {}", task.recipe.name), 0, 0);
    std::set<workspace::LockedKey> keys;
    for (const CurrentRelease* release : current_releases(task, indexes_)) {
      lock.releases.push_back(release->locked);
      keys.insert({release->verified.fingerprint, release->verified.key});
    }
    lock.keys.assign(keys.begin(), keys.end());
    const auto bases = registry_bases(task);
    for (const oci::Platform& platform : task.recipe.platforms) {
      workspace::LockedPlatform& locked = lock.platforms[platform.str()];
      const auto base = bases.find(platform.str());
      const workspace::LockedBase* own = base != bases.end() ? &base->second : nullptr;
      const std::optional<PackageBase> below =
          find_package_base(task, platform, own, services_.bases, services_.cache);
      if (below) {
        locked.bases.push_back(below->locked);
      } else if (own != nullptr) {
        locked.bases.push_back(*own);
        locked.bases.back().merged.reset();  // packages that it had are gone
        locked.bases.back().system.reset();
      }
      if (!package_layers(task.recipe).empty()) {
        locked.packages = resolve_packages(task, platform, below ? &*below : nullptr, indexes_,
                                           services_.resolver);
      }
      for (const std::string& url : archive_urls(task.recipe, platform)) {
        locked.archives.push_back(archive(task, url));
      }
    }
  }

  /// What `from: {image: …}` names, by platform text: as it was locked, or as it is now.
  std::map<std::string, workspace::LockedBase> registry_bases(const ResolveTask& task) {
    const workspace::Recipe& recipe = task.recipe;
    if (recipe.from.kind != workspace::From::Kind::image) return {};
    oci::Reference image = recipe.from.image;
    const auto& names = task.update.packages;
    const bool update = task.update.kind == LockUpdate::Kind::all ||
                        std::find(names.begin(), names.end(), name_of(image)) != names.end();
    if (task.before == nullptr || update) return services_.bases.resolve(recipe, image);
    std::map<std::string, workspace::LockedBase> kept;
    for (const auto& [text, platform] : task.before->platforms) {
      const workspace::LockedBase* base = find_base(recipe, platform.bases);
      if (base == nullptr) continue;
      kept.emplace(text, *base);
      image = locked_reference(*base).value();
    }
    const bool complete =
        std::all_of(recipe.platforms.begin(), recipe.platforms.end(),
                    [&](const oci::Platform& platform) { return kept.count(platform.str()) != 0; });
    // A platform that is new is looked up in what is locked for the others.
    return complete ? kept : services_.bases.resolve(recipe, image);
  }

  /// An archive as it was locked, or as it is now.
  workspace::LockedArchive archive(const ResolveTask& task, const std::string& url) {
    if (task.before != nullptr && task.update.kind != LockUpdate::Kind::all) {
      for (const auto& [text, platform] : task.before->platforms) {
        for (const workspace::LockedArchive& known : platform.archives) {
          if (known.url == url) return known;
        }
      }
    }
    const auto fetched = archives_.find(url);
    if (fetched != archives_.end()) return fetched->second;
    NullSink forget;
    services_.progress.started(url);
    const registry::DownloadResult result = services_.downloader.download(
        {.what = fmt::format("archive {}", url),
         .places = {url},
         .hint = fmt::format("correct 'url' in {}", task.recipe.file)},
        [&]() -> Sink& { return forget; });
    services_.progress.finished(url);
    return archives_.emplace(url, workspace::LockedArchive{url, result.digest, result.size})
        .first->second;
  }

  /// What follows from the recipe and from what is beside it.
  void complete(const ResolveTask& task, workspace::Lock& lock) {
    lock.recipe = content_checksum(task.recipe, read_sources(task.recipe), needed_by(task.recipe));
    for (const oci::Platform& platform : task.recipe.platforms) {
      // See resolve(): an image in a registry, and whatever packages are put on.
      if (task.recipe.from.kind == workspace::From::Kind::image) break;
      if (!package_layers(task.recipe).empty()) break;
      std::vector<workspace::LockedBase>& bases = lock.platforms[platform.str()].bases;
      bases.clear();
      if (task.recipe.from.kind == workspace::From::Kind::layout) {
        bases.push_back(to_locked(task.recipe.from, read_base_image(task.recipe, platform)));
      }
    }
    lock.encoder = layer::current_encoder(workspace_.settings.compression);
    const bool keep_encoder = task.before != nullptr &&
                              task.before->encoder.name == lock.encoder.name &&
                              task.update.kind != LockUpdate::Kind::all;
    if (keep_encoder) lock.encoder = task.before->encoder;
    if (task.before != nullptr) {
      lock.users = task.before->users;
      lock.groups = task.before->groups;
    }
    lock.epoch = epoch(task, lock);
  }

  std::int64_t epoch(const ResolveTask& task, const workspace::Lock& lock) const {
    if (services_.epoch) return *services_.epoch;
    if (task.recipe.epoch) return *task.recipe.epoch;
    std::int64_t newest = kOldest;
    for (const workspace::LockedRelease& release : lock.releases) {
      newest = std::max(newest, release.date);
    }
    for (const auto& [text, platform] : lock.platforms) {
      for (const workspace::LockedBase& base : platform.bases) {
        newest = std::max(newest, base.created.value_or(kOldest));
      }
    }
    for (const NeededLock& base : task.bases) newest = std::max(newest, base.lock->epoch);
    return newest;
  }

  void keep_dates(const ResolveTask& task, const workspace::Lock& before, workspace::Lock& lock) {
    lock.releases = before.releases;
    lock.keys = before.keys;
    lock.epoch = epoch(task, lock);
  }

  LockOutcome judge(const ResolveTask& task, workspace::Lock lock) const {
    LockOutcome outcome{.changes = compare_locks(task.before, lock)};
    if (task.before == nullptr) {
      outcome.state = LockState::created;
    } else {
      lock.result = task.before->result;
      if (lock != *task.before) {
        lock.result.reset();
        outcome.state = LockState::changed;
      }
    }
    outcome.lock = std::move(lock);
    return outcome;
  }

  const workspace::Workspace& workspace_;
  LockServices services_;
  LockIndexes indexes_;
  std::map<std::string, workspace::Lock> made_;  ///< by recipe
  std::map<std::string, workspace::LockedArchive> archives_;
};

Locker::Locker(const workspace::Workspace& workspace, LockServices services)
    : implementation_(std::make_unique<Implementation>(workspace, std::move(services))) {}

Locker::~Locker() = default;

LockOutcome Locker::lock(const workspace::Recipe& recipe, const LockUpdate& update) {
  return implementation_->lock(recipe, update);
}

void Locker::check_update(std::span<const workspace::Recipe* const> recipes,
                          const LockUpdate& update) const {
  implementation_->check_update(recipes, update);
}

void write_lock(const workspace::Recipe& recipe, const workspace::Lock& lock) {
  replace_file(recipe.lock_path(), workspace::serialize(lock));
}

}  // namespace stamp::build
