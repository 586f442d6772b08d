#pragma once
// A package's fields as dpkg's database shows them.

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "maintainer-scripts/dpkg/package_database.h"

namespace stamp::scripts {

/// "libc6:amd64", "bash", "libfoo:arm64" where that is not the image's own architecture.
std::string shown_name(const PackageDatabase& packages, const Package& package);
/// "installed", "unpacked", "half-configured", …
std::string_view state_name(PackageState state);
/// The letter of `dpkg -l` for it.
char state_letter(PackageState state);
/// The first line of its description; "" when it has none.
std::string synopsis(const Package& package);

/// The value of a field ("Depends", "binary:Package", "db:Status-Abbrev") of a package, in any case
/// of letters; none when the package has no such field and dpkg knows none of that name.
std::optional<std::string> field_value(const PackageDatabase& packages, const Package& package,
                                       std::string_view field);
/// The package's paragraph of the status file, each line ended.
std::string stanza(const PackageDatabase& packages, const Package& package);

/// Packages that others only speak of in their relations: known to dpkg, and not installed.
std::set<std::string> mentioned_packages(const PackageDatabase& packages);

}  // namespace stamp::scripts
