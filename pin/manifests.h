#pragma once
// The files below the paths that a user named, and the references in them.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/yaml.h"
#include "oci/reference.h"
#include "pin/place.h"
#include "workspace/pin_settings.h"

namespace stamp::pin {

/// The largest file that is looked into, in bytes.
inline constexpr std::uint64_t kMaxManifest = 16U << 20U;

/// A file below the paths that a user named.
struct ManifestFile {
  std::filesystem::path path;  ///< where it is; its last component is no link
  std::string name;            ///< as the user would name it

  friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};

/// The regular files that `paths` name and that are below them, each once, by name. Passed over:
/// .git, .terraform and node_modules; links, unless a path itself is one; what is neither file nor
/// folder. Links are never followed out of what was named, and what they point to inside is
/// visited at its own place. Errors: io (a path that is not there, a folder that cannot be read).
std::vector<ManifestFile> list_manifests(std::span<const std::filesystem::path> paths);

/// Which references are looked for. A file that cannot have one is not parsed.
class Wanted final {
 public:
  /// Those of any image; of these repositories also where no rule looks.
  static Wanted any(std::vector<oci::Reference> own = {});
  /// Those of these repositories, also where no rule looks. Files that have none of their names,
  /// without the host, in one piece are passed over: "home/backup".
  static Wanted repositories(std::vector<oci::Reference> own);

  /// Whether a file of this name and text may have one.
  bool may_be_in(std::string_view name, std::string_view text) const;
  /// Whether the text may have one of the repositories that are named.
  bool may_be_named_in(std::string_view text) const;
  /// Whether this is one of the repositories that are named, on its host.
  bool names(const oci::Reference& reference) const;

 private:
  bool any_ = false;
  std::string common_;  ///< what the repositories' names without the host begin with
  std::vector<oci::Reference> own_;
};

/// A place with where it is.
struct Finding {
  Place place;
  TextPosition position;  ///< of its first field
};

/// What was found and must stay as it is.
struct Remark {
  std::string path;  ///< as a Place's; empty: the whole file
  TextPosition position;
  std::string reason;  ///< "a template"
};

/// What was found in a file.
struct FileFindings {
  ManifestFile file;
  Digest digest;                   ///< of the text that was read
  std::vector<Finding> findings;   ///< by position
  std::vector<Remark> left_alone;  ///< also texts that name a wanted repository where no rule looks
};

/// What was found below the paths.
struct Findings {
  std::vector<FileFindings> files;  ///< those with findings, or left alone; by name
  std::size_t looked_at = 0;        ///< files that were read
};

/// What to do about a file that is not what its name says.
enum class Unreadable {
  stop,    ///< it is an error: whoever changes or deletes something must know everything
  remark,  ///< it is left alone, with what is wrong
};

/// Looks through `files`, on all processors. Files that are no text are passed over. Errors: io;
/// invalid, with line and caret: a file that is not what its name says.
Findings find_in_files(std::span<const ManifestFile> files, const Wanted& wanted,
                       const workspace::PinSettings& settings,
                       Unreadable unreadable = Unreadable::stop);

}  // namespace stamp::pin
