#include "tests/registry-client/client_suite.h"

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>

#include "oci/index.h"
#include "oci/manifest.h"
#include "tests/expect_error.h"

namespace stamp::registry {
namespace {

using ::testing::UnorderedElementsAre;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

oci::Descriptor descriptor(std::string_view media_type, const std::string& bytes) {
  return {.media_type = std::string(media_type), .digest = Digest::of(bytes), .size = bytes.size()};
}

/// An image's manifest with one config and some layers, whose blobs it has pushed.
ManifestText image(const Repository& repository, const std::string& config,
                   const std::vector<std::string>& layers = {}) {
  oci::Manifest manifest = {.config = descriptor(oci::kMediaTypeConfig, config)};
  repository.push_blob(MemoryBlob(config).push());
  for (const std::string& layer : layers) {
    manifest.layers.push_back(descriptor(oci::kMediaTypeLayer, layer));
    repository.push_blob(MemoryBlob(layer).push());
  }
  return {.media_type = manifest.media_type, .text = manifest.serialize()};
}

/// Something that refers to `subject`.
ManifestText referrer(const Repository& repository, const ManifestText& subject,
                      const std::string& artifact_type) {
  repository.push_blob(MemoryBlob("{}").push());
  const oci::Manifest manifest = {.artifact_type = artifact_type,
                                  .config = descriptor(oci::kMediaTypeEmpty, "{}"),
                                  .layers = {descriptor(oci::kMediaTypeEmpty, "{}")},
                                  .subject = descriptor(subject.media_type, subject.text)};
  return {.media_type = manifest.media_type, .text = manifest.serialize()};
}

void expect_blob(const Repository& repository, const MemoryBlob& blob) {
  Pulled pulled;
  const std::optional<std::uint64_t> fetched = repository.pull_blob(blob.pull(), pulled.open());
  ASSERT_TRUE(fetched);
  EXPECT_EQ(*fetched, blob.bytes.size());
  EXPECT_TRUE(pulled.text() == blob.bytes);
}

}  // namespace

void ClientSuite::SetUp() {
  if (const std::string why = GetParam().missing(); !why.empty()) GTEST_SKIP() << why;
  target_ = GetParam().start();
  fixture_ = client_with(target_->settings, target_->credentials);
}

std::unique_ptr<ClientFixture> ClientSuite::client_with(
    const HostSettings& settings, const std::optional<Credentials>& credentials) const {
  auto fixture =
      std::make_unique<ClientFixture>(ClientOptions{.hosts = {{target_->host(), settings}}});
  if (credentials) fixture->credentials.add(target_->host(), *credentials);
  return fixture;
}

TEST_P(ClientSuite, APingIsAnswered) {
  fixture_->client->ping(target_->host());
}

TEST_P(ClientSuite, WrongCredentialsAreDeniedWhereTheyMatter) {
  const auto stranger =
      client_with(target_->settings, Credentials{.username = "me", .password = "wrong"});
  if (!target_->credentials) {
    // A registry that asks for none gets none.
    stranger->client->ping(target_->host());
    return;
  }
  EXPECT_EQ(kind_of([&] { stranger->client->ping(target_->host()); }), ErrorKind::denied);
  EXPECT_EQ(
      kind_of([&] { stranger->at(target_->host(), "app").push_blob(MemoryBlob("blob").push()); }),
      ErrorKind::denied);
}

TEST_P(ClientSuite, ABlobComesBackAsItWasPushed) {
  const Repository app = repository("team/app");
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}}) {
    const MemoryBlob blob(some_bytes(size));
    const BlobPushed pushed = app.push_blob(blob.push());
    EXPECT_EQ(pushed.outcome, BlobOutcome::uploaded) << size;
    EXPECT_EQ(pushed.bytes_sent, size);
    EXPECT_EQ(app.blob_size(blob.digest), size);
    expect_blob(app, blob);
  }
}

TEST_P(ClientSuite, ABlobThatIsThereIsNotSent) {
  const Repository app = repository("app");
  const MemoryBlob blob("bytes");
  app.push_blob(blob.push());
  const BlobPushed again = app.push_blob(blob.push());
  EXPECT_EQ(again.outcome, BlobOutcome::present);
  EXPECT_EQ(again.bytes_sent, 0U);
}

