#include "registry-client/downloader.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>
#include <variant>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/time.h"
#include "registry-client/content_range.h"
#include "registry-client/retry.h"
#include "registry-client/retry_options.h"
#include "registry-client/url.h"

namespace stamp::registry {
namespace {

using std::chrono::milliseconds;

constexpr int kMaxRedirects = 10;

/// A failure of one attempt after which another one may succeed.
struct Setback {
  Error error;
  std::optional<milliseconds> wait;  ///< what the server asked for
};

Error network_error(std::string cause) {
  return Error(ErrorKind::network, std::move(cause));
}

Error wrong_bytes(std::string cause) {
  return Error(ErrorKind::corrupt, std::move(cause));
}

/// Passes bytes on to the caller's sink, hashes and counts them. Remembers whether it was the sink
/// that failed: no other place would help then.
class Progress final : public Sink {
 public:
  Progress(const DownloadRequest& request, const StartSink& start)
      : request_(request), start_(start) {}

  /// Begins anew, from the first byte.
  void restart() {
    size_ = 0;
    hasher_ = std::make_unique<Hasher>();
    sink_failed_ = true;
    sink_ = &start_();
    sink_failed_ = false;
    started_ = true;
  }

  void write(Bytes in) override {
    const std::uint64_t most = request_.size ? *request_.size : request_.limit;
    if (in.size() > most - size_) {
      throw wrong_bytes(fmt::format("more than {} bytes came", most));
    }
    sink_failed_ = true;
    sink_->write(in);
    sink_failed_ = false;
    hasher_->update(in);
    size_ += in.size();
  }

  /// The digest of all; call it once, at the end.
  Digest digest() { return hasher_->finish(); }
  std::uint64_t size() const { return size_; }
  bool started() const { return started_; }
  bool sink_failed() const { return sink_failed_; }
  /// What was written is of no use: the next write begins anew.
  void abandon() {
    started_ = false;
    size_ = 0;
  }

 private:
  const DownloadRequest& request_;
  const StartSink& start_;
  std::unique_ptr<Hasher> hasher_;
  Sink* sink_ = nullptr;
  std::uint64_t size_ = 0;
  bool started_ = false;
  bool sink_failed_ = false;
};

/// The bytes of a "file" URL's path, %XX undone.
std::string decoded_path(const std::string& path) {
  std::string out;
  for (std::size_t at = 0; at < path.size(); ++at) {
    unsigned value = 0;
    const bool encoded =
        path[at] == '%' && at + 2 < path.size() &&
        std::from_chars(&path[at + 1], &path[at + 3], value, 16).ptr == &path[at + 3];
    if (encoded && value != 0) {
      out += static_cast<char>(value);
      at += 2;
    } else {
      out += path[at];
    }
  }
  return out;
}

/// One place of a download: its attempts, from the first to the one that succeeds.
class Visit {
 public:
  Visit(Transport& transport, const Clock& clock, const DownloaderOptions& options,
        const DownloadRequest& request, Progress& progress, Url place)
      : transport_(transport),
        clock_(clock),
        options_(options),
        request_(request),
        progress_(progress),
        place_(std::move(place)) {}

  DownloadResult run() {
    if (place_.scheme == "file") return read_file_place();
    int failures = 0;
    while (true) {
      const std::uint64_t before = progress_.size();
      std::optional<Setback> problem;
      try {
        std::variant<DownloadResult, Setback> outcome = attempt();
        if (const auto* result = std::get_if<DownloadResult>(&outcome)) {
          if (result->outcome == DownloadOutcome::not_modified || verified(*result)) return *result;
          continue;  // a resumed file that came out wrong: once more, whole
        }
        problem = std::get<Setback>(outcome);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::network || progress_.sink_failed()) throw;
        problem = Setback{error, std::nullopt};
      }
      failures = progress_.size() > before ? 1 : failures + 1;
      if (failures >= options_.attempts) {
        throw Error(problem->error.kind(),
                    fmt::format("{} ({} attempts)", problem->error.headline(), failures));
      }
      options_.wait(waiting_time(*problem, failures));
    }
  }

 private:
  /// How long to wait after the failure number `failures`.
  milliseconds waiting_time(const Setback& problem, int failures) const {
    if (problem.wait) {
      if (*problem.wait > options_.longest_retry_after) {
        throw network_error(fmt::format(
            "{}; the server asks to wait {} s, more than {} s", problem.error.headline(),
            std::chrono::duration_cast<std::chrono::seconds>(*problem.wait).count(),
            options_.longest_retry_after.count()));
      }
      return with_jitter(*problem.wait, Jitter::only_longer);
    }
    milliseconds wait = options_.first_wait;
    for (int i = 1; i < failures && wait < options_.longest_wait; ++i) wait *= 2;
    return with_jitter(std::min(wait, options_.longest_wait), Jitter::both_ways);
  }

