#include "registry-client/exchange.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::registry {
namespace {

constexpr int kMaxRedirects = 10;

/// Keeps the beginning of a text. That there is more ends the transfer by an error that
/// exchange() knows.
class TextSink final : public Sink {
 public:
  explicit TextSink(std::uint64_t limit) : limit_(limit) {}
  void write(Bytes in) override {
    const std::size_t room = static_cast<std::size_t>(limit_ - text_.size());
    text_.append(as_text(in.first(std::min(in.size(), room))));
    if (in.size() <= room) return;
    cut_ = true;
    throw Error(ErrorKind::network, "cannot read the answer: it is too long");
  }
  bool cut() const { return cut_; }
  std::string take() { return std::move(text_); }

 private:
  std::uint64_t limit_;
  std::string text_;
  bool cut_ = false;
};

class CountingSink final : public Sink {
 public:
  CountingSink(Sink& next, std::atomic<std::uint64_t>& count) : next_(next), count_(count) {}
  void write(Bytes in) override {
    count_ += in.size();
    next_.write(in);
  }

 private:
  Sink& next_;
  std::atomic<std::uint64_t>& count_;
};

class CountingSource final : public Source {
 public:
  CountingSource(std::unique_ptr<Source> from, std::atomic<std::uint64_t>& count)
      : from_(std::move(from)), count_(count) {}
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t got = from_->read(out);
    count_ += got;
    return got;
  }

 private:
  std::unique_ptr<Source> from_;
  std::atomic<std::uint64_t>& count_;
};

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Error unsafe(const Target& from, std::string cause) {
  return Error(ErrorKind::denied, "cannot follow a redirect: " + std::move(cause),
               {.input = from.url.redacted()});
}

/// One request on the way.
class Hop {
 public:
  Hop(Transport& transport, Counters& counters, const Outgoing& outgoing, const ChooseSink& choose)
      : transport_(transport), counters_(counters), outgoing_(outgoing), choose_(choose) {}

  Answer send(const Target& target) {
    Request request = {.method = outgoing_.method,
                       .url = target.url.str(),
                       .headers = outgoing_.headers,
                       .addresses = target.addresses,
                       .patience = outgoing_.patience};
    // Another origin that points back must not borrow the right to ask.
    left_origin_ = left_origin_ || !target.url.same_origin(outgoing_.target.url);
    if (!outgoing_.authorization.empty() && !left_origin_) {
      request.headers.push_back({"Authorization", outgoing_.authorization});
    }
    if (target.url.host == outgoing_.target.url.host) request.ca_file = outgoing_.ca_file;
    if (outgoing_.body) {
      request.body = RequestBody{.length = outgoing_.body->length, .open = [this] {
                                   return std::make_unique<CountingSource>(outgoing_.body->open(),
                                                                           counters_.bytes_sent);
                                 }};
    }
    ++counters_.requests;
    TextSink text(outgoing_.text_limit);
    Answer answer = {.from = target};
    std::optional<CountingSink> counted;
    try {
      answer.head = transport_.send(request, [&](const Response& head) -> Sink* {
        answer.head = head;
        Sink* sink = is_redirect(head.status) ? nullptr : choose_(head);
        answer.streamed = sink != nullptr;
        counted.emplace(sink != nullptr ? *sink : text, counters_.bytes_received);
        return &*counted;
      });
    } catch (const Error&) {
      if (!text.cut()) throw;
    }
    answer.cut = text.cut();
    answer.text = text.take();
    return answer;
  }

 private:
  Transport& transport_;
  Counters& counters_;
  const Outgoing& outgoing_;
  const ChooseSink& choose_;
  bool left_origin_ = false;  ///< a redirect led elsewhere
};

bool may_repeat(const Outgoing& outgoing, int status) {
  if (outgoing.method == "GET" || outgoing.method == "HEAD") return true;
  if (status == 307 || status == 308) return true;
  const bool has_body = outgoing.body && outgoing.body->length > 0;
  return status != 303 && !has_body;
}

}  // namespace

Target pointed_to(const Target& from, const Response& head, std::string_view location) {
  Target target = {.url = from.url, .addresses = from.addresses};
  target.url = during("following where the server points to", ErrorKind::denied,
                      [&] { return from.url.join(location); });
  if (target.url.scheme == "file" || (from.url.scheme == "https" && target.url.scheme != "https")) {
    throw unsafe(from, fmt::format("it goes from {} to {}", from.url.scheme, target.url.scheme));
  }
  if (!head.from_private_address) target.addresses = Addresses::public_only;
  return target;
}

Answer exchange(Transport& transport, Counters& counters, const Outgoing& outgoing,
                const ChooseSink& choose) {
  Hop hop(transport, counters, outgoing, choose);
  Target target = outgoing.target;
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    Answer answer = hop.send(target);
    if (!is_redirect(answer.head.status)) return answer;
    const std::string* location = answer.head.header("location");
    if (location == nullptr) throw unsafe(target, "it has no Location");
    if (!may_repeat(outgoing, answer.head.status)) {
      throw unsafe(target,
                   fmt::format("the answer to a {} is {}", outgoing.method, answer.head.status));
    }
    const Target next = pointed_to(target, answer.head, *location);
    if (outgoing.body_for == BodyFor::own_origin && !next.url.same_origin(outgoing.target.url)) {
      throw unsafe(target, fmt::format("it would take credentials to {}", next.url.redacted()));
    }
    target = next;
  }
  throw unsafe(outgoing.target, fmt::format("there are more than {}", kMaxRedirects));
}

}  // namespace stamp::registry
