#pragma once
// The layout of a lock's text, told once: LockWriter and LockParser both follow it, the one putting
// down the bytes and the other demanding them.

#include <cstddef>
#include <string>
#include <string_view>

#include "workspace/lock.h"

namespace stamp::workspace {

/// A lock with what only its text has.
struct LockDocument {
  Digest checksum;  ///< of what follows the line that it stands on
  Lock lock;
};

/// How the text begins; 64 digits and `kChecksumEnd` follow, then what the checksum is of.
inline constexpr std::string_view kChecksumStart = "{\n  \"checksum\": \"sha256:";
inline constexpr std::string_view kChecksumEnd = "\",\n";
inline constexpr std::size_t kChecksummed = kChecksumStart.size() + 64 + kChecksumEnd.size();

/// The order of lists: each element comes after the one before by these.
inline bool in_order(const LockedKey& a, const LockedKey& b) {
  return a.fingerprint < b.fingerprint;
}
inline bool in_order(const LockedRelease& a, const LockedRelease& b) {
  return a.source != b.source ? a.source < b.source : a.suite < b.suite;
}
inline bool in_order(const LockedPackage& a, const LockedPackage& b) {
  if (a.layer != b.layer) return a.layer < b.layer;
  return a.name != b.name ? a.name < b.name : a.architecture < b.architecture;
}
inline bool in_order(const LockedArchive& a, const LockedArchive& b) {
  return a.url < b.url;
}
inline bool in_order(const LockedBase& a, const LockedBase& b) {
  return a.reference < b.reference;
}
inline bool in_order(const LockedId& a, const LockedId& b) {
  return a.name < b.name;
}

/// The members of each record, in the order of their names. `io` has value(name, …) for texts,
/// numbers and digests, optional(name, …) for texts that need not be there, time(name, …) for
/// times.
template <typename Io>
void describe(Io& io, layer::Encoder& encoder) {
  io.value("level", encoder.level);
  io.value("name", encoder.name);
  io.value("version", encoder.version);
}
template <typename Io>
void describe(Io& io, LockedKey& key) {
  io.value("fingerprint", key.fingerprint);
  io.value("key", key.key);
}
template <typename Io>
void describe(Io& io, LockedRelease& release) {
  io.value("archive", release.archive);
  io.value("codename", release.codename);
  io.time("date", release.date);
  io.value("digest", release.digest);
  io.value("key", release.key);
  io.value("origin", release.origin);
  io.value("size", release.size);
  io.value("snapshot", release.snapshot);
  io.value("source", release.source);
  io.value("suite", release.suite);
  io.time("valid_until", release.valid_until);
}
template <typename Io>
void describe(Io& io, LockedPackage& package) {
  io.value("architecture", package.architecture);
  io.value("digest", package.digest);
  io.value("layer", package.layer);
  io.value("name", package.name);
  io.value("path", package.path);
  io.value("size", package.size);
  io.value("source", package.source);
  io.value("suite", package.suite);
  io.value("version", package.version);
  io.value("why", package.why);
}
template <typename Io>
void describe(Io& io, LockedArchive& archive) {
  io.value("digest", archive.digest);
  io.value("size", archive.size);
  io.value("url", archive.url);
}
template <typename Io>
void describe(Io& io, LockedBase& base) {
  io.time("created", base.created);
  io.value("digest", base.digest);
  io.optional("merged", base.merged);
  io.value("reference", base.reference);
  io.optional("system", base.system);
}
template <typename Io>
void describe(Io& io, LockedId& id) {
  io.value("name", id.name);
  io.value("number", id.number);
}
template <typename Io>
void describe(Io& io, LockedLayer& layer) {
  io.value("diff_id", layer.diff_id);
  io.value("digest", layer.digest);
  io.value("size", layer.size);
}

/// The members of what spans several lines. `io` also has record(name, …), list(name, …) for
/// records in their order, sequence(name, …) for records in an order of their own, object(name, …)
/// and map(name, …).
template <typename Io>
void describe(Io& io, LockedPlatform& platform) {
  io.list("archives", platform.archives);
  io.list("bases", platform.bases);
  io.list("packages", platform.packages);
}
template <typename Io>
void describe(Io& io, LockedImage& image) {
  io.value("digest", image.digest);
  io.sequence("layers", image.layers);
  io.value("size", image.size);
}
template <typename Io>
void describe(Io& io, LockedResult& result) {
  io.value("digest", result.digest);
  io.map("platforms", result.platforms);
}
template <typename Io>
void describe(Io& io, LockDocument& document) {
  Lock& lock = document.lock;
  io.value("checksum", document.checksum);
  io.record("encoder", lock.encoder);
  io.time("epoch", lock.epoch);
  io.format("format");
  io.list("groups", lock.groups);
  io.value("inputs", lock.inputs);
  io.list("keys", lock.keys);
  io.map("platforms", lock.platforms);
  io.value("recipe", lock.recipe);
  io.list("releases", lock.releases);
  io.object("result", lock.result);
  io.list("users", lock.users);
}

}  // namespace stamp::workspace
