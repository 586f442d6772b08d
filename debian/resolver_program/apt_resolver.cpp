#include "debian/resolver_program/apt_resolver.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <errno.h>
#include <unistd.h>

#include <apt-pkg/algorithms.h>
#include <apt-pkg/cachefile.h>
#include <apt-pkg/cacheset.h>
#include <apt-pkg/configuration.h>
#include <apt-pkg/depcache.h>
#include <apt-pkg/error.h>
#include <apt-pkg/init.h>
#include <apt-pkg/pkgsystem.h>
#include <apt-pkg/progress.h>
#include <apt-pkg/sourcelist.h>
#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/nearest.h"
#include "debian/packages_index.h"
#include "debian/resolver_program/explain.h"

namespace stamp::debian {
namespace {

using PackageIterator = pkgCache::PkgIterator;
using VersionIterator = pkgCache::VerIterator;

constexpr std::size_t kMaxStanza = 16U << 20U;

/// What libapt-pkg complained of, its first error.
std::string apt_problem() {
  std::string text;
  while (!_error->empty()) {
    if (_error->PopMessage(text)) break;
  }
  _error->Discard();
  return text.empty() ? "libapt-pkg gives no reason" : printable(text);
}

/// The marks of packages and what belongs to them, over one cache.
class Closure {
 public:
  explicit Closure(const AptRequest& request) : request_(request.request) {
    open_cache();
    check_installed();
    keep_versions();
  }

  Resolution resolve() {
    const std::vector<VersionIterator> wanted = wanted_versions();
    if (!unknown_.empty()) return {.unknown = std::move(unknown_)};
    mark(wanted);
    drop_unneeded();
    return collect();
  }

 private:
  pkgDepCache& marks() { return *cache_.GetDepCache(); }

  void open_cache() {
    bool good = cache_.BuildSourceList(nullptr);
    for (const ResolveIndex& index : request_.indexes) {
      good = good && cache_.GetSourceList()->AddVolatileFile(index.path.string());
    }
    OpProgress silent;
    if (!good || !cache_.Open(&silent, false) || _error->PendingError()) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("cannot read the package indexes: {}", apt_problem()));
    }
    _error->Discard();
  }

  /// What is installed must fit together before anything is added.
  void check_installed() {
    if (marks().BrokenCount() == 0) return;
    throw Error(ErrorKind::invalid, "the packages that are installed do not fit together: " +
                                        explain_installed(cache_));
  }

  void keep_versions() {
    for (const PackageVersion& keep : request_.keep) {
      const std::string& architecture =
          keep.architecture == "all" ? request_.architecture : keep.architecture;
      const PackageIterator package = cache_->FindPkg(keep.name, architecture);
      if (package.end()) continue;
      for (VersionIterator version = package.VersionList(); !version.end(); ++version) {
        if (keep.version == version.VerStr()) {
          marks().SetCandidateVersion(version);
          break;
        }
      }
    }
  }

  /// The versions to install, each once: the essential packages first, then what is named.
  std::vector<VersionIterator> wanted_versions() {
    std::vector<VersionIterator> wanted;
    const auto add = [&](const VersionIterator& version) {
      if (std::find(wanted.begin(), wanted.end(), version) == wanted.end())
        wanted.push_back(version);
    };
    const auto is_installed = [](const VersionIterator& version) {
      return version.ParentPkg()->CurrentVer != 0;
    };
    if (request_.essential) {
      for (const VersionIterator& version : essential_versions()) {
        if (is_installed(version)) continue;
        essential_.insert(version.ParentPkg()->ID);
        add(version);
      }
    }
    for (const std::string& name : request_.install) {
      const std::optional<VersionIterator> version = version_named(name);
      if (!version || is_installed(*version)) continue;
      named_.insert(version->ParentPkg()->ID);
      add(*version);
    }
    return wanted;
  }

