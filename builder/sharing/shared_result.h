#pragma once
// Results of steps as a registry keeps them: an artifact's manifest for each, with the result's
// blobs as its layers and what is signed in its annotations. docs/formats/shared-cache.md.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/signature.h"
#include "cache/cache.h"
#include "oci/descriptor.h"
#include "registry-client/client.h"

namespace stamp::build {

/// The `artifactType` of these manifests.
inline constexpr std::string_view kSharedResultType = "application/vnd.stamp.step-result.v1";

/// The config of these manifests: the empty JSON object. Spec: OCI image-spec 1.1 manifest.md
/// "Guidance for an Empty Descriptor".
inline constexpr std::string_view kEmptyConfig = "{}";

/// Under which tag a result is: one for each step and signer, so that nobody writes over what
/// another one signed.
struct SharedTag {
  Digest key;          ///< of the step
  std::string signer;  ///< signer_name(), or kUnsigned

  /// "r1-KEY-SIGNER"
  std::string str() const;
  /// Nothing when it is another tag.
  static std::optional<SharedTag> parse(std::string_view tag);
};

/// What stands for the signer of what nobody signed.
inline constexpr std::string_view kUnsigned = "unsigned";

/// What stands for a key in tags and messages: the first 32 digits of its fingerprint.
std::string signer_name(const VerifyingKey& key);

/// Who signs: the text names the program, "stamp 1.2.3".
struct ResultSigner {
  const SigningKey* key = nullptr;  ///< null: nobody, and only blobs are shared
  std::string program;

  /// What stands for it in tags.
  std::string name() const;
};

/// What was asked and moved since `before`.
registry::Traffic difference(registry::Traffic now, const registry::Traffic& before);

/// The manifest of a result.
registry::ManifestText shared_manifest(const Digest& step, const cache::Result& result,
                                       const ResultSigner& signer);

/// The blobs of a result, each once, without empty ones.
std::vector<cache::Blob> blobs_of(const cache::Result& result);

/// What a manifest says that the step `key` gave. `signer`: whose signature must be on it; null: it
/// may be anybody's, and the result must not be believed. Errors: corrupt (it is not such a
/// manifest, is another step's, or its signature is wrong).
cache::Result read_shared_manifest(const registry::ManifestText& manifest, const Digest& key,
                                   const VerifyingKey* signer);

/// The same of the text that is signed. Errors: corrupt; invalid.
cache::Result read_shared_record(std::string_view record, const Digest& key);

}  // namespace stamp::build
