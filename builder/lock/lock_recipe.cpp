#include "builder/lock/lock_recipe.h"

#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"
#include "builder/plan/plan.h"
#include "builder/plan/source_files.h"
#include "debian/resolver.h"

namespace stamp::build {
namespace {

/// A package, whatever its version.
using PackageKey = std::pair<std::string, std::string>;

/// Builds up the packages of one recipe on one platform, layer by layer.
class PackageResolver {
 public:
  PackageResolver(const ResolveTask& task, const oci::Platform& platform, const PackageBase* base,
                  LockIndexes& indexes, const debian::ResolverProgram& program)
      : task_(task), platform_(platform), base_(base), indexes_(indexes), program_(program) {
    request_.architecture = debian_architecture(platform);
    request_.essential = false;
    request_.recommends = false;
    if (base_ != nullptr) add_base_image(base_->system);
    add_bases();
    keep_locked();
  }

  std::vector<workspace::LockedPackage> resolve() {
    std::uint32_t number = 0;
    for (const workspace::Packages* layer : package_layers(task_.recipe)) {
      resolve_layer(*layer, number++);
    }
    return std::move(locked_);
  }

 private:
  /// What a base image has stays as it is.
  void add_base_image(const BaseSystem& system) {
    request_.status = system.status;
    for (const debian::StatusEntry& package : system.packages) {
      if (package.is_unpacked()) add_architecture(package.architecture());
    }
  }

  /// What the bases have is asked for by name and version, so that the closure is that of the whole
  /// image, and is not installed again.
  void add_bases() {
    for (const NeededLock& base : task_.bases) {
      const auto found = base.lock->platforms.find(platform_.str());
      if (found == base.lock->platforms.end()) {
        throw Error(ErrorKind::stale,
                    fmt::format("cannot lock '{}': the lock of '{}' has no platform {}",
                                task_.recipe.name, base.recipe->name, platform_.str()),
                    {.hint = fmt::format("stamp lock {}", base.recipe->name)});
      }
      for (const workspace::LockedPackage& package : found->second.packages) {
        request_.install.push_back(qualified(package));
        request_.keep.push_back({package.name, package.architecture, package.version});
        installed_.emplace(PackageKey(package.name, package.architecture), package.version);
      }
    }
    for (const NeededLock& base : task_.bases) {
      for (const workspace::Packages* layer : package_layers(*base.recipe)) use(*layer);
    }
  }

  std::string qualified(const workspace::LockedPackage& package) const {
    const bool own = package.architecture == request_.architecture || package.architecture == "all";
    return own ? package.name : package.name + ":" + package.architecture;
  }

  void keep_locked() {
    if (task_.before == nullptr || task_.update.kind == LockUpdate::Kind::all) return;
    const auto found = task_.before->platforms.find(platform_.str());
    if (found == task_.before->platforms.end()) return;
    const auto& names = task_.update.packages;
    for (const workspace::LockedPackage& package : found->second.packages) {
      if (std::find(names.begin(), names.end(), package.name) != names.end()) continue;
      request_.keep.push_back({package.name, package.architecture, package.version});
    }
  }

  /// Takes what a layer says of the closure into the request.
  void use(const workspace::Packages& layer) {
    request_.essential = request_.essential || layer.essential;
    request_.recommends = request_.recommends || layer.recommends;
    for (const workspace::PackageRequest& package : layer.install) {
      if (!package.applies_to(platform_)) continue;
      request_.install.push_back(package.name);
      add_foreign_architecture(package.name);
    }
    for (const workspace::PackageSource* source : sources_of(task_.workspace.settings, layer)) {
      if (std::find(sources_.begin(), sources_.end(), source) == sources_.end()) {
        sources_.push_back(source);
      }
    }
  }

  void add_foreign_architecture(const std::string& name) {
    const std::size_t colon = name.find(':');
    if (colon != std::string::npos) add_architecture(name.substr(colon + 1));
  }

