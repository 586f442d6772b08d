#include "registry-client/uploads.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "registry-client/blobs.h"
#include "registry-client/content_range.h"
#include "registry-client/retry.h"
#include "registry-client/server_text.h"

namespace stamp::registry {
namespace {

/// Up to this size a blob goes in the request that also completes the upload.
constexpr std::uint64_t kSmall = std::uint64_t{4} << 20U;
/// The size of pieces for a server that refused a larger body.
constexpr std::uint64_t kModestChunk = std::uint64_t{16} << 20U;
constexpr int kMaxRestarts = 3;
/// A registry that has all bytes may hash or copy them before it answers.
constexpr std::chrono::seconds kPatience{300};

/// Gives at most so many bytes of another source, and counts them.
class Piece final : public Source {
 public:
  /// `failed` says afterwards whether it was the source that threw.
  Piece(std::unique_ptr<Source> from, std::uint64_t size, std::uint64_t& count, bool& failed)
      : from_(std::move(from)), left_(size), count_(count), failed_(failed) {}
  std::size_t read(std::span<std::byte> out) override {
    failed_ = true;
    const std::size_t got = from_->read(
        out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_))));
    failed_ = false;
    left_ -= got;
    count_ += got;
    return got;
  }

 private:
  std::unique_ptr<Source> from_;
  std::uint64_t left_;
  std::uint64_t& count_;
  bool& failed_;
};

bool has_error(const Answer& answer, std::string_view code) {
  return std::ranges::any_of(read_server_errors(answer.text),
                             [&](const ServerError& error) { return error.code == code; });
}

bool has_digest_parameter(const std::string& query) {
  return query.starts_with("digest=") || query.find("&digest=") != std::string::npos;
}

/// One blob on its way to a repository.
class Upload {
 public:
  Upload(const RepositoryEndpoint& at, const BlobPush& push)
      : at_(at),
        push_(push),
        what_(fmt::format("push blob '{}' to {}", push.digest.brief(), at.str())),
        chunk_(at.session().settings().chunk_size),
        attempts_(at.session().attempts()) {}

