#pragma once

#include <compare>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/entry_path.h"
#include "debian/deb822.h"
#include "debian/packages_index.h"

namespace stamp::debian {

/// What a shipped path is.
enum class ShippedKind { folder, link, other };

/// A path of a package, where it lands in the image.
struct ShippedPath {
  EntryPath path;
  ShippedKind kind = ShippedKind::other;
  /// Tells apart what differs: type, content, link target. Compared only between packages of one
  /// name that are Multi-Arch: same.
  std::string sameness;
};

/// A package and the paths that it ships.
struct ShippingPackage {
  std::string name;
  std::string version;
  std::string architecture;
  MultiArch multi_arch = MultiArch::no;
  std::string replaces;  ///< its "Replaces" field
  std::vector<ShippedPath> paths;
  /// It is in the image by dpkg's hand: what it and others like it share is settled.
  bool is_settled = false;
};

/// An entry that does not land in the image, since another package's takes its place.
struct ReplacedEntry {
  std::size_t package = 0;  ///< whose entry it is: position in the packages given
  EntryPath path;
  bool stays_listed =
      false;  ///< the package still owns the path (Multi-Arch: same; a shared folder)

  friend auto operator<=>(const ReplacedEntry&, const ReplacedEntry&) = default;
};

/// Applies dpkg's rules for paths that several packages ship: folders are shared; a package that
/// Replaces the other wins; Multi-Arch: same packages of one name share what is identical; a folder
/// wins over a link. Folders are not in the result: sharing them is the layer's matter. In order
/// of package, then path. Errors: invalid, naming both packages and the path; all of them at once.
std::vector<ReplacedEntry> resolve_file_conflicts(std::span<const ShippingPackage> packages);

/// Whether a relation field ("Replaces: a, b (<< 2.0), c:any") names this package and version.
/// Errors: invalid.
bool relation_matches(std::string_view field, std::string_view name, std::string_view version);

}  // namespace stamp::debian
