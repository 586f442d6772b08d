#include "pin/kyverno_policy.h"

#include <gtest/gtest.h>

#include "base/yaml_tree.h"

namespace stamp::pin {
namespace {

std::string_view variable(const YamlTreeNode& document, std::string_view name) {
  for (const YamlTreeNode& item : document.find("spec")->find("variables")->items) {
    if (item.text_of("name") == name) return item.text_of("expression");
  }
  return "";
}

std::vector<oci::Reference> repositories(std::initializer_list<std::string_view> names) {
  std::vector<oci::Reference> out;
  for (const std::string_view name : names) out.push_back(oci::Reference::parse_repository(name));
  return out;
}

TEST(KyvernoPolicy, NamesTheRepositoriesForPodsAndEphemeralContainers) {
  const std::string text = kyverno_policy(repositories(
      {"registry.example/home/web", "127.0.0.1:5000/db", "registry.example/home/web"}));
  EXPECT_EQ(text, kyverno_policy(repositories({"127.0.0.1:5000/db", "registry.example/home/web"})));
  const YamlTree tree = YamlTree::parse("policy.yaml", text);
  ASSERT_EQ(tree.documents().size(), 2U);
  for (const YamlTreeNode& document : tree.documents()) {
    EXPECT_EQ(variable(document, "repositories"),
              "[\"127.0.0.1:5000/db\", \"registry.example/home/web\"]");
    EXPECT_EQ(variable(document, "refused"),
              "variables.images.filter(i, !(i in variables.before) && "
              "variables.repositories.exists(r, i == r || i.startsWith(r + \":\") || "
              "i.startsWith(r + \"@\")) && !i.matches(\"@sha256:[0-9a-f]{64}$\"))");
  }
}

TEST(KyvernoPolicy, NamesOnDockerHubHaveShortFormsToo) {
  const YamlTree tree = YamlTree::parse(
      "policy.yaml", kyverno_policy(repositories({"docker.io/home/web", "docker.io/library/db"})));
  EXPECT_EQ(variable(tree.documents().front(), "repositories"),
            "[\"docker.io/home/web\", \"index.docker.io/home/web\", \"home/web\", "
            "\"docker.io/library/db\", \"index.docker.io/library/db\", \"library/db\", \"db\", "
            "\"docker.io/db\", \"index.docker.io/db\"]");
}

}  // namespace
}  // namespace stamp::pin