  BlobPushed run() {
    if (const std::optional<BlobOutcome> known = avoid_sending()) return {.outcome = *known};
    if (!push_.open) {
      cancel();
      return {.outcome = BlobOutcome::absent};
    }
    while (!done_) {
      if (!session_) start();
      std::optional<Setback> problem;
      try {
        problem = step();
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::network || source_failed_) throw;
        problem = Setback{.error = error};
      }
      if (!problem) continue;
      attempts_.failed(*problem);
      recover();
    }
    return {.outcome = BlobOutcome::uploaded, .bytes_sent = sent_};
  }

  /// Tells the registry that nothing more comes; that it may not care is no matter.
  void cancel() {
    if (!session_) return;
    try {
      static_cast<void>(at_.session().send(call("DELETE", *session_, Repeat::no)));
    } catch (const Error&) {
      session_.reset();
    }
  }

 private:
  Call call(std::string method, Target target, Repeat repeat) const {
    return {.what = what_,
            .method = std::move(method),
            .target = std::move(target),
            .rights = at_.rights(),
            .repeat = repeat};
  }

  /// Whether the blob is there, or can be mounted.
  std::optional<BlobOutcome> avoid_sending() {
    constexpr std::size_t kMaxMounts = 2;
    for (std::size_t i = 0; i < std::min(push_.mount_from.size(), kMaxMounts); ++i) {
      if (mount(push_.mount_from[i])) return BlobOutcome::mounted;
      if (session_) return std::nullopt;
    }
    // A registry that does not mount has not said whether it has the blob.
    if (!push_.known_absent && blob_size(at_, push_.digest)) return BlobOutcome::present;
    return std::nullopt;
  }

  /// Asks to mount the blob; may leave an upload open instead.
  bool mount(const std::string& from) {
    Call request =
        call("POST",
             at_.at("/blobs/uploads/", fmt::format("mount={}&from={}", push_.digest.str(), from)),
             Repeat::yes);
    request.what =
        fmt::format("mount blob '{}' of {} in {}", push_.digest.brief(), from, at_.str());
    request.rights.scopes += fmt::format(" repository:{}:pull", from);
    std::optional<Answer> answer;
    try {
      answer = at_.session().send(request);
    } catch (const Error& error) {
      // Without the right to read the other repository there is no token for both.
      if (error.kind() != ErrorKind::denied) throw;
      return false;
    }
    if (answer->head.status == 201) return true;
    if (answer->head.status == 202 && answer->head.header("location") != nullptr)
      take_start(*answer);
    return false;
  }

  void start() {
    const Call request = call("POST", at_.at("/blobs/uploads/"), Repeat::yes);
    const Answer answer = at_.session().send(request);
    if (answer.head.status != 202) throw final_failure(request, answer);
    if (answer.head.header("location") == nullptr) {
      throw Error(ErrorKind::denied,
                  fmt::format("cannot {}: the registry did not say where to", what_));
    }
    take_start(answer);
  }

  void take_start(const Answer& answer) {
    offset_ = 0;
    unfit_.reset();
    completing_ = false;
    take_location(answer);
    const std::string* least = answer.head.header("oci-chunk-min-length");
    if (least != nullptr) least_chunk_ = parse_byte_count(*least).value_or(0);
  }

  void take_location(const Answer& answer) {
    const std::string* location = answer.head.header("location");
    if (location != nullptr) session_ = pointed_to(answer.from, answer.head, *location);
  }

  /// The session's place with the digest that completes it.
  Target place_to_complete() const {
    Target target = *session_;
    std::string& query = target.url.query;
    if (!has_digest_parameter(query)) {
      query += (query.empty() ? "" : "&") + ("digest=sha256%3A" + push_.digest.hex());
    }
    return target;
  }

  RequestBody piece(std::uint64_t size) {
    return {.length = size, .open = [this, size, offset = offset_] {
              source_failed_ = true;
              std::unique_ptr<Source> source = push_.open(offset);
              source_failed_ = false;
              return std::make_unique<Piece>(std::move(source), size, sent_, source_failed_);
            }};
  }

  std::uint64_t next_size() const {
    const std::uint64_t left = push_.size - offset_;
    if (chunk_ == 0) return left;
    return std::min(left, std::max(chunk_, least_chunk_));
  }

  /// The next request; nothing when it did what it should.
  std::optional<Setback> step() {
    const std::uint64_t left = push_.size - offset_;
    const bool at_once = (offset_ == 0 && next_size() == left && left <= kSmall) || !patch_works_;
    if (left == 0 || at_once) return complete(left);
    return send_chunk(next_size());
  }

  /// Completes the upload, with the rest of the bytes.
  std::optional<Setback> complete(std::uint64_t left) {
    completing_ = true;
    Call request = call("PUT", place_to_complete(), Repeat::no);
    request.headers = {{"Content-Type", "application/octet-stream"}};
    if (left == 0) {
      request.patience = kPatience;
    } else {
      request.body = piece(left);
      if (offset_ > 0) {
        request.headers.push_back({"Content-Range", fmt::format("{}-{}", offset_, push_.size - 1)});
      }
    }
    const Answer answer = at_.session().send(request);
    const int status = answer.head.status;
    if (status == 201 || status == 200 || status == 204) {
      done_ = true;
      return std::nullopt;
    }
    if (status == 413 && left > 0 && shrink_chunks(left)) return restart_with(request, answer);
    if (status == 400 && has_error(answer, "DIGEST_INVALID")) {
      session_.reset();
      if (++restarts_ <= 1) return at_.session().setback(request, answer);
      throw Error(ErrorKind::corrupt,
                  fmt::format("cannot {}: the registry got other bytes than it should", what_),
                  {.input = answer.from.url.redacted()});
    }
    return after_refusal(request, answer);
  }

  std::optional<Setback> send_chunk(std::uint64_t size) {
    Call request = call("PATCH", *session_, Repeat::no);
    request.headers = {{"Content-Type", "application/octet-stream"},
                       {"Content-Range", fmt::format("{}-{}", offset_, offset_ + size - 1)}};
    request.body = piece(size);
    const Answer answer = at_.session().send(request);
    const int status = answer.head.status;
    if (status == 202 || status == 201 || status == 204 || status == 200) {
      take_location(answer);
      const std::uint64_t sent_to = offset_ + size;
      const std::string* range = answer.head.header("range");
      const auto has = range != nullptr ? parse_upload_range(*range) : std::nullopt;
      if (has && *has > sent_to) return restart_with(request, answer);
      const std::uint64_t now = has.value_or(sent_to);
      if (now <= offset_) return at_.session().setback(request, answer);
      advance(now);
      return std::nullopt;
    }
    if (status == 413 && shrink_chunks(size)) return restart_with(request, answer);
    const bool unknown = status == 405 || status == 501 || (status == 404 && offset_ == 0);
    if (unknown && patch_works_ && offset_ == 0) {
      patch_works_ = status == 404 && restarts_ == 0;
      return restart_with(request, answer);
    }
    return after_refusal(request, answer);
  }

  /// Takes smaller pieces from now on, if that is possible.
  bool shrink_chunks(std::uint64_t refused) {
    if (refused <= kModestChunk || least_chunk_ > kModestChunk) return false;
    chunk_ = kModestChunk;
    return true;
  }

  Setback restart_with(const Call& request, const Answer& answer) {
    session_.reset();
    if (++restarts_ > kMaxRestarts) throw final_failure(request, answer);
    Setback setback = at_.session().setback(request, answer);
    setback.retry_after = std::chrono::milliseconds(0);
    return setback;
  }

  /// What to do after an answer that is no success.
  std::optional<Setback> after_refusal(const Call& request, const Answer& answer) {
    const int status = answer.head.status;
    // The session got a new token meanwhile.
    if (status == 401 && ++refusals_ <= 2) return now(at_.session().setback(request, answer));
    if (status == 416) {
      // "0-0" is said of one byte, too: who refuses the same place twice cannot say where to go on.
      if (unfit_ == offset_) return restart_with(request, answer);
      unfit_ = offset_;
      take_location(answer);
      return now(at_.session().setback(request, answer));
    }
    if (status == 404 || status == 410) return restart_with(request, answer);
    if (is_worth_retrying(status)) return at_.session().setback(request, answer);
    throw final_failure(request, answer);
  }

  static Setback now(Setback setback) {
    setback.retry_after = std::chrono::milliseconds(0);
    return setback;
  }

  Error final_failure(const Call& request, const Answer& answer) const {
    const Error error = at_.session().failure(request, answer);
    if (answer.head.status == 413) {
      return Error(ErrorKind::denied, error.headline(),
                   {.input = error.details().input,
                    .hint = fmt::format("raise the limit of the registry or of a proxy before it "
                                        "(the blob has {} bytes), or set a chunk size for it",
                                        push_.size)});
    }
    // What is tried again is a network error: this is none any more.
    return error.kind() == ErrorKind::network ? error.as(ErrorKind::denied) : error;
  }

  void advance(std::uint64_t offset) {
    if (offset > furthest_) {
      furthest_ = offset;
      attempts_.progressed();
      refusals_ = 0;
    }
    offset_ = offset;
  }

  /// Finds out what the registry has after a failure: all, a part, or nothing.
  void recover() {
    if (!session_) return;
    // The answer may have been lost, and not the request.
    if (completing_ && blob_size(at_, push_.digest)) {
      done_ = true;
      return;
    }
    Call request = call("GET", *session_, Repeat::yes);
    request.what = fmt::format("ask how far an upload to {} came", at_.str());
    const Answer answer = at_.session().send(request);
    const int status = answer.head.status;
    if (status != 204 && status != 200 && status != 202) {
      session_.reset();
      if (++restarts_ > kMaxRestarts) throw final_failure(request, answer);
      return;
    }
    take_location(answer);
    const std::string* range = answer.head.header("range");
    const std::uint64_t has =
        range != nullptr ? parse_upload_range(*range).value_or(0) : std::uint64_t{0};
    if (has > push_.size) {
      session_.reset();
      ++restarts_;
      return;
    }
    advance(has);
  }

  const RepositoryEndpoint& at_;
  const BlobPush& push_;
  std::string what_;
  std::uint64_t chunk_;
  std::uint64_t least_chunk_ = 0;
  Attempts attempts_;
  std::optional<Target> session_;  ///< where the upload goes on; nothing: start one
  std::uint64_t offset_ = 0;       ///< bytes that the registry has
  std::uint64_t furthest_ = 0;
  std::optional<std::uint64_t> unfit_;  ///< where the registry said that nothing can go on
  std::uint64_t sent_ = 0;
  int restarts_ = 0;
  int refusals_ = 0;
  bool patch_works_ = true;
  bool completing_ = false;  ///< the session was asked to become the blob
  bool source_failed_ = false;
  bool done_ = false;
};

}  // namespace

BlobPushed push_blob(const RepositoryEndpoint& at, const BlobPush& push) {
  Upload upload(at, push);
  try {
    return upload.run();
  } catch (const Error& error) {
    // Who cannot be reached cannot be told, and who interrupts does not want to wait.
    const bool worth_telling =
        error.kind() != ErrorKind::network && error.kind() != ErrorKind::interrupted;
    if (worth_telling) upload.cancel();
    throw;
  }
}

}  // namespace stamp::registry
