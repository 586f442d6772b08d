#pragma once
// What a fake registry holds, and the parts of its protocol that work on it.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/http_query.h"
#include "tests/fakes/http_server.h"
#include "tests/fakes/token_server.h"

namespace stamp::fakes {

/// What a registry offers and whom it lets in.
struct RegistryOptions {
  std::string user;                ///< who may use it, by Basic authentication; anybody when empty
  std::string password;            ///< the user's
  TokenServer* tokens = nullptr;   ///< asks for its tokens; must outlive the registry
  bool referrers = true;           ///< offers the referrers API
  bool deletes = true;             ///< blobs and manifests may be deleted
  bool tag_deletes = true;         ///< and tags
  bool read_only = false;          ///< nothing may be changed
  bool mounts = true;              ///< blobs are mounted from other repositories
  bool etags = false;              ///< manifests have ETags, and If-Match is heeded
  std::size_t page = 1000;         ///< tags and referrers in an answer at most
  std::size_t smallest_chunk = 0;  ///< OCI-Chunk-Min-Length, when not 0
  std::size_t largest_manifest = 4U << 20U;  ///< more is refused with 413
  int missing_blob_status = 404;             ///< of a manifest whose blobs are not there
  std::optional<TlsIdentity> tls;            ///< https when it is there
  TlsVersion newest_tls = TlsVersion::v1_3;
};

/// A manifest as it was put.
struct StoredManifest {
  std::string media_type;
  std::string body;
};

/// One repository. Digests are texts: a registry takes other algorithms than stamp, too.
struct StoredRepository {
  std::map<std::string, std::string> blobs;  ///< by digest
  std::map<std::string, StoredManifest> manifests;
  std::map<std::string, std::string> tags;  ///< digest by tag
};

/// Everything that a registry holds.
struct RegistryState {
  struct Upload {
    std::string repository;
    std::string bytes;
  };
  std::map<std::string, StoredRepository> repositories;
  std::map<std::string, Upload> uploads;
  int uploads_started = 0;
};

/// A request, taken apart.
struct RegistryCall {
  const HttpRequest& request;
  std::string repository;
  std::string kind;       ///< "blobs", "uploads", "manifests", "tags" or "referrers"; "" for a ping
  std::string reference;  ///< tag, digest or upload
  Query query;
};

/// The call that a request makes; nothing when its path is none of the protocol's.
std::optional<RegistryCall> parse_call(const HttpRequest& request);
/// An answer with an error in the form of the specification.
HttpReply registry_error(int status, std::string_view code, std::string_view message);
/// The answer to a manifest that needs what is not there, with an error for each.
HttpReply missing_blobs(int status, const std::vector<std::string>& digests);
/// The digest of `bytes` by the algorithm that `like` has; "" when that is none.
std::string digest_like(std::string_view like, std::string_view bytes);

// What follows changes the state as a right registry does (OCI distribution-spec 1.1).
HttpReply answer_blobs(RegistryState& state, const RegistryOptions& options,
                       const RegistryCall& call);
HttpReply answer_uploads(RegistryState& state, const RegistryOptions& options,
                         const RegistryCall& call);
HttpReply answer_manifests(RegistryState& state, const RegistryOptions& options,
                           const RegistryCall& call);
HttpReply answer_tags(RegistryState& state, const RegistryOptions& options,
                      const RegistryCall& call);
HttpReply answer_referrers(RegistryState& state, const RegistryOptions& options,
                           const RegistryCall& call);

}  // namespace stamp::fakes
