#include "builder/output/copy_image.h"

#include <atomic>

#include "base/temp_file.h"
#include "builder/output/docker_archive_image.h"
#include "layer/codec.h"
#include "oci/config.h"
#include "oci/document.h"
#include "oci/layout.h"
#include "oci/manifest.h"
#include "oci/referrers_tag.h"
#include "tests/builder/silent_progress.h"
#include "tests/expect_error.h"
#include "tests/fakes/registry.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::build {
namespace {

std::string compressed(layer::Compression compression, const std::string& text) {
  StringSink out;
  const auto encoder = layer::make_encoder(compression, out);
  encoder->write(as_bytes(text));
  encoder->finish();
  return out.text();
}

oci::Descriptor described(std::string_view media_type, std::string_view text) {
  return {.media_type = std::string(media_type), .digest = Digest::of(text), .size = text.size()};
}

/// An image as it is stored: texts of blobs, of manifests, and which one is the top.
struct TestImage {
  std::vector<std::string> blobs;
  std::vector<registry::ManifestText> manifests;  ///< the last one is the top

  const registry::ManifestText& top() const { return manifests.back(); }
  std::string digest() const { return top().digest().str(); }
};

/// An image for one platform with two layers, gzip and zstd.
TestImage image_for(const std::string& platform) {
  const std::string one = "layer one of " + platform;
  const std::string two = "layer two " + std::string(5000, 'z');
  TestImage image;
  oci::ImageConfig config;
  config.platform = oci::Platform::parse(platform);
  config.diff_ids = {Digest::of(one), Digest::of(two)};
  image.blobs = {compressed(layer::Compression::gzip, one),
                 compressed(layer::Compression::zstd, two), config.serialize()};
  oci::Manifest manifest;
  manifest.config = described(oci::kMediaTypeConfig, image.blobs[2]);
  manifest.layers = {described(oci::kMediaTypeLayerGzip, image.blobs[0]),
                     described(oci::kMediaTypeLayerZstd, image.blobs[1])};
  // White space is what a copy must keep.
  image.manifests = {{manifest.media_type, manifest.serialize() + "\n\n"}};
  return image;
}

TestImage index_of(const std::vector<std::string>& platforms) {
  TestImage all;
  oci::Index index;
  for (const std::string& platform : platforms) {
    const TestImage one = image_for(platform);
    all.blobs.insert(all.blobs.end(), one.blobs.begin(), one.blobs.end());
    all.manifests.push_back(one.top());
    oci::Descriptor entry = described(one.top().media_type, one.top().text);
    entry.platform = oci::Platform::parse(platform);
    index.manifests.push_back(entry);
  }
  all.manifests.push_back({index.media_type, index.serialize() + " "});
  return all;
}

class CopyImageTest : public testing::Test {
 protected:
  void store(fakes::FakeRegistry& registry, const TestImage& image, const std::string& tag = "1.4",
             const std::string& repository = "home/app") {
    for (const std::string& blob : image.blobs) registry.put_blob(repository, blob);
    for (const registry::ManifestText& manifest : image.manifests) {
      registry.put_manifest(repository, manifest == image.top() ? tag : "",
                            {manifest.media_type, manifest.text});
    }
  }

  CopiedImage copy(const std::string& from, const std::string& to, const std::string& platform = "",
                   WithReferrers referrers = WithReferrers::no) {
    CopyRequest request{.from = ImagePlace::parse(from), .to = ImagePlace::parse(to)};
    if (!platform.empty()) request.platform = oci::Platform::parse(platform);
    request.referrers = referrers;
    return copy_image(request, {*fixture_.client, progress_, temp_.path() / "scratch"});
  }

