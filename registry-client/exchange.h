#pragma once
// One request and the redirects that it meets, by the rules for them. Private to the client.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry-client/transport.h"
#include "registry-client/url.h"

namespace stamp::registry {

/// Where a request goes, and which addresses that may be.
struct Target {
  Url url;
  Addresses addresses = Addresses::any;
};

/// Where a server that answered from `from` points to with a Location or Link: never from https to
/// http or to a file, and from a public server only to public ones. Errors: denied.
Target pointed_to(const Target& from, const Response& head, std::string_view location);

/// Counts what a client does.
struct Counters {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> bytes_sent{0};
  std::atomic<std::uint64_t> bytes_received{0};
};

/// Whom a redirect may give a request's body.
enum class BodyFor {
  anybody,
  own_origin,  ///< it holds a secret: the target's own origin only
};

/// A request to send.
struct Outgoing {
  std::string method = "GET";
  Target target;
  std::vector<Header> headers;
  std::string authorization;  ///< goes to the target's own origin only; empty: none
  std::optional<RequestBody> body;
  BodyFor body_for = BodyFor::anybody;
  std::string ca_file;  ///< for the target's own host only
  std::optional<std::chrono::seconds> patience;
  std::uint64_t text_limit = std::uint64_t{64} << 10U;  ///< of a body without a sink
};

/// What came back.
struct Answer {
  Response head;
  Target from;            ///< what answered, after redirects: Location is relative to it
  std::string text;       ///< the body, unless it went to a sink
  bool cut = false;       ///< the body was longer than the limit; `text` is its beginning
  bool streamed = false;  ///< a sink was chosen
};

/// Sends and follows redirects, at most 10. A request that has a body, or is a POST, PUT, PATCH or
/// DELETE, is only repeated as it is (307, 308; 301 and 302 without body), never turned into a GET.
/// `choose` gives the sink for a body, or null: it becomes the answer's `text`. Not asked for
/// redirects. Errors: denied (a redirect that must not be followed); those of Transport::send().
Answer exchange(Transport& transport, Counters& counters, const Outgoing& outgoing,
                const ChooseSink& choose);

}  // namespace stamp::registry
