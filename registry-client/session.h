#pragma once
// Requests to one registry: logged in, redirects followed, tried again. Private to the client.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "registry-client/attempts.h"
#include "registry-client/exchange.h"
#include "registry-client/host_settings.h"
#include "registry-client/limiter.h"
#include "registry-client/tokens.h"

namespace stamp::registry {

/// Whether a request may simply be sent again after a failure.
enum class Repeat {
  yes,
  no,  ///< the caller finds out first what became of it
};

/// A request to a registry.
struct Call {
  std::string what;  ///< for messages: "pull blob 'sha256:…'"
  std::string method = "GET";
  Target target;
  std::vector<Header> headers;
  std::optional<RequestBody> body;
  Rights rights;
  Repeat repeat = Repeat::yes;
  std::optional<std::chrono::seconds> patience;
  std::uint64_t text_limit = std::uint64_t{64} << 10U;  ///< of a body without a sink
};

/// Told of a registry's warnings, as they came.
using TakeWarning = std::function<void(const std::string& host, const std::string& text)>;

/// A registry and what is known about it. Safe from many threads.
class Session final {
 public:
  /// `settings` and what `parts` names must outlive this.
  Session(const ClientParts& parts, std::string host, const HostSettings& settings,
          TakeWarning warn);

  const std::string& host() const { return host_; }
  const HostSettings& settings() const { return settings_; }
  /// A place of the registry: `path` begins with "/v2/".
  Target at(const std::string& path, const std::string& query = {}) const;

  /// Sends a request until there is an answer; any status is a value, also 408, 429 and 5xx when
  /// the call must not be repeated. A refusal for lack of a token is met with a new one, except
  /// that a call that must not be repeated and has a body gets the 401. `choose` is asked for
  /// statuses of 2xx only. Errors: denied, network (after all attempts), corrupt, interrupted;
  /// those of the streams.
  Answer send(const Call& call, const ChooseSink& choose = {});

  /// A counter of attempts at something of several requests.
  Attempts attempts() { return Attempts(parts_.retry, limiter_, parts_.budget); }
  /// The error that an answer is.
  Error failure(const Call& call, const Answer& answer) const;
  /// The setback that an answer is.
  Setback setback(const Call& call, const Answer& answer) const {
    return setback_of(failure(call, answer), answer.head, parts_.clock.now());
  }
  const RetryOptions& retry() const { return parts_.retry; }

 private:
  Answer send_logged_in(const Call& call, const ChooseSink& choose);

  ClientParts parts_;
  std::string host_;
  const HostSettings& settings_;
  Url origin_;
  TakeWarning warn_;
  Limiter limiter_;
  Authorizer authorizer_;
};

}  // namespace stamp::registry