  std::vector<VersionIterator> essential_versions() {
    APT::CacheSetHelper helper(false);
    std::vector<VersionIterator> versions;
    for (const VersionIterator& version : APT::VersionVector::FromString(
             cache_, "?essential", APT::CacheSetHelper::CANDIDATE, helper, false)) {
      if (request_.architecture == version.ParentPkg().Arch()) versions.push_back(version);
    }
    // init-system-helpers depends on `usrmerge | usr-is-merged`; the first converts old systems.
    // Where it is installed, one of them is.
    const PackageIterator merged = cache_->FindPkg("usr-is-merged", request_.architecture);
    const PackageIterator helpers = cache_->FindPkg("init-system-helpers", request_.architecture);
    const bool is_settled = !helpers.end() && helpers->CurrentVer != 0;
    if (!merged.end() && !is_settled) {
      const VersionIterator version = marks()[merged].CandidateVerIter(marks());
      if (!version.end()) versions.push_back(version);
    }
    _error->Discard();
    return versions;
  }

  /// The version that a name of the request stands for: a package's candidate, or that of the only
  /// package that provides it. One that stands for nothing is noted as unknown.
  std::optional<VersionIterator> version_named(const std::string& text) {
    const std::size_t colon = text.find(':');
    const std::string name = text.substr(0, colon);
    std::vector<std::string> architectures = {request_.architecture};
    if (colon == std::string::npos) {
      architectures.insert(architectures.end(), request_.foreign_architectures.begin(),
                           request_.foreign_architectures.end());
    } else if (const std::string of = text.substr(colon + 1); of != "all" && of != "native") {
      architectures = {of};
    }
    for (const std::string& architecture : architectures) {
      const PackageIterator package = cache_->FindPkg(name, architecture);
      if (package.end()) continue;
      const VersionIterator version = marks()[package].CandidateVerIter(marks());
      if (!version.end()) return version;
      if (is_provided(package)) return std::nullopt;
      const std::vector<VersionIterator> providers = providers_of(package);
      if (providers.size() == 1) return providers.front();
      if (providers.size() > 1) {
        unknown_.push_back({text, problem_of_virtual(providers)});
        return std::nullopt;
      }
    }
    unknown_.push_back({text, problem_of_unknown(name)});
    return std::nullopt;
  }

  /// Whether something that is installed provides a virtual package.
  static bool is_provided(const PackageIterator& package) {
    for (pkgCache::PrvIterator provide = package.ProvidesList(); !provide.end(); ++provide) {
      if (provide.OwnerPkg().CurrentVer() == provide.OwnerVer()) return true;
    }
    return false;
  }

  /// The candidates of different packages that provide a virtual one.
  std::vector<VersionIterator> providers_of(const PackageIterator& package) {
    std::vector<VersionIterator> providers;
    for (pkgCache::PrvIterator provide = package.ProvidesList(); !provide.end(); ++provide) {
      const VersionIterator owner = provide.OwnerVer();
      if (marks()[owner.ParentPkg()].CandidateVerIter(marks()) != owner) continue;
      const auto same = [&](const VersionIterator& other) {
        return other.ParentPkg()->Group == owner.ParentPkg()->Group;
      };
      if (std::ranges::none_of(providers, same)) providers.push_back(owner);
    }
    return providers;
  }

