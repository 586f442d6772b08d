#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/stream.h"
#include "registry-client/transport.h"

namespace stamp::registry {

/// What a server said about a file's state, for asking later whether it changed. Empty parts are
/// not sent.
struct Validators {
  std::string url;  ///< the place that said so; others are asked without condition
  std::string etag;
  std::string last_modified;

  friend bool operator==(const Validators&, const Validators&) = default;
};

/// A file to fetch.
struct DownloadRequest {
  std::string what;                   ///< for messages: "package curl 7.88.1-10 (amd64)"
  std::vector<std::string> places;    ///< http, https and file URLs, tried in order
  std::optional<std::uint64_t> size;  ///< bytes it must have
  std::optional<Digest> digest;       ///< digest it must have
  std::uint64_t limit = std::uint64_t{16} << 30U;  ///< most bytes accepted when `size` is not given
  Validators validators;                           ///< ask whether it changed since
  std::string hint;                                ///< what the user can do when no place has it
};

enum class DownloadOutcome { downloaded, not_modified };

/// What came of it.
struct DownloadResult {
  DownloadOutcome outcome = DownloadOutcome::downloaded;
  std::uint64_t size = 0;
  Digest digest;          ///< of the bytes; all-zero when not modified
  Validators validators;  ///< for the next time
};

/// Gives the sink for the bytes, from the first on. Called again when they start anew: what the
/// sink before got is worthless then. The sink stays unfinished: finish it when download()
/// returned.
using StartSink = std::function<Sink&()>;

/// Settings of the downloader.
struct DownloaderOptions {
  int attempts = 5;                           ///< per place, with no byte of progress between
  std::chrono::milliseconds first_wait{500};  ///< before the second attempt; doubles, with jitter
  std::chrono::milliseconds longest_wait{30'000};
  std::chrono::seconds longest_retry_after{120};  ///< a server that asks for more has failed
  /// How to wait; the default sleeps and notices interruption.
  std::function<void(std::chrono::milliseconds)> wait;
};

/// Fetches files: several places, retries, resumption, redirects followed here and not in libcurl.
///
/// Rules: at most 10 redirects, never from https to http or to file, never from a public address to
/// a private one. 408, 429 and 5xx are tried again, after what Retry-After says. A body that broke
/// off is resumed by Range when the server can, and checked to continue the same file. An encoded
/// body (Content-Encoding) is refused. `const` methods are safe from many threads.
class Downloader final {
 public:
  /// `transport` and `clock` must outlive this.
  Downloader(Transport& transport, const Clock& clock, DownloaderOptions options = {});

  /// Fetches a file. Bytes count only when this returns: with a `digest` or `size` in the request
  /// they were checked. Errors: network, io or corrupt, with one line for every place that was
  /// tried and why it failed; invalid (a URL that cannot be); interrupted; what the sink throws.
  DownloadResult download(const DownloadRequest& request, const StartSink& start) const;

 private:
  Transport& transport_;
  const Clock& clock_;
  DownloaderOptions options_;
};

}  // namespace stamp::registry
