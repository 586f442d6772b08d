#include "workspace/published_repositories.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::workspace {

std::string fill_name(std::string text, std::string_view recipe) {
  constexpr std::string_view kName = "{name}";
  for (std::size_t at = text.find(kName); at != std::string::npos; at = text.find(kName, at)) {
    text.replace(at, kName.size(), recipe);
    at += recipe.size();
  }
  return text;
}

Repositories published_repositories(const Workspace& workspace,
                                    const std::vector<std::string>& recipes,
                                    const std::string& to) {
  const std::string& wanted = to.empty() ? workspace.settings.repository : to;
  if (wanted.empty()) {
    throw Error(ErrorKind::usage, "cannot publish: no repository is named",
                {.hint = "--to REGISTRY/PATH/{name}, or 'publish: {repository: …}' in stamp.yaml"});
  }
  Repositories repositories;
  std::map<oci::Reference, std::string> taken;
  for (const Recipe* recipe : workspace.select(recipes)) {
    const bool asked =
        recipes.empty() || std::find(recipes.begin(), recipes.end(), recipe->name) != recipes.end();
    if (!asked) continue;
    const oci::Reference repository =
        during(fmt::format("reading the repository of '{}'", recipe->name),
               [&] { return oci::Reference::parse_repository(fill_name(wanted, recipe->name)); });
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

}  // namespace stamp::workspace
