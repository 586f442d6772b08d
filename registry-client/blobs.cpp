#include "registry-client/blobs.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "registry-client/content_range.h"
#include "registry-client/retry.h"

namespace stamp::registry {
namespace {

Error corrupt(std::string cause) {
  return Error(ErrorKind::corrupt, std::move(cause));
}

/// The bytes of a blob on their way: hashes and counts them, and leaves out those that the caller's
/// sink has already.
class Arrival final : public Sink {
 public:
  Arrival(const BlobPull& pull, const OpenSink& open, std::string what)
      : pull_(pull), open_(open), what_(std::move(what)) {}

  /// Begins with what is here already.
  void begin() {
    hasher_ = std::make_unique<Hasher>();
    if (pull_.have != nullptr) {
      std::array<std::byte, kBufferSize> buffer{};
      while (const std::size_t got = pull_.have->read(buffer)) {
        take(Bytes(buffer).first(got));
      }
      from_before_ = offset_ > 0;
    }
    open_at(offset_);
  }
  /// Begins anew, from the first byte.
  void restart() {
    hasher_ = std::make_unique<Hasher>();
    offset_ = 0;
    pieces_ = 0;
    from_before_ = false;
    open_at(0);
  }
  /// A body comes whose first byte is number `first`.
  void body_from(std::uint64_t first) {
    skip_ = offset_ - first;
    ++pieces_;
  }

  void write(Bytes in) override {
    const std::size_t known = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, in.size()));
    skip_ -= known;
    in = in.subspan(known);
    if (in.empty()) return;
    if (in.size() > pull_.size - offset_) {
      throw corrupt(fmt::format("cannot {}: more than {} bytes came", what_, pull_.size));
    }
    sink_failed_ = true;
    sink_->write(in);
    sink_failed_ = false;
    take(in);
    fetched_ += in.size();
  }

  Digest digest() { return hasher_->finish(); }
  std::uint64_t offset() const { return offset_; }
  std::uint64_t fetched() const { return fetched_; }
  bool complete() const { return offset_ == pull_.size; }
  /// Whether it was put together: wrong bytes may come from that.
  bool is_patched() const { return pieces_ > 1 || from_before_; }
  /// Whether what was thrown came from the caller's sink.
  bool sink_failed() const { return sink_failed_; }

 private:
  void take(Bytes in) {
    if (in.size() > pull_.size - offset_) {
      throw corrupt(
          fmt::format("cannot {}: what is here is longer than {} bytes", what_, pull_.size));
    }
    hasher_->update(in);
    offset_ += in.size();
  }
  void open_at(std::uint64_t offset) {
    sink_failed_ = true;
    sink_ = &open_(offset);
    sink_failed_ = false;
  }

  const BlobPull& pull_;
  const OpenSink& open_;
  std::string what_;
  std::unique_ptr<Hasher> hasher_;
  Sink* sink_ = nullptr;
  std::uint64_t offset_ = 0;
  std::uint64_t fetched_ = 0;
  std::uint64_t skip_ = 0;
  int pieces_ = 0;
  bool from_before_ = false;
  bool sink_failed_ = false;
};

/// One pull: its requests, from the first to the one that completes it.
class Pull {
 public:
  Pull(const RepositoryEndpoint& at, const BlobPull& pull, const OpenSink& open)
      : at_(at),
        pull_(pull),
        call_{.what = fmt::format("pull blob '{}' of {}", pull.digest.brief(), at.str()),
              .target = at.at("/blobs/" + pull.digest.str()),
              .rights = at.rights(),
              .repeat = Repeat::no},
        arrival_(pull, open, call_.what) {}

