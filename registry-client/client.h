#pragma once
// The client of OCI registries: RegistryClient for all of them, Repository for one. Everything
// streams, and what is pulled counts only when its size and digest were right.
// Spec: OCI distribution-spec 1.1; where main is stricter, main.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/stream.h"
#include "oci/descriptor.h"
#include "oci/reference.h"
#include "registry-client/credentials.h"
#include "registry-client/host_settings.h"
#include "registry-client/retry_options.h"
#include "registry-client/transport.h"

namespace stamp::registry {

/// What a Repository is used for: it decides which rights are asked of a token server.
enum class Access { pull, push };

/// Opens a blob's bytes from `offset` to the end. Called again when bytes must be sent again. As
/// with sinks, what the stream does must not wait for another request to the same registry: there
/// may be no more at a time.
using OpenSource = std::function<std::unique_ptr<Source>(std::uint64_t offset)>;

/// Gives the sink for a blob's bytes from `offset` on. Called once, and again with offset 0 when
/// the bytes start anew: what the sink before got is worthless then. The sink stays unfinished:
/// finish it when pull_blob() returned.
using OpenSink = std::function<Sink&(std::uint64_t offset)>;

/// A blob to pull.
struct BlobPull {
  Digest digest;
  std::uint64_t size = 0;
  /// The blob's first bytes when they are here already, or null: they are read to their end and
  /// hashed, and only what follows is fetched. Only the first attempt uses them.
  Source* have = nullptr;
};

/// A blob to push.
struct BlobPush {
  Digest digest;
  std::uint64_t size = 0;
  OpenSource open;  ///< empty: nothing is sent, and the outcome may be `absent`
  /// Repositories of the same registry that may have the blob, tried in order (at most two are).
  /// When there are any, the registry is asked to mount instead of whether it has the blob.
  std::vector<std::string> mount_from;
  bool known_absent = false;  ///< the registry has just said so: it is not asked again
};

/// How a blob came to be in the repository.
enum class BlobOutcome { present, mounted, uploaded, absent };

/// What came of a push.
struct BlobPushed {
  BlobOutcome outcome = BlobOutcome::present;
  std::uint64_t bytes_sent = 0;  ///< of the blob, those sent again counted again
};

/// A manifest or index as a registry has it: its exact bytes.
struct ManifestText {
  std::string media_type;
  std::string text;

  Digest digest() const { return Digest::of(text); }
  friend bool operator==(const ManifestText&, const ManifestText&) = default;
};

/// Who knows a pushed manifest as a referrer of its subject.
enum class SubjectRecord {
  none,      ///< it has no subject
  registry,  ///< the registry said that it lists it
  tag,       ///< the client wrote it into the subject's fallback tag
};

/// What came of pushing a manifest.
struct ManifestPushed {
  Digest digest;
  /// Blobs and manifests that the registry says it has not, though it was asked several times. Not
  /// empty: the manifest was not stored. A registry that does not say which names none and fails.
  std::vector<Digest> missing;
  SubjectRecord subject = SubjectRecord::none;
};

enum class Removal { removed, absent };

/// What was asked and moved so far.
struct Traffic {
  std::uint64_t requests = 0;  ///< also those for tokens, and redirects
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
};

/// Settings of a client.
struct ClientOptions {
  HostSettingsMap hosts;
  RetryOptions retry;
  /// Called with a registry's warning, made printable, once for each text. From any thread.
  std::function<void(std::string_view host, std::string_view text)> warn;
};

class ClientState;
class RepositoryEndpoint;

/// A repository of a registry. Cheap to copy; refers to the client, which must outlive it. Safe
/// from many threads.
///
/// Errors of every member: denied (the registry refuses this user, or what it asks for must not be
/// done: an unsafe redirect, an unknown token server); network (no answer, or none that makes
/// sense, after all attempts; says which); corrupt (bytes that are not what they must be);
/// interrupted; unavailable (libcurl is missing); what streams of the caller throw. "Absent" is
/// an answer only when the registry said 404.
class Repository final {
 public:
  const std::string& host() const { return host_; }
  const std::string& name() const { return name_; }
  /// Where what is named by digest is asked for, in this order: "HOST/NAME" of the mirrors and of
  /// the registry itself. For messages.
  std::vector<std::string> places() const;