  static std::string problem_of_virtual(const std::vector<VersionIterator>& providers) {
    std::set<std::string> names;
    for (const VersionIterator& provider : providers) names.insert(provider.ParentPkg().Name());
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "'" : ", '") + name + "'";
    return fmt::format("several packages provide it, name one of them: {}", list);
  }

  std::string problem_of_unknown(const std::string& name) {
    std::vector<std::string_view> names;
    for (PackageIterator package = cache_->PkgBegin(); !package.end(); ++package) {
      if (package->VersionList != 0) names.emplace_back(package.Name());
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (std::ranges::binary_search(names, std::string_view(name))) {
      return fmt::format("no source has it for {}", request_.architecture);
    }
    const std::optional<std::string> other = nearest(name, names);
    return other ? fmt::format("no source has such a package; did you mean '{}'?", *other)
                 : "no source has such a package";
  }

  /// Marks as `apt-get install` does: first the packages themselves, then what they need, then the
  /// problem resolver.
  void mark(const std::vector<VersionIterator>& wanted) {
    pkgProblemResolver resolver(&marks());
    APT::PackageSet packages;
    for (const VersionIterator& version : wanted) {
      const PackageIterator package = version.ParentPkg();
      marks().SetCandidateVersion(version);
      resolver.Clear(package);
      resolver.Protect(package);
      marks().MarkInstall(package, false);
      packages.insert(package);
    }
    for (const PackageIterator& package : packages) marks().MarkInstall(package, true);
    OpProgress silent;
    const bool solved = resolver.Resolve(true, &silent);
    if (!solved || marks().BrokenCount() != 0) {
      throw Error(ErrorKind::invalid,
                  "cannot resolve the packages: " + explain_broken(cache_, wanted));
    }
    _error->Discard();
  }

  /// Takes back what was marked on the way and is needed by nothing in the end, as apt-get does.
  void drop_unneeded() {
    pkgDepCache& depends = marks();
    depends.MarkAndSweep();
    std::vector<PackageIterator> dropped;
    for (PackageIterator package = cache_->PkgBegin(); !package.end(); ++package) {
      if (depends[package].Garbage && depends[package].NewInstall()) {
        depends.MarkDelete(package, false, 0, false);
        dropped.push_back(package);
      }
    }
    bool changed = !dropped.empty();
    while (changed && (depends.BrokenCount() != 0 || depends.PolicyBrokenCount() != 0)) {
      changed = false;
      for (auto package = dropped.begin(); package != dropped.end(); ++package) {
        if (!is_missed(*package)) continue;
        depends.MarkInstall(*package, false, 0, false);
        dropped.erase(package);
        changed = true;
        break;
      }
    }
  }

  /// Whether a package that will be installed depends on this one, or on what it provides.
  bool is_missed(const PackageIterator& package) {
    std::vector<PackageIterator> names = {package};
    const VersionIterator candidate = marks()[package].CandidateVerIter(marks());
    for (pkgCache::PrvIterator provide = candidate.ProvidesList(); !provide.end(); ++provide) {
      names.push_back(provide.ParentPkg());
    }
    for (const PackageIterator& name : names) {
      for (pkgCache::DepIterator depend = name.RevDependsList(); !depend.end(); ++depend) {
        if (depend.IsNegative() || !marks().IsImportantDep(depend)) continue;
        const PackageIterator parent = depend.ParentPkg();
        if (marks()[parent].CandidateVerIter(marks()) == depend.ParentVer() &&
            marks()[parent].NewInstall()) {
          return true;
        }
      }
    }
    return false;
  }

  Resolution collect() {
    const std::map<map_id_t, std::string> reasons = find_reasons();
    Resolution resolution;
    for (PackageIterator package = cache_->PkgBegin(); !package.end(); ++package) {
      const auto reason = reasons.find(package->ID);
      if (package->CurrentVer != 0) {
        if (!marks()[package].Install() && !marks()[package].Delete()) continue;
        ChangedPackage changed = change_of(package);
        if (reason != reasons.end()) changed.why = reason->second;
        resolution.changed.push_back(std::move(changed));
        continue;
      }
      if (!marks()[package].Install()) continue;
      ResolvedPackage resolved = describe(marks()[package].InstVerIter(marks()));
      resolved.why = reason != reasons.end() ? reason->second : "chosen by the resolver";
      resolution.packages.push_back(std::move(resolved));
    }
    std::ranges::sort(resolution.packages);
    std::ranges::sort(resolution.changed);
    return resolution;
  }

  ChangedPackage change_of(const PackageIterator& package) {
    const bool goes = marks()[package].Delete();
    return {.name = package.Name(),
            .architecture = package.CurrentVer().Arch(),
            .installed = package.CurrentVer().VerStr(),
            .wanted = goes ? "" : marks()[package].InstVerIter(marks()).VerStr(),
            .why = {}};
  }

  /// Why each package is in: what asks for it, nearest to what is named.
  std::map<map_id_t, std::string> find_reasons() {
    std::map<map_id_t, std::string> reasons;
    std::deque<VersionIterator> open;
    const auto root = [&](const std::set<map_id_t>& ids, const char* reason) {
      std::map<std::string, VersionIterator> sorted;
      for (PackageIterator package = cache_->PkgBegin(); !package.end(); ++package) {
        if (ids.contains(package->ID)) {
          sorted.emplace(package.FullName(true), marks()[package].InstVerIter(marks()));
        }
      }
      for (const auto& [name, version] : sorted) {
        if (reasons.emplace(version.ParentPkg()->ID, reason).second) open.push_back(version);
      }
    };
    root(named_, "named");
    root(essential_, "essential");
    std::deque<VersionIterator> all;
    while (!open.empty()) {
      all.push_back(open.front());
      follow(open.front(), "needed by", reasons, open,
             [](const pkgCache::DepIterator& depend) { return depend.IsCritical(); });
      open.pop_front();
    }
    while (!all.empty()) {
      follow(all.front(), "recommended by", reasons, all, [](const pkgCache::DepIterator& depend) {
        return depend->Type == pkgCache::Dep::Recommends || depend.IsCritical();
      });
      all.pop_front();
    }
    return reasons;
  }

  /// Notes the reason of everything that satisfies a dependency of `version`.
  template <typename Counts>
  void follow(const VersionIterator& version, std::string_view verb,
              std::map<map_id_t, std::string>& reasons, std::deque<VersionIterator>& open,
              Counts&& counts) {
    const std::string reason = fmt::format("{} {}", verb, version.ParentPkg().Name());
    for (pkgCache::DepIterator depend = version.DependsList(); !depend.end(); ++depend) {
      if (depend.IsNegative() || !counts(depend)) continue;
      const std::unique_ptr<pkgCache::Version*[]> targets(depend.AllTargets());
      for (std::size_t at = 0; targets[at] != nullptr; ++at) {
        const VersionIterator target(*cache_.GetPkgCache(), targets[at]);
        const PackageIterator package = target.ParentPkg();
        if (!marks()[package].Install() || marks()[package].InstVerIter(marks()) != target)
          continue;
        if (reasons.emplace(package->ID, reason).second) open.push_back(target);
      }
    }
  }

  /// The record of a version, read again by our own strict reader from the index it is in.
  ResolvedPackage describe(const VersionIterator& version) {
    struct Place {
      std::size_t index;
      pkgCache::VerFileIterator file;
    };
    std::optional<Place> place;
    for (auto file = version.FileList(); !file.end(); ++file) {
      const std::optional<std::size_t> index = index_of(file.File().FileName());
      if (!index) continue;
      if (place && place->index == *index) refuse_twice(version, *index);
      if (!place || *index < place->index) place = Place{*index, file};
    }
    if (!place) {
      throw Error(ErrorKind::internal,
                  fmt::format("cannot find '{}' in any index", version.ParentPkg().Name()));
    }
    const ResolveIndex& index = request_.indexes[place->index];
    check_single(version, place->index);
    const std::string text = read_part(index, place->file->Offset, place->file->Size);
    const PackageRecord record =
        during(fmt::format("reading the index of '{}'", index.source), ErrorKind::corrupt, [&] {
          return package_record(
              parse_stanza(text, fmt::format("the stanza of '{}'", version.ParentPkg().Name())));
        });
    if (record.name != version.ParentPkg().Name() || record.version != version.VerStr() ||
        record.architecture != version.Arch()) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("cannot read the index of '{}': two readers disagree on '{}'",
                              index.source, version.ParentPkg().Name()));
    }
    return {.name = record.name,
            .version = record.version,
            .architecture = record.architecture,
            .filename = record.filename,
            .size = record.size,
            .digest = record.digest,
            .source = index.source};
  }

  std::optional<std::size_t> index_of(std::string_view path) const {
    for (std::size_t at = 0; at < request_.indexes.size(); ++at) {
      if (request_.indexes[at].path == path) return at;
    }
    return std::nullopt;
  }

  /// Refuses an index that has another stanza of the same package and version.
  void check_single(const VersionIterator& version, std::size_t index) const {
    for (VersionIterator other = version.ParentPkg().VersionList(); !other.end(); ++other) {
      if (other == version || std::string_view(other.VerStr()) != version.VerStr()) continue;
      for (auto file = other.FileList(); !file.end(); ++file) {
        if (index_of(file.File().FileName()) == index) refuse_twice(version, index);
      }
    }
  }

  [[noreturn]] void refuse_twice(const VersionIterator& version, std::size_t index) const {
    throw Error(
        ErrorKind::corrupt,
        fmt::format("cannot read the index of '{}': it has '{}' {} twice",
                    request_.indexes[index].source, version.ParentPkg().Name(), version.VerStr()));
  }

  static std::string read_part(const ResolveIndex& index, std::uint64_t offset,
                               std::uint64_t size) {
    if (size > kMaxStanza) {
      throw Error(ErrorKind::corrupt, fmt::format("cannot read the index of '{}': a stanza of {} "
                                                  "bytes",
                                                  index.source, size));
    }
    const Fd file = open_for_reading(index.path);
    std::string text(static_cast<std::size_t>(size), '\0');
    const ssize_t got = ::pread(file.get(), text.data(), text.size(), static_cast<off_t>(offset));
    if (got != static_cast<ssize_t>(text.size())) {
      throw system_error("read", index.path.string(), got < 0 ? errno : EIO);
    }
    return text;
  }

  const ResolveRequest& request_;
  pkgCacheFile cache_;
  std::set<map_id_t> named_;
  std::vector<UnknownName> unknown_;
  std::set<map_id_t> essential_;
};

}  // namespace

