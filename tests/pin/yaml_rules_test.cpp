#include "pin/yaml_rules.h"

#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/temp_file.h"
#include "workspace/pin_path.h"

namespace stamp::pin {
namespace {

std::string where(const YamlRule& rule) {
  const std::string path = fmt::format("`{}`", rule.path);
  switch (rule.shape) {
    case YamlShape::reference:
      return path;
    case YamlShape::docker:
      return path + " with `docker://`";
    case YamlShape::pod:
      return "PodSpec " + path;
    case YamlShape::renamed:
      return "kustomize images " + path;
    case YamlShape::oci_repository:
      return "`spec.url` and `spec.ref`";
    case YamlShape::values:
      return rule.path.empty() ? "values, the whole file" : "values " + path;
    case YamlShape::document:
      return "documents " + path;
    case YamlShape::patch:
      return "`value` where `path` ends in `/image`, added or replaced";
  }
  return "";
}

/// The table as docs/formats.md shows it: a row for the rules of a kind, which follow each other.
std::string table() {
  std::string text = "| document | group | where |\n|---|---|---|\n";
  const YamlRule* before = nullptr;
  for (const YamlRule& rule : yaml_rules()) {
    if (before != nullptr && rule.kind == before->kind && rule.group == before->group) {
      text.insert(text.size() - 3, ", " + where(rule));
    } else {
      text += fmt::format("| {} | {} | {} |\n", rule.kind,
                          rule.group.empty() ? "" : fmt::format("`{}`", rule.group), where(rule));
    }
    before = &rule;
  }
  return text;
}

TEST(YamlRules, AreInTheDocument) {
  const std::string document = read_file(STAMP_SOURCE_DIR "/docs/formats.md");
  EXPECT_NE(document.find(table()), std::string::npos) << "docs/formats.md must have:\n" << table();
}

TEST(YamlRules, HavePathsThatUsersCouldWrite) {
  for (const YamlRule& rule : yaml_rules()) {
    if (rule.path.empty()) continue;
    EXPECT_EQ(workspace::check_pin_path(rule.path), rule.path);
  }
}

std::string kind(std::string_view file, std::string_view text) {
  const YamlTree tree = YamlTree::parse(file, text);
  const YamlKind kind = kind_of(file, tree.documents().front());
  return fmt::format("{}/{}", kind.group, kind.kind);
}

TEST(KindOf, IsWhatTheDocumentSays) {
  EXPECT_EQ(kind("values.yaml", "{apiVersion: apps/v1, kind: Deployment}"), "apps/Deployment");
  EXPECT_EQ(kind("a.yaml", "{apiVersion: v1, kind: Pod}"), "/Pod");
  EXPECT_EQ(kind("a.yaml", "{kind: List}"), "/List");
  EXPECT_EQ(kind("a.yaml", "{kind: Pod}"), "/");
}

TEST(KindOf, GoesByFormAndNameOtherwise) {
  EXPECT_EQ(kind("x/kustomization.yml", "{images: []}"), "kustomize.config.k8s.io/Kustomization");
  EXPECT_EQ(kind("kustomization.yaml", "{kind: Component}"), "kustomize.config.k8s.io/Component");
  EXPECT_EQ(kind("a.tfvars.json", "{}"), "/Terraform");
  EXPECT_EQ(kind("my-Values.yaml", "{machine: {}}"), "/Helm values");
  EXPECT_EQ(kind("values/a.yaml", "{image: a}"), "/");
  EXPECT_EQ(kind("a.yaml", "{machine: {}, cluster: {}}"), "/Talos");
  EXPECT_EQ(kind("a.yaml", "{machine: {}, pool: {}}"), "/");
  EXPECT_EQ(kind("a.yaml", "{on: push, jobs: {}}"), "/GitHub Actions");
  EXPECT_EQ(kind("a.yaml", "{jobs: {}}"), "/");
  EXPECT_EQ(kind("action.yml", "{runs: {using: docker}}"), "/GitHub Actions");
  EXPECT_EQ(kind("a.yaml", "{services: {}, x-a: 1}"), "/Compose");
  EXPECT_EQ(kind("a.yaml", "{services: {}, other: 1}"), "/");
  EXPECT_EQ(kind("a.yaml", "[{op: add, path: /a, value: b}]"), "/JSON patch");
  EXPECT_EQ(kind("a.yaml", "[{op: add, path: a, value: b}]"), "/");
  EXPECT_EQ(kind("Kustomization", "{images: []}"), "kustomize.config.k8s.io/Kustomization");
  EXPECT_EQ(kind("a.yaml", "[1]"), "/");
}

}  // namespace
}  // namespace stamp::pin
