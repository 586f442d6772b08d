#include "builder/lock/locks.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/parallel.h"
#include "builder/lock/locker.h"
#include "builder/plan/base_image.h"
#include "builder/store/layer_store.h"

namespace stamp::build {
namespace {

std::optional<workspace::Lock> read_lock(const workspace::Recipe& recipe) {
  const std::filesystem::path path = recipe.lock_path();
  std::error_code code;
  if (!std::filesystem::exists(path, code)) return std::nullopt;
  const std::filesystem::path shown =
      std::filesystem::path(recipe.file).parent_path() / "stamp.lock";
  return workspace::parse_lock(shown.string(), read_file(path));
}

/// The locks of the recipes that `recipe` needs, which are among `inputs`.
std::vector<NeededLock> needed_by(const workspace::Recipe& recipe,
                                  std::span<const RecipeInput> inputs) {
  std::vector<NeededLock> needed;
  for (const std::string& name : recipe.needs()) {
    const auto found = std::find_if(inputs.begin(), inputs.end(), [&](const RecipeInput& input) {
      return input.recipe->name == name;
    });
    if (found == inputs.end()) {
      throw Error(ErrorKind::internal, "a lock was looked at before one that it needs");
    }
    needed.push_back({found->recipe, &found->lock});
  }
  return needed;
}

/// Why a lock does not match its recipe; empty when it does. `before`: the recipes before it, those
/// that it needs among them.
std::string why_stale(const workspace::Workspace& workspace, const RecipeInput& input,
                      std::span<const RecipeInput> before) {
  const workspace::Recipe& recipe = *input.recipe;
  const std::vector<NeededLock> needed = needed_by(recipe, before);
  // Its base is what a recipe names first.
  const bool on_recipe = recipe.from.kind == workspace::From::Kind::recipe;
  const workspace::Lock* below = on_recipe ? needed.front().lock : nullptr;
  if (input.lock.inputs != inputs_checksum(workspace, recipe, below)) {
    return "its packages, archives, platforms, sources or base changed";
  }
  if (input.lock.recipe != content_checksum(recipe, input.sources, needed)) {
    return needed.empty() ? "the recipe or a file of it changed"
                          : "the recipe, a file of it or a recipe that it needs changed";
  }
  const layer::Compression compression = workspace.settings.compression;
  if (input.lock.encoder.name != layer::current_encoder(compression).name) {
    return fmt::format("layers are to be compressed by {}, not by {}", layer::name(compression),
                       input.lock.encoder.name);
  }
  for (const oci::Platform& platform : recipe.platforms) {
    const auto locked = input.lock.platforms.find(platform.str());
    if (locked == input.lock.platforms.end()) {
      return fmt::format("it has no platform {}", platform.str());
    }
    const auto& bases = locked->second.bases;
    if (recipe.from.kind == workspace::From::Kind::image && find_base(recipe, bases) == nullptr) {
      return fmt::format("it has no base image for {}", platform.str());
    }
    const auto base = input.bases.find(platform.str());
    if (base == input.bases.end()) continue;
    const bool same = std::any_of(bases.begin(), bases.end(), [&](const auto& known) {
      return known.digest == base->second.manifest;
    });
    if (!same) return fmt::format("the base image for {} changed", platform.str());
  }
  return "";
}

RecipeInput read_input(const workspace::Recipe& recipe) {
  RecipeInput input;
  input.recipe = &recipe;
  input.sources = read_sources(recipe);
  if (recipe.from.kind == workspace::From::Kind::layout) {
    for (const oci::Platform& platform : recipe.platforms) {
      input.bases.emplace(platform.str(), read_base_image(recipe, platform));
    }
  }
  return input;
}

/// A recipe with its lock as it is on disk.
struct ReadRecipe {
  RecipeInput input;
  bool has_lock = false;
};

ReadRecipe read_recipe(const workspace::Recipe& recipe) {
  ReadRecipe read{read_input(recipe)};
  if (std::optional<workspace::Lock> lock = read_lock(recipe)) {
    read.input.lock = std::move(*lock);
    read.has_lock = true;
  }
  return read;
}

/// All recipes with their locks, in the order of `recipes`. The longest lock is read first, so that
/// no thread is left with it at the end.
std::vector<ReadRecipe> read_all(std::span<const workspace::Recipe* const> recipes) {
  std::vector<std::uintmax_t> sizes;
  for (const workspace::Recipe* recipe : recipes) {
    std::error_code code;
    const std::uintmax_t size = std::filesystem::file_size(recipe->lock_path(), code);
    sizes.push_back(code ? 0 : size);
  }
  std::vector<std::size_t> order(recipes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });
  return make_all<ReadRecipe>(order, [&](std::size_t i) { return read_recipe(*recipes[i]); });
}

/// A difference between a layer that came out and the one that the lock records.
class Difference {
 public:
  Difference(const RecipeInput& input, const Encoding& encoding, cache::Cache& cache)
      : input_(input), encoding_(encoding), store_(cache) {}

