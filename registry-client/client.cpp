#include "registry-client/client.h"

#include <atomic>
#include <map>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/guarded.h"
#include "registry-client/blobs.h"
#include "registry-client/endpoint.h"
#include "registry-client/listing.h"
#include "registry-client/manifest_text.h"
#include "registry-client/manifests.h"
#include "registry-client/session.h"
#include "registry-client/uploads.h"

namespace stamp::registry {

/// What is behind a client: its parts, and a session for each registry that was talked to.
class ClientState final {
 public:
  ClientState(Transport& transport, const Clock& clock, const CredentialStore& credentials,
              ClientOptions options)
      : options_(std::move(options)),
        retry_(with_defaults(options_.retry)),
        budget_(retry_.retries_in_all),
        parts_{transport, clock, credentials, retry_, counters_, budget_} {}

  Session& session(const std::string& host) {
    auto sessions = sessions_.lock();
    std::unique_ptr<Session>& session = (*sessions)[host];
    if (!session) {
      session = std::make_unique<Session>(
          parts_, host, settings_of(options_.hosts, host),
          [this](const std::string& from, const std::string& text) { warn(from, text); });
    }
    return *session;
  }
  const HostSettings& settings(std::string_view host) const {
    return settings_of(options_.hosts, host);
  }
  Traffic traffic() const {
    return {counters_.requests, counters_.bytes_sent, counters_.bytes_received};
  }

 private:
  void warn(const std::string& host, const std::string& text) {
    constexpr std::size_t kMaxWarnings = 100;
    if (!options_.warn) return;
    const std::string shown = printable(text, 1000);
    {
      auto seen = warned_.lock();
      if (seen->size() == kMaxWarnings || !seen->insert(host + "\n" + shown).second) return;
    }
    options_.warn(host, shown);
  }