  std::optional<std::uint64_t> run() {
    arrival_.begin();
    Attempts attempts = at_.session().attempts();
    while (true) {
      const std::uint64_t before = arrival_.offset();
      std::optional<Setback> problem;
      try {
        // Whether an empty blob is there must be asked, too.
        if (!arrival_.complete() || (pull_.size == 0 && !asked_)) {
          const Answer answer = request();
          if (answer.head.status == 404) return std::nullopt;
          problem = take_answer(answer);
        }
        if (!problem) {
          if (is_right()) return arrival_.fetched();
          continue;  // what was put together came out wrong: once more, whole
        }
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::network || arrival_.sink_failed()) throw;
        problem = Setback{.error = error};
      }
      if (arrival_.offset() > before) attempts.progressed();
      attempts.failed(*problem);
    }
  }

 private:
  Answer request() {
    asked_ = true;
    call_.headers = {{"Accept-Encoding", "identity"}};
    const bool ranged = ranges_work_ && arrival_.offset() > 0;
    if (ranged) call_.headers.push_back({"Range", fmt::format("bytes={}-", arrival_.offset())});
    return at_.session().send(call_, [&](const Response& head) { return take_head(head); });
  }

  Sink* take_head(const Response& head) {
    if (head.status != 200 && head.status != 206) return nullptr;
    const std::string* encoding = head.header("content-encoding");
    if (encoding != nullptr && *encoding != "identity" && !encoding->empty()) {
      throw corrupt(fmt::format("cannot {}: the server sends it encoded ({})", call_.what,
                                printable(*encoding, 40)));
    }
    if (head.status == 206) {
      const std::string* field = head.header("content-range");
      const auto range = field != nullptr ? parse_content_range(*field) : std::nullopt;
      const bool right = ranges_work_ && range && range->first == arrival_.offset() &&
                         (!range->size || *range->size == pull_.size);
      if (!right) {
        ranges_work_ = false;
        throw Error(
            ErrorKind::network,
            fmt::format("cannot {}: the server sent another part than was asked for", call_.what));
      }
      arrival_.body_from(range->first);
      return &arrival_;
    }
    const std::string* length = head.header("content-length");
    const auto size = length != nullptr ? parse_byte_count(*length) : std::nullopt;
    if (size && *size != pull_.size) {
      throw corrupt(
          fmt::format("cannot {}: it has {} bytes instead of {}", call_.what, *size, pull_.size));
    }
    arrival_.body_from(0);
    return &arrival_;
  }

  /// What is wrong with an answer after which another may be right; nothing for a good one.
  std::optional<Setback> take_answer(const Answer& answer) {
    const int status = answer.head.status;
    if (status == 200 || status == 206) {
      if (arrival_.complete()) return std::nullopt;
      return Setback{.error = Error(ErrorKind::network,
                                    fmt::format("cannot {}: the connection ended after {} of {} "
                                                "bytes",
                                                call_.what, arrival_.offset(), pull_.size))};
    }
    if (status == 416 && arrival_.offset() > 0 && ranges_work_) {
      ranges_work_ = false;
      return at_.session().setback(call_, answer);
    }
    if (is_worth_retrying(status)) return at_.session().setback(call_, answer);
    // What is tried again is a network error: this is none.
    const Error error = at_.session().failure(call_, answer);
    throw error.kind() == ErrorKind::network ? error.as(ErrorKind::denied) : error;
  }

  /// Errors: corrupt, when the bytes are wrong and came in one piece.
  bool is_right() {
    const Digest digest = arrival_.digest();
    if (digest == pull_.digest) return true;
    if (!arrival_.is_patched() || started_anew_) {
      throw corrupt(fmt::format("cannot {}: its bytes are others than announced: {}", call_.what,
                                digest.str()));
    }
    started_anew_ = true;
    arrival_.restart();
    return false;
  }

  const RepositoryEndpoint& at_;
  const BlobPull& pull_;
  Call call_;
  Arrival arrival_;
  bool ranges_work_ = true;
  bool started_anew_ = false;
  bool asked_ = false;
};

/// The size of the whole that an answer is about; 0 when it does not say.
std::uint64_t whole_size(const Response& head) {
  if (head.status == 206) {
    const std::string* field = head.header("content-range");
    const auto range = field != nullptr ? parse_content_range(*field) : std::nullopt;
    return range ? range->size.value_or(0) : 0;
  }
  const std::string* length = head.header("content-length");
  const auto size = length != nullptr ? parse_byte_count(*length) : std::nullopt;
  return size.value_or(0);
}

}  // namespace

std::optional<std::uint64_t> blob_size(const RepositoryEndpoint& at, const Digest& digest) {
  Call call = {.what = fmt::format("ask for blob '{}' of {}", digest.brief(), at.str()),
               .method = "HEAD",
               .target = at.at("/blobs/" + digest.str()),
               .rights = at.rights()};
  Answer answer = at.session().send(call);
  if (answer.head.status == 405 || answer.head.status == 501) {
    // A registry without HEAD is asked for one byte.
    call.method = "GET";
    call.headers = {{"Accept-Encoding", "identity"}, {"Range", "bytes=0-0"}};
    answer = at.session().send(call, [](const Response&) { return nullptr; });
    if (answer.head.status == 416) return 0;  // a blob without bytes has none to show
  }
  const int status = answer.head.status;
  if (status == 404) return std::nullopt;
  if (status != 200 && status != 206) throw at.session().failure(call, answer);
  return whole_size(answer.head);
}

std::optional<std::uint64_t> pull_blob(const RepositoryEndpoint& at, const BlobPull& pull,
                                       const OpenSink& open) {
  return Pull(at, pull, open).run();
}

Removal removal_of(const RepositoryEndpoint& at, const Call& call) {
  const Answer answer = at.session().send(call);
  const int status = answer.head.status;
  if (status == 200 || status == 202 || status == 204) return Removal::removed;
  if (status == 404) return Removal::absent;
  // What they answer to a DELETE that they do not know says little: 400 with "digest invalid".
  const bool never = status == 405 || status == 501 || status == 400;
  if (!never) throw at.session().failure(call, answer);
  throw Error(ErrorKind::denied,
              fmt::format("cannot {}: the registry does not delete it ({})", call.what,
                          describe_status(status)),
              {.input = answer.from.url.redacted()});
}

Removal delete_blob(const RepositoryEndpoint& at, const Digest& digest) {
  return removal_of(at, {.what = fmt::format("delete blob '{}' of {}", digest.brief(), at.str()),
                         .method = "DELETE",
                         .target = at.at("/blobs/" + digest.str()),
                         .rights = at.with_actions("delete,pull,push")});
}

}  // namespace stamp::registry
