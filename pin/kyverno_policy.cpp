#include "pin/kyverno_policy.h"

#include <algorithm>
#include <string_view>

#include <fmt/core.h>

namespace stamp::pin {
namespace {

/// What a manifest may call a repository: images on docker.io have shorter names.
std::vector<std::string> names_of(const oci::Reference& repository) {
  std::vector<std::string> names{repository.repository_str()};
  if (repository.host != "docker.io") return names;
  constexpr std::string_view kLibrary = "library/";
  const std::string& path = repository.repository;
  names.push_back("index.docker.io/" + path);
  names.push_back(path);
  if (path.starts_with(kLibrary)) {
    for (const std::string_view host : {"", "docker.io/", "index.docker.io/"}) {
      names.push_back(std::string(host) + path.substr(kLibrary.size()));
    }
  }
  return names;
}

/// The images of the Pod that the variable `object` is or makes. Kyverno derives the expressions
/// for workloads from "object.spec" by its text.
std::string images_of(std::string_view object) {
  return fmt::format(
      "        ({0}.spec.containers + {0}.spec.?initContainers.orValue([]) +\n"
      "        {0}.spec.?ephemeralContainers.orValue([])).map(c, c.image) +\n"
      "        {0}.spec.?volumes.orValue([]).filter(v, has(v.image)).map(v, "
      "v.image.?reference.orValue(\"\"))\n",
      object);
}

std::string policy(std::string_view name, std::string_view autogen, std::string_view resource,
                   const std::string& repositories) {
  return fmt::format(
             "apiVersion: policies.kyverno.io/v1\n"
             "kind: ValidatingPolicy\n"
             "metadata:\n"
             "  name: {}\n"
             "spec:\n"
             "  validationActions: [Deny]\n"
             "{}"
             "  matchConstraints:\n"
             "    resourceRules:\n"
             "      - apiGroups: [\"\"]\n"
             "        apiVersions: [v1]\n"
             "        operations: [CREATE, UPDATE]\n"
             "        resources: [{}]\n"
             "  variables:\n"
             "    - name: repositories\n"
             "      expression: >-\n"
             "{}"
             "    - name: images\n"
             "      expression: >-\n",
             name, autogen, resource, repositories) +
         images_of("object") +
         "    - name: before\n"
         "      expression: >-\n"
         "        request.operation != \"UPDATE\" ? [] :\n" +
         images_of("oldObject") +
         "    - name: refused\n"
         "      expression: >-\n"
         "        variables.images.filter(i, !(i in variables.before) &&\n"
         "        variables.repositories.exists(r, i == r || i.startsWith(r + \":\") || "
         "i.startsWith(r + \"@\")) &&\n"
         "        !i.matches(\"@sha256:[0-9a-f]{64}$\"))\n"
         "  validations:\n"
         "    - expression: variables.refused.size() == 0\n"
         "      messageExpression: >-\n"
         "        \"images of this workspace run by digest only; pin them: \" + "
         "variables.refused.join(\", \")\n";
}

}  // namespace

std::string kyverno_policy(std::vector<oci::Reference> repositories) {
  std::ranges::sort(repositories);
  std::vector<std::string> names;
  for (const oci::Reference& repository : repositories) {
    for (std::string& name : names_of(repository)) names.push_back(std::move(name));
  }
  names.erase(std::unique(names.begin(), names.end()), names.end());
  // Escapes of YAML and CEL are not needed: a repository has letters, digits and ._-/:[] only.
  std::string list = "        [";
  for (const std::string& name : names) {
    list += fmt::format("{}\"{}\"", &name == &names.front() ? "" : ",\n        ", name);
  }
  list += "]\n";
  return "# Made by `stamp policy kyverno`.\n" +
         policy("stamp-images-by-digest",
                "  autogen:\n"
                "    podControllers:\n"
                "      controllers: [daemonsets, deployments, jobs, statefulsets, cronjobs]\n",
                "pods", list) +
         "---\n" + policy("stamp-ephemeral-images-by-digest", "", "pods/ephemeralcontainers", list);
}

}  // namespace stamp::pin