  std::string at(fakes::FakeRegistry& registry, const std::string& name) {
    return "docker://" + registry.host() + "/" + name;
  }
  std::string path(const std::string& name) const { return (temp_.path() / name).string(); }
  /// Everything below a folder, as text.
  std::map<std::string, std::string> files(const std::string& name) {
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path(name))) {
      if (entry.is_regular_file()) out.emplace(entry.path(), read_file(entry.path()));
    }
    return out;
  }

  TempDir temp_;
  fakes::FakeRegistry source_;
  fakes::FakeRegistry target_;
  registry::ClientFixture fixture_;
  SilentProgress progress_;
};

TEST_F(CopyImageTest, AnIndexStaysAnIndexByteForByte) {
  const TestImage both = index_of({"linux/amd64", "linux/arm64"});
  store(source_, both);
  const CopiedImage copied = copy(at(source_, "home/app:1.4"), at(target_, "copies/app:new"));
  EXPECT_EQ(copied.image.digest.str(), both.digest());
  EXPECT_EQ(copied.image.media_type, oci::kMediaTypeIndex);
  EXPECT_FALSE(copied.written.unchanged);
  const fakes::StoredRepository stored = target_.repository("copies/app");
  EXPECT_EQ(stored.tags, (std::map<std::string, std::string>{{"new", both.digest()}}));
  EXPECT_EQ(stored.manifests.size(), 3U);
  for (const registry::ManifestText& manifest : both.manifests) {
    EXPECT_EQ(stored.manifests.at(manifest.digest().str()).body, manifest.text);
  }
  EXPECT_EQ(stored.blobs.size(), 5U) << "the second layers are one";
}

TEST_F(CopyImageTest, ASecondCopySendsNothing) {
  store(source_, index_of({"linux/amd64", "linux/arm64"}));
  copy(at(source_, "home/app:1.4"), at(target_, "copies/app:new"));
  const CopiedImage again = copy(at(source_, "home/app:1.4"), at(target_, "copies/app:new"));
  EXPECT_TRUE(again.written.unchanged);
  EXPECT_EQ(again.written.sent, 0U);
  EXPECT_EQ(again.requests, 2U);
}

TEST_F(CopyImageTest, BlobsGoBeforeManifestsBeforeTheIndexBeforeTheTag) {
  const TestImage both = index_of({"linux/amd64", "linux/arm64"});
  store(source_, both);
  copy(at(source_, "home/app:1.4"), at(target_, "copies/app:new"));
  std::vector<int> stages;
  for (const fakes::HttpRequest& request : target_.requests()) {
    if (request.method != "PUT") continue;
    const auto names = [&](const std::string& text) {
      return request.target.find(Digest::of(text).hex()) != std::string::npos;
    };
    int stage = 0;
    if (names(both.manifests[0].text) || names(both.manifests[1].text)) stage = 1;
    if (names(both.top().text)) stage = 2;
    if (request.target.ends_with("/manifests/new")) stage = 3;
    stages.push_back(stage);
  }
  EXPECT_EQ(stages, (std::vector<int>{0, 0, 0, 0, 0, 1, 1, 2, 3}));
}

TEST_F(CopyImageTest, DockerTypesAreKept) {
  const std::string config = R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers",)"
                             R"("diff_ids":[]}})";
  oci::Manifest manifest;
  manifest.media_type = oci::kMediaTypeDockerManifest;
  manifest.config = described(oci::kMediaTypeDockerConfig, config);
  const std::string text = manifest.serialize();
  oci::Index list;
  list.media_type = oci::kMediaTypeDockerIndex;
  list.manifests = {described(manifest.media_type, text)};
  list.manifests[0].platform = oci::Platform::parse("linux/amd64");
  const TestImage image{{config},
                        {{manifest.media_type, text}, {list.media_type, list.serialize()}}};
  store(source_, image);
  copy(at(source_, "home/app:1.4"), "oci:" + path("layout") + ":1");
  copy("oci:" + path("layout") + ":1", at(target_, "copies/app:new"));
  const fakes::StoredRepository stored = target_.repository("copies/app");
  EXPECT_EQ(stored.tags.at("new"), image.digest());
  EXPECT_EQ(stored.manifests.at(image.digest()).media_type, oci::kMediaTypeDockerIndex);
  EXPECT_EQ(stored.manifests.at(Digest::of(text).str()).media_type, oci::kMediaTypeDockerManifest);
}

