#include "debian/resolver.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/temp_file.h"
#include "debian/resolver_messages.h"

namespace stamp::debian {

Resolution resolve(const ResolverProgram& program, const ResolveRequest& request) {
  // libapt-pkg knows an index by its name, and the program may write nothing.
  const TempDir folder;
  ResolveRequest linked = request;
  for (std::size_t at = 0; at < linked.indexes.size(); ++at) {
    ResolveIndex& index = linked.indexes[at];
    const std::filesystem::path name = folder.path() / fmt::format("{:03}_Packages", at);
    std::error_code problem;
    std::filesystem::create_symlink(std::filesystem::absolute(index.path), name, problem);
    if (problem) throw system_error("make", name.string(), problem.value());
    index.path = name;
  }
  const std::filesystem::path status = folder.path() / "status";
  replace_file(status, request.status);
  Json document = to_json(linked);
  document["status"] = status.string();
  return resolution_from_json(parse_json(program.ask(document.dump())));
}

}  // namespace stamp::debian
