#include "cli/published_repositories.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "builder/output.h"

namespace stamp::cli {

Repositories published_repositories(const workspace::Workspace& workspace,
                                    const std::vector<std::string>& recipes,
                                    const std::string& to) {
  const std::string& wanted = to.empty() ? workspace.settings.repository : to;
  if (wanted.empty()) {
    throw Error(ErrorKind::usage, "cannot publish: no repository is named",
                {.hint = "--to REGISTRY/PATH/{name}, or 'publish: {repository: …}' in stamp.yaml"});
  }
  Repositories repositories;
  std::map<oci::Reference, std::string> taken;
  for (const workspace::Recipe* recipe : workspace.select(recipes)) {
    const bool asked =
        recipes.empty() || std::find(recipes.begin(), recipes.end(), recipe->name) != recipes.end();
    if (!asked) continue;
    const oci::Reference repository = during(
        fmt::format("reading the repository of '{}'", recipe->name),
        [&] { return oci::Reference::parse_repository(build::fill_name(wanted, recipe->name)); });
    const auto [other, is_new] = taken.emplace(repository, recipe->name);
    if (!is_new) {
      throw Error(ErrorKind::usage,
                  fmt::format("cannot publish both '{}' and '{}' in {}", other->second,
                              recipe->name, repository.repository_str()),
                  {.hint = "put {name} into the repository, which stands for the recipe's name"});
    }
    repositories.emplace(recipe->name, repository);
  }
  return repositories;
}

}  // namespace stamp::cli