  void add_architecture(const std::string& architecture) {
    auto& foreign = request_.foreign_architectures;
    const bool known = architecture == request_.architecture || architecture == "all" ||
                       std::find(foreign.begin(), foreign.end(), architecture) != foreign.end();
    if (!known) foreign.push_back(architecture);
  }

  void resolve_layer(const workspace::Packages& layer, std::uint32_t number) {
    use(layer);
    find_indexes();
    if (base_ != nullptr) check_base(layer);
    std::sort(request_.install.begin(), request_.install.end());
    request_.install.erase(std::unique(request_.install.begin(), request_.install.end()),
                           request_.install.end());
    const debian::Resolution resolution =
        during(fmt::format("resolving the packages of {}:{} for {}", task_.recipe.file,
                           layer.position.line, platform_.str()),
               [&] { return debian::resolve(program_, request_); });
    if (!resolution.unknown.empty()) refuse_unknown(resolution.unknown);
    if (!resolution.changed.empty()) refuse_changes(layer, resolution.changed);
    for (const debian::ResolvedPackage& package : resolution.packages) take(package, number);
  }

  void check_base(const workspace::Packages& layer) const {
    std::vector<workspace::LockedRelease> releases;
    for (const workspace::PackageSource* source : sources_of(task_.workspace.settings, layer)) {
      for (const std::string& suite : source->suites) {
        releases.push_back(release_of(*source, suite).locked);
      }
    }
    check_base_system(base_->system, base_->name, task_.recipe, layer, request_.architecture,
                      releases);
  }

  /// What a base has is not upgraded, and does not go.
  void refuse_changes(const workspace::Packages& layer,
                      const std::vector<debian::ChangedPackage>& changes) const {
    std::vector<Diagnostic> problems;
    for (const debian::ChangedPackage& change : changes) {
      const std::string why = change.why.empty() ? "" : fmt::format(" ({})", change.why);
      const std::string what =
          change.wanted.empty() ? "go" : fmt::format("become {}{}", change.wanted, why);
      problems.push_back(task_.recipe.problem(
          layer.position,
          fmt::format("'{}' {} of the base would have to {} for {}, and what a base has stays as "
                      "it is: take a newer base, or other packages",
                      change.name, change.installed, what, platform_.str())));
    }
    throw_if_any(std::move(problems));
  }

  /// Says where the recipe, or one that it is built on, names what no source has.
  [[noreturn]] void refuse_unknown(const std::vector<debian::UnknownName>& unknown) const {
    std::vector<Diagnostic> problems;
    add_problems(task_.recipe, unknown, problems);
    for (const NeededLock& base : task_.bases) add_problems(*base.recipe, unknown, problems);
    throw_if_any(std::move(problems));
    throw Error(ErrorKind::unavailable,
                fmt::format("cannot resolve '{}', which the layers below '{}' have: {}",
                            unknown.front().name, task_.recipe.name, unknown.front().problem),
                {.hint = "stamp lock --update"});
  }

  static void add_problems(const workspace::Recipe& recipe,
                           const std::vector<debian::UnknownName>& unknown,
                           std::vector<Diagnostic>& problems) {
    for (const workspace::Packages* layer : package_layers(recipe)) {
      for (const workspace::PackageRequest& package : layer->install) {
        const auto found = std::find_if(unknown.begin(), unknown.end(), [&](const auto& each) {
          return each.name == package.name;
        });
        if (found == unknown.end()) continue;
        problems.push_back(recipe.problem(
            package.position, fmt::format("package '{}': {}", package.name, found->problem)));
      }
    }
  }

  void find_indexes() {
    request_.indexes.clear();
    std::vector<std::string> architectures = {request_.architecture};
    architectures.insert(architectures.end(), request_.foreign_architectures.begin(),
                         request_.foreign_architectures.end());
    for (const workspace::PackageSource* source : sources_) {
      for (const std::string& suite : source->suites) {
        const CurrentRelease& release = release_of(*source, suite);
        for (const std::string& architecture : architectures) {
          add_indexes(indexes_.packages(*source, release, architecture));
        }
      }
    }
  }

