#include "debian/inrelease.h"

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"

namespace stamp::debian {

VerifiedRelease verify_inrelease(const ResolverProgram& program, std::string_view inrelease,
                                 const Trust& trust) {
  const Json request = {{"ask", "verify"},
                        {"inrelease", to_base64(inrelease)},
                        {"keyring", to_base64(trust.keyring)},
                        {"time", trust.time}};
  const Json answer = parse_json(program.ask(request.dump()));
  VerifiedRelease verified;
  const std::string text = from_base64(answer.at("text").get<std::string>());
  verified.release =
      during("reading the InRelease file", ErrorKind::corrupt, [&] { return parse_release(text); });
  verified.fingerprint = answer.at("fingerprint").get<std::string>();
  verified.key = answer.at("key").get<std::string>();
  verified.digest = Digest::of(inrelease);
  return verified;
}

std::string decode_key(std::string_view base64) {
  return from_base64(base64);
}

}  // namespace stamp::debian