TEST_F(CopyImageTest, OnePlatformIsItsManifest) {
  const TestImage both = index_of({"linux/amd64", "linux/arm64"});
  store(source_, both);
  const CopiedImage copied =
      copy(at(source_, "home/app:1.4"), at(target_, "copies/app:arm"), "linux/arm64");
  EXPECT_EQ(copied.image.digest, both.manifests[1].digest());
  const fakes::StoredRepository stored = target_.repository("copies/app");
  EXPECT_EQ(stored.tags.at("arm"), both.manifests[1].digest().str());
  EXPECT_EQ(stored.manifests.size(), 1U);
  EXPECT_EQ(stored.blobs.size(), 3U);
}

TEST_F(CopyImageTest, APlatformThatIsNotThereIsAnErrorWithThoseThatAre) {
  store(source_, index_of({"linux/amd64", "linux/arm64"}));
  store(source_, image_for("linux/arm64"), "single");
  const std::string to = at(target_, "copies/app:new");
  const auto message = [&](const std::string& from, const std::string& hint) {
    return "stamp: error: cannot copy the image for linux/s390x: there is none\n  while copying '" +
           from + "' to '" + to + "'\n  try: it is there for " + hint + "\n";
  };
  const std::string index = at(source_, "home/app:1.4");
  EXPECT_EQ(message_of([&] { copy(index, to, "linux/s390x"); }),
            message(index, "linux/amd64, linux/arm64"));
  const std::string single = at(source_, "home/app:single");
  EXPECT_EQ(message_of([&] { copy(single, to, "linux/s390x"); }), message(single, "linux/arm64"));
  EXPECT_EQ(copy(single, to, "linux/arm64").image.digest, image_for("linux/arm64").top().digest());
}

TEST_F(CopyImageTest, ATagThatIsNotThereIsAnError) {
  store(source_, image_for("linux/amd64"));
  const std::string from = at(source_, "home/app:2.0");
  const std::string to = at(target_, "copies/app:new");
  EXPECT_EQ(message_of([&] { copy(from, to); }),
            "stamp: error: cannot find '" + from + "': the registry has no such image\n" +
                "  while copying '" + from + "' to '" + to + "'\n");
  EXPECT_TRUE(target_.requests().empty());
}

TEST_F(CopyImageTest, ADestinationOfAnotherDigestIsAnError) {
  const TestImage image = image_for("linux/amd64");
  store(source_, image);
  const std::string from = at(source_, "home/app:1.4");
  const std::string to = at(target_, "copies/app@" + Digest::of("other").str());
  EXPECT_EQ(message_of([&] { copy(from, to); }),
            "stamp: error: cannot copy to '" + to + "': the image is " + image.digest() +
                "\n  while copying '" + from + "' to '" + to +
                "'\n  try: leave the digest of the destination out, or name the image that has "
                "it\n");
  copy(from, at(target_, "copies/app@" + image.digest()));
  EXPECT_EQ(target_.repository("copies/app").manifests.size(), 1U);
  EXPECT_TRUE(target_.repository("copies/app").tags.empty());
}

TEST_F(CopyImageTest, WithinOneRegistryBlobsAreMounted) {
  const TestImage both = index_of({"linux/amd64", "linux/arm64"});
  store(source_, both);
  const CopiedImage copied = copy(at(source_, "home/app:1.4"), at(source_, "copies/app:new"));
  EXPECT_EQ(copied.written.sent, 0U);
  EXPECT_GT(copied.written.mounted, 0U);
  EXPECT_EQ(source_.repository("copies/app").tags.at("new"), both.digest());
  for (const fakes::HttpRequest& request : source_.requests()) {
    const bool fetched =
        request.method == "GET" && request.target.find("/blobs/") != std::string::npos;
    EXPECT_FALSE(fetched) << request.target;
  }
}