void prepare_apt(const AptRequest& request) {
  Configuration& settings = *_config;
  // Everything of this machine's apt is out of sight: its settings, sources, pins and state.
  for (const char* name :
       {"Dir::Etc::main", "Dir::Etc::parts", "Dir::Etc::sourcelist", "Dir::Etc::sourceparts",
        "Dir::Etc::preferences", "Dir::Etc::preferencesparts", "Dir::State::extended_states"}) {
    settings.Set(name, "/dev/null");
  }
  settings.Set("Dir", request.status.parent_path().string());
  settings.Set("Dir::State::status", request.status.string());
  settings.Set("Dir::Cache::pkgcache", "");
  settings.Set("Dir::Cache::srcpkgcache", "");
  settings.Set("Acquire::Languages", "none");
  settings.Set("APT::Architecture", request.request.architecture);
  settings.Set("APT::Architectures::", request.request.architecture);
  for (const std::string& foreign : request.request.foreign_architectures) {
    settings.Set("APT::Architectures::", foreign);
  }
  settings.Set("APT::Install-Recommends", request.request.recommends);
  settings.Set("APT::Install-Suggests", false);
  // apt counts itself as essential otherwise.
  settings.Set("pkgCacheGen::ForceEssential", ",");
  if (!pkgInitConfig(settings) || !pkgInitSystem(settings, _system)) {
    throw Error(ErrorKind::internal, "cannot prepare libapt-pkg: " + apt_problem());
  }
}

Resolution resolve_with_apt(const AptRequest& request) {
  return Closure(request).resolve();
}

}  // namespace stamp::debian