  const CurrentRelease& release_of(const workspace::PackageSource& source,
                                   const std::string& suite) const {
    const workspace::LockedRelease* before =
        task_.before == nullptr ? nullptr : task_.before->find_release(source.name, suite);
    return indexes_.release(task_.workspace.settings, source, suite, before);
  }

  /// Two architectures share the index of "all".
  void add_indexes(std::vector<debian::ResolveIndex> indexes) {
    for (debian::ResolveIndex& index : indexes) {
      const bool known =
          std::any_of(request_.indexes.begin(), request_.indexes.end(),
                      [&](const debian::ResolveIndex& other) { return other.path == index.path; });
      if (!known) request_.indexes.push_back(std::move(index));
    }
  }

  void take(const debian::ResolvedPackage& package, std::uint32_t number) {
    const PackageKey key(package.name, package.architecture);
    const auto below = installed_.find(key);
    if (below != installed_.end()) {
      if (below->second != package.version) refuse_upgrade(package, below->second);
      return;
    }
    if (base_ != nullptr) refuse_leftover(package);
    installed_.emplace(key, package.version);
    request_.keep.push_back({package.name, package.architecture, package.version});
    const std::size_t blank = package.source.find(' ');
    locked_.push_back({.name = package.name,
                       .version = package.version,
                       .architecture = package.architecture,
                       .path = package.filename,
                       .size = package.size,
                       .digest = package.digest,
                       .source = package.source.substr(0, blank),
                       .suite = package.source.substr(blank + 1),
                       .why = package.why,
                       .layer = number});
  }

  /// What dpkg does with the configuration of a package that was removed is not known here.
  void refuse_leftover(const debian::ResolvedPackage& package) const {
    for (const debian::StatusEntry& entry : base_->system.packages) {
      const bool is_left = !entry.is_unpacked() && entry.state != "not-installed";
      if (!is_left || entry.name() != package.name) continue;
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot lock '{}' for {}: '{}' is needed, and the base has it in "
                              "state '{}'",
                              task_.recipe.name, platform_.str(), package.name, entry.state),
                  {.input = base_->name,
                   .hint = fmt::format("dpkg --purge {}, where the base is made", package.name)});
    }
  }

  [[noreturn]] void refuse_upgrade(const debian::ResolvedPackage& package,
                                   const std::string& version) const {
    const std::string base = task_.bases.empty() ? task_.recipe.name : task_.bases[0].recipe->name;
    throw Error(
        ErrorKind::unavailable,
        fmt::format("cannot lock '{}' for {}: the layers below have {} {}, and only {} can "
                    "be had together with what is asked for",
                    task_.recipe.name, platform_.str(), package.name, version, package.version),
        {.hint = fmt::format("stamp lock --update {}", base)});
  }

  const ResolveTask& task_;
  const oci::Platform& platform_;
  const PackageBase* base_;
  LockIndexes& indexes_;
  const debian::ResolverProgram& program_;
  debian::ResolveRequest request_;
  std::vector<const workspace::PackageSource*> sources_;
  std::map<PackageKey, std::string> installed_;  ///< versions
  std::vector<workspace::LockedPackage> locked_;
};

/// The part of a lock that what is built on it follows from.
std::string describe_base(const workspace::Lock& base) {
  workspace::Lock packages;
  packages.inputs = base.inputs;
  packages.platforms = base.platforms;
  return Digest::of(workspace::serialize(std::move(packages))).str();
}

}  // namespace

std::vector<const workspace::PackageSource*> sources_of(const workspace::Settings& settings,
                                                        const workspace::Packages& packages) {
  std::vector<const workspace::PackageSource*> used;
  for (const workspace::PackageSource& source : settings.sources) {
    const auto& names = packages.sources;
    if (names.empty() || std::find(names.begin(), names.end(), source.name) != names.end()) {
      used.push_back(&source);
    }
  }
  return used;
}