TEST_F(CopyImageTest, ARegistryThatDoesNotMountGetsTheBytesThroughThisMachine) {
  fakes::FakeRegistry registry({.mounts = false});
  // One request at a time: whoever asked for the bytes while sending them would wait for ever.
  registry::ClientOptions options;
  options.hosts[registry.host()].concurrency = 1;
  registry::ClientFixture narrow(std::move(options));
  const TestImage image = image_for("linux/amd64");
  store(registry, image);
  const CopyRequest request{.from = ImagePlace::parse(at(registry, "home/app:1.4")),
                            .to = ImagePlace::parse(at(registry, "copies/app:new"))};
  copy_image(request, {*narrow.client, progress_, temp_.path() / "scratch"});
  EXPECT_EQ(registry.repository("copies/app").tags.at("new"), image.digest());
  EXPECT_EQ(registry.open_uploads(), 0U);
}

TEST_F(CopyImageTest, ThroughEveryKindOfPlaceTheDigestStays) {
  const TestImage both = index_of({"linux/amd64", "linux/arm64"});
  store(source_, both);
  copy(at(source_, "home/app:1.4"), "oci:" + path("one") + ":1.4");
  copy("oci:" + path("one"), "oci-archive:" + path("two.tar") + ":1.4");
  copy("oci-archive:" + path("two.tar"), "oci:" + path("three") + ":again");
  copy("oci:" + path("three") + ":again", "oci-archive:" + path("four.tar") + ":1.4");
  EXPECT_EQ(read_file(path("two.tar")), read_file(path("four.tar")));
  copy("oci-archive:" + path("four.tar") + ":1.4", at(target_, "copies/app:new"));
  const fakes::StoredRepository stored = target_.repository("copies/app");
  EXPECT_EQ(stored.tags.at("new"), both.digest());
  EXPECT_EQ(stored.manifests.at(both.digest()).body, both.top().text);
  EXPECT_EQ(stored.blobs.size(), 5U);
}

TEST_F(CopyImageTest, ASecondCopyToFilesWritesNothing) {
  store(source_, index_of({"linux/amd64", "linux/arm64"}));
  for (const std::string& to : {"oci:" + path("layout"), "oci-archive:" + path("a.tar"),
                                "docker-archive:" + path("d.tar") + ":app:1"}) {
    const std::string platform = to.starts_with("docker") ? "linux/amd64" : "";
    EXPECT_FALSE(copy(at(source_, "home/app:1.4"), to, platform).written.unchanged) << to;
    const auto before = files("");
    const CopiedImage again = copy(at(source_, "home/app:1.4"), to, platform);
    EXPECT_TRUE(again.written.unchanged) << to;
    EXPECT_EQ(again.written.sent, 0U) << to;
    EXPECT_EQ(files(""), before) << to;
  }
}

TEST_F(CopyImageTest, ADockerArchiveHasUncompressedLayersAndNames) {
  store(source_, index_of({"linux/amd64", "linux/arm64"}));
  copy(at(source_, "home/app:1.4"), "docker-archive:" + path("d.tar") + ":app:1", "linux/amd64");
  const oci::DockerArchiveReader reader(oci::TarIndex(open_for_reading(path("d.tar")), "d.tar"));
  const oci::DockerArchiveImage& image = reader.find("");
  EXPECT_EQ(image.tags, std::vector<std::string>{"docker.io/library/app:1"});
  ASSERT_EQ(image.layers.size(), 2U);
  EXPECT_EQ(reader.tar().read(image.layers[0], 100), "layer one of linux/amd64");
  const TestImage amd64 = image_for("linux/amd64");
  EXPECT_EQ(reader.tar().read(image.config, 1000), amd64.blobs[2]);
}

