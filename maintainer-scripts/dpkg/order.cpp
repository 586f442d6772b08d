#include "maintainer-scripts/dpkg/order.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::scripts {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (const std::string_view part = trimmed(text.substr(0, end)); !part.empty()) {
      parts.push_back(part);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// One alternative of a relation field: "perl:any (>= 5.36)". Spec: Debian Policy 7.1.
struct RelationView {
  std::string_view name;
  std::string_view architecture;  ///< "any", "i386"; "" when none is named
  std::string_view sign;          ///< ">=", …; "" without a version
  std::string_view version;
};

RelationView parse_relation(std::string_view text) {
  RelationView relation;
  const std::size_t bracket = text.find('(');
  std::string_view named = trimmed(text.substr(0, bracket));
  const std::size_t colon = named.find(':');
  if (colon != named.npos) relation.architecture = named.substr(colon + 1);
  relation.name = named.substr(0, colon);
  if (bracket != text.npos) {
    const std::string_view inner = text.substr(bracket + 1);
    const std::size_t end = std::min(inner.find_first_not_of("<>="), inner.size());
    relation.sign = inner.substr(0, end);
    relation.version = trimmed(inner.substr(end, inner.find(')') - end));
    if (!text.ends_with(')') || relation.sign.empty() || relation.version.empty()) {
      relation.name = {};
    }
  }
  if (relation.name.empty()) {
    throw Error(ErrorKind::invalid,
                fmt::format("cannot read the relation '{}'", printable(text, 200)));
  }
  return relation;
}

/// Which packages satisfy a relation.
class Relations {
 public:
  explicit Relations(const PackageDatabase& packages) : packages_(packages) {
    for (std::size_t i = 0; i < packages.all().size(); ++i) {
      const Package& package = packages.all()[i];
      by_name_.emplace(package.name, i);
      const auto provides = package.fields.find("Provides");
      if (provides == package.fields.end()) continue;
      for (const std::string_view text : split(provides->second, ',')) {
        const RelationView provided = parse_relation(text);
        providers_.emplace(provided.name, Provided{i, std::string(provided.version)});
      }
    }
  }

  /// What satisfies each relation of a field, first alternatives first.
  std::vector<std::size_t> resolve(std::size_t package, std::string_view field) const {
    std::vector<std::size_t> found;
    for (const std::string_view group : split(field, ',')) {
      for (const std::string_view text : split(group, '|')) {
        const std::size_t other = satisfier(package, parse_relation(text));
        if (other == kNone) continue;
        if (other != package && std::find(found.begin(), found.end(), other) == found.end()) {
          found.push_back(other);
        }
        break;
      }
    }
    return found;
  }

 private:
  struct Provided {
    std::size_t package;
    std::string version;
  };

  std::size_t satisfier(std::size_t package, const RelationView& relation) const {
    std::size_t foreign = kNone;
    const auto [first, last] = by_name_.equal_range(relation.name);
    for (auto at = first; at != last; ++at) {
      const Package& other = packages_.all()[at->second];
      if (!version_fits(relation, other.version)) continue;
      if (same_architecture(packages_.all()[package], other)) return at->second;
      if (foreign == kNone) foreign = at->second;
    }
    if (foreign != kNone) return foreign;
    const auto [begin, end] = providers_.equal_range(relation.name);
    for (auto at = begin; at != end; ++at) {
      const Provided& provided = at->second;
      if (!relation.sign.empty() &&
          (provided.version.empty() || !version_fits(relation, provided.version))) {
        continue;
      }
      if (same_architecture(packages_.all()[package], packages_.all()[provided.package])) {
        return provided.package;
      }
      if (foreign == kNone) foreign = provided.package;
    }
    return foreign;
  }

  bool same_architecture(const Package& one, const Package& other) const {
    const auto own = [this](const Package& package) {
      return package.architecture == "all" ? packages_.architecture() : package.architecture;
    };
    return own(one) == own(other);
  }

  bool version_fits(const RelationView& relation, std::string_view version) const {
    if (relation.sign.empty()) return true;
    const int order = packages_.compare_versions(version, relation.version);
    if (relation.sign == "<<") return order < 0;
    if (relation.sign == "<=" || relation.sign == "<") return order <= 0;
    if (relation.sign == "=") return order == 0;
    if (relation.sign == ">=" || relation.sign == ">") return order >= 0;
    return relation.sign == ">>" && order > 0;
  }

  const PackageDatabase& packages_;
  std::multimap<std::string_view, std::size_t> by_name_;
  std::multimap<std::string, Provided, std::less<>> providers_;
};

}  // namespace

/// Builds the order up.
class OrderBuilder {
 public:
  OrderBuilder(const PackageDatabase& packages, InstallOrder& order)
      : packages_(packages), order_(order), before_(packages.all().size()) {
    find_dependencies();
    after_ = order.all_;  // circles are taken out of it
    for (std::size_t i = 0; i < count(); ++i) {
      if (package(i).new_here) roots_.push_back(i);
    }
    std::sort(roots_.begin(), roots_.end(), [this](std::size_t a, std::size_t b) {
      return std::tuple(rank(a), package(a).name, package(a).architecture) <
             std::tuple(rank(b), package(b).name, package(b).architecture);
    });
    break_circles();
  }