  DownloadResult read_file_place() {
    progress_.restart();
    FileSource source(open_for_reading(decoded_path(place_.path)), place_.redacted());
    if (request_.size && source.size() != *request_.size) {
      throw wrong_bytes(
          fmt::format("it has {} bytes instead of {}", source.size(), *request_.size));
    }
    copy(source, progress_);
    DownloadResult result = finished();
    check_result(result);
    return result;
  }

  DownloadResult finished() {
    return {.size = progress_.size(), .digest = progress_.digest(), .validators = validators_};
  }

  /// Whether a complete file is the right one; false when it was put together from pieces and is
  /// wrong, so that it is worth fetching once more. Errors: corrupt.
  bool verified(const DownloadResult& result) {
    if (resumed_ && request_.digest && result.digest != *request_.digest) {
      progress_.abandon();
      resumed_ = false;
      may_resume_ = false;
      return false;
    }
    check_result(result);
    return true;
  }

  void check_result(const DownloadResult& result) const {
    if (request_.size && result.size != *request_.size) {
      throw wrong_bytes(fmt::format("it has {} bytes instead of {}", result.size, *request_.size));
    }
    if (request_.digest && result.digest != *request_.digest) {
      throw wrong_bytes(fmt::format("its bytes are others than announced: {} instead of {}",
                                    result.digest.str(), request_.digest->str()));
    }
  }

  /// One request and the redirects that it meets.
  std::variant<DownloadResult, Setback> attempt() {
    Url url = place_;
    Addresses addresses = Addresses::any;
    for (int hop = 0; hop <= kMaxRedirects; ++hop) {
      expected_end_.reset();
      const Request request = {
          .url = url.str(), .headers = request_headers(), .addresses = addresses};
      const Response response =
          transport_.send(request, [this](const Response& head) { return take_head(head); });
      if (!is_redirect(response.status)) return take_response(response);
      if (!response.from_private_address) addresses = Addresses::public_only;
      url = redirect_target(url, response);
    }
    throw wrong_place(fmt::format("more than {} redirects", kMaxRedirects));
  }

  std::vector<Header> request_headers() const {
    std::vector<Header> headers = {{"Accept-Encoding", "identity"}};
    if (is_resuming()) {
      headers.push_back({"Range", fmt::format("bytes={}-", progress_.size())});
      if (!validators_.etag.empty() && !validators_.etag.starts_with("W/")) {
        headers.push_back({"If-Range", validators_.etag});
      }
    } else if (asks_conditionally()) {
      const Validators& known = request_.validators;
      if (!known.etag.empty()) headers.push_back({"If-None-Match", known.etag});
      if (!known.last_modified.empty()) {
        headers.push_back({"If-Modified-Since", known.last_modified});
      }
    }
    return headers;
  }

  bool asks_conditionally() const {
    return !progress_.started() && request_.validators.url == place_.str() &&
           !(request_.validators.etag.empty() && request_.validators.last_modified.empty());
  }

  /// A file can be continued when something tells whether it is still the same one.
  bool is_resuming() const {
    const bool same_file =
        request_.digest || (!validators_.etag.empty() && !validators_.etag.starts_with("W/"));
    return may_resume_ && same_file && progress_.started() && progress_.size() > 0;
  }

  static bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  }

  /// A failure that trying this place again would not mend.
  static Error wrong_place(std::string cause) { return Error(ErrorKind::denied, std::move(cause)); }

  static Url redirect_target(const Url& from, const Response& response) {
    const std::string* location = response.header("location");
    if (location == nullptr) throw wrong_place("a redirect without a Location");
    Url target =
        during("following a redirect", ErrorKind::denied, [&] { return from.join(*location); });
    if (target.scheme == "file" || (from.scheme == "https" && target.scheme != "https")) {
      throw wrong_place(fmt::format("a redirect from {} to {}", from.scheme, target.scheme));
    }
    return target;
  }

  /// Decides where the body of an answer goes.
  Sink* take_head(const Response& head) {
    if (head.status != 200 && head.status != 206) return nullptr;
    const std::string* encoding = head.header("content-encoding");
    if (encoding != nullptr && *encoding != "identity") {
      throw wrong_bytes(fmt::format("the server sends it encoded ({})", printable(*encoding, 40)));
    }
    const std::string* length_field = head.header("content-length");
    const std::optional<std::uint64_t> length =
        length_field != nullptr ? parse_byte_count(*length_field) : std::nullopt;
    if (head.status == 206) {
      continue_at(head);
    } else {
      if (request_.size && length && *length != *request_.size) {
        throw wrong_bytes(fmt::format("it has {} bytes instead of {}", *length, *request_.size));
      }
      resumed_ = false;
      progress_.restart();
      note_validators(head);
      expected_end_ = length;
    }
    return &progress_;
  }

