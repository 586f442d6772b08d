// ClientSuite against the fake registry, which behaves well here.

#include "base/temp_file.h"
#include "tests/fakes/certificates.h"
#include "tests/fakes/registry.h"
#include "tests/fakes/token_server.h"
#include "tests/registry-client/client_suite.h"

namespace stamp::registry {
namespace {

using fakes::FakeRegistry;
using fakes::RegistryOptions;

/// A fake registry as a target.
class FakeTarget final : public SuiteTarget {
 public:
  explicit FakeTarget(RegistryOptions options) : registry_(options) {
    referrers = options.referrers;
    deletes = options.deletes;
    tag_deletes = options.deletes && options.tag_deletes;
    if (!options.user.empty()) {
      credentials = Credentials{.username = options.user, .password = options.password};
    }
  }
  std::string host() const override { return registry_.host(); }

 private:
  FakeRegistry registry_;
};

/// One that asks for tokens.
class FakeTokenTarget final : public SuiteTarget {
 public:
  explicit FakeTokenTarget(const std::string& refresh_token)
      : tokens_({.user = "me", .password = "secret", .refresh_token = refresh_token}),
        registry_({.tokens = &tokens_}) {
    credentials = Credentials{.username = "me", .password = "secret"};
    if (!refresh_token.empty()) credentials = Credentials{.identity_token = refresh_token};
    settings.token_servers = {tokens_.origin()};
  }
  std::string host() const override { return registry_.host(); }

 private:
  fakes::TokenServer tokens_;
  FakeRegistry registry_;
};

/// One that speaks TLS.
class FakeTlsTarget final : public SuiteTarget {
 public:
  FakeTlsTarget() : registry_({.tls = authority_.issue()}) {
    settings.ca_file = (folder_.path() / "ca.pem").string();
    replace_file(settings.ca_file, authority_.certificate());
  }
  std::string host() const override { return registry_.host(); }

 private:
  TempDir folder_;
  fakes::CertificateAuthority authority_;
  FakeRegistry registry_;
};

std::string nothing() {
  return "";
}

SuiteRegistry fake(const std::string& name, const RegistryOptions& options) {
  return {.name = name,
          .start = [options] { return std::make_unique<FakeTarget>(options); },
          .missing = nothing};
}

INSTANTIATE_TEST_SUITE_P(
    Fake, ClientSuite,
    ::testing::Values(fake("plain", {}),
                      fake("as_docker_registry",
                           {.referrers = false, .tag_deletes = false, .missing_blob_status = 400}),
                      fake("by_pages", {.page = 2}), fake("no_deletes", {.deletes = false}),
                      fake("etags_no_referrers", {.referrers = false, .etags = true}),
                      fake("basic", {.user = "me", .password = "secret"}),
                      SuiteRegistry{.name = "tokens",
                                    .start = [] { return std::make_unique<FakeTokenTarget>(""); },
                                    .missing = nothing},
                      SuiteRegistry{
                          .name = "refresh_tokens",
                          .start = [] { return std::make_unique<FakeTokenTarget>("again"); },
                          .missing = nothing},
                      SuiteRegistry{.name = "tls",
                                    .start = [] { return std::make_unique<FakeTlsTarget>(); },
                                    .missing = nothing}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace stamp::registry