  ClientOptions options_;
  RetryOptions retry_;
  Counters counters_;
  std::atomic<int> budget_;
  ClientParts parts_;
  Guarded<std::map<std::string, std::unique_ptr<Session>>> sessions_;
  Guarded<std::set<std::string>> warned_;
};

namespace {

std::string actions_of(Access access) {
  return access == Access::push ? "pull,push" : "pull";
}

/// Asks the places of a repository one after the other, the registry itself last: its answer is
/// the one that counts when the others have nothing or fail.
template <typename Ask>
auto first_to_have(const std::vector<RepositoryEndpoint>& places, Ask&& ask) {
  for (std::size_t i = 0; i + 1 < places.size(); ++i) {
    try {
      if (auto found = ask(places[i])) return found;
    } catch (const Error& error) {
      const ErrorKind kind = error.kind();
      const bool of_the_place = kind == ErrorKind::network || kind == ErrorKind::denied ||
                                kind == ErrorKind::corrupt || kind == ErrorKind::unavailable;
      if (!of_the_place) throw;
    }
  }
  return ask(places.back());
}

/// Stores a manifest and sees to it that its subject's referrers name it.
ManifestPushed store_and_record(const RepositoryEndpoint& at, const ManifestName& name,
                                const ManifestText& manifest) {
  const std::optional<oci::Descriptor> subject = subject_of(manifest.text);
  StoreResult stored = store_manifest(at, name, manifest);
  if (!subject || !stored.pushed.missing.empty()) return stored.pushed;
  stored.pushed.subject = SubjectRecord::registry;
  if (!stored.subject_recorded) {
    ReferrerFacts facts = referrer_facts(manifest.text);
    oci::Descriptor referrer;
    referrer.media_type = manifest.media_type;
    referrer.digest = stored.pushed.digest;
    referrer.size = manifest.text.size();
    referrer.artifact_type = std::move(facts.artifact_type);
    referrer.annotations = std::move(facts.annotations);
    add_to_referrers_tag(at, subject->digest, referrer);
    stored.pushed.subject = SubjectRecord::tag;
  }
  return stored.pushed;
}

}  // namespace

Repository::Repository(ClientState& client, std::string host, std::string name, Access access)
    : client_(&client), host_(std::move(host)), name_(std::move(name)), access_(access) {}

RepositoryEndpoint Repository::endpoint() const {
  return RepositoryEndpoint(client_->session(host_), name_, actions_of(access_));
}

std::vector<RepositoryEndpoint> Repository::endpoints() const {
  std::vector<RepositoryEndpoint> places;
  for (const std::string& mirror : client_->settings(host_).mirrors) {
    places.emplace_back(client_->session(mirror), name_, actions_of(Access::pull), host_);
  }
  places.push_back(endpoint());
  return places;
}

std::vector<std::string> Repository::places() const {
  std::vector<std::string> names;
  for (const RepositoryEndpoint& place : endpoints()) names.push_back(place.str());
  return names;
}

std::optional<std::uint64_t> Repository::blob_size(const Digest& digest) const {
  return registry::blob_size(endpoint(), digest);
}

std::optional<std::uint64_t> Repository::pull_blob(const BlobPull& pull,
                                                   const OpenSink& open) const {
  BlobPull rest = pull;
  bool opened = false;
  // What one place began, the next one begins anew.
  const OpenSink open_again = [&](std::uint64_t offset) -> Sink& {
    opened = true;
    return open(offset);
  };
  return first_to_have(endpoints(), [&](const RepositoryEndpoint& place) {
    if (opened) rest.have = nullptr;
    return registry::pull_blob(place, rest, open_again);
  });
}

BlobPushed Repository::push_blob(const BlobPush& push) const {
  return registry::push_blob(endpoint(), push);
}

Removal Repository::delete_blob(const Digest& digest) const {
  return registry::delete_blob(endpoint(), digest);
}

std::optional<oci::Descriptor> Repository::head_manifest(const Digest& digest) const {
  return registry::head_manifest(endpoint(), ManifestName::of_digest(digest));
}

std::optional<oci::Descriptor> Repository::head_manifest(std::string_view tag) const {
  return registry::head_manifest(endpoint(), ManifestName::of_tag(tag));
}

std::optional<ManifestText> Repository::pull_manifest(const Digest& digest) const {
  return first_to_have(endpoints(),
                       [&](const RepositoryEndpoint& place) -> std::optional<ManifestText> {
                         std::optional<FetchedManifest> fetched =
                             fetch_manifest(place, ManifestName::of_digest(digest));
                         if (!fetched) return std::nullopt;
                         return std::move(fetched->manifest);
                       });
}

std::optional<ManifestText> Repository::pull_manifest(std::string_view tag) const {
  std::optional<FetchedManifest> fetched = fetch_manifest(endpoint(), ManifestName::of_tag(tag));
  if (!fetched) return std::nullopt;
  return std::move(fetched->manifest);
}

ManifestPushed Repository::push_manifest(const ManifestText& manifest) const {
  return store_and_record(endpoint(), ManifestName::of_digest(manifest.digest()), manifest);
}

ManifestPushed Repository::push_manifest(const ManifestText& manifest, std::string_view tag) const {
  return store_and_record(endpoint(), ManifestName::of_tag(tag), manifest);
}

Removal Repository::delete_manifest(const Digest& digest) const {
  return registry::delete_manifest(endpoint(), ManifestName::of_digest(digest));
}

Removal Repository::delete_tag(std::string_view tag) const {
  return registry::delete_manifest(endpoint(), ManifestName::of_tag(tag));
}

std::optional<std::vector<std::string>> Repository::tags() const {
  return list_tags(endpoint());
}

std::vector<oci::Descriptor> Repository::referrers(const Digest& subject,
                                                   std::string_view artifact_type) const {
  return list_referrers(endpoint(), subject, artifact_type);
}

RegistryClient::RegistryClient(Transport& transport, const Clock& clock,
                               const CredentialStore& credentials, ClientOptions options)
    : state_(std::make_unique<ClientState>(transport, clock, credentials, std::move(options))) {}

RegistryClient::~RegistryClient() = default;

void RegistryClient::ping(std::string_view host) {
  Session& session = state_->session(std::string(host));
  const Call call = {.what = fmt::format("reach the registry '{}'", printable(host, 300)),
                     .target = session.at("/v2/")};
  const Answer answer = session.send(call);
  if (answer.head.status != 200) throw session.failure(call, answer);
}

void RegistryClient::log_in(std::string_view host) {
  Session& session = state_->session(std::string(host));
  const Call call = {.what = fmt::format("log in to '{}'", printable(host, 300)),
                     .target = session.at("/v2/")};
  const Answer answer = session.send(call);
  if (answer.head.status == 200) return;
  const Error error = session.failure(call, answer);
  const bool refused = error.kind() == ErrorKind::denied;
  throw Error(error.kind(), error.headline(),
              {.input = error.details().input,
               .hint = refused ? "look at user name and password; some registries want a token "
                                 "of their own instead of the password"
                               : ""});
}

Repository RegistryClient::repository(const oci::Reference& reference, Access access) {
  return Repository(*state_, reference.host, reference.repository, access);
}

Traffic RegistryClient::traffic() const {
  return state_->traffic();
}

}  // namespace stamp::registry
