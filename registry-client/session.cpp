#include "registry-client/session.h"

#include <utility>

#include <fmt/core.h>

#include "registry-client/retry.h"
#include "registry-client/server_text.h"

namespace stamp::registry {
namespace {

constexpr int kMaxLogins = 2;

}  // namespace

Session::Session(const ClientParts& parts, std::string host, const HostSettings& settings,
                 TakeWarning warn)
    : parts_(parts),
      host_(std::move(host)),
      settings_(settings),
      origin_(Url::parse(registry_url(host_, settings))),
      warn_(std::move(warn)),
      limiter_(settings.concurrency, parts.retry),
      authorizer_(parts, host_, settings, origin_) {}

Target Session::at(const std::string& path, const std::string& query) const {
  Target target = {.url = origin_};
  target.url.path = path;
  target.url.query = query;
  return target;
}

Error Session::failure(const Call& call, const Answer& answer) const {
  const int status = answer.head.status;
  return Error(status == 401 || status == 403 ? ErrorKind::denied : ErrorKind::network,
               fmt::format("cannot {}: {}", call.what, describe_answer(status, answer.text)),
               {.input = answer.from.url.redacted(),
                .hint = status == 401 ? login_hint(host_) : std::string()});
}

/// One request as the registry wants it: with a token, with another one when that is refused.
Answer Session::send_logged_in(const Call& call, const ChooseSink& choose) {
  Outgoing outgoing = {.method = call.method,
                       .target = call.target,
                       .headers = call.headers,
                       .body = call.body,
                       .patience = call.patience,
                       .text_limit = call.text_limit};
  const bool own = call.target.url.same_origin(origin_);
  if (own) outgoing.authorization = authorizer_.authorization(call.rights);
  if (call.target.url.host == origin_.host) outgoing.ca_file = settings_.ca_file;
  for (int logins = 0;; ++logins) {
    std::optional<Answer> answer;
    {
      const Limiter::Slot slot = limiter_.slot();
      answer = exchange(parts_.transport, parts_.counters, outgoing, choose);
    }
    if (warn_) {
      for (const std::string& text : read_warnings(answer->head)) warn_(host_, text);
    }
    const bool refused = own && answer->head.status == 401 && answer->from.url.same_origin(origin_);
    if (!refused || logins == kMaxLogins) return *std::move(answer);
    const std::optional<std::string> fresh =
        authorizer_.renewed(call.rights, *answer, outgoing.authorization);
    const bool has_body = call.body && call.body->length > 0;
    if (!fresh || (has_body && call.repeat == Repeat::no)) return *std::move(answer);
    outgoing.authorization = *fresh;
  }
}

Answer Session::send(const Call& call, const ChooseSink& choose) {
  Attempts counted = attempts();
  const std::string doing = fmt::format("trying to {}", call.what);
  while (true) {
    bool streamed = false;
    const auto choose_good = [&](const Response& head) -> Sink* {
      if (!choose || head.status < 200 || head.status > 299) return nullptr;
      Sink* sink = choose(head);
      streamed = sink != nullptr;
      return sink;
    };
    std::optional<Setback> problem;
    try {
      Answer answer = send_logged_in(call, choose_good);
      if (call.repeat == Repeat::no || !is_worth_retrying(answer.head.status)) return answer;
      problem = setback(call, answer);
    } catch (const Error& error) {
      // What a sink got is not sent again without its owner.
      if (error.kind() != ErrorKind::network || call.repeat == Repeat::no || streamed) {
        throw error.within(doing);
      }
      problem = Setback{.error = error.within(doing)};
    }
    counted.failed(*problem);
  }
}

}  // namespace stamp::registry
