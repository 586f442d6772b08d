#pragma once
// The plan of a build: recipes and their locks, turned into steps without touching cache, disk or
// network. A step's key is the SHA-256 of a canonical JSON document that holds everything its bytes
// follow from, and nothing else (docs/formats/step-keys.md). Steps with the same key are one
// step.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "builder/plan/base_image.h"
#include "builder/plan/source_files.h"
#include "debian/merged_usr.h"
#include "layer/codec.h"
#include "layer/entry.h"
#include "oci/config.h"
#include "workspace/lock.h"
#include "workspace/workspace.h"

namespace stamp::build {

/// A position in Plan::segments, Plan::layers or Plan::images.
using SegmentId = std::size_t;
using LayerId = std::size_t;
using ImageId = std::size_t;

/// What decides the encoding of a segment.
struct Encoding {
  layer::Compression compression = layer::Compression::zstd;
  layer::Encoder encoder;
};

/// A segment from a Debian package: its files, unpacked.
struct PackageSegment {
  workspace::LockedPackage package;
  workspace::LockedRelease release;
  std::vector<Glob> exclude;
  debian::MergedUsr merged;
};

/// An entry of a segment whose content, if it has one, is at hand.
struct PlannedEntry {
  layer::Entry entry;
  enum class Kind { plain, text, source, whiteout };
  Kind kind = Kind::plain;
  std::string text;   ///< of a text
  SourceItem source;  ///< of a source
};

/// A segment of files and folders from the recipe's folder and text: `files:` and `tree:`.
struct EntriesSegment {
  std::vector<PlannedEntry> entries;  ///< folders among them
};

/// A segment from an archive that was locked.
struct ArchiveSegment {
  workspace::LockedArchive archive;
  EntryPath to;
  std::uint32_t strip = 0;
  workspace::Selection selection;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime = 0;
  debian::MergedUsr merged;
};

/// A segment with paths of another image.
struct CopySegment {
  std::vector<LayerId> layers;  ///< of the other image, bottom to top
  std::string image;            ///< its name, for messages
  std::vector<workspace::CopiedPath> paths;
  std::int64_t mtime = 0;
  debian::MergedUsr merged;
};

/// A segment with /etc/passwd, /etc/group and home folders.
struct AccountsSegment {
  std::vector<LayerId> layers;  ///< of the image so far
  workspace::Accounts accounts;
  std::int64_t mtime = 0;
};

/// One segment to make.
struct SegmentPlan {
  Digest key;
  std::string name;          ///< "ffmpeg 7:5.1.6-0+deb12u1 (amd64)", "files"
  std::uint64_t weight = 1;  ///< about how many bytes it moves
  Encoding encoding;
  std::variant<PackageSegment, EntriesSegment, ArchiveSegment, CopySegment, AccountsSegment> what;
};

/// The ids of system users and groups, by name.
struct SystemIdTable {
  std::map<std::string, std::uint32_t, std::less<>> users;
  std::map<std::string, std::uint32_t, std::less<>> groups;

  bool empty() const { return users.empty() && groups.empty(); }
};

/// How the packages of a layer are configured, where they are.
struct ConfigurePlan {
  std::map<std::string, std::string, std::less<>> answers;  ///< to debconf's questions
  std::set<std::string, std::less<>> accept_unconfigured;   ///< names of packages
  SystemIdTable ids;  ///< given already: by the lock, the recipe's accounts, the layers below
};

/// What a layer of packages has beside the packages' segments.
struct PackageSet {
  std::string architecture;          ///< Debian's name of the image's architecture
  std::vector<SegmentId> installed;  ///< those of the layers below: part of dpkg's database
  /// Whether a base image is below: what is installed is what its database and those of the layers
  /// on it say, and not in `installed`.
  bool on_base = false;
  std::vector<LayerId> layers = {};             ///< the layers of packages below, bottom to top
  std::optional<ConfigurePlan> configure = {};  ///< none: packages are unpacked only
  debian::MergedUsr merged = {};                ///< what the packages' entries are mapped by
};

/// One layer to put together, or to take from a base.
struct LayerPlan {
  Digest key;
  std::string name;                 ///< "debug (linux/amd64) layer 1 of 2 (packages)"
  std::string history;              ///< for the image's history: "packages: restic dumb-init"
  std::optional<LayerId> below;     ///< the layer that it lies on
  std::vector<SegmentId> segments;  ///< in their order
  Encoding encoding;
  std::int64_t epoch = 0;   ///< package times later than it are clamped
  std::int64_t mtime = 0;   ///< of folders, links and dpkg's database
  debian::MergedUsr links;  ///< links of a merged /usr that this layer brings
  /// Further ones, for those of these folders in which the layer has something: \"lib32\".
  std::vector<std::string> multilib_links;
  std::optional<PackageSet> packages;
  std::optional<BaseLayer> base;  ///< the layer is one of a base image, taken as it is
};

/// One image to make: of one recipe for one platform.
struct ImagePlan {
  Digest key;
  const workspace::Recipe* recipe = nullptr;
  oci::Platform platform;
  std::vector<LayerId> layers;  ///< bottom to top, those of the base first
  oci::ImageConfig config;      ///< without diff_ids
  std::map<std::string, std::string> annotations;
};

/// All that a build may have to do.
struct Plan {
  std::deque<SegmentPlan> segments;
  std::vector<LayerPlan> layers;  ///< each after those that it or its segments need
  std::vector<ImagePlan>
      images;  ///< by recipe in the order given, then platform in the recipe's order
};

/// A recipe with what it is built from.
struct RecipeInput {
  const workspace::Recipe* recipe = nullptr;
  workspace::Lock lock;
  RecipeSources sources;
  /// By platform text: what `from: {layout: …}` or `from: {image: …}` names. Of the latter, those
  /// of the platforms that are planned.
  std::map<std::string, BaseImage, std::less<>> bases;
};

/// Which encoder the keys name when a lock's is not this program's.
enum class EncoderChoice {
  locked,   ///< the lock's: finds what was made before this program's library changed
  current,  ///< this program's
};

/// Plans the images of `recipes` (each after those that it needs). `platforms`: only these; empty:
/// all. Errors: invalid (a recipe that copies from one without that platform, and so on), with
/// caret.
Plan make_plan(const workspace::Workspace& workspace, std::span<const RecipeInput> recipes,
               std::span<const oci::Platform> platforms, EncoderChoice choice);

/// The ids that are given for a recipe when its packages are configured: `base`, what the layers
/// below have; what its lock records; what its `accounts:` fix. A name of the base keeps its number
/// there; the recipe has its way over the lock. Errors: invalid: two names with one number.
SystemIdTable given_ids(const SystemIdTable& base, const workspace::Recipe& recipe,
                        const workspace::Lock& lock);

/// Debian's name of a platform's architecture: "linux/arm64" is "arm64". Errors: invalid.
std::string debian_architecture(const oci::Platform& platform);

}  // namespace stamp::build
