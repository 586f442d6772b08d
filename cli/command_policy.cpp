#include "cli/commands.h"
#include "pin/kyverno_policy.h"
#include "workspace/published_repositories.h"

namespace stamp::cli {

void run(const PolicyKyvernoCommand& command, Context& context) {
  const workspace::Workspace opened = context.open_workspace();
  std::vector<oci::Reference> repositories;
  for (const auto& [name, repository] :
       workspace::published_repositories(opened, command.recipes, command.to)) {
    repositories.push_back(repository);
  }
  print_result(pin::kyverno_policy(std::move(repositories)));
}

}  // namespace stamp::cli