TEST_F(CopyImageTest, AnImageOutOfADockerArchiveKeepsConfigAndLayers) {
  store(source_, image_for("linux/amd64"));
  copy(at(source_, "home/app:1.4"), "docker-archive:" + path("d.tar") + ":app:1");
  const CopiedImage copied = copy("docker-archive:" + path("d.tar"), at(target_, "copies/app:new"));
  EXPECT_EQ(copied.image.media_type, oci::kMediaTypeManifest);
  const fakes::StoredRepository stored = target_.repository("copies/app");
  const oci::Manifest manifest =
      oci::Manifest::parse(stored.manifests.at(stored.tags.at("new")).body);
  EXPECT_EQ(manifest.config.digest, Digest::of(image_for("linux/amd64").blobs[2]));
  ASSERT_EQ(manifest.layers.size(), 2U);
  EXPECT_EQ(manifest.layers[0].media_type, oci::kMediaTypeLayer);
  EXPECT_EQ(manifest.layers[0].digest, Digest::of("layer one of linux/amd64"));
  // And back: the same archive.
  copy(at(target_, "copies/app:new"), "docker-archive:" + path("e.tar") + ":app:1");
  EXPECT_EQ(read_file(path("d.tar")), read_file(path("e.tar")));
}

TEST_F(CopyImageTest, ACompressedDockerArchiveIsRead) {
  store(source_, image_for("linux/amd64"));
  copy(at(source_, "home/app:1.4"), "docker-archive:" + path("d.tar") + ":app:1");
  replace_file(path("d.tar.gz"), compressed(layer::Compression::gzip, read_file(path("d.tar"))));
  copy("docker-archive:" + path("d.tar.gz") + ":app:1", "oci:" + path("layout"));
  EXPECT_EQ(oci::LayoutReader(path("layout")).find("latest").media_type, oci::kMediaTypeManifest);
}

TEST_F(CopyImageTest, ADockerArchiveHoldsOnePlatform) {
  store(source_, index_of({"linux/amd64", "linux/arm64"}));
  store(source_, index_of({"linux/arm64"}), "one");
  const std::string from = at(source_, "home/app:1.4");
  const std::string to = "docker-archive:" + path("d.tar");
  EXPECT_EQ(message_of([&] { copy(from, to); }),
            "stamp: error: cannot choose an image: a docker archive holds one platform, and this "
            "is there for linux/amd64, linux/arm64\n  while copying '" +
                from + "' to '" + to + "'\n  try: --platform linux/amd64\n");
  EXPECT_FALSE(std::filesystem::exists(path("d.tar")));
  EXPECT_EQ(copy(at(source_, "home/app:one"), to).image.digest,
            image_for("linux/arm64").top().digest());
}

TEST_F(CopyImageTest, ADockerArchiveHoldsImagesWithoutReferrers) {
  const std::string to = "docker-archive:" + path("d.tar");
  EXPECT_EQ(message_of([&] { copy(at(source_, "home/app:1.4"), to, "", WithReferrers::yes); }),
            "stamp: error: cannot copy referrers to '" + to +
                "': a docker archive holds images only\n  try: oci-archive:" + path("d.tar") +
                "\n");
  TestImage artifact;
  artifact.blobs = {"{}", "text"};
  oci::Manifest manifest;
  manifest.artifact_type = "text/x-notes";
  manifest.config = described(oci::kMediaTypeEmpty, "{}");
  manifest.layers = {described("text/plain", "text")};
  artifact.manifests = {{manifest.media_type, manifest.serialize()}};
  store(source_, artifact);
  const std::string from = at(source_, "home/app:1.4");
  EXPECT_EQ(message_of([&] { copy(from, to); }),
            "stamp: error: cannot write '" + to +
                "': a docker archive holds images, and this is '" +
                std::string(oci::kMediaTypeEmpty) + "'\n  while copying '" + from + "' to '" + to +
                "'\n");
  EXPECT_EQ(copy(from, at(target_, "notes:1")).image.digest.str(), artifact.digest());
}