  /// Errors: differs, if `image` is not what the lock has.
  void check(const StoredImage& image, const workspace::LockedImage& locked) const {
    if (image.manifest.digest == locked.digest) return;
    const std::string platform = image.manifest.platform->str();
    const std::string headline = fmt::format(
        "cannot build '{}': the image for {} is {}, but its lock says {}", input_.recipe->name,
        platform, image.manifest.digest.str(), locked.digest.str());
    throw Error(
        ErrorKind::differs, headline + "\n  " + why(image, locked),
        {.input = input_.recipe->lock_path().string(),
         .hint = fmt::format("run 'stamp lock --update {}' to accept what is new, or use the "
                             "version of stamp that wrote the lock",
                             input_.recipe->name)});
  }

 private:
  std::string why(const StoredImage& image, const workspace::LockedImage& locked) const {
    if (image.layers.size() != locked.layers.size()) {
      return fmt::format("it has {} layers, the lock {}", image.layers.size(),
                         locked.layers.size());
    }
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
      const ImageLayer& now = image.layers[i];
      const workspace::LockedLayer& then = locked.layers[i];
      if (now.descriptor.digest == then.digest) continue;
      const std::string layer = fmt::format("layer {} of {}", i + 1, image.layers.size());
      if (now.diff_id == then.diff_id) return layer + ": " + why_encoding();
      return fmt::format("{}: its files differ (diff_id {}, before {}); {}", layer,
                         now.diff_id.brief(), then.diff_id.brief(),
                         which_segment(now.descriptor.digest, then.digest));
    }
    return "all layers are the same: the image's configuration differs";
  }

  std::string why_encoding() const {
    const layer::Encoder& then = input_.lock.encoder;
    const layer::Encoder& now = encoding_.encoder;
    if (then == now) return "only its encoding differs, by the same encoder";
    return fmt::format("only its encoding differs ({} {} level {}, before {} {} level {})",
                       now.name, now.version, now.level, then.name, then.version, then.level);
  }

  /// The first segment in which two layers differ, if this cache knows the one before.
  std::string which_segment(const Digest& now, const Digest& then) const {
    LayerStore& store = store_;
    const std::optional<StoredLayer> old_layer = store.find_by_digest(then);
    const std::optional<StoredLayer> new_layer = store.find_by_digest(now);
    if (!old_layer || !new_layer) {
      return "this cache does not have the layer before, so the segment cannot be named";
    }
    std::string names;
    for (std::size_t i = 0; i < new_layer->pieces.size(); ++i) {
      const LayerPiece& piece = new_layer->pieces[i];
      const bool same = std::any_of(old_layer->pieces.begin(), old_layer->pieces.end(),
                                    [&](const LayerPiece& old) {
                                      return old.segment.blob.digest == piece.segment.blob.digest;
                                    });
      if (!same) names += (names.empty() ? "" : ", ") + piece.name;
    }
    return names.empty() ? "its segments are in another order" : "other segments: " + names;
  }

