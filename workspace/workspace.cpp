#include "workspace/workspace.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/nearest.h"

namespace stamp::workspace {
namespace {

constexpr std::string_view kSettingsName = "stamp.yaml";
constexpr std::string_view kRecipeName = "recipe.yaml";
/// A file of this size is read, so that the parser's own message tells what its limit is.
constexpr std::uint64_t kReadLimit = 64U << 20U;

/// The sub-folders of `folder` that hold a recipe, in byte order.
std::vector<std::string> recipe_folders(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error) throw system_error("list", folder.string(), error.value());
  for (const auto& entry : entries) {
    std::error_code ignored;
    if (std::filesystem::exists(entry.path() / kRecipeName, ignored)) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Checks what several recipes have to do with each other, and with stamp.yaml.
class Graph {
 public:
  Graph(Workspace& workspace, std::vector<Diagnostic>& problems)
      : workspace_(workspace), problems_(problems) {
    for (const Recipe& recipe : workspace.recipes) by_name_.emplace(recipe.name, &recipe);
  }

  void check() {
    check_names();
    for (const Recipe& recipe : workspace_.recipes) {
      check_needs(recipe);
      check_package_sources(recipe);
      check_platforms(recipe);
    }
    if (find_circle()) return;
    for (Recipe& recipe : workspace_.recipes) {
      resolve_owners(recipe, bases_of(recipe), problems_);
    }
  }

 private:
  const Recipe* find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }

  void check_names() {
    for (const Recipe& recipe : workspace_.recipes) {
      const Recipe* first = find(recipe.name);
      if (recipe.name.empty() || first == &recipe) continue;
      problems_.push_back(
          recipe.problem(recipe.name_position,
                         fmt::format("recipe '{}' is also in {}", recipe.name, first->file)));
    }
  }

  void check_needs(const Recipe& recipe) {
    if (recipe.from.kind == From::Kind::recipe) {
      check_need(recipe, recipe.from.recipe, recipe.from.position);
    }
    for (const Layer& layer : recipe.layers) {
      const auto* copy = std::get_if<Copy>(&layer);
      if (copy != nullptr) check_need(recipe, copy->recipe, copy->recipe_position);
    }
  }

  void check_need(const Recipe& recipe, const std::string& name, TextPosition position) {
    if (name.empty() || find(name) != nullptr) return;
    std::vector<std::string_view> names;
    for (const auto& [known, unused] : by_name_) names.push_back(known);
    std::string message = fmt::format("unknown recipe '{}'", printable(name, 80));
    if (const auto meant = nearest(name, names)) {
      message += fmt::format("; did you mean '{}'?", *meant);
    }
    problems_.push_back(recipe.problem(position, std::move(message)));
  }

  void check_package_sources(const Recipe& recipe) {
    for (const Layer& layer : recipe.layers) {
      const auto* packages = std::get_if<Packages>(&layer);
      if (packages == nullptr) continue;
      if (workspace_.settings.sources.empty()) {
        problems_.push_back(recipe.problem(
            packages->position, "stamp.yaml names no 'sources' that packages could come from"));
      }
      for (const std::string& name : packages->sources) {
        if (!name.empty()) check_package_source(recipe, *packages, name);
      }
    }
  }

  void check_package_source(const Recipe& recipe, const Packages& packages,
                            const std::string& name) {
    if (workspace_.settings.find_source(name) != nullptr) return;
    std::vector<std::string_view> names;
    for (const PackageSource& source : workspace_.settings.sources) names.push_back(source.name);
    std::string message = fmt::format("unknown source '{}'", printable(name, 80));
    if (const auto meant = nearest(name, names)) {
      message += fmt::format("; did you mean '{}'?", *meant);
    }
    problems_.push_back(recipe.problem(packages.sources_position, std::move(message)));
  }

  /// What a recipe needs must exist for each of its platforms.
  void check_platforms(const Recipe& recipe) {
    for (const std::string& name : recipe.needs()) {
      const Recipe* needed = find(name);
      if (needed == nullptr) continue;
      for (const oci::Platform& platform : recipe.platforms) {
        const auto& known = needed->platforms;
        if (std::find(known.begin(), known.end(), platform) != known.end()) continue;
        problems_.push_back(recipe.problem(
            recipe.name_position, fmt::format("'{}' is for {}, and recipe '{}', which it needs, is "
                                              "not",
                                              recipe.name, platform.str(), name)));
      }
    }
  }

  /// Whether recipes need each other in a circle; reports each circle once, at the recipe in it
  /// whose name comes first.
  bool find_circle() {
    bool found = false;
    std::set<const Recipe*> done;
    for (const Recipe& recipe : workspace_.recipes) {
      std::vector<const Recipe*> path;
      found = walk(recipe, path, done) || found;
    }
    return found;
  }

  bool walk(const Recipe& recipe, std::vector<const Recipe*>& path, std::set<const Recipe*>& done) {
    const auto again = std::find(path.begin(), path.end(), &recipe);
    if (again != path.end()) {
      std::string names;
      for (auto step = again; step != path.end(); ++step) names += (*step)->name + " → ";
      problems_.push_back(recipe.problem(
          recipe.name_position, fmt::format("recipes need each other: {}{}", names, recipe.name)));
      return true;
    }
    if (done.count(&recipe) != 0) return false;
    path.push_back(&recipe);
    bool found = false;
    for (const std::string& name : recipe.needs()) {
      const Recipe* needed = find(name);
      if (needed != nullptr) found = walk(*needed, path, done) || found;
    }
    path.pop_back();
    done.insert(&recipe);
    return found;
  }

  /// The recipes that `recipe` is built on, nearest first.
  std::vector<const Recipe*> bases_of(const Recipe& recipe) const {
    std::vector<const Recipe*> bases;
    for (const Recipe* next = &recipe; next->from.kind == From::Kind::recipe;) {
      next = find(next->from.recipe);
      if (next == nullptr) break;
      bases.push_back(next);
    }
    return bases;
  }

  Workspace& workspace_;
  std::vector<Diagnostic>& problems_;
  std::map<std::string_view, const Recipe*> by_name_;
};

/// Adds `recipe` to `order`, after what it needs.
void add_with_needs(const Workspace& workspace, const Recipe& recipe,
                    std::vector<const Recipe*>& order) {
  if (std::find(order.begin(), order.end(), &recipe) != order.end()) return;
  for (const std::string& name : recipe.needs()) {
    if (const Recipe* needed = workspace.find(name)) add_with_needs(workspace, *needed, order);
  }
  order.push_back(&recipe);
}

}  // namespace

const Recipe* Workspace::find(std::string_view name) const {
  const auto found = std::find_if(recipes.begin(), recipes.end(),
                                  [&](const Recipe& recipe) { return recipe.name == name; });
  return found == recipes.end() ? nullptr : &*found;
}

std::vector<const Recipe*> Workspace::select(std::span<const std::string> names) const {
  std::set<std::string_view> wanted(names.begin(), names.end());
  for (const std::string_view name : wanted) {
    if (find(name) != nullptr) continue;
    std::vector<std::string_view> known;
    for (const Recipe& recipe : recipes) known.push_back(recipe.name);
    const auto meant = nearest(name, known);
    throw Error(ErrorKind::usage,
                fmt::format("cannot find recipe '{}': no recipe.yaml in '{}' has that name",
                            printable(name, 80), folder.string()),
                {.hint = meant ? fmt::format("the recipe '{}'", *meant) : std::string()});
  }
  std::vector<const Recipe*> order;
  for (const Recipe& recipe : recipes) {
    if (wanted.empty() || wanted.count(recipe.name) != 0) add_with_needs(*this, recipe, order);
  }
  return order;
}

Workspace open(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path settings_path = folder / kSettingsName;
  if (!std::filesystem::exists(settings_path, error)) {
    throw Error(ErrorKind::usage,
                fmt::format("cannot open workspace '{}': it has no stamp.yaml", folder.string()),
                {.hint = "name the folder that holds stamp.yaml: stamp -C FOLDER …"});
  }
  std::vector<Diagnostic> problems;
  Workspace workspace;
  workspace.folder = folder;
  workspace.settings = parse_settings(std::string(kSettingsName),
                                      read_file(settings_path, kReadLimit), folder, problems);
  for (const std::string& name : recipe_folders(folder)) {
    const std::filesystem::path place = folder / name;
    Recipe recipe = parse_recipe(fmt::format("{}/{}", name, kRecipeName),
                                 read_file(place / kRecipeName, kReadLimit), place, problems);
    if (recipe.platforms.empty()) recipe.platforms = workspace.settings.platforms;
    check_sources(recipe, problems);
    workspace.recipes.push_back(std::move(recipe));
  }
  std::stable_sort(workspace.recipes.begin(), workspace.recipes.end(),
                   [](const Recipe& a, const Recipe& b) { return a.name < b.name; });
  Graph(workspace, problems).check();
  throw_if_any(std::move(problems));
  return workspace;
}

}  // namespace stamp::workspace
