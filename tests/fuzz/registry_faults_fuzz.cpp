// A call of the registry client while its servers err in any order. It ends, with the right bytes
// or an Error; no secret goes astray; and faults that pass, fewer than the client's attempts, are
// survived.

#include <cstddef>
#include <memory>
#include <string>

#include <fmt/core.h>

#include "base/digest.h"
#include "oci/reference.h"
#include "registry-client/client.h"
#include "registry-client/login.h"
#include "tests/fuzz/faulty_servers.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace stamp::registry;  // NOLINT(google-build-using-namespace): one file, no header
using stamp::Digest;
using stamp::fuzz::FaultyServers;
using stamp::fuzz::holds_secret;
using stamp::fuzz::Login;
using stamp::fuzz::must;
using stamp::fuzz::Script;
using stamp::fuzz::ServerSettings;

constexpr std::string_view kBlob = "0123456789abcdefghijklmnopqrstuvwxyz-.,;";
constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr int kAttempts = 5;
constexpr int kRetriesInAll = 60;
constexpr std::chrono::hours kLongest{3};

class FixedClock final : public stamp::Clock {
 public:
  std::int64_t now() const override { return 784111767; }  // 1994-11-06T08:49:27Z
};

std::string descriptor(std::string_view type, std::string_view bytes) {
  return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}}})", type,
                     Digest::of(bytes).str(), bytes.size());
}

/// An image manifest with the one blob as config and layer, and maybe a subject.
std::string manifest(std::string_view subject) {
  const std::string blob = descriptor("application/octet-stream", kBlob);
  const std::string end =
      subject.empty() ? "" : R"(,"subject":)" + descriptor(kManifestType, subject);
  return fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]{}}})",
                     kManifestType, blob, blob, end);
}

/// What the calls are about, made once.
struct Content {
  Digest blob = Digest::of(kBlob);
  ManifestText image = {.media_type = std::string(kManifestType), .text = manifest("")};
  ManifestText referrer = {.media_type = std::string(kManifestType), .text = manifest(image.text)};
  Digest image_digest = image.digest();
  Digest referrer_digest = referrer.digest();
};

const Content& content() {
  static const Content made;
  return made;
}

/// What is in the registry, and in its mirror, beforehand.
void fill(stamp::fakes::RegistryState& state, unsigned how_much) {
  state.repositories["other"].blobs[content().blob.str()] = kBlob;
  if (how_much == 0) return;
  auto& app = state.repositories["app"];
  app.blobs[content().blob.str()] = kBlob;
  const std::string digest = content().image_digest.str();
  app.manifests[digest] = {.media_type = content().image.media_type, .body = content().image.text};
  for (const char* tag : {"v1", "v2", "v3"}) app.tags[tag] = digest;
}

/// One run: the servers, a client whose time passes when it waits, and what it is asked for.
class Run {
 public:
  explicit Run(Script& script)
      : script_(script),
        action_(script.next(12)),
        settings_(read_settings(script)),
        servers_(script, settings_) {
    read_credentials();
    fill(servers_.state(), script.next(2));
    servers_.expect_upload(kBlob);
    const bool mirrored = script.next(2) == 1;
    HostSettings host = {.token_servers = {std::string(stamp::fuzz::kTokenServer)}};
    if (mirrored) host.mirrors = {std::string(stamp::fuzz::kMirror)};
    if (script.next(2) == 1) host.chunk_size = 7;
    client_ = std::make_unique<RegistryClient>(
        servers_, clock_, credentials_,
        ClientOptions{.hosts = {{servers_.host(), host}},
                      .retry = retry_options(),
                      .warn = [](std::string_view, std::string_view text) {
                        must(!holds_secret(text) && text.find('\x1b') == std::string_view::npos);
                      }});
  }

  void go() {
    try {
      act(client_->repository({.host = servers_.host(), .repository = "app"}, Access::push));
    } catch (const stamp::Error& error) {
      const std::string message = stamp::render(error);
      must(error.kind() != stamp::ErrorKind::internal);
      must(!holds_secret(message) && message.find_first_of("\x1b\r") == std::string::npos);
      must(!survivable());
    }
  }

 private:
  static ServerSettings read_settings(Script& script) {
    ServerSettings settings;
    constexpr Login kLogins[] = {Login::nobody_asks, Login::basic, Login::token};
    settings.login = kLogins[script.next(3)];
    const unsigned bits = script.next(256);
    settings.loopback = (bits & 1U) != 0;
    settings.for_ever = (bits & 2U) != 0;
    settings.registry.referrers = (bits & 4U) == 0;
    settings.registry.etags = (bits & 8U) != 0;
    settings.registry.mounts = (bits & 16U) == 0;
    settings.registry.deletes = (bits & 32U) == 0;
    settings.registry.page = (bits & 64U) == 0 ? 1000 : 2;
    settings.registry.smallest_chunk = (bits & 128U) == 0 ? 0 : 16;
    return settings;
  }

