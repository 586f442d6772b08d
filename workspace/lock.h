#pragma once
// stamp.lock: everything that a recipe's image follows from and the recipe does not say itself,
// and the image that it gave. Format: docs/formats.md section 3.
//
// There is one way to write a lock, and only that is read: parse() follows the very bytes that
// serialize() writes, so a lock that was edited, merged or cut short is refused where it differs,
// and opening a large one costs little more than looking at each byte once.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "layer/codec.h"
#include "oci/platform.h"

namespace stamp::workspace {

/// The format of stamp.lock that this program reads and writes.
inline constexpr int kLockFormat = 1;

/// A key that signed an InRelease file, with its bytes, so that no keyring is needed later.
struct LockedKey {
  std::string fingerprint;  ///< of the primary key: 40 or 64 upper-case hexadecimal digits
  std::string key;          ///< the binary certificate, in base64

  friend auto operator<=>(const LockedKey&, const LockedKey&) = default;
};

/// The InRelease file of one suite of one source.
struct LockedRelease {
  std::string source;   ///< the name in stamp.yaml
  std::string archive;  ///< its URL when it was locked
  std::string suite;
  std::string origin;    ///< as the file says; may be empty
  std::string codename;  ///< as the file says; may be empty
  std::int64_t date = 0;
  std::optional<std::int64_t> valid_until;
  std::string key;  ///< the fingerprint of a LockedKey
  Digest digest;    ///< of the whole file
  std::uint64_t size = 0;
  /// The time whose dated tree holds the packages: "20261120T000000Z".
  std::string snapshot;

  friend auto operator<=>(const LockedRelease&, const LockedRelease&) = default;
};

/// A package of an image.
struct LockedPackage {
  std::string name;
  std::string version;
  std::string architecture;  ///< "amd64", "all"
  std::string path;          ///< in its archive: "pool/main/r/restic/…"
  std::uint64_t size = 0;
  Digest digest;
  std::string source;       ///< the name in stamp.yaml
  std::string suite;        ///< of that source
  std::string why;          ///< "named", "essential" or "needed by NAME"
  std::uint32_t layer = 0;  ///< which of the recipe's `packages:` layers it is in, from 0

  friend auto operator<=>(const LockedPackage&, const LockedPackage&) = default;
};

/// A file that an `archive:` layer unpacks.
struct LockedArchive {
  std::string url;  ///< with everything filled in
  Digest digest;
  std::uint64_t size = 0;

  friend auto operator<=>(const LockedArchive&, const LockedArchive&) = default;
};

/// The id that a system user or group was given.
struct LockedId {
  std::string name;
  std::uint32_t number = 0;

  friend auto operator<=>(const LockedId&, const LockedId&) = default;
};

/// The manifest of a base image that is not a recipe of the workspace.
struct LockedBase {
  /// As the recipe names it: "layout:base"; or "image:registry.example/base:1@sha256:…", with the
  /// digest of the index, or of the manifest where there is no index.
  std::string reference;
  Digest digest;                        ///< of the platform's manifest
  std::optional<std::int64_t> created;  ///< the date that its config says
  /// Where packages are put on it: the folders of its root by which their entries go into /usr,
  /// with blanks between them.
  std::optional<std::string> merged = {};
  std::optional<std::string> system = {};  ///< there too: "debian bookworm", for people

  friend auto operator<=>(const LockedBase&, const LockedBase&) = default;
};

/// A layer that came out.
struct LockedLayer {
  Digest diff_id;  ///< of the uncompressed bytes
  Digest digest;   ///< of the blob
  std::uint64_t size = 0;

  friend auto operator<=>(const LockedLayer&, const LockedLayer&) = default;
};

/// The image of one platform that came out.
struct LockedImage {
  Digest digest;           ///< of its manifest
  std::uint64_t size = 0;  ///< of its manifest
  std::vector<LockedLayer> layers;

  friend auto operator<=>(const LockedImage&, const LockedImage&) = default;
};

/// What `stamp build` made of it the first time.
struct LockedResult {
  Digest digest;  ///< of the index
  /// By platform text ("linux/amd64").
  std::map<std::string, LockedImage, std::less<>> platforms;

  friend auto operator<=>(const LockedResult&, const LockedResult&) = default;
};

/// What is locked for one platform.
struct LockedPlatform {
  std::vector<LockedArchive> archives;  ///< by URL, each once
  std::vector<LockedBase> bases;        ///< by reference, each once
  std::vector<LockedPackage> packages;  ///< by layer, name, architecture; each once

  friend auto operator<=>(const LockedPlatform&, const LockedPlatform&) = default;
};

/// The content of a stamp.lock. The lists that have an order by name are brought into it by
/// serialize().
struct Lock {
  Digest recipe;                        ///< see recipe_checksum()
  Digest inputs;                        ///< of what resolving depends on: see builder/lock/locker.h
  std::vector<LockedKey> keys;          ///< by fingerprint
  std::vector<LockedRelease> releases;  ///< by source, suite
  /// By platform text ("linux/amd64").
  std::map<std::string, LockedPlatform, std::less<>> platforms;
  std::vector<LockedId> users;   ///< system users that packages made, by name
  std::vector<LockedId> groups;  ///< system groups that packages made, by name
  std::int64_t epoch = 0;        ///< newest date among the inputs, or the recipe's
  layer::Encoder encoder;        ///< of the layers
  std::optional<LockedResult> result;

  /// The release of a package's source and suite, or null.
  const LockedRelease* find_release(std::string_view source, std::string_view suite) const;

  friend bool operator==(const Lock&, const Lock&) = default;
};

/// Reads a lock. `file` names it in messages.
/// Errors: invalid, with line, column and caret where the text is not what serialize() writes
/// (merge markers, unknown or missing fields, other order, cut short, changed without its
/// checksum); a newer format.
Lock parse_lock(std::string_view file, std::string_view text);

/// The one text of a lock: keys sorted, two spaces of indent, each record on one line.
std::string serialize(Lock lock);

}  // namespace stamp::workspace
