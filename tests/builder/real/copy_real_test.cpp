// Copies to and from docker-registry in several configurations, with skopeo on the other side.

#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include "base/child.h"
#include "base/temp_file.h"
#include "builder/output/copy_image.h"
#include "oci/config.h"
#include "oci/document.h"
#include "oci/index.h"
#include "oci/layout.h"
#include "oci/manifest.h"
#include "tests/builder/silent_progress.h"
#include "tests/expect_error.h"
#include "tests/registry-client/client_fixture.h"
#include "tests/registry-client/real/docker_registry.h"

namespace stamp::build {
namespace {

constexpr const char* kSkopeo = "/usr/bin/skopeo";

enum class Kind { plain, tls, htpasswd, tokens };

std::string name(Kind kind) {
  switch (kind) {
    case Kind::plain:
      return "plain";
    case Kind::tls:
      return "tls";
    case Kind::htpasswd:
      return "htpasswd";
    case Kind::tokens:
      break;
  }
  return "tokens";
}

/// A registry, and what somebody needs to use it.
class Served {
 public:
  explicit Served(Kind kind) : kind_(kind) {
    registry::DockerRegistryOptions options;
    if (kind == Kind::tls) options.tls = &authority_;
    options.htpasswd = kind == Kind::htpasswd;
    if (kind == Kind::tokens) {
      options.tokens = &tokens_;
      options.signer = &authority_;
    }
    registry_ = std::make_unique<registry::DockerRegistry>(options);
    if (kind == Kind::tls) replace_file(folder_.path() / "ca.crt", authority_.certificate());
  }

  std::string place(const std::string& image) const {
    return "docker://" + registry_->host() + "/" + image;
  }
  void introduce_to(registry::ClientOptions& options, registry::CredentialStore& store) const {
    registry::HostSettings& settings = options.hosts[registry_->host()];
    if (kind_ == Kind::tls) settings.ca_file = registry_->ca_file();
    if (kind_ == Kind::tokens) settings.token_servers = {tokens_.origin()};
    if (kind_ == Kind::htpasswd || kind_ == Kind::tokens) {
      store.add(registry_->host(), {.username = "me", .password = "secret"});
    }
  }
  /// skopeo's options for it as "src" or "dest".
  std::vector<std::string> skopeo_options(const std::string& side) const {
    std::vector<std::string> options;
    if (kind_ == Kind::tls) {
      options.push_back("--" + side + "-cert-dir=" + folder_.path().string());
    } else {
      options.push_back("--" + side + "-tls-verify=false");
    }
    if (kind_ == Kind::htpasswd || kind_ == Kind::tokens) {
      options.push_back("--" + side + "-creds=me:secret");
    }
    return options;
  }