TEST_F(CopyImageTest, LayersThatAreNotThoseOfTheConfigAreRefusedByADockerArchive) {
  TestImage image = image_for("linux/amd64");
  oci::ImageConfig config = oci::ImageConfig::parse(image.blobs[2]);
  config.diff_ids[0] = Digest::of("another");
  image.blobs[2] = config.serialize();
  oci::Manifest manifest = oci::Manifest::parse(image.top().text);
  manifest.config = described(oci::kMediaTypeConfig, image.blobs[2]);
  image.manifests = {{manifest.media_type, manifest.serialize()}};
  store(source_, image);
  const std::string from = at(source_, "home/app:1.4");
  const std::string to = "docker-archive:" + path("d.tar");
  EXPECT_EQ(message_of([&] { copy(from, to); }),
            "stamp: error: cannot read layer " + manifest.layers[0].digest.brief() +
                ": uncompressed it is " + Digest::of("layer one of linux/amd64").str() +
                ", and the config says " + Digest::of("another").str() + "\n  while copying '" +
                from + "' to '" + to + "'\n");
  EXPECT_FALSE(std::filesystem::exists(path("d.tar")));
}

TEST_F(CopyImageTest, AFileThatIsNoArchiveIsNotReplaced) {
  store(source_, image_for("linux/amd64"));
  replace_file(path("notes.tar"), "my notes");
  EXPECT_EQ(kind_of([&] { copy(at(source_, "home/app:1.4"), "oci-archive:" + path("notes.tar")); }),
            ErrorKind::corrupt);
  EXPECT_EQ(read_file(path("notes.tar")), "my notes");
}

TEST_F(CopyImageTest, AnIndexThatNamesWhatIsNotThereIsNotCopied) {
  TestImage both = index_of({"linux/amd64", "linux/arm64"});
  const registry::ManifestText lost = both.manifests[1];
  both.manifests.erase(both.manifests.begin() + 1);
  store(source_, both);
  const std::string from = at(source_, "home/app:1.4");
  const std::string to = at(target_, "copies/app:new");
  EXPECT_EQ(message_of([&] { copy(from, to); }),
            "stamp: error: cannot find manifest " + lost.digest().str() +
                " for linux/arm64: the index names it and the place does not have it\n"
                "  while copying '" +
                from + "' to '" + to + "'\n  try: --platform takes one of the others\n");
  EXPECT_TRUE(target_.repository("copies/app").manifests.empty());
}

TEST_F(CopyImageTest, ABlobThatTheSourceLacksLeavesNoTag) {
  TestImage image = image_for("linux/amd64");
  const Digest lost = Digest::of(image.blobs[0]);
  image.blobs.erase(image.blobs.begin());
  store(source_, image);
  const std::string from = at(source_, "home/app:1.4");
  for (const std::string& to : {at(target_, "copies/app:new"), "oci:" + path("layout") + ":1",
                                "oci-archive:" + path("a.tar")}) {
    EXPECT_EQ(message_of([&] { copy(from, to); }),
              "stamp: error: cannot read '" + from + "': the registry does not have blob " +
                  lost.str() + ", which a manifest names\n  while copying '" + from + "' to '" +
                  to + "'\n");
  }
  EXPECT_TRUE(target_.repository("copies/app").manifests.empty());
  EXPECT_FALSE(std::filesystem::exists(path("layout") + "/index.json"));
  EXPECT_FALSE(std::filesystem::exists(path("a.tar")));
}

TEST_F(CopyImageTest, WrongBytesAreNeverSent) {
  const TestImage image = image_for("linux/amd64");
  store(source_, image);
  source_.add({.method = "GET",
               .path = "/blobs/" + Digest::of(image.blobs[0]).str(),
               .times = 0,
               .change = [](fakes::HttpReply& reply) { reply.body.back() ^= 1; }});
  EXPECT_EQ(kind_of([&] { copy(at(source_, "home/app:1.4"), at(target_, "copies/app:new")); }),
            ErrorKind::corrupt);
  EXPECT_EQ(target_.repository("copies/app").blobs.count(Digest::of(image.blobs[0]).str()), 0U);
  EXPECT_TRUE(target_.repository("copies/app").tags.empty());
}