  void build() {
    const std::vector<bool> essential = essential_packages();
    for (const OrderStep::Kind kind :
         {OrderStep::Kind::extract, OrderStep::Kind::unpack, OrderStep::Kind::configure}) {
      walked_.assign(count(), false);
      for (const std::size_t root : roots_) {
        if (essential[root]) walk(root, kind, essential);
      }
    }
    if (!order_.steps_.empty()) order_.steps_.push_back({OrderStep::Kind::triggers, 0});
    unpacked_ = essential;
    ready_ = essential;
    configured_ = essential;
    const std::size_t before = order_.steps_.size();
    for (const std::size_t root : roots_) unpack(root);
    for (const std::size_t root : roots_) configure(root);
    if (order_.steps_.size() > before) order_.steps_.push_back({OrderStep::Kind::triggers, 0});
  }

 private:
  const Package& package(std::size_t i) const { return packages_.all()[i]; }
  std::size_t count() const { return packages_.all().size(); }

  /// Who comes first, whatever its name: base-passwd's preinst makes /etc/passwd, and base-files'
  /// postinst needs root's name.
  int rank(std::size_t i) const {
    if (package(i).name == "base-passwd") return 0;
    return package(i).name == "base-files" ? 1 : 2;
  }

  void find_dependencies() {
    const Relations relations(packages_);
    order_.all_.resize(count());
    for (std::size_t i = 0; i < count(); ++i) {
      if (!package(i).new_here) continue;
      const auto& fields = package(i).fields;
      for (const std::string_view name : {"Pre-Depends", "Depends"}) {
        const auto field = fields.find(name);
        if (field == fields.end()) continue;
        for (const std::size_t other : relations.resolve(i, field->second)) {
          auto& all = order_.all_[i];
          if (std::find(all.begin(), all.end(), other) == all.end()) all.push_back(other);
          if (name == "Pre-Depends") before_[i].push_back(other);
        }
      }
    }
  }

  /// Takes out dependencies until there is no circle. Spec: dpkg's lib/dpkg/depcon.c,
  /// foundcyclebroken(): a dependency of a package without postinst is given up, else the first.
  void break_circles() {
    std::vector<bool> done(count());
    for (const std::size_t root : roots_) {
      std::vector<std::size_t> way;
      while (find_circle(root, done, way)) {
        break_one(way);
        way.clear();
      }
    }
  }

  /// Walks down from `at`; true when `way` ends with a circle: its last element is in it twice.
  bool find_circle(std::size_t at, std::vector<bool>& done, std::vector<std::size_t>& way) const {
    if (done[at]) return false;
    const bool again = std::find(way.begin(), way.end(), at) != way.end();
    way.push_back(at);
    if (again) return true;
    for (const std::size_t next : after_[at]) {
      if (find_circle(next, done, way)) return true;
    }
    way.pop_back();
    done[at] = true;
    return false;
  }

  void break_one(const std::vector<std::size_t>& way) {
    const std::size_t start =
        static_cast<std::size_t>(std::find(way.begin(), way.end(), way.back()) - way.begin());
    std::size_t chosen = start;
    for (std::size_t i = way.size() - 1; i-- > start;) {
      if (package(way[i]).members.count("postinst") != 0) continue;
      chosen = i;
      break;
    }
    auto& links = after_[way[chosen]];
    links.erase(std::find(links.begin(), links.end(), way[chosen + 1]));
  }

  /// The new packages that are essential, and what they need.
  std::vector<bool> essential_packages() const {
    std::vector<bool> found(count());
    std::vector<std::size_t> open;
    for (const std::size_t root : roots_) {
      if (package(root).essential) open.push_back(root);
    }
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      if (found[at] || !package(at).new_here) continue;
      found[at] = true;
      open.insert(open.end(), order_.all_[at].begin(), order_.all_[at].end());
    }
    return found;
  }

  void step(OrderStep::Kind kind, std::size_t i) { order_.steps_.push_back({kind, i}); }

  /// A step for `at`, after those for what it depends on.
  void walk(std::size_t at, OrderStep::Kind kind, const std::vector<bool>& among) {
    if (walked_[at] || !among[at]) return;
    walked_[at] = true;
    // The files themselves may come in any order; these two have the last word before others.
    const bool first = rank(at) < 2 && kind != OrderStep::Kind::configure;
    if (first) step(kind, at);
    for (const std::size_t next : after_[at]) walk(next, kind, among);
    if (!first) step(kind, at);
  }

  void unpack(std::size_t at) {
    if (unpacked_[at] || !package(at).new_here) return;
    unpacked_[at] = true;
    for (const std::size_t next : order_.all_[at]) unpack(next);
    for (const std::size_t next : before_[at]) configure(next);
    step(OrderStep::Kind::unpack, at);
    ready_[at] = true;
  }

  void configure(std::size_t at) {
    if (configured_[at] || !package(at).new_here) return;
    unpack(at);
    // What it pre-depends on may depend on it in turn: its own turn comes later.
    if (!ready_[at] || configured_[at]) return;
    configured_[at] = true;
    for (const std::size_t next : after_[at]) configure(next);
    step(OrderStep::Kind::configure, at);
  }

  const PackageDatabase& packages_;
  InstallOrder& order_;
  std::vector<std::vector<std::size_t>> before_;  ///< Pre-Depends
  std::vector<std::vector<std::size_t>> after_;   ///< all dependencies, without circles
  std::vector<std::size_t> roots_;
  std::vector<bool> walked_;
  std::vector<bool> unpacked_;  ///< or on the way there
  std::vector<bool> ready_;     ///< unpacked
  std::vector<bool> configured_;
};

InstallOrder::InstallOrder(const PackageDatabase& packages) {
  OrderBuilder(packages, *this).build();
}

}  // namespace stamp::scripts