  const RecipeInput& input_;
  const Encoding& encoding_;
  mutable LayerStore store_;
};

}  // namespace

std::vector<RecipeInput> match_locks(const workspace::Workspace& workspace,
                                     std::span<const workspace::Recipe* const> recipes,
                                     LockPolicy policy, const Relock& relock) {
  std::vector<RecipeInput> inputs;
  std::vector<bool> locked;
  for (ReadRecipe& recipe : read_all(recipes)) {
    inputs.push_back(std::move(recipe.input));
    locked.push_back(recipe.has_lock);
  }
  const auto look = [&](std::size_t i) {
    return locked[i] ? why_stale(workspace, inputs[i], std::span(inputs).first(i))
                     : std::string("there is no lock");
  };
  std::vector<std::string> reasons = make_all<std::string>(inputs.size(), look);
  std::string stale;
  std::string names;
  bool changed = false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (changed) reasons[i] = look(i);  // what it needs may have another lock now
    if (reasons[i].empty()) continue;
    const workspace::Recipe& recipe = *inputs[i].recipe;
    if (policy == LockPolicy::resolve) {
      inputs[i].lock = relock(recipe);
      changed = true;
      continue;
    }
    stale += fmt::format("\n  {}: {}", recipe.name, reasons[i]);
    names += " " + recipe.name;
  }
  if (!stale.empty()) {
    throw Error(
        ErrorKind::stale,
        fmt::format("cannot {}: these locks do not match their recipes{}",
                    policy == LockPolicy::locked ? "build with --locked" : "share results", stale),
        {.hint = "stamp lock" + names});
  }
  return inputs;
}

void read_registry_bases(std::span<RecipeInput> inputs, std::span<const oci::Platform> platforms,
                         RegistryBases& bases) {
  for (RecipeInput& input : inputs) {
    const workspace::Recipe& recipe = *input.recipe;
    if (recipe.from.kind != workspace::From::Kind::image) continue;
    for (const oci::Platform& platform : recipe.platforms) {
      const bool wanted = platforms.empty() || std::find(platforms.begin(), platforms.end(),
                                                         platform) != platforms.end();
      const auto locked = input.lock.platforms.find(platform.str());
      if (!wanted || locked == input.lock.platforms.end()) continue;
      const workspace::LockedBase* base = find_base(recipe, locked->second.bases);
      if (base == nullptr) {
        throw Error(
            ErrorKind::stale,
            fmt::format("the lock of '{}' has no base image for {}", recipe.name, platform.str()),
            {.hint = fmt::format("stamp lock {}", recipe.name)});
      }
      input.bases.insert_or_assign(platform.str(), bases.read(recipe, *base, platform));
    }
  }
}

workspace::LockedResult to_locked(const oci::Descriptor& index,
                                  const std::vector<StoredImage>& images) {
  workspace::LockedResult result;
  result.digest = index.digest;
  for (const StoredImage& image : images) {
    workspace::LockedImage locked;
    locked.digest = image.manifest.digest;
    locked.size = image.manifest.size;
    for (const ImageLayer& layer : image.layers) {
      locked.layers.push_back({layer.diff_id, layer.descriptor.digest, layer.descriptor.size});
    }
    result.platforms.emplace(image.manifest.platform->str(), std::move(locked));
  }
  return result;
}

void compare_result(const RecipeInput& input, const std::vector<StoredImage>& images,
                    const Encoding& encoding, cache::Cache& cache) {
  if (!input.lock.result) return;
  const Difference difference(input, encoding, cache);
  for (const StoredImage& image : images) {
    const auto locked = input.lock.result->platforms.find(image.manifest.platform->str());
    if (locked != input.lock.result->platforms.end()) difference.check(image, locked->second);
  }
}

}  // namespace stamp::build
