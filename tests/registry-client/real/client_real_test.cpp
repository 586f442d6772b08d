// ClientSuite against docker-registry.

#include "tests/expect_error.h"
#include "tests/registry-client/client_suite.h"
#include "tests/registry-client/real/docker_registry.h"

namespace stamp::registry {
namespace {

/// What a registry of a configuration needs beside itself.
class DockerTarget final : public SuiteTarget {
 public:
  enum class Kind { plain, tls, htpasswd, tokens, no_deletes };

  explicit DockerTarget(Kind kind) {
    DockerRegistryOptions options;
    // Debian 12's version is older than the referrers API and than deleting a tag.
    referrers = false;
    tag_deletes = false;
    if (kind == Kind::no_deletes) {
      options.changes = DockerRegistryOptions::Changes::no_deletes;
      deletes = false;
    }
    if (kind == Kind::tls) options.tls = &authority_;
    if (kind == Kind::htpasswd) options.htpasswd = true;
    if (kind == Kind::tokens) {
      options.tokens = &tokens_;
      options.signer = &authority_;
      settings.token_servers = {tokens_.origin()};
    }
    if (options.htpasswd || options.tokens != nullptr) {
      credentials = Credentials{.username = "me", .password = "secret"};
    }
    registry_ = std::make_unique<DockerRegistry>(options);
    if (kind == Kind::tls) settings.ca_file = registry_->ca_file();
  }
  std::string host() const override { return registry_->host(); }

 private:
  fakes::CertificateAuthority authority_;
  fakes::TokenServer tokens_{{.user = "me", .password = "secret", .signer = &authority_}};
  std::unique_ptr<DockerRegistry> registry_;
};

SuiteRegistry docker(const std::string& name, DockerTarget::Kind kind) {
  return {.name = name,
          .start = [kind] { return std::make_unique<DockerTarget>(kind); },
          .missing = docker_registry_missing};
}

INSTANTIATE_TEST_SUITE_P(Docker, ClientSuite,
                         ::testing::Values(docker("plain", DockerTarget::Kind::plain),
                                           docker("tls", DockerTarget::Kind::tls),
                                           docker("htpasswd", DockerTarget::Kind::htpasswd),
                                           docker("tokens", DockerTarget::Kind::tokens),
                                           docker("no_deletes", DockerTarget::Kind::no_deletes)),
                         [](const auto& tested) { return tested.param.name; });

TEST(ReadOnlyDockerRegistry, IsPulledFromAndRefusesPushes) {
  if (const std::string why = docker_registry_missing(); !why.empty()) GTEST_SKIP() << why;
  const TempDir storage;
  const MemoryBlob blob(some_bytes(100'000));
  {
    const DockerRegistry writable({.storage = storage.path()});
    ClientFixture fixture;
    fixture.at(writable.host(), "app").push_blob(blob.push());
  }
  const DockerRegistry registry(
      {.changes = DockerRegistryOptions::Changes::none, .storage = storage.path()});
  ClientFixture fixture;
  const Repository app = fixture.at(registry.host(), "app");
  Pulled pulled;
  EXPECT_EQ(app.pull_blob(blob.pull(), pulled.open()), blob.bytes.size());
  EXPECT_TRUE(pulled.text() == blob.bytes);
  EXPECT_EQ(kind_of([&] { app.push_blob(MemoryBlob("new").push()); }), ErrorKind::denied);
}

}  // namespace
}  // namespace stamp::registry
