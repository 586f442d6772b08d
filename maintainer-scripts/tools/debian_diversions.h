#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts {

/// A file whose name is taken from the packages that ship it.
struct Diversion {
  std::string from;     ///< "/bin/sh", as packages name it
  std::string to;       ///< "/bin/sh.distrib"
  std::string package;  ///< whose own file is not diverted; "" when it is everybody's ("local")

  friend bool operator==(const Diversion&, const Diversion&) = default;
};

/// The diversions of an image, kept in its /var/lib/dpkg/diversions.
class Diversions {
 public:
  /// Errors: corrupt, when the file's lines do not come in threes.
  static Diversions read(const Tree& tree);
  /// Writes them, in dpkg's order.
  std::errc write(Tree& tree) const;

  /// Where a file of a package goes: `path` (as the package names it) itself, or where it is
  /// diverted to. `package` has no architecture.
  std::string divert(std::string_view path, std::string_view package) const;
  /// The diversion of `path`; null when it has none.
  const Diversion* of(std::string_view path) const;
  /// The diversion to `path`; null when there is none.
  const Diversion* to(std::string_view path) const;
  /// In dpkg's order.
  std::vector<Diversion> all() const;
  void add(Diversion diversion) { list_.push_back(std::move(diversion)); }
  void remove(std::string_view path);

 private:
  std::vector<Diversion> list_;
};

}  // namespace stamp::scripts