std::vector<const workspace::Packages*> package_layers(const workspace::Recipe& recipe) {
  std::vector<const workspace::Packages*> layers;
  for (const workspace::Layer& layer : recipe.layers) {
    if (const auto* packages = std::get_if<workspace::Packages>(&layer)) layers.push_back(packages);
  }
  return layers;
}

std::vector<std::string> archive_urls(const workspace::Recipe& recipe,
                                      const oci::Platform& platform) {
  std::set<std::string> urls;
  for (const workspace::Layer& layer : recipe.layers) {
    const auto* archive = std::get_if<workspace::Archive>(&layer);
    if (archive != nullptr) urls.insert(workspace::url_for(*archive, recipe, platform));
  }
  return {urls.begin(), urls.end()};
}

std::vector<workspace::LockedPackage> resolve_packages(const ResolveTask& task,
                                                       const oci::Platform& platform,
                                                       const PackageBase* base,
                                                       LockIndexes& indexes,
                                                       const debian::ResolverProgram& program) {
  return PackageResolver(task, platform, base, indexes, program).resolve();
}

std::vector<const CurrentRelease*> current_releases(const ResolveTask& task, LockIndexes& indexes) {
  std::map<std::pair<std::string, std::string>, const CurrentRelease*> releases;
  for (const workspace::Packages* layer : package_layers(task.recipe)) {
    for (const workspace::PackageSource* source : sources_of(task.workspace.settings, *layer)) {
      for (const std::string& suite : source->suites) {
        const workspace::LockedRelease* before =
            task.before == nullptr ? nullptr : task.before->find_release(source->name, suite);
        releases[{source->name, suite}] =
            &indexes.release(task.workspace.settings, *source, suite, before);
      }
    }
  }
  std::vector<const CurrentRelease*> out;
  out.reserve(releases.size());
  for (const auto& [key, release] : releases) out.push_back(release);
  return out;
}

Digest content_checksum(const workspace::Recipe& recipe, const RecipeSources& sources,
                        std::span<const NeededLock> needed) {
  const Digest own = recipe_checksum(recipe, sources);
  if (needed.empty()) return own;
  Json locks = Json::object();
  for (const NeededLock& other : needed) {
    // What it came from and what it gave is of no matter: only what it is.
    workspace::Lock lock = *other.lock;
    lock.releases.clear();
    lock.keys.clear();
    lock.result.reset();
    locks[other.recipe->name] = Digest::of(workspace::serialize(std::move(lock))).hex();
  }
  return Digest::of(canonical_json({{"needed", std::move(locks)}, {"recipe", own.hex()}}));
}

Digest inputs_checksum(const workspace::Workspace& workspace, const workspace::Recipe& recipe,
                       const workspace::Lock* base) {
  Json layers = Json::array();
  std::set<const workspace::PackageSource*> used;
  for (const workspace::Packages* layer : package_layers(recipe)) {
    Json install = Json::array();
    for (const workspace::PackageRequest& package : layer->install) {
      install.push_back({package.name, package.only});
    }
    Json sources = Json::array();
    for (const workspace::PackageSource* source : sources_of(workspace.settings, *layer)) {
      sources.push_back({{"archive", source->archive},
                         {"components", source->components},
                         {"name", source->name},
                         {"suites", source->suites}});
    }
    layers.push_back({{"essential", layer->essential},
                      {"install", std::move(install)},
                      {"recommends", layer->recommends},
                      {"sources", std::move(sources)}});
  }
  Json platforms = Json::object();
  for (const oci::Platform& platform : recipe.platforms) {
    platforms[platform.str()] = archive_urls(recipe, platform);
  }
  Json document = {{"archives", std::move(platforms)},
                   {"base", base == nullptr ? "" : describe_base(*base)},
                   {"format", 1},
                   {"packages", std::move(layers)}};
  if (recipe.from.kind == workspace::From::Kind::image) {
    document["image"] = recipe.from.image.str();
  }
  return Digest::of(canonical_json(document));
}

}  // namespace stamp::build
