#include "debian/resolver_program/explain.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <apt-pkg/depcache.h>
#include <fmt/core.h>

namespace stamp::debian {
namespace {

constexpr std::size_t kShown = 10;

std::string relation(const pkgCache::DepIterator& depend) {
  std::string text = depend.TargetPkg().Name();
  if (depend.TargetVer() != nullptr) {
    text += fmt::format(" ({} {})", depend.CompType(), depend.TargetVer());
  }
  return text;
}

/// What the sources have of a dependency's target.
std::string state_of(pkgDepCache& marks, const pkgCache::DepIterator& depend) {
  const pkgCache::PkgIterator target = depend.TargetPkg();
  const pkgCache::VerIterator candidate = marks[target].CandidateVerIter(marks);
  if (!candidate.end()) {
    if (depend.TargetVer() != nullptr && !depend.IsSatisfied(candidate)) {
      const bool is_installed = target.CurrentVer() == candidate;
      return fmt::format("{} {}", is_installed ? "there is" : "the sources have",
                         candidate.VerStr());
    }
    return fmt::format("'{}' cannot be installed with the others", target.Name());
  }
  if (target->ProvidesList != 0) return "what provides it cannot be installed with the others";
  return "no source has it";
}

/// A positive relation and its alternatives that nothing meets.
std::string missing(pkgDepCache& marks, const std::string& name, pkgCache::DepIterator depend,
                    const pkgCache::DepIterator& last) {
  std::string wanted;
  std::string states;
  while (true) {
    const bool first = wanted.empty();
    wanted += (first ? "" : " | ") + relation(depend);
    const std::string state = state_of(marks, depend);
    if (states.find(state) == std::string::npos) states += (first ? "" : "; ") + state;
    if (depend == last) break;
    ++depend;
  }
  return fmt::format("'{}' needs '{}', but {}", name, wanted, states);
}

/// The lines for one package's relations that are not met.
void explain_package(pkgDepCache& marks, const pkgCache::VerIterator& version,
                     std::set<std::string>& lines) {
  const std::string name = version.ParentPkg().FullName(true);
  for (pkgCache::DepIterator depend = version.DependsList(); !depend.end();) {
    pkgCache::DepIterator first;
    pkgCache::DepIterator last;
    depend.GlobOr(first, last);
    if (!marks.IsImportantDep(last)) continue;
    if ((marks[last] & pkgDepCache::DepGInstall) == pkgDepCache::DepGInstall) continue;
    if (first.IsNegative()) {
      lines.insert(fmt::format(
          "'{}' {} '{}'", name,
          first->Type == pkgCache::Dep::DpkgBreaks ? "breaks" : "conflicts with", relation(first)));
    } else {
      lines.insert(missing(marks, name, first, last));
    }
  }
}

/// The first of them, a line each.
std::string joined(const std::set<std::string>& lines) {
  std::string text;
  std::size_t count = 0;
  for (const std::string& line : lines) {
    if (count++ == kShown) break;
    text += (text.empty() ? "" : "\n  ") + line;
  }
  if (lines.size() > kShown) text += fmt::format("\n  and {} more", lines.size() - kShown);
  return text.empty() ? "libapt-pkg gives no reason" : text;
}

}  // namespace

std::string explain_broken(pkgCacheFile& cache, const std::vector<pkgCache::VerIterator>& wanted) {
  pkgDepCache& marks = *cache.GetDepCache();
  std::set<std::string> lines;
  for (pkgCache::PkgIterator package = cache->PkgBegin(); !package.end(); ++package) {
    const bool is_installed = package->CurrentVer != 0 && !marks[package].Delete();
    const bool is_there = marks[package].Install() || is_installed;
    if (marks[package].InstBroken() && is_there) {
      explain_package(marks, marks[package].InstVerIter(marks), lines);
    }
  }
  for (const pkgCache::VerIterator& version : wanted) {
    if (!marks[version.ParentPkg()].Install()) {
      lines.insert(fmt::format("'{}' cannot be installed with the others",
                               version.ParentPkg().FullName(true)));
    }
  }
  return joined(lines);
}

std::string explain_installed(pkgCacheFile& cache) {
  pkgDepCache& marks = *cache.GetDepCache();
  std::set<std::string> lines;
  for (pkgCache::PkgIterator package = cache->PkgBegin(); !package.end(); ++package) {
    if (marks[package].NowBroken()) explain_package(marks, package.CurrentVer(), lines);
  }
  return joined(lines);
}

}  // namespace stamp::debian
