#pragma once
// The table of what is looked at in YAML and JSON: by the kind of a document, and the path in it.

#include <span>
#include <string_view>

#include "pin/find.h"
#include "pin/yaml_walk.h"

namespace stamp::pin {

/// What a path of the table leads to.
enum class YamlShape {
  reference,       ///< a scalar that is a reference
  docker,          ///< a scalar that is one when it begins with "docker://"
  pod,             ///< a PodSpec
  renamed,         ///< an item of kustomize's `images`
  oci_repository,  ///< `spec` of an OCIRepository
  values,          ///< Helm values
  document,        ///< a document of its own
  patch,           ///< an operation of a JSON patch
};

/// One line of the table.
struct YamlRule {
  std::string_view group;  ///< of `apiVersion`, without its version; empty: any
  std::string_view kind;   ///< `kind`; of documents without one the name that kind_of() gives
  std::string_view path;   ///< workspace/pin_path.h
  YamlShape shape;
};

/// The table. docs/formats.md shows it.
std::span<const YamlRule> yaml_rules();

/// What a document is.
struct YamlKind {
  std::string_view group;
  std::string_view kind;  ///< empty: nothing that the table knows
};

/// By `apiVersion` and `kind`; without them by the form of the document and the file's name:
/// "Kustomization", "Talos", "Compose", "GitHub Actions", "Helm values", "Terraform", "JSON patch".
YamlKind kind_of(std::string_view file, const YamlTreeNode& document);

}  // namespace stamp::pin
