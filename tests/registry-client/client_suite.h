#pragma once
// The same tests of the client against every registry: the fake one and real ones. Whoever starts
// a registry instantiates ClientSuite with it.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "registry-client/client.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::registry {

/// A registry that runs, and what it can do.
class SuiteTarget {
 public:
  SuiteTarget() = default;
  SuiteTarget(const SuiteTarget&) = delete;
  SuiteTarget& operator=(const SuiteTarget&) = delete;
  virtual ~SuiteTarget() = default;
  virtual std::string host() const = 0;

  HostSettings settings;                   ///< how to reach it
  std::optional<Credentials> credentials;  ///< what it asks for
  bool referrers = true;                   ///< it has the referrers API
  bool deletes = true;                     ///< it deletes blobs and manifests
  bool tag_deletes = true;                 ///< it deletes tags
  bool exact_deletes = true;     ///< what is deleted is absent afterwards, tags of a manifest too
  bool mounts = true;            ///< it mounts blobs of other repositories
  bool checks_manifests = true;  ///< it refuses a manifest whose blobs it lacks
};

/// How to start one.
struct SuiteRegistry {
  std::string name;
  std::function<std::unique_ptr<SuiteTarget>()> start;
  std::function<std::string()> missing;  ///< why it cannot be started; "" when it can

  friend std::ostream& operator<<(std::ostream& out, const SuiteRegistry& registry) {
    return out << registry.name;
  }
};

/// A registry and a client for it.
class ClientSuite : public ::testing::TestWithParam<SuiteRegistry> {
 protected:
  void SetUp() override;

  Repository repository(const std::string& name, Access access = Access::push) {
    return fixture_->at(target_->host(), name, access);
  }
  /// A client like the suite's, with other credentials or settings.
  std::unique_ptr<ClientFixture> client_with(const HostSettings& settings,
                                             const std::optional<Credentials>& credentials) const;

  std::unique_ptr<SuiteTarget> target_;
  std::unique_ptr<ClientFixture> fixture_;
};

}  // namespace stamp::registry