 private:
  Kind kind_;
  TempDir folder_;
  fakes::CertificateAuthority authority_;
  fakes::TokenServer tokens_{{.user = "me", .password = "secret", .signer = &authority_}};
  std::unique_ptr<registry::DockerRegistry> registry_;
};

oci::Descriptor put(oci::LayoutWriter& layout, std::string_view media_type,
                    const std::string& text) {
  layout.put(Digest::of(text), text);
  return {.media_type = std::string(media_type), .digest = Digest::of(text), .size = text.size()};
}

/// A layout with an index of two images, the layer of one of them too large for a single request.
Digest make_layout(const std::filesystem::path& folder) {
  oci::LayoutWriter layout(folder);
  oci::Index index;
  for (const std::string architecture : {"amd64", "arm64"}) {
    const std::size_t size = architecture == "amd64" ? 9'000'000 : 10;
    const std::string layer = registry::some_bytes(size);
    oci::ImageConfig config;
    config.platform = oci::Platform::parse("linux/" + architecture);
    config.diff_ids = {Digest::of(layer)};
    oci::Manifest manifest;
    manifest.config = put(layout, oci::kMediaTypeConfig, config.serialize());
    manifest.layers = {put(layout, oci::kMediaTypeLayer, layer)};
    oci::Descriptor entry = put(layout, manifest.media_type, manifest.serialize());
    entry.platform = config.platform;
    index.manifests.push_back(entry);
  }
  const oci::Descriptor top = put(layout, index.media_type, index.serialize());
  layout.tag("1", top);
  return top.digest;
}

class CopyReal : public testing::TestWithParam<std::tuple<Kind, Kind>> {
 protected:
  void SetUp() override {
    if (const std::string why = registry::docker_registry_missing(); !why.empty()) {
      GTEST_SKIP() << why;
    }
    if (::access(kSkopeo, X_OK) != 0) GTEST_SKIP() << "skopeo is not installed";
  }
  std::string path(const std::string& name) const { return (temp_.path() / name).string(); }
  Digest top_of(const std::string& layout) const {
    return oci::LayoutReader(path(layout)).find("1").digest;
  }
  void skopeo(const std::vector<std::string>& options, const std::string& from,
              const std::string& to) const {
    std::vector<std::string> arguments = {"copy", "--quiet", "--all", "--preserve-digests"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), {from, to});
    Child child({.program = kSkopeo,
                 .arguments = arguments,
                 .environment = {"PATH=/usr/bin:/bin", "HOME=" + temp_.path().string(),
                                 "TMPDIR=" + temp_.path().string()}});
    static_cast<void>(child.communicate("", 100'000));
    ASSERT_EQ(child.wait(), 0) << from << " to " << to;
  }
  TempDir temp_;
  SilentProgress progress_;
};

TEST_P(CopyReal, BothWaysWithSkopeoOnTheOtherSide) {
  const Served one(std::get<0>(GetParam()));
  const Served two(std::get<1>(GetParam()));
  registry::ClientOptions options;
  registry::CredentialStore store;
  one.introduce_to(options, store);
  two.introduce_to(options, store);
  registry::ClientFixture fixture(std::move(options));
  fixture.credentials = store;
  const auto copy = [&](const std::string& from, const std::string& to) {
    return copy_image({.from = ImagePlace::parse(from), .to = ImagePlace::parse(to)},
                      {*fixture.client, progress_, temp_.path() / "scratch"});
  };
  const Digest digest = make_layout(path("made"));
  // stamp to the first, on to the second; skopeo takes it from there.
  EXPECT_EQ(copy("oci:" + path("made") + ":1", one.place("a/app:1")).image.digest, digest);
  EXPECT_EQ(copy(one.place("a/app:1"), two.place("b/app:1")).image.digest, digest);
  EXPECT_TRUE(copy(one.place("a/app:1"), two.place("b/app:1")).written.unchanged);
  skopeo(two.skopeo_options("src"), two.place("b/app:1"), "oci:" + path("theirs") + ":1");
  EXPECT_EQ(top_of("theirs"), digest);
  // skopeo to the second; stamp takes it from there to the first, and out.
  skopeo(two.skopeo_options("dest"), "oci:" + path("made") + ":1", two.place("c/app:2"));
  EXPECT_EQ(copy(two.place("c/app:2"), one.place("d/app:2")).image.digest, digest);
  EXPECT_EQ(copy(one.place("d/app:2"), "oci:" + path("ours") + ":1").image.digest, digest);
  EXPECT_EQ(top_of("ours"), digest);
  // Within one registry nothing is sent.
  const CopiedImage mounted = copy(one.place("d/app:2"), one.place("e/app:3"));
  EXPECT_EQ(mounted.written.sent, 0U);
  EXPECT_GT(mounted.written.mounted, 9'000'000U);
}

INSTANTIATE_TEST_SUITE_P(
    Docker, CopyReal,
    testing::Values(std::tuple(Kind::plain, Kind::plain), std::tuple(Kind::plain, Kind::tls),
                    std::tuple(Kind::tls, Kind::htpasswd), std::tuple(Kind::htpasswd, Kind::tokens),
                    std::tuple(Kind::tokens, Kind::tls)),
    [](const auto& tested) {
      return name(std::get<0>(tested.param)) + "_" + name(std::get<1>(tested.param));
    });

TEST(CopyReadOnly, ARegistryThatIsReadOnlyIsCopiedFromAndRefusesCopies) {
  if (const std::string why = registry::docker_registry_missing(); !why.empty()) {
    GTEST_SKIP() << why;
  }
  const TempDir temp;
  const std::string made = "oci:" + (temp.path() / "made").string() + ":1";
  const Digest digest = make_layout(temp.path() / "made");
  registry::ClientFixture fixture;
  SilentProgress progress;
  const auto copy = [&](const std::string& from, const std::string& to) {
    return copy_image({.from = ImagePlace::parse(from), .to = ImagePlace::parse(to)},
                      {*fixture.client, progress, temp.path() / "scratch"});
  };
  {
    const registry::DockerRegistry writable({.storage = temp.path() / "storage"});
    copy(made, "docker://" + writable.host() + "/app:1");
  }
  const registry::DockerRegistry registry(
      {.changes = registry::DockerRegistryOptions::Changes::none,
       .storage = temp.path() / "storage"});
  const std::string place = "docker://" + registry.host() + "/app:1";
  EXPECT_EQ(copy(place, "oci:" + (temp.path() / "out").string()).image.digest, digest);
  EXPECT_TRUE(copy(made, place).written.unchanged);
  EXPECT_EQ(kind_of([&] { copy(made, "docker://" + registry.host() + "/new:1"); }),
            ErrorKind::denied);
}

}  // namespace
}  // namespace stamp::build
