// stamp-resolver: answers one request of stamp's and ends. It holds the libraries that making a
// lock needs, librnp and libapt-pkg, and is where text is parsed that nobody vouches for yet.
// A request and its answer are JSON documents on standard input and output.

#include <array>
#include <cstdio>
#include <exception>
#include <string>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/stream.h"
#include "debian/resolver_messages.h"
#include "debian/resolver_program/apt_resolver.h"
#include "debian/resolver_program/confinement.h"
#include "debian/resolver_program/openpgp.h"

namespace stamp::debian {
namespace {

constexpr std::uint64_t kMaxRequest = 64U << 20U;

Json verify(const Json& request) {
  const VerifiedMessage message =
      verify_message(from_base64(request.at("inrelease").get<std::string>()),
                     from_base64(request.at("keyring").get<std::string>()),
                     request.at("time").get<std::int64_t>());
  return {{"text", to_base64(message.text)},
          {"fingerprint", message.fingerprint},
          {"key", to_base64(message.key)}};
}

Json answer(const Json& request) {
  const std::string ask = request.at("ask").get<std::string>();
  if (ask == "verify") return verify(request);
  if (ask == "resolve") {
    const AptRequest apt = {.request = request_from_json(request),
                            .status = request.at("status").get<std::string>()};
    prepare_apt(apt);
    confine(FileAccess::read_only);
    return to_json(resolve_with_apt(apt));
  }
  throw Error(ErrorKind::internal, "cannot answer '" + ask + "': no such request");
}

int run() {
  Json reply;
  try {
    FileSource input(Fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)), "standard input");
    reply = answer(parse_json(read_all(input, kMaxRequest, "the request")));
  } catch (const Error& error) {
    reply = {{"error", to_json(error)}};
  } catch (const std::exception& error) {
    reply = {{"error", to_json(Error(ErrorKind::internal, error.what()))}};
  }
  const std::string text = reply.dump(-1, ' ', false, Json::error_handler_t::replace);
  write_all(STDOUT_FILENO, as_bytes(text), "standard output");
  return 0;
}

}  // namespace
}  // namespace stamp::debian

int main() {
  try {
    return stamp::debian::run();
  } catch (const std::exception& error) {  // nobody reads the reply any more
    static_cast<void>(std::fputs(error.what(), stderr));
    return 1;
  }
}
