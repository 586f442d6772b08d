#pragma once
// Uploads of blobs. Private to the client.

#include "registry-client/client.h"
#include "registry-client/endpoint.h"

namespace stamp::registry {

/// Makes a blob be in a repository.
///
/// A small one is sent in one request. A larger one is sent in one PATCH, or in pieces of the
/// host's chunk size (at least what the registry asks for), then completed: so that after a
/// failure the registry says how far it came, and only what follows is sent. An upload that the
/// registry has forgotten starts anew.
/// Spec: OCI distribution-spec 1.1 "Pushing a blob monolithically", "… in chunks", "Mounting a blob
/// from another repository".
BlobPushed push_blob(const RepositoryEndpoint& at, const BlobPush& push);

}  // namespace stamp::registry
