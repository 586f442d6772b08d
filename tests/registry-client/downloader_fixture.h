#pragma once
// What the tests of the downloader share.

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/stream.h"
#include "registry-client/downloader.h"

namespace stamp::registry {

class FixedClock final : public Clock {
 public:
  std::int64_t now() const override { return 784111767; }  // 1994-11-06T08:49:27Z
};

/// A downloader that does not really wait, and what it fetched last.
struct Fixture {
  explicit Fixture(DownloaderOptions options = {}) {
    options.wait = [this](std::chrono::milliseconds time) { waits.push_back(time); };
    downloader = std::make_unique<Downloader>(*transport, clock, options);
  }

  DownloadResult get(const DownloadRequest& request) {
    return downloader->download(request, [this]() -> Sink& {
      ++starts;
      sink = std::make_unique<StringSink>();
      return *sink;
    });
  }

  std::unique_ptr<Transport> transport =
      make_curl_transport({.low_speed_time = std::chrono::seconds(1)});
  FixedClock clock;
  std::unique_ptr<Downloader> downloader;
  std::unique_ptr<StringSink> sink;
  std::vector<std::chrono::milliseconds> waits;
  int starts = 0;
};

/// Gives what a test wrote down, and keeps the requests.
class ScriptedTransport final : public Transport {
 public:
  Response send(const Request& request, const ChooseSink& choose) override {
    requests.push_back(request);
    Response response = replies.front();
    replies.pop_front();
    if (Sink* sink = choose(response)) sink->write(as_bytes("body"));
    return response;
  }

  std::deque<Response> replies;
  std::vector<Request> requests;
};

/// Bytes without a period that a test could mistake.
inline std::string some_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& c : bytes) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return bytes;
}

}  // namespace stamp::registry
