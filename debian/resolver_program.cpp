#include "debian/resolver_program.h"

#include <array>
#include <system_error>

#include <fmt/core.h>

#include "base/child.h"
#include "base/error.h"
#include "base/json.h"
#include "debian/resolver_messages.h"

namespace stamp::debian {
namespace {

constexpr std::uint64_t kMaxAnswer = 64U << 20U;

}  // namespace

ResolverProgram ResolverProgram::beside(const std::filesystem::path& own_program) {
  const std::filesystem::path folder = own_program.parent_path();
  for (const std::filesystem::path& place :
       {folder / "stamp-resolver", folder.parent_path() / "libexec/stamp/stamp-resolver"}) {
    std::error_code ignored;
    if (std::filesystem::exists(place, ignored)) return ResolverProgram(place);
  }
  throw Error(
      ErrorKind::unavailable,
      fmt::format("cannot find the program 'stamp-resolver' beside '{}'", own_program.string()),
      {.hint = "install stamp with its resolver (CMake option STAMP_RESOLVER); building "
               "from a complete lock needs none"});
}

std::string ResolverProgram::ask(std::string_view request) const {
  Child child({.program = program_, .arguments = {}, .environment = {"LC_ALL=C", "TZ=UTC"}});
  std::string answer = child.communicate(request, kMaxAnswer);
  const int status = child.wait();
  if (status != 0) {
    throw Error(ErrorKind::internal,
                status >= 128 ? fmt::format("the resolver was ended by signal {}", status - 128)
                              : fmt::format("the resolver failed with status {}", status));
  }
  const Json document = parse_json(answer);
  if (document.contains("error")) throw error_from_json(document.at("error"));
  return answer;
}

}  // namespace stamp::debian