  /// Takes a part of the file, if it is the one that was asked for.
  void continue_at(const Response& head) {
    const std::string* field = head.header("content-range");
    const ContentRange none = {.first = UINT64_MAX, .last = UINT64_MAX};
    const ContentRange range = field != nullptr ? parse_content_range(*field).value_or(none) : none;
    const bool fits = is_resuming() && range.first == progress_.size() &&
                      (!range.size || !request_.size || *range.size == *request_.size);
    const std::string* etag = head.header("etag");
    const bool same = etag == nullptr || validators_.etag.empty() || *etag == validators_.etag;
    if (!fits || !same) {
      // Once more from the start, without asking for a part.
      may_resume_ = false;
      progress_.abandon();
      throw network_error("the server sent another part than was asked for");
    }
    resumed_ = true;
    expected_end_ = range.size ? *range.size : range.last + 1;
  }

  void note_validators(const Response& head) {
    validators_ = {.url = place_.str()};
    if (const std::string* etag = head.header("etag")) validators_.etag = *etag;
    if (const std::string* time = head.header("last-modified")) validators_.last_modified = *time;
  }

  std::variant<DownloadResult, Setback> take_response(const Response& response) {
    if (response.status == 200 || response.status == 206) {
      const std::optional<std::uint64_t> end = request_.size ? request_.size : expected_end_;
      if (end && progress_.size() < *end) {
        return Setback{network_error(fmt::format("the connection ended after {} of {} bytes",
                                                 progress_.size(), *end)),
                       std::nullopt};
      }
      return finished();
    }
    if (response.status == 304 && asks_conditionally()) {
      return DownloadResult{.outcome = DownloadOutcome::not_modified,
                            .validators = request_.validators};
    }
    if (response.status == 416 && is_resuming()) {
      may_resume_ = false;
      progress_.abandon();
      return Setback{network_error(describe_status(416)), milliseconds{0}};
    }
    const Error error = network_error(describe_status(response.status));
    if (is_worth_retrying(response.status)) {
      const std::string* after = response.header("retry-after");
      return Setback{error,
                     after != nullptr ? parse_retry_after(*after, clock_.now()) : std::nullopt};
    }
    throw error.as(ErrorKind::denied);
  }

  Transport& transport_;
  const Clock& clock_;
  const DownloaderOptions& options_;
  const DownloadRequest& request_;
  Progress& progress_;
  Url place_;
  Validators validators_;  ///< of the file that `progress_` holds a part of
  std::optional<std::uint64_t> expected_end_;
  bool may_resume_ = true;
  bool resumed_ = false;
};

/// The error for a file that no place gave.
Error no_place(const DownloadRequest& request, const std::vector<Error>& problems) {
  ErrorKind kind = problems.front().kind();
  const bool local = kind == ErrorKind::corrupt || kind == ErrorKind::io;
  for (const Error& problem : problems) {
    if (problem.kind() != kind || !local) kind = ErrorKind::network;
  }
  if (problems.size() == 1) {
    return Error(kind, fmt::format("cannot fetch {}: {}", request.what, problems[0].headline()),
                 {.input = redacted_url(request.places[0]), .hint = request.hint});
  }
  std::string text =
      fmt::format("cannot fetch {}: none of {} places has it", request.what, problems.size());
  for (std::size_t at = 0; at < problems.size(); ++at) {
    text += fmt::format("\n  {}: {}", redacted_url(request.places[at]), problems[at].headline());
  }
  return Error(kind, std::move(text), {.hint = request.hint});
}

}  // namespace

Downloader::Downloader(Transport& transport, const Clock& clock, DownloaderOptions options)
    : transport_(transport), clock_(clock), options_(std::move(options)) {
  if (!options_.wait) options_.wait = with_defaults({}).wait;
}

DownloadResult Downloader::download(const DownloadRequest& request, const StartSink& start) const {
  std::vector<Url> places;
  for (const std::string& place : request.places) places.push_back(Url::parse(place));
  if (places.empty()) {
    throw Error(ErrorKind::invalid, fmt::format("cannot fetch {}: no place is known", request.what),
                {.hint = request.hint});
  }
  Progress progress(request, start);
  std::vector<Error> problems;
  for (const Url& place : places) {
    try {
      return Visit(transport_, clock_, options_, request, progress, place).run();
    } catch (const Error& error) {
      const bool final = error.kind() == ErrorKind::interrupted || progress.sink_failed() ||
                         error.kind() == ErrorKind::internal ||
                         error.kind() == ErrorKind::unavailable;
      if (final) throw;
      problems.push_back(error);
    }
    // What one place began, another may continue only when the digest will tell.
    if (!request.digest) progress.abandon();
  }
  throw no_place(request, problems);
}

}  // namespace stamp::registry
