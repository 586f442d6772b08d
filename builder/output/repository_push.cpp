#include "builder/output/repository_push.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/pool.h"

namespace stamp::build {
namespace {

/// A registry may need a moment until it knows a blob that it took.
constexpr int kManifestAttempts = 3;

[[noreturn]] void lost(const Digest& digest) {
  throw Error(ErrorKind::network,
              fmt::format("the registry took {} and does not have it", digest.str()),
              {.hint = "no tag was set; run it again, and if it stays so look at the registry's "
                       "storage and its clean-up"});
}

}  // namespace

void skip_sent(Source& source, std::uint64_t bytes) {
  std::array<std::byte, kBufferSize> buffer{};
  while (bytes > 0) {
    const std::size_t wanted = std::min<std::uint64_t>(bytes, buffer.size());
    const std::size_t count = source.read(std::span(buffer).first(wanted));
    if (count == 0) throw Error(ErrorKind::internal, "a blob is shorter than what was sent of it");
    bytes -= count;
  }
}

bool RepositoryPush::names(std::string_view tag, const Digest& digest) const {
  const std::optional<oci::Descriptor> there = repository_.head_manifest(tag);
  return there && there->digest == digest;
}

void RepositoryPush::push_blobs(const std::vector<BlobToPush>& blobs) {
  std::vector<const BlobToPush*> added;
  for (const BlobToPush& blob : blobs) {
    const auto [place, is_new] = blobs_.emplace(blob.descriptor.digest, blob);
    if (is_new) added.push_back(&place->second);
  }
  if (added.empty()) return;
  Pool pool(std::min(uploads_, added.size()));
  for (const BlobToPush* blob : added) pool.add([this, blob] { push(*blob); });
  pool.wait();
}

void RepositoryPush::push_manifests(std::vector<registry::ManifestText> manifests) {
  for (registry::ManifestText& manifest : manifests) {
    push(manifest, {});
    manifests_.push_back(std::move(manifest));
  }
}

void RepositoryPush::read_back() {
  for (const registry::ManifestText& manifest : manifests_) {
    const std::optional<registry::ManifestText> there =
        repository_.pull_manifest(manifest.digest());
    if (!there) lost(manifest.digest());
    if (*there == manifest) continue;
    throw Error(ErrorKind::corrupt,
                fmt::format("the registry gives manifest {} back as {}, it was sent as {}",
                            manifest.digest().brief(), there->media_type, manifest.media_type));
  }
  if (blobs_.empty()) return;
  Pool pool(std::min(uploads_, blobs_.size()));
  for (const auto& each : blobs_) {
    pool.add([this, &blob = each.second.descriptor] { look_for(blob); });
  }
  pool.wait();
}

void RepositoryPush::look_for(const oci::Descriptor& blob) const {
  const std::optional<std::uint64_t> size = repository_.blob_size(blob.digest);
  if (!size) lost(blob.digest);
  const bool is_said = *size != 0;
  if (!is_said || *size == blob.size) return;
  throw Error(ErrorKind::corrupt, fmt::format("the registry has {} bytes of blob {}, which has {}",
                                              *size, blob.digest.brief(), blob.size));
}

void RepositoryPush::set(const std::string& tag, const registry::ManifestText& manifest) {
  static_cast<void>(repository_.push_manifest(manifest, tag));
  if (names(tag, manifest.digest())) return;
  throw Error(ErrorKind::corrupt,
              fmt::format("tag '{}' was set and does not name {}", tag, manifest.digest().brief()),
              {.hint = "somebody else may publish there at the same time: run it again"});
}

PushedBytes RepositoryPush::moved() {
  return *moved_.lock();
}

void RepositoryPush::push(const BlobToPush& blob) {
  const oci::Descriptor& what = blob.descriptor;
  progress_.started(what.digest.brief());
  registry::BlobPush push = {
      .digest = what.digest, .size = what.size, .open = blob.open, .mount_from = blob.mount_from};
  registry::BlobPushed pushed = repository_.push_blob(push);
  if (pushed.outcome == registry::BlobOutcome::absent) {
    push.open = blob.bring();
    // Who was asked to mount it has not been asked whether it is there.
    push.known_absent = push.mount_from.empty();
    push.mount_from.clear();
    pushed = repository_.push_blob(push);
  }
  progress_.moved(what.size);
  progress_.finished(what.digest.brief());
  auto moved = moved_.lock();
  moved->sent += pushed.bytes_sent;
  if (pushed.outcome == registry::BlobOutcome::mounted) moved->mounted += what.size;
  if (pushed.outcome == registry::BlobOutcome::uploaded) ++moved->blobs;
}

void RepositoryPush::push_tagged(const registry::ManifestText& manifest, const std::string& tag) {
  push(manifest, tag);
}

void RepositoryPush::push(const registry::ManifestText& manifest, const std::string& tag) {
  for (int attempt = 1;; ++attempt) {
    const registry::ManifestPushed pushed = tag.empty() ? repository_.push_manifest(manifest)
                                                        : repository_.push_manifest(manifest, tag);
    if (pushed.missing.empty()) return;
    if (attempt == kManifestAttempts) lost(pushed.missing.front());
    for (const Digest& digest : pushed.missing) {
      const auto blob = blobs_.find(digest);
      if (blob == blobs_.end()) lost(digest);
      push(blob->second);
    }
  }
}

}  // namespace stamp::build
