#pragma once
// A client that talks to fake servers and does not really wait.

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "oci/reference.h"
#include "registry-client/client.h"
#include "tests/fakes/registry.h"
#include "tests/registry-client/downloader_fixture.h"

namespace stamp::registry {

/// A client whose time passes only when it waits.
struct ClientFixture {
  explicit ClientFixture(ClientOptions options = {}, TransportOptions transport_options = {}) {
    options.retry.wait = [this](std::chrono::milliseconds time) {
      waits.lock()->push_back(time);
      passed += time.count();
    };
    options.retry.now = [this] {
      return std::chrono::steady_clock::time_point(std::chrono::milliseconds(passed + 1'000'000));
    };
    options.warn = [this](std::string_view host, std::string_view text) {
      warnings.lock()->push_back(std::string(host) + ": " + std::string(text));
    };
    transport_options.low_speed_time = std::chrono::seconds(2);
    transport = make_curl_transport(transport_options);
    client = std::make_unique<RegistryClient>(*transport, clock, credentials, std::move(options));
  }

  Repository at(const std::string& host, const std::string& name, Access access = Access::push) {
    return client->repository({.host = host, .repository = name}, access);
  }

  std::vector<std::chrono::milliseconds> waited() { return *waits.lock(); }

  std::unique_ptr<Transport> transport;
  FixedClock clock;
  CredentialStore credentials;
  std::unique_ptr<RegistryClient> client;
  Guarded<std::vector<std::chrono::milliseconds>> waits;
  Guarded<std::vector<std::string>> warnings;
  std::atomic<std::int64_t> passed{0};
};

/// A blob in memory.
struct MemoryBlob {
  explicit MemoryBlob(std::string text) : bytes(std::move(text)), digest(Digest::of(bytes)) {}

  BlobPush push(std::vector<std::string> mount_from = {}) const {
    return {.digest = digest,
            .size = bytes.size(),
            .open =
                [this](std::uint64_t offset) {
                  return std::make_unique<StringSource>(bytes.substr(offset));
                },
            .mount_from = std::move(mount_from)};
  }
  BlobPull pull() const { return {.digest = digest, .size = bytes.size()}; }

  std::string bytes;
  Digest digest;
};

/// Keeps what a pull gives, and from which offset.
struct Pulled {
  OpenSink open() {
    return [this](std::uint64_t offset) -> Sink& {
      offsets.push_back(offset);
      sink = std::make_unique<StringSink>();
      return *sink;
    };
  }
  std::string text() const { return sink ? sink->text() : std::string(); }

  std::unique_ptr<StringSink> sink;
  std::vector<std::uint64_t> offsets;
};

}  // namespace stamp::registry