  /// The size of a blob, 0 when the registry does not say it, or nothing when the blob is absent. A
  /// hint: only pulling verifies.
  std::optional<std::uint64_t> blob_size(const Digest& digest) const;
  /// Pulls a blob; returns the number of bytes that were fetched, or nothing when it is absent.
  /// Broken transfers continue where they ended. When this returns, the sink got exactly the
  /// blob's bytes (with `have`: those after it).
  std::optional<std::uint64_t> pull_blob(const BlobPull& pull, const OpenSink& open) const;
  /// Makes a blob be in the repository: nothing is sent when it is there or can be mounted. Broken
  /// uploads continue where the registry says.
  BlobPushed push_blob(const BlobPush& push) const;
  /// Deletes a blob. Errors also: denied (the registry does not delete).
  Removal delete_blob(const Digest& digest) const;

  /// Type, digest and size of a manifest, or nothing when it is absent. A hint by tag.
  std::optional<oci::Descriptor> head_manifest(const Digest& digest) const;
  std::optional<oci::Descriptor> head_manifest(std::string_view tag) const;
  /// A manifest or index, or nothing when it is absent. At most 4 MiB; its bytes have the digest
  /// that was asked for; Content-Type and its own `mediaType` agree; it is strict JSON and
  /// not both a manifest and an index.
  std::optional<ManifestText> pull_manifest(const Digest& digest) const;
  std::optional<ManifestText> pull_manifest(std::string_view tag) const;
  /// Stores a manifest under its digest or a tag, and makes it known as a referrer of its subject.
  ManifestPushed push_manifest(const ManifestText& manifest) const;
  ManifestPushed push_manifest(const ManifestText& manifest, std::string_view tag) const;
  /// Deletes a manifest with all its tags. Errors also: denied (the registry does not delete).
  Removal delete_manifest(const Digest& digest) const;
  /// Deletes a tag alone. Errors also: denied (the registry does not delete tags).
  Removal delete_tag(std::string_view tag) const;

  /// All tags in the registry's order, or nothing when the repository is absent. At most a million.
  std::optional<std::vector<std::string>> tags() const;
  /// What refers to a manifest, of `artifact_type` unless that is empty. Asks the registry, and
  /// where it knows no referrers, the subject's fallback tag.
  std::vector<oci::Descriptor> referrers(const Digest& subject,
                                         std::string_view artifact_type = {}) const;

 private:
  friend class RegistryClient;
  Repository(ClientState& client, std::string host, std::string name, Access access);
  RepositoryEndpoint endpoint() const;
  std::vector<RepositoryEndpoint> endpoints() const;

  ClientState* client_;
  std::string host_;
  std::string name_;
  Access access_;
};

/// Talks to registries: keeps connections, tokens and what servers asked for (back-off, warnings)
/// for all of them. Safe from many threads.
class RegistryClient final {
 public:
  /// `transport`, `clock` and `credentials` must outlive this.
  RegistryClient(Transport& transport, const Clock& clock, const CredentialStore& credentials,
                 ClientOptions options = {});
  RegistryClient(const RegistryClient&) = delete;
  RegistryClient& operator=(const RegistryClient&) = delete;
  ~RegistryClient();

  /// Asks whether a registry is there and accepts the credentials that the store has for it.
  /// Errors: those of Repository.
  void ping(std::string_view host);
  /// The same for credentials that somebody has just entered. Errors also: denied, with what to do.
  void log_in(std::string_view host);
  /// The repository that a reference names. No request is made.
  Repository repository(const oci::Reference& reference, Access access);
  /// What was asked and moved so far, by all.
  Traffic traffic() const;

 private:
  std::unique_ptr<ClientState> state_;
};

}  // namespace stamp::registry