TEST_F(CopyImageTest, AnInterruptedOneIsFinishedByTheNext) {
  const TestImage both = index_of({"linux/amd64", "linux/arm64"});
  store(source_, both);
  // Whatever request fails for good, no manifest lacks anything, and the next run completes it.
  for (int failing = 0;; ++failing) {
    const std::string repository = "copies/app" + std::to_string(failing);
    target_.clear_rules();
    target_.add(
        {.path = repository, .after = failing, .times = 0, .instead = fakes::reply_with(403)});
    const std::string to = at(target_, repository + ":new");
    const std::string message = message_of([&] { copy(at(source_, "home/app:1.4"), to); });
    target_.clear_rules();
    const fakes::StoredRepository stopped = target_.repository(repository);
    EXPECT_TRUE(stopped.manifests.empty() || stopped.blobs.size() == 5);
    EXPECT_TRUE(!stopped.manifests.contains(both.digest()) || stopped.manifests.size() == 3);
    if (!message.empty() && !stopped.tags.empty()) {
      EXPECT_EQ(stopped.tags.at("new"), both.digest());
    }
    copy(at(source_, "home/app:1.4"), to);
    const fakes::StoredRepository stored = target_.repository(repository);
    EXPECT_EQ(stored.tags.at("new"), both.digest());
    EXPECT_EQ(stored.blobs.size(), 5U);
    EXPECT_EQ(stored.manifests.size(), 3U);
    if (message.empty()) break;
    ASSERT_LT(failing, 100);
  }
}

/// Something that refers to `subject`.
TestImage note_about(const registry::ManifestText& subject, const std::string& text) {
  TestImage note;
  note.blobs = {"{}", text};
  oci::Manifest manifest;
  manifest.artifact_type = "application/x-note";
  manifest.config = described(oci::kMediaTypeEmpty, "{}");
  manifest.layers = {described("text/plain", text)};
  manifest.subject = described(subject.media_type, subject.text);
  note.manifests = {{manifest.media_type, manifest.serialize()}};
  return note;
}

class CopyReferrersTest : public CopyImageTest {
 protected:
  CopyReferrersTest() {
    store(source_, image_);
    const registry::Repository repository = fixture_.at(source_.host(), "home/app");
    for (const TestImage* note : {&on_index_, &on_manifest_, &on_note_}) {
      for (const std::string& blob : note->blobs) source_.put_blob("home/app", blob);
      static_cast<void>(repository.push_manifest(note->top()));
    }
  }
  /// The digests of what refers to a manifest in the target.
  std::vector<std::string> listed(const registry::ManifestText& subject) {
    std::vector<std::string> out;
    const registry::Repository repository = fixture_.at(target_.host(), "copies/app");
    for (const oci::Descriptor& each : repository.referrers(subject.digest())) {
      out.push_back(each.digest.str());
      EXPECT_EQ(each.artifact_type, "application/x-note");
    }
    return out;
  }
  void expect_all() {
    EXPECT_EQ(listed(image_.top()), std::vector<std::string>{on_index_.digest()});
    EXPECT_EQ(listed(image_.manifests[0]), std::vector<std::string>{on_manifest_.digest()});
    EXPECT_EQ(listed(on_manifest_.top()), std::vector<std::string>{on_note_.digest()});
    const fakes::StoredRepository stored = target_.repository("copies/app");
    EXPECT_EQ(stored.blobs.count(Digest::of("about the note").str()), 1U);
  }

  TestImage image_ = index_of({"linux/amd64", "linux/arm64"});
  TestImage on_index_ = note_about(image_.top(), "about the index");
  TestImage on_manifest_ = note_about(image_.manifests[0], "about amd64");
  TestImage on_note_ = note_about(on_manifest_.top(), "about the note");
};

