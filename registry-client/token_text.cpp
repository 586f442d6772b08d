#include "registry-client/token_text.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "base/json.h"

namespace stamp::registry {
namespace {

using std::chrono::seconds;

constexpr seconds kDefaultLife{60};
constexpr seconds kRenewEarly{10};
constexpr std::int64_t kLongestLife = 24 * 3600;

Error wrong(std::string_view problem) {
  return Error(ErrorKind::corrupt,
               fmt::format("cannot read the token server's answer: {}", problem));
}

std::string text_member(const Json& answer, const char* name) {
  const auto found = answer.find(name);
  if (found == answer.end() || found->is_null()) return {};
  if (!found->is_string()) throw wrong(fmt::format("{}: it must be text", name));
  return found->get<std::string>();
}

seconds life_of(const Json& answer) {
  const auto found = answer.find("expires_in");
  if (found == answer.end() || found->is_null()) return kDefaultLife;
  if (!found->is_number_integer()) throw wrong("expires_in: it must be a whole number");
  const bool huge = found->is_number_unsigned() &&
                    found->get<std::uint64_t>() > static_cast<std::uint64_t>(kLongestLife);
  const std::int64_t life = huge ? kLongestLife : found->get<std::int64_t>();
  return life > 0 ? seconds(life) : kDefaultLife;
}

}  // namespace

TokenText read_token(std::string_view body) {
  const Json answer = during("reading the token server's answer", ErrorKind::corrupt,
                             [&] { return parse_json(body); });
  if (!answer.is_object()) throw wrong("it is no object");
  std::string text = text_member(answer, "token");
  if (text.empty()) text = text_member(answer, "access_token");
  if (text.empty()) throw wrong("it has no token");
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; })) {
    throw wrong("the token has characters that it cannot have");
  }
  const seconds life = life_of(answer);
  return {.text = std::move(text), .life = std::max(life - kRenewEarly, life / 2)};
}

}  // namespace stamp::registry