TEST_P(ClientSuite, ALargeBlobIsPushedInOnePiece) {
  const Repository app = repository("app");
  const MemoryBlob blob(some_bytes(5 * kMiB + 1));
  EXPECT_EQ(app.push_blob(blob.push()).bytes_sent, blob.bytes.size());
  expect_blob(app, blob);
}

TEST_P(ClientSuite, ALargeBlobIsPushedInChunks) {
  HostSettings settings = target_->settings;
  settings.chunk_size = 100'000;
  const auto client = client_with(settings, target_->credentials);
  const Repository app = client->at(target_->host(), "app");
  const MemoryBlob blob(some_bytes(450'017));
  EXPECT_EQ(app.push_blob(blob.push()).bytes_sent, blob.bytes.size());
  expect_blob(app, blob);
}

TEST_P(ClientSuite, OnlyWhatIsMissingOfABlobIsFetched) {
  const Repository app = repository("app");
  const MemoryBlob blob(some_bytes(kMiB));
  app.push_blob(blob.push());
  for (const std::size_t have : {std::size_t{1}, blob.bytes.size() - 1}) {
    StringSource first(blob.bytes.substr(0, have));
    BlobPull pull = blob.pull();
    pull.have = &first;
    Pulled pulled;
    EXPECT_EQ(app.pull_blob(pull, pulled.open()), blob.bytes.size() - have);
    EXPECT_EQ(pulled.offsets, (std::vector<std::uint64_t>{have}));
    EXPECT_TRUE(pulled.text() == blob.bytes.substr(have));
  }
}

TEST_P(ClientSuite, AbsenceIsAnAnswer) {
  const Repository app = repository("app");
  const MemoryBlob blob("nowhere");
  Pulled pulled;
  EXPECT_EQ(app.blob_size(blob.digest), std::nullopt);
  EXPECT_EQ(app.pull_blob(blob.pull(), pulled.open()), std::nullopt);
  EXPECT_EQ(app.head_manifest(blob.digest), std::nullopt);
  EXPECT_EQ(app.head_manifest("latest"), std::nullopt);
  EXPECT_EQ(app.pull_manifest(blob.digest), std::nullopt);
  EXPECT_EQ(app.pull_manifest("latest"), std::nullopt);
  EXPECT_EQ(app.tags(), std::nullopt);
  EXPECT_TRUE(app.referrers(blob.digest).empty());
}

TEST_P(ClientSuite, ABlobOfAnotherRepositoryIsMounted) {
  const MemoryBlob blob(some_bytes(100'000));
  repository("base").push_blob(blob.push());
  const Repository app = repository("app");
  const BlobPushed pushed = app.push_blob(blob.push({"base"}));
  EXPECT_EQ(pushed.outcome, target_->mounts ? BlobOutcome::mounted : BlobOutcome::uploaded);
  EXPECT_EQ(pushed.bytes_sent, target_->mounts ? 0U : blob.bytes.size());
  expect_blob(app, blob);
}

TEST_P(ClientSuite, ABlobThatCannotBeMountedIsSent) {
  const Repository app = repository("app");
  const MemoryBlob blob(some_bytes(100'000));
  EXPECT_EQ(app.push_blob(blob.push({"base", "other"})).outcome, BlobOutcome::uploaded);
  expect_blob(app, blob);
}

TEST_P(ClientSuite, AManifestComesBackByTagAndDigest) {
  const Repository app = repository("app");
  const ManifestText text = image(app, "config", {"layer one", "layer two"});
  const ManifestPushed pushed = app.push_manifest(text);
  EXPECT_EQ(pushed.digest, text.digest());
  EXPECT_TRUE(pushed.missing.empty());
  EXPECT_EQ(pushed.subject, SubjectRecord::none);
  EXPECT_EQ(app.pull_manifest("v1"), std::nullopt);
  EXPECT_EQ(app.push_manifest(text, "v1").digest, text.digest());
  EXPECT_EQ(app.pull_manifest(text.digest()), text);
  EXPECT_EQ(app.pull_manifest("v1"), text);
  EXPECT_EQ(app.head_manifest("v1"), descriptor(text.media_type, text.text));
  EXPECT_EQ(app.head_manifest(text.digest()), descriptor(text.media_type, text.text));
}

TEST_P(ClientSuite, ATagMoves) {
  const Repository app = repository("app");
  const ManifestText first = image(app, "config one");
  const ManifestText second = image(app, "config two");
  app.push_manifest(first, "v1");
  app.push_manifest(second, "v1");
  EXPECT_EQ(app.pull_manifest("v1"), second);
  EXPECT_EQ(app.pull_manifest(first.digest()), first);
}

TEST_P(ClientSuite, AnIndexComesBack) {
  const Repository app = repository("app");
  oci::Index index;
  for (const char* architecture : {"amd64", "arm64"}) {
    const ManifestText text = image(app, architecture);
    app.push_manifest(text);
    oci::Descriptor entry = descriptor(text.media_type, text.text);
    entry.platform = oci::Platform{.os = "linux", .architecture = architecture};
    index.manifests.push_back(entry);
  }
  const ManifestText text = {.media_type = index.media_type, .text = index.serialize()};
  EXPECT_TRUE(app.push_manifest(text, "all").missing.empty());
  EXPECT_EQ(app.pull_manifest("all"), text);
  EXPECT_EQ(app.head_manifest("all")->media_type, oci::kMediaTypeIndex);
}

TEST_P(ClientSuite, DockersMediaTypesAreKept) {
  const Repository app = repository("app");
  app.push_blob(MemoryBlob("config").push());
  app.push_blob(MemoryBlob("layer").push());
  const oci::Manifest manifest = {.media_type = std::string(oci::kMediaTypeDockerManifest),
                                  .config = descriptor(oci::kMediaTypeDockerConfig, "config"),
                                  .layers = {descriptor(oci::kMediaTypeDockerLayerGzip, "layer")}};
  const ManifestText text = {.media_type = manifest.media_type, .text = manifest.serialize()};
  app.push_manifest(text, "v1");
  EXPECT_EQ(app.pull_manifest("v1"), text);
  oci::Index index = {.media_type = std::string(oci::kMediaTypeDockerIndex),
                      .manifests = {descriptor(text.media_type, text.text)}};
  index.manifests[0].platform = oci::Platform{.os = "linux", .architecture = "amd64"};
  const ManifestText list = {.media_type = index.media_type, .text = index.serialize()};
  app.push_manifest(list, "all");
  EXPECT_EQ(app.pull_manifest("all"), list);
}

TEST_P(ClientSuite, AManifestWithoutItsBlobsIsNotStored) {
  const Repository app = repository("app");
  app.push_blob(MemoryBlob("config").push());
  const oci::Manifest manifest = {.config = descriptor(oci::kMediaTypeConfig, "config"),
                                  .layers = {descriptor(oci::kMediaTypeLayer, "layer")}};
  const ManifestText text = {.media_type = manifest.media_type, .text = manifest.serialize()};
  const ManifestPushed pushed = app.push_manifest(text, "v1");
  if (target_->checks_manifests) {
    EXPECT_EQ(pushed.missing, (std::vector<Digest>{Digest::of("layer")}));
    EXPECT_EQ(app.pull_manifest("v1"), std::nullopt);
  }
  app.push_blob(MemoryBlob("layer").push());
  EXPECT_TRUE(app.push_manifest(text, "v1").missing.empty());
}

TEST_P(ClientSuite, AllTagsAreListed) {
  const Repository app = repository("app");
  const ManifestText text = image(app, "config");
  std::vector<std::string> expected;
  for (int i = 10; i < 22; ++i) {
    expected.push_back("v" + std::to_string(i));
    app.push_manifest(text, expected.back());
  }
  std::optional<std::vector<std::string>> tags = app.tags();
  ASSERT_TRUE(tags);
  std::sort(tags->begin(), tags->end());
  EXPECT_EQ(*tags, expected);
}

TEST_P(ClientSuite, ReferrersAreFound) {
  const Repository app = repository("app");
  const ManifestText subject = image(app, "config");
  app.push_manifest(subject);
  const ManifestText sbom = referrer(app, subject, "application/x-sbom");
  const ManifestText signature = referrer(app, subject, "application/x-signature");
  const SubjectRecord expected = target_->referrers ? SubjectRecord::registry : SubjectRecord::tag;
  EXPECT_EQ(app.push_manifest(sbom).subject, expected);
  EXPECT_EQ(app.push_manifest(signature).subject, expected);
  app.push_manifest(signature);
  std::vector<Digest> found;
  for (const oci::Descriptor& entry : app.referrers(subject.digest())) {
    found.push_back(entry.digest);
  }
  EXPECT_THAT(found, UnorderedElementsAre(sbom.digest(), signature.digest()));
  const std::vector<oci::Descriptor> sboms = app.referrers(subject.digest(), "application/x-sbom");
  ASSERT_EQ(sboms.size(), 1U);
  EXPECT_EQ(sboms[0].digest, sbom.digest());
  EXPECT_EQ(sboms[0].size, sbom.text.size());
  EXPECT_EQ(sboms[0].artifact_type, "application/x-sbom");
}

TEST_P(ClientSuite, BlobsAndManifestsAreDeleted) {
  const Repository app = repository("app");
  const ManifestText text = image(app, "config");
  app.push_manifest(text, "v1");
  const Digest config = Digest::of("config");
  if (!target_->deletes) {
    EXPECT_EQ(kind_of([&] { app.delete_manifest(text.digest()); }), ErrorKind::denied);
    EXPECT_EQ(kind_of([&] { app.delete_blob(config); }), ErrorKind::denied);
    EXPECT_EQ(app.pull_manifest("v1"), text);
    return;
  }
  EXPECT_EQ(app.delete_manifest(text.digest()), Removal::removed);
  EXPECT_EQ(app.pull_manifest(text.digest()), std::nullopt);
  EXPECT_EQ(app.delete_blob(config), Removal::removed);
  if (target_->exact_deletes) {
    EXPECT_EQ(app.delete_manifest(text.digest()), Removal::absent);
    EXPECT_EQ(app.pull_manifest("v1"), std::nullopt);
    EXPECT_EQ(app.delete_blob(config), Removal::absent);
  }
  EXPECT_EQ(app.blob_size(config), std::nullopt);
}

TEST_P(ClientSuite, ATagIsDeletedAlone) {
  const Repository app = repository("app");
  const ManifestText text = image(app, "config");
  app.push_manifest(text, "v1");
  app.push_manifest(text, "v2");
  if (!target_->tag_deletes) {
    EXPECT_EQ(kind_of([&] { app.delete_tag("v1"); }), ErrorKind::denied);
    EXPECT_EQ(app.pull_manifest("v1"), text);
    return;
  }
  EXPECT_EQ(app.delete_tag("v1"), Removal::removed);
  EXPECT_EQ(app.delete_tag("v1"), Removal::absent);
  EXPECT_EQ(app.pull_manifest("v2"), text);
}

TEST_P(ClientSuite, ManyThreadsShareAClient) {
  constexpr int kThreads = 4;
  constexpr int kBlobs = 6;
  const auto name = [](int thread, int number) {
    return some_bytes(static_cast<std::size_t>(20'000 + thread * 100 + number));
  };
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        const Repository app = repository("app");
        for (int i = 0; i < kBlobs; ++i) app.push_blob(MemoryBlob(name(t, i)).push());
      });
    }
  }
  const Repository app = repository("app", Access::pull);
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kBlobs; ++i) expect_blob(app, MemoryBlob(name(t, i)));
  }
}

TEST_P(ClientSuite, TrafficIsCounted) {
  const Repository app = repository("app");
  const MemoryBlob blob(some_bytes(50'000));
  app.push_blob(blob.push());
  const Traffic before = fixture_->client->traffic();
  EXPECT_GE(before.bytes_sent, 50'000U);
  expect_blob(app, blob);
  const Traffic after = fixture_->client->traffic();
  EXPECT_EQ(after.requests, before.requests + 1);
  EXPECT_EQ(after.bytes_received, before.bytes_received + 50'000U);
}

}  // namespace stamp::registry
