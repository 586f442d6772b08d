// Looks through YAML and JSON as the table of pin/yaml_rules.h says, and as the user declared.

#include <optional>

#include "base/error.h"
#include "base/glob.h"
#include "pin/yaml_rules.h"
#include "pin/yaml_shapes.h"

namespace stamp::pin {
namespace {

/// Whether `glob` names the file: by its whole name, or without a folder by its last part.
bool names(const std::string& glob, std::string_view file) {
  if (glob.empty()) return true;
  const std::string_view last = file.substr(file.rfind('/') + 1);
  return Glob::parse(glob).matches(glob.find('/') == std::string::npos ? last : file);
}

class YamlFinder {
 public:
  YamlFinder(const FileText& file, const workspace::PinSettings& settings) : file_(file) {
    for (const workspace::PinPath& path : settings.paths) {
      if (names(path.file, file.name)) declared_.push_back(&path);
    }
  }

  Found find(const YamlTree& tree) {
    std::size_t number = 0;
    for (const YamlTreeNode& document : tree.documents()) {
      YamlWalk walk(file_.name, file_.text, document, ++number);
      find_in(walk, walk.root());
    }
    return std::move(found_);
  }

 private:
  void find_in(YamlWalk& walk, const Spot& document) {
    const YamlKind kind = kind_of(file_.name, *document.node);
    for (const YamlRule& rule : yaml_rules()) {
      if (rule.kind != kind.kind || (!rule.group.empty() && rule.group != kind.group)) continue;
      YamlPlaces places(walk, kind.kind, file_, found_);
      walk.follow(document, rule.path, [&](const Spot& spot) { apply(rule.shape, places, spot); });
    }
    for (const workspace::PinPath* path : declared_) {
      if (!path->kind.empty() && path->kind != document.node->text_of("kind")) continue;
      YamlPlaces places(walk, path->kind.empty() ? std::string_view("pin.paths") : path->kind,
                        file_, found_);
      walk.follow(document, path->path, [&](const Spot& spot) { find_declared(places, spot); });
    }
  }

  void apply(YamlShape shape, YamlPlaces& places, const Spot& spot) {
    switch (shape) {
      case YamlShape::reference:
        return places.add(spot, Role::reference);
      case YamlShape::docker:
        return places.add(spot, Role::docker);
      case YamlShape::pod:
        return find_in_pod(places, spot);
      case YamlShape::renamed:
        return find_renamed(places, spot);
      case YamlShape::oci_repository:
        return find_in_oci_repository(places, spot);
      case YamlShape::values:
        return find_in_values(places, spot);
      case YamlShape::document:
        return find_in(places.walk(), spot);
      case YamlShape::patch:
        return find_in_patch(places, spot);
    }
  }

  const FileText& file_;
  std::vector<const workspace::PinPath*> declared_;
  Found found_;
};

/// The parsed file; nothing when it is a template of YAML, as charts have them, or a JSON file that
/// is none: many programs have settings with comments in files of that name.
std::optional<YamlTree> parse(const FileText& file) {
  try {
    return YamlTree::parse(file.name, file.text);
  } catch (const Error& error) {
    const bool may_be =
        format_of(file.name) == Format::json || file.text.find("{{") != std::string::npos;
    if (error.kind() != ErrorKind::invalid || !may_be) throw;
    return std::nullopt;
  }
}

}  // namespace

Found find_in_yaml(const FileText& file, const workspace::PinSettings& settings) {
  const std::optional<YamlTree> tree = parse(file);
  if (!tree && format_of(file.name) == Format::json) {
    return {.left_alone = {{.reason = "it is not JSON"}}};
  }
  if (!tree) return {.left_alone = {{.reason = "a template, which is not YAML yet"}}};
  return YamlFinder(file, settings).find(*tree);
}

}  // namespace stamp::pin
