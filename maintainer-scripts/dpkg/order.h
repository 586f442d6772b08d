#pragma once
// The order in which the packages of a layer are installed: docs/adr/0009-evaluated-scripts.md.

#include <cstddef>
#include <string_view>
#include <vector>

#include "maintainer-scripts/dpkg/package_database.h"

namespace stamp::scripts {

/// A step on the way from nothing to configured packages.
struct OrderStep {
  enum class Kind {
    extract,    ///< the files are put there before any script runs: essential packages only
    unpack,     ///< preinst, then the files
    configure,  ///< postinst
    triggers,   ///< whoever is to be told something is told
  };
  Kind kind = Kind::unpack;
  std::size_t package = 0;  ///< position in the database; of `triggers` nothing

  friend bool operator==(const OrderStep&, const OrderStep&) = default;
};

/// What each package depends on, as far as it is in the database, and the order that follows.
class InstallOrder {
 public:
  /// `packages` must outlive this. Errors: invalid (a relation that cannot be read).
  explicit InstallOrder(const PackageDatabase& packages);

  /// The steps for all new packages: essential packages with what they need first, extracted at
  /// once; then the others, those that are pre-depended on configured before what needs them is
  /// unpacked. In each part by name, each package after what it depends on; a circle is broken as
  /// dpkg does, at a package without postinst if there is one. base-passwd and base-files come
  /// first of all.
  const std::vector<OrderStep>& steps() const { return steps_; }
  /// What a package depends on, by Depends and Pre-Depends: for each relation the first alternative
  /// that is there. In the order of the fields, each once.
  const std::vector<std::size_t>& dependencies(std::size_t package) const { return all_[package]; }

 private:
  friend class OrderBuilder;
  std::vector<std::vector<std::size_t>> all_;
  std::vector<OrderStep> steps_;
};

}  // namespace stamp::scripts