  void read_credentials() {
    const std::string user(stamp::fuzz::kUser);
    const std::string mirror_password(stamp::fuzz::kMirrorPassword);
    credentials_.add(stamp::fuzz::kMirror, {.username = user, .password = mirror_password});
    const unsigned kind = script_.next(4);
    Credentials own;
    if (kind == 1) own = {.username = user, .password = std::string(stamp::fuzz::kPassword)};
    if (kind == 2) own.identity_token = stamp::fuzz::kRefreshToken;
    if (kind == 3) own.registry_token = stamp::fuzz::kRegistryToken;
    if (kind != 0) credentials_.add(servers_.host(), own);
    welcome_ =
        settings_.login == Login::nobody_asks || settings_.login == Login::token || kind == 1;
  }

  RetryOptions retry_options() {
    return {.attempts = kAttempts,
            .retries_in_all = kRetriesInAll,
            .wait =
                [this](std::chrono::milliseconds time) {
                  must(time.count() >= 0);
                  waited_ += time;
                  must(waited_ < kLongest);
                },
            .now =
                [this] {
                  constexpr std::chrono::hours kBegin{1};
                  return std::chrono::steady_clock::time_point(kBegin + servers_.taken() + waited_);
                }};
  }

  /// Whether what went wrong must not have stopped a client.
  bool survivable() const {
    const bool allowed = !is_deletion() || settings_.registry.deletes;
    return welcome_ && allowed && servers_.only_passing_faults() && servers_.faults() < kAttempts;
  }
  bool is_deletion() const { return action_ == 9 || action_ == 10; }

  void act(const Repository& app) {
    const Digest& digest = content().image_digest;
    switch (action_) {
      case 0:
        return pull(app, {});
      case 1:
        return pull(app, std::string(kBlob.substr(
                             0, script_.next(static_cast<unsigned>(kBlob.size() + 1)))));
      case 2:
        return pull(app, std::string(script_.next(static_cast<unsigned>(kBlob.size() + 1)), 'x'));
      case 3:
        return push(app, {});
      case 4:
        return push(app, {"other", "nowhere"});
      case 5:
        return check_manifest(app.pull_manifest(digest), digest);
      case 6:
        return check_manifest(app.pull_manifest("v1"), std::nullopt);
      case 7:
        return push_referrer(app);
      case 8:
        return list(app);
      case 9:
        static_cast<void>(app.delete_manifest(digest));
        return;
      case 10:
        static_cast<void>(app.delete_blob(content().blob));
        return;
      default:
        return client_->ping(servers_.host());
    }
  }

  /// The sink has exactly the bytes that were missing, or the pull did not succeed.
  static void pull(const Repository& app, const std::string& have) {
    stamp::StringSource known(have);
    std::string got;
    std::unique_ptr<stamp::StringSink> sink;
    const auto fetched = app.pull_blob(
        {.digest = content().blob, .size = kBlob.size(), .have = have.empty() ? nullptr : &known},
        [&](std::uint64_t offset) -> stamp::Sink& {
          must(offset == 0 || offset == have.size());
          got = have.substr(0, static_cast<std::size_t>(offset));
          sink = std::make_unique<stamp::StringSink>();
          return *sink;
        });
    if (fetched) must(got + sink->text() == kBlob);
  }

  void push(const Repository& app, std::vector<std::string> mount_from) {
    const BlobPushed pushed = app.push_blob({.digest = content().blob,
                                             .size = kBlob.size(),
                                             .open =
                                                 [](std::uint64_t offset) {
                                                   must(offset <= kBlob.size());
                                                   return std::make_unique<stamp::StringSource>(
                                                       std::string(kBlob.substr(offset)));
                                                 },
                                             .mount_from = std::move(mount_from)});
    must(pushed.outcome != BlobOutcome::absent);
    if (!servers_.only_passing_faults()) return;
    must(servers_.state().repositories["app"].blobs[content().blob.str()] == kBlob);
  }

  static void check_manifest(const std::optional<ManifestText>& text,
                             const std::optional<Digest>& digest) {
    if (!text) return;
    must(!text->media_type.empty());
    must(!digest || text->digest() == *digest);
  }

  void push_referrer(const Repository& app) {
    fill(servers_.state(), 1);
    const ManifestPushed pushed = app.push_manifest(content().referrer);
    const Digest& digest = content().referrer_digest;
    must(pushed.digest == digest);
    if (!servers_.only_passing_faults()) return;
    must(servers_.state().repositories["app"].manifests.contains(digest.str()));
    must(pushed.missing.empty());
    must((pushed.subject == SubjectRecord::registry) == settings_.registry.referrers);
  }

  void list(const Repository& app) {
    const auto tags = app.tags();
    for (const std::string& tag : tags.value_or(std::vector<std::string>())) {
      must(stamp::oci::is_tag(tag));
    }
    static_cast<void>(app.referrers(content().image_digest));
    static_cast<void>(app.head_manifest("v1"));
    static_cast<void>(app.blob_size(content().blob));
  }

  Script& script_;
  unsigned action_;
  ServerSettings settings_;
  FaultyServers servers_;
  FixedClock clock_;
  CredentialStore credentials_;
  std::unique_ptr<RegistryClient> client_;
  std::chrono::milliseconds waited_{0};
  bool welcome_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  Script script(stamp::fuzz::text_of(bytes, size));
  Run(script).go();
  return 0;
}
