#include "registry-client/manifests.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "oci/media_type.h"
#include "oci/reference.h"
#include "registry-client/blobs.h"
#include "registry-client/content_range.h"
#include "registry-client/manifest_text.h"
#include "registry-client/server_text.h"

namespace stamp::registry {
namespace {

constexpr std::uint64_t kMaxManifest = std::uint64_t{4} << 20U;
/// A registry may look for all that a manifest names before it answers.
constexpr std::chrono::seconds kPatience{120};

/// All types that are understood, and any other: what is only copied need not be understood.
std::string accepted_types() {
  return fmt::format("{}, {}, {}, {}, */*;q=0.1", oci::kMediaTypeIndex, oci::kMediaTypeManifest,
                     oci::kMediaTypeDockerIndex, oci::kMediaTypeDockerManifest);
}

Call call(const RepositoryEndpoint& at, std::string_view verb, std::string_view joint,
          std::string method, const ManifestName& name) {
  return {.what = fmt::format("{} {} {} {}", verb, name.str(), joint, at.str()),
          .method = std::move(method),
          .target = at.at("/manifests/" + name.text),
          .rights = at.rights()};
}

/// The digest that a server names; nothing when it names none that could be checked.
std::optional<Digest> named_digest(const Response& head) {
  const std::string* field = head.header("docker-content-digest");
  constexpr std::string_view kSha256 = "sha256:";
  if (field == nullptr || field->size() != kSha256.size() + 64 || !field->starts_with(kSha256)) {
    return std::nullopt;
  }
  const std::string_view hex = std::string_view(*field).substr(kSha256.size());
  if (hex.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  return Digest::parse_hex(hex);
}

/// The blobs that a registry says it lacks.
std::vector<Digest> missing_of(const Answer& answer) {
  std::vector<Digest> missing;
  for (const ServerError& error : read_server_errors(answer.text)) {
    const bool unknown = error.code == "MANIFEST_BLOB_UNKNOWN" || error.code == "BLOB_UNKNOWN" ||
                         error.code == "MANIFEST_UNKNOWN";
    const std::size_t start = error.detail.find("sha256:");
    if (!unknown || start == std::string::npos) continue;
    const std::string hex = error.detail.substr(start + 7, 64);
    if (hex.size() != 64 || hex.find_first_not_of("0123456789abcdef") != std::string::npos)
      continue;
    const Digest digest = Digest::parse_hex(hex);
    if (std::ranges::find(missing, digest) == missing.end()) missing.push_back(digest);
  }
  return missing;
}

/// What the answer to a GET or HEAD says without its body.
oci::Descriptor described(const Response& head, const Digest& digest) {
  oci::Descriptor descriptor;
  const std::string* type = head.header("content-type");
  if (type != nullptr) descriptor.media_type = type->substr(0, type->find(';'));
  const std::string* length = head.header("content-length");
  if (length != nullptr) descriptor.size = parse_byte_count(*length).value_or(0);
  descriptor.digest = digest;
  return descriptor;
}

}  // namespace

ManifestName ManifestName::of_tag(std::string_view tag) {
  if (!oci::is_tag(tag)) {
    throw Error(ErrorKind::invalid,
                fmt::format("cannot use the tag '{}': it is malformed", printable(tag, 140)));
  }
  return {.text = std::string(tag)};
}

std::string ManifestName::str() const {
  return digest ? fmt::format("manifest '{}'", digest->brief()) : fmt::format("tag '{}'", text);
}

std::optional<oci::Descriptor> head_manifest(const RepositoryEndpoint& at,
                                             const ManifestName& name) {
  Call request = call(at, "ask for", "of", "HEAD", name);
  request.headers = {{"Accept", accepted_types()}};
  const Answer answer = at.session().send(request);
  const int status = answer.head.status;
  if (status == 404) return std::nullopt;
  const std::optional<Digest> digest = name.digest ? name.digest : named_digest(answer.head);
  if (status == 200 && digest) return described(answer.head, *digest);
  if (status != 200 && status != 405 && status != 501) throw at.session().failure(request, answer);
  // A registry without HEAD, or that does not say which manifest it is.
  const std::optional<FetchedManifest> fetched = fetch_manifest(at, name);
  if (!fetched) return std::nullopt;
  oci::Descriptor descriptor;
  descriptor.media_type = fetched->manifest.media_type;
  descriptor.digest = fetched->manifest.digest();
  descriptor.size = fetched->manifest.text.size();
  return descriptor;
}

std::optional<FetchedManifest> fetch_manifest(const RepositoryEndpoint& at,
                                              const ManifestName& name) {
  Call request = call(at, "pull", "of", "GET", name);
  request.headers = {{"Accept", accepted_types()}, {"Accept-Encoding", "identity"}};
  request.text_limit = kMaxManifest;
  const Answer answer = at.session().send(request);
  if (answer.head.status == 404) return std::nullopt;
  if (answer.head.status != 200) throw at.session().failure(request, answer);
  const auto wrong = [&](std::string_view problem) {
    return Error(ErrorKind::corrupt, fmt::format("cannot {}: {}", request.what, problem),
                 {.input = answer.from.url.redacted()});
  };
  if (answer.cut) throw wrong(fmt::format("it has more than {} bytes", kMaxManifest));
  const Digest digest = Digest::of(answer.text);
  if (name.digest && digest != *name.digest) {
    throw wrong(fmt::format("its bytes are others than announced: {}", digest.str()));
  }
  const std::string* type = answer.head.header("content-type");
  FetchedManifest fetched;
  fetched.manifest.media_type = during(fmt::format("trying to {}", request.what), [&] {
    return manifest_type(answer.text, type != nullptr ? *type : "");
  });
  fetched.manifest.text = answer.text;
  if (const std::string* etag = answer.head.header("etag")) fetched.etag = *etag;
  return fetched;
}

StoreResult store_manifest(const RepositoryEndpoint& at, const ManifestName& name,
                           const ManifestText& manifest, const Condition& condition) {
  Call request = call(at, "push", "to", "PUT", name);
  request.headers = {{"Content-Type", manifest.media_type}};
  if (!condition.if_match.empty()) request.headers.push_back({"If-Match", condition.if_match});
  if (!condition.if_none_match.empty()) {
    request.headers.push_back({"If-None-Match", condition.if_none_match});
  }
  request.body = RequestBody{.length = manifest.text.size(), .open = [&manifest] {
                               return std::make_unique<StringSource>(manifest.text);
                             }};
  request.patience = kPatience;
  const Digest digest = manifest.digest();
  constexpr int kMostTries = 3;
  Attempts attempts = at.session().attempts();
  for (int tries = 1;; ++tries) {
    const Answer answer = at.session().send(request);
    const int status = answer.head.status;
    if (status == 201 || status == 200 || status == 202) {
      const std::optional<Digest> stored = named_digest(answer.head);
      if (stored && *stored != digest) {
        throw Error(ErrorKind::corrupt,
                    fmt::format("cannot {}: the registry stored {} instead of {}", request.what,
                                stored->str(), digest.str()));
      }
      return {.pushed = {.digest = digest},
              .subject_recorded = answer.head.header("oci-subject") != nullptr};
    }
    if (status == 412) return {.pushed = {.digest = digest}, .condition_failed = true};
    const std::vector<Digest> missing = missing_of(answer);
    if (!missing.empty() && tries == kMostTries) {
      return {.pushed = {.digest = digest, .missing = missing}};
    }
    if (missing.empty()) {
      if (status != 413) throw at.session().failure(request, answer);
      const Error error = at.session().failure(request, answer);
      throw Error(ErrorKind::denied,
                  fmt::format("{}; it has {} bytes", error.headline(), manifest.text.size()),
                  error.details());
    }
    // A registry may need a moment to know what it has just got.
    attempts.failed(at.session().setback(request, answer));
  }
}

Removal delete_manifest(const RepositoryEndpoint& at, const ManifestName& name) {
  Call request = call(at, "delete", "of", "DELETE", name);
  request.rights = at.with_actions("delete,pull,push");
  return removal_of(at, request);
}

}  // namespace stamp::registry