TEST_F(CopyReferrersTest, AreCopiedWhenAskedFor) {
  const std::string from = at(source_, "home/app:1.4");
  const std::string to = at(target_, "copies/app:new");
  EXPECT_TRUE(copy(from, to).referrers.empty());
  EXPECT_TRUE(listed(image_.top()).empty());
  const CopiedImage copied = copy(from, to, "", WithReferrers::yes);
  EXPECT_EQ(copied.referrers.size(), 3U);
  EXPECT_FALSE(copied.written.unchanged);
  expect_all();
  const CopiedImage again = copy(from, to, "", WithReferrers::yes);
  EXPECT_TRUE(again.written.unchanged);
  EXPECT_EQ(again.referrers.size(), 3U);
}

TEST_F(CopyReferrersTest, ARegistryWithoutTheirApiListsThemUnderATag) {
  fakes::FakeRegistry old({.referrers = false});
  const std::string to = at(old, "copies/app:new");
  copy(at(source_, "home/app:1.4"), to, "", WithReferrers::yes);
  EXPECT_EQ(old.repository("copies/app").tags.count(oci::referrers_tag(image_.top().digest())), 1U);
  EXPECT_TRUE(copy(at(source_, "home/app:1.4"), to, "", WithReferrers::yes).written.unchanged);
  copy(to, at(target_, "copies/app:new"), "", WithReferrers::yes);
  expect_all();
}

TEST_F(CopyReferrersTest, TravelThroughLayoutsAndArchives) {
  const std::string from = at(source_, "home/app:1.4");
  copy(from, "oci:" + path("layout") + ":1", "", WithReferrers::yes);
  EXPECT_TRUE(copy(from, "oci:" + path("layout") + ":1", "", WithReferrers::yes).written.unchanged);
  copy("oci:" + path("layout"), "oci-archive:" + path("a.tar") + ":1", "", WithReferrers::yes);
  EXPECT_TRUE(
      copy("oci:" + path("layout"), "oci-archive:" + path("a.tar") + ":1", "", WithReferrers::yes)
          .written.unchanged);
  copy("oci-archive:" + path("a.tar"), at(target_, "copies/app:new"), "", WithReferrers::yes);
  expect_all();
}

TEST_F(CopyReferrersTest, JoinThoseThatALayoutHas) {
  const std::string from = at(source_, "home/app:1.4");
  copy(from, "oci:" + path("layout") + ":1", "", WithReferrers::yes);
  const TestImage late = note_about(image_.top(), "late");
  for (const std::string& blob : late.blobs) source_.put_blob("home/app", blob);
  static_cast<void>(fixture_.at(source_.host(), "home/app").push_manifest(late.top()));
  EXPECT_FALSE(
      copy(from, "oci:" + path("layout") + ":1", "", WithReferrers::yes).written.unchanged);
  const oci::LayoutReader layout(path("layout"));
  const oci::Descriptor& list = layout.find(oci::referrers_tag(image_.top().digest()));
  EXPECT_EQ(oci::Index::parse(layout.read(list)).manifests.size(), 2U);
}

TEST_F(CopyReferrersTest, AnEntryWithoutATagRefersByItsSubject) {
  copy(at(source_, "home/app:1.4"), "oci:" + path("layout") + ":1");
  oci::LayoutWriter layout(path("layout"));
  for (const std::string& blob : on_index_.blobs) layout.put(Digest::of(blob), blob);
  layout.put(on_index_.top().digest(), on_index_.top().text);
  layout.tag("", described(on_index_.top().media_type, on_index_.top().text));
  copy("oci:" + path("layout") + ":1", at(target_, "copies/app:new"), "", WithReferrers::yes);
  EXPECT_EQ(listed(image_.top()), std::vector<std::string>{on_index_.digest()});
}

}  // namespace
}  // namespace stamp::build
