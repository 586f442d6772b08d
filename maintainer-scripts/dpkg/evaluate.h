#pragma once
// Maintainer scripts evaluated: what configuring the packages of a layer makes of an image, worked
// out without executing anything. The one entry point of this room.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "layer/segment_list.h"
#include "maintainer-scripts/dpkg/left_out.h"
#include "maintainer-scripts/dpkg/package_database.h"
#include "maintainer-scripts/dpkg/protocol.h"
#include "maintainer-scripts/tree/changes.h"
#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts {

/// The identity of this evaluator, 16 hexadecimal digits of a digest of its sources: part of the
/// keys of what it made.
std::string_view evaluation_version();

/// Names and their numbers.
using IdTable = std::map<std::string, std::uint32_t, std::less<>>;

/// What is configured, and on what. Segment 0 of the tree is the image below; that of packages[i]
/// is i + 1.
struct EvaluationInput {
  std::string architecture;  ///< Debian's name
  std::int64_t mtime = 0;    ///< of everything that scripts make
  std::int64_t now = 0;      ///< what the clock says
  /// Those of the layers below first, with their states; then the new ones, not installed.
  std::vector<Package> packages;
  std::vector<PackageEntries> entries;  ///< of each package; of those below nothing
  PackageEntries below;                 ///< entries of the image below, in order of path
  IdTable users;                        ///< ids that are given already, or that are reserved
  IdTable groups;
  std::map<std::string, std::string, std::less<>> answers;  ///< to debconf's questions
  std::set<std::string, std::less<>> accept_unconfigured;
  std::function<int(std::string_view, std::string_view)> compare_versions;
  /// See Machine.
  std::function<std::optional<layer::ElfFacts>(const Origin& file)> elf_facts;
};

/// Something that a script did to the tree.
struct JournalEntry {
  std::size_t package = 0;  ///< position in the packages
  std::string script;       ///< "libc6.postinst"; of a command's own script, that one
  std::size_t line = 0;
  TreeEvent event;
};

/// What came of it.
struct Evaluation {
  Changes changes;  ///< without what is left out
  std::vector<LeftOut> left_out;
  IdTable new_users;  ///< those that were not in the input
  IdTable new_groups;
  std::vector<PackageState> states;                 ///< of each package
  std::map<std::size_t, std::string> unconfigured;  ///< why packages stay unpacked
  std::vector<std::string> unused_answers;
};

/// Installs the new packages as dpkg would. `contents` gives the contents of files of the segments.
/// `journal` hears of everything that scripts do, in order; it may be empty.
/// Errors: invalid: a script that ends badly, or needs something that is not known, with package,
/// script, line and command; those of the contents.
Evaluation evaluate(EvaluationInput input, ContentReader& contents,
                    const std::function<void(const JournalEntry&)>& journal = {});

}  // namespace stamp::scripts
