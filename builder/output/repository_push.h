#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "builder/progress.h"
#include "oci/descriptor.h"
#include "registry-client/client.h"

namespace stamp::build {

/// A blob that a repository is to have.
struct BlobToPush {
  oci::Descriptor descriptor;
  registry::OpenSource open;            ///< empty: see `bring`
  std::vector<std::string> mount_from;  ///< see registry::BlobPush
  /// Gives `open`. Called when the blob must be sent, while nothing is asked of the registry: the
  /// bytes may come from there, too.
  std::function<registry::OpenSource()> bring;
};

/// Passes over the bytes of a blob that a registry has already. Errors: internal (there are fewer).
void skip_sent(Source& source, std::uint64_t bytes);

/// What was moved into a repository.
struct PushedBytes {
  std::uint64_t sent = 0;     ///< of blobs that were uploaded
  std::uint64_t mounted = 0;  ///< of blobs that the registry took from other repositories
  std::size_t blobs = 0;      ///< that were uploaded
};

/// Puts images into a repository, in the order in which it is whole at any time: blobs, then
/// manifests by digest, then all of it is read back, and only then tags are set.
///
/// Errors of every member: those of registry::Repository, and network, when the registry loses what
/// it was given.
class RepositoryPush final {
 public:
  /// `progress` must outlive this. `uploads`: blobs that are sent at the same time.
  RepositoryPush(registry::Repository repository, Progress& progress, std::size_t uploads)
      : repository_(std::move(repository)), progress_(progress), uploads_(uploads) {}

  /// Whether a tag names that manifest already.
  bool names(std::string_view tag, const Digest& digest) const;

  /// Makes blobs be in the repository, several at a time. What `open` and `bring` refer to must
  /// stay until the manifests are pushed.
  void push_blobs(const std::vector<BlobToPush>& blobs);
  /// Stores manifests under their digests, one after the other.
  void push_manifests(std::vector<registry::ManifestText> manifests);
  /// Stores a manifest under a tag, whatever the tag named before; it is not read back. Safe from
  /// many threads once its blobs are pushed.
  void push_tagged(const registry::ManifestText& manifest, const std::string& tag);
  /// Reads back the manifests and asks for the blobs. Errors also: corrupt.
  void read_back();
  /// Lets a tag name a manifest. Errors also: corrupt.
  void set(const std::string& tag, const registry::ManifestText& manifest);

  PushedBytes moved();

 private:
  void push(const BlobToPush& blob);
  void push(const registry::ManifestText& manifest, const std::string& tag);
  void look_for(const oci::Descriptor& blob) const;

  registry::Repository repository_;
  Progress& progress_;
  std::size_t uploads_;
  std::map<Digest, BlobToPush> blobs_;
  std::vector<registry::ManifestText> manifests_;
  Guarded<PushedBytes> moved_;
};

}  // namespace stamp::build
