#include "debian/file_conflicts.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "debian/version.h"

namespace stamp::debian {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

[[noreturn]] void malformed(std::string_view relation) {
  throw Error(ErrorKind::invalid,
              fmt::format("cannot read the relation '{}'", printable(relation, 200)));
}

/// Whether `version` satisfies the inside of a relation's brackets: ">= 2.0".
bool version_satisfies(std::string_view constraint, std::string_view version,
                       std::string_view relation) {
  const std::size_t end = std::min(constraint.find_first_not_of("<>="), constraint.size());
  const std::string_view sign = constraint.substr(0, end);
  const std::string_view bound = trimmed(constraint.substr(end));
  if (bound.empty()) malformed(relation);
  const auto order = compare_versions(version, bound);
  if (sign == "<<") return order < 0;
  if (sign == "<=" || sign == "<") return order <= 0;
  if (sign == "=") return order == 0;
  if (sign == ">=" || sign == ">") return order >= 0;
  if (sign == ">>") return order > 0;
  malformed(relation);
}

bool one_relation_matches(std::string_view relation, std::string_view name,
                          std::string_view version) {
  const std::size_t bracket = relation.find('(');
  std::string_view named = trimmed(relation.substr(0, bracket));
  named = named.substr(0, named.find(':'));
  if (named.empty()) malformed(relation);
  std::string_view constraint;
  if (bracket != std::string_view::npos) {
    if (!relation.ends_with(')')) malformed(relation);
    constraint = trimmed(relation.substr(bracket + 1, relation.size() - bracket - 2));
    if (constraint.empty()) malformed(relation);
  }
  if (named != name) return false;
  return constraint.empty() || version_satisfies(constraint, version, relation);
}

/// One package's claim to a path.
struct Claim {
  const EntryPath* path;
  std::size_t package;
  const ShippedPath* entry;
};

/// Judges the claims of all packages to all paths.
class Judge {
 public:
  explicit Judge(std::span<const ShippingPackage> packages) : packages_(packages) {}

  std::vector<ReplacedEntry> run() {
    std::vector<Claim> claims;
    for (std::size_t index = 0; index < packages_.size(); ++index) {
      for (const ShippedPath& entry : packages_[index].paths) {
        claims.push_back({&entry.path, index, &entry});
      }
    }
    std::ranges::stable_sort(claims, [](const Claim& a, const Claim& b) {
      return *a.path != *b.path ? *a.path < *b.path : a.package < b.package;
    });
    for (std::size_t first = 0; first < claims.size();) {
      std::size_t end = first + 1;
      while (end < claims.size() && *claims[end].path == *claims[first].path) ++end;
      if (end - first > 1) judge(std::span(claims).subspan(first, end - first));
      first = end;
    }
    if (!problems_.empty()) report();
    std::ranges::sort(replaced_);
    return std::move(replaced_);
  }

 private:
  /// The claims to one path: one of them stays.
  void judge(std::span<const Claim> claims) {
    const Claim* winner = claims.data();
    for (const Claim& next : claims.subspan(1)) winner = stronger(*winner, next);
  }

  /// Which of two claims to a path stays; notes what becomes of the other.
  const Claim* stronger(const Claim& a, const Claim& b) {
    const bool a_folder = a.entry->kind == ShippedKind::folder;
    const bool b_folder = b.entry->kind == ShippedKind::folder;
    if (a_folder && b_folder) return &a;
    if (packages_[a.package].is_settled && packages_[b.package].is_settled) return &a;
    if (a_folder != b_folder) {
      const Claim& folder = a_folder ? a : b;
      const Claim& other = a_folder ? b : a;
      if (other.entry->kind == ShippedKind::link) return give_way(other, folder, true);
    }
    if (shared(a, b)) return give_way(b, a, true);
    const bool a_wins = replaces(a.package, b.package);
    const bool b_wins = replaces(b.package, a.package);
    // Where each replaces the other, dpkg keeps the file of the one unpacked last.
    if (b_wins) return give_way(a, b, false);
    if (a_wins) return give_way(b, a, false);
    problems_.push_back(fmt::format("'{}' is in '{}' and in '{}'", a.path->absolute(),
                                    label(a.package), label(b.package)));
    return &a;
  }

  const Claim* give_way(const Claim& loser, const Claim& winner, bool stays_listed) {
    replaced_.push_back({loser.package, *loser.path, stays_listed});
    return &winner;
  }

  /// Whether both are instances of one Multi-Arch: same package that ship the same thing.
  bool shared(const Claim& a, const Claim& b) const {
    const ShippingPackage& left = packages_[a.package];
    const ShippingPackage& right = packages_[b.package];
    return left.name == right.name && left.architecture != right.architecture &&
           left.multi_arch == MultiArch::same && right.multi_arch == MultiArch::same &&
           a.entry->sameness == b.entry->sameness;
  }

  bool replaces(std::size_t one, std::size_t other) const {
    return packages_[one].name != packages_[other].name &&
           relation_matches(packages_[one].replaces, packages_[other].name,
                            packages_[other].version);
  }

  std::string label(std::size_t package) const {
    return fmt::format("{}:{} {}", packages_[package].name, packages_[package].architecture,
                       packages_[package].version);
  }

  [[noreturn]] void report() const {
    constexpr std::size_t kShown = 20;
    std::string text = "cannot unpack the packages: ";
    for (std::size_t at = 0; at < std::min(problems_.size(), kShown); ++at) {
      text += (at == 0 ? "" : "\n  ") + problems_[at];
    }
    if (problems_.size() > kShown)
      text += fmt::format("\n  and {} more", problems_.size() - kShown);
    throw Error(ErrorKind::invalid, std::move(text),
                {.hint = "leave out one of the packages: neither says that it replaces the other"});
  }

  std::span<const ShippingPackage> packages_;
  std::vector<ReplacedEntry> replaced_;
  std::vector<std::string> problems_;
};

}  // namespace

bool relation_matches(std::string_view field, std::string_view name, std::string_view version) {
  bool matches = false;
  while (!trimmed(field).empty()) {
    const std::size_t comma = std::min(field.find(','), field.size());
    std::string_view alternatives = field.substr(0, comma);
    while (!trimmed(alternatives).empty()) {
      const std::size_t bar = std::min(alternatives.find('|'), alternatives.size());
      if (one_relation_matches(trimmed(alternatives.substr(0, bar)), name, version)) matches = true;
      alternatives.remove_prefix(std::min(bar + 1, alternatives.size()));
    }
    field.remove_prefix(std::min(comma + 1, field.size()));
  }
  return matches;
}

std::vector<ReplacedEntry> resolve_file_conflicts(std::span<const ShippingPackage> packages) {
  return Judge(packages).run();
}

}  // namespace stamp::debian
