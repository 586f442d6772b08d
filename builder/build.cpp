#include "builder/build.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/pool.h"
#include "builder/plan/plan.h"
#include "builder/plan/plan_config.h"
#include "builder/steps/executor.h"
#include "builder/store/completeness.h"
#include "builder/store/flush_at_end.h"
#include "oci/document.h"
#include "workspace/published_repositories.h"

namespace stamp::build {
namespace {

/// A plan with what came of it.
struct Built {
  Plan plan;
  Results results;
};

/// Adds ids to a lock's list. A name or number that is there stays: what disagrees is built again
/// with what the list says then.
void add_ids(std::vector<workspace::LockedId>& list,
             const std::map<std::string, std::uint32_t, std::less<>>& ids) {
  for (const auto& [name, number] : ids) {
    const std::string& wanted = name;
    const std::uint32_t id = number;
    const bool taken = std::any_of(list.begin(), list.end(), [&](const auto& each) {
      return each.name == wanted || each.number == id;
    });
    if (!taken) list.push_back({name, number});
  }
  std::sort(list.begin(), list.end());
}

bool has_ids(const std::vector<workspace::LockedId>& list,
             const std::map<std::string, std::uint32_t, std::less<>>& ids) {
  return std::all_of(ids.begin(), ids.end(), [&](const auto& each) {
    return std::any_of(list.begin(), list.end(), [&](const workspace::LockedId& known) {
      return known.name == each.first && known.number == each.second;
    });
  });
}

bool is_asked_for(const std::string& recipe, const BuildRequest& request) {
  return request.recipes.empty() ||
         std::find(request.recipes.begin(), request.recipes.end(), recipe) != request.recipes.end();
}

/// Whether the layers of an image that only this machine has are in the cache.
bool has_made_layers(cache::Cache& cache, const Plan& plan, ImageId id, const StoredImage& image) {
  LayerStore store(cache);
  const std::vector<LayerId>& layers = plan.images[id].layers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::optional<BaseLayer>& base = plan.layers[layers[i]].base;
    if (base && base->is_remote()) continue;
    if (!store.find_by_digest(image.layers.at(i).descriptor.digest)) return false;
  }
  return true;
}

/// The outputs of a recipe, with its name filled in; none for a recipe that was not asked for.
std::vector<OutputSpec> outputs_for(const BuildRequest& request, const std::string& recipe) {
  std::vector<OutputSpec> outputs;
  if (!is_asked_for(recipe, request)) return outputs;
  for (const OutputSpec& output : request.outputs) outputs.push_back(output.for_recipe(recipe));
  return outputs;
}

/// Two images must not be written to one place.
void check_outputs(const BuildRequest& request,
                   const std::vector<const workspace::Recipe*>& recipes) {
  std::map<std::pair<std::string, std::string>, std::string> places;
  for (const workspace::Recipe* recipe : recipes) {
    for (const OutputSpec& output : outputs_for(request, recipe->name)) {
      const auto [other, is_new] =
          places.emplace(std::pair(output.path.string(), output.tag), recipe->name);
      if (is_new || other->second == recipe->name) continue;
      throw Error(ErrorKind::usage,
                  fmt::format("cannot write both '{}' and '{}' to {}", other->second, recipe->name,
                              output.text),
                  {.hint = "put {name} into the output, which stands for the recipe's name"});
    }
  }
}

void check_platforms(const BuildRequest& request,
                     const std::vector<const workspace::Recipe*>& recipes) {
  for (const oci::Platform& platform : request.platforms) {
    for (const workspace::Recipe* recipe : recipes) {
      const auto& known = recipe->platforms;
      if (std::find(known.begin(), known.end(), platform) != known.end()) continue;
      std::string names;
      for (const oci::Platform& other : known) names += (names.empty() ? "" : ", ") + other.str();
      throw Error(ErrorKind::usage, fmt::format("cannot build '{}' for {}: it is built for {}",
                                                recipe->name, platform.str(), names));
    }
  }
}

/// The images of one recipe in a plan, by their positions.
std::vector<ImageId> images_of(const Plan& plan, const workspace::Recipe& recipe) {
  std::vector<ImageId> ids;
  for (ImageId id = 0; id < plan.images.size(); ++id) {
    if (plan.images[id].recipe == &recipe) ids.push_back(id);
  }
  return ids;
}

/// Takes the ids that packages made into the locks: one table for all platforms of a recipe, those
/// of its first platform first. Returns whether all images were made with the ids that the locks
/// have now.
class IdsTaken {
 public:
  IdsTaken(std::vector<RecipeInput>& inputs, const Built& built) {
    for (RecipeInput& input : inputs) {
      for (const ImageId id : images_of(built.plan, *input.recipe)) take(input, built, id);
      for (const ImageId id : images_of(built.plan, *input.recipe)) {
        const SystemIdTable& ids = built.results.images[id].value().new_ids;
        const bool agrees =
            has_ids(input.lock.users, ids.users) && has_ids(input.lock.groups, ids.groups);
        all_agree_ = all_agree_ && agrees;
      }
    }
  }
  bool any() const { return any_; }
  bool all_agree() const { return all_agree_; }

 private:
  void take(RecipeInput& input, const Built& built, ImageId id) {
    SystemIdTable ids = built.results.images[id].value().new_ids;
    if (ids.empty()) return;
    const std::size_t before = input.lock.users.size() + input.lock.groups.size();
    add_ids(input.lock.users, ids.users);
    add_ids(input.lock.groups, ids.groups);
    any_ = any_ || input.lock.users.size() + input.lock.groups.size() != before;
  }

  bool any_ = false;
  bool all_agree_ = true;
};

/// Which layers of an image its outputs and whoever gets it read.
LayersWanted layers_wanted(const Plan& plan, ImageId id, const StoredImage* image,
                           const BuildRequest& request, cache::Cache& cache) {
  const std::string& recipe = plan.images[id].recipe->name;
  const std::vector<OutputSpec> outputs = outputs_for(request, recipe);
  const bool written = std::all_of(outputs.begin(), outputs.end(), [&](const OutputSpec& output) {
    return image != nullptr && has_layers(output, *image);
  });
  if (!written) return LayersWanted::all;
  const bool delivered = request.deliver && is_asked_for(recipe, request);
  const bool at_hand = !delivered || (image != nullptr && has_made_layers(cache, plan, id, *image));
  return at_hand ? LayersWanted::none : LayersWanted::made;
}

/// What a build carries along.
struct Underway {
  const BuildRequest& request;
  const BuildServices& services;
  RegistryBases& bases;
  EarlyLayers& early;
};

/// Says which layers of a plan go to which layouts.
void want_layers(const Plan& plan, const BuildRequest& request, EarlyLayers& early) {
  early.begin_plan();
  for (const ImagePlan& image : plan.images) {
    for (const OutputSpec& output : outputs_for(request, image.recipe->name)) {
      if (output.kind != OutputSpec::Kind::layout) continue;
      for (const LayerId layer : image.layers) early.want(layer, output.path);
    }
  }
}

/// Plans, asks the cache and runs what is missing.
///
/// Keys name the encoder of the lock, so that what an older library encoded is found. If something
/// is missing and this program's encoder is another one, the plan is made again with its own.
Built run_steps(const workspace::Workspace& workspace, std::vector<RecipeInput>& inputs,
                const Underway& underway) {
  const auto& [request, services, bases, early] = underway;
  for (const EncoderChoice choice : {EncoderChoice::locked, EncoderChoice::current}) {
    Built built;
    built.plan = make_plan(workspace, inputs, request.platforms, choice);
    want_layers(built.plan, request, early);
    Executor executor(built.plan, {services.cache, services.fetcher, bases, services.progress,
                                   services.scratch, services.threads, &early});
    const Missing missing = executor.ask_cache([&](ImageId id, const StoredImage* image) {
      return layers_wanted(built.plan, id, image, underway.request, underway.services.cache);
    });
    const bool own_encoder =
        std::all_of(inputs.begin(), inputs.end(), [&](const RecipeInput& input) {
          return input.lock.encoder == layer::current_encoder(workspace.settings.compression);
        });
    if (choice == EncoderChoice::locked && !own_encoder && !missing.empty()) continue;
    executor.run(missing);
    built.results = executor.results();
    const IdsTaken ids(inputs, built);
    if (!ids.any() && ids.all_agree()) return built;
    // The keys name the ids, so what was made is what the steps with those keys give too, unless
    // two platforms had different numbers for one name: then the ones that differ are made again.
    const Plan known = make_plan(workspace, inputs, request.platforms, choice);
    for (const RecipeInput& input : inputs) {
      for (const ImageId id : images_of(built.plan, *input.recipe)) {
        const SystemIdTable& made = built.results.images[id].value().new_ids;
        if (has_ids(input.lock.users, made.users) && has_ids(input.lock.groups, made.groups)) {
          executor.record_also(id, known);
        }
      }
    }
    if (ids.all_agree()) return built;
    Built again = run_steps(workspace, inputs, underway);
    again.results.steps_run += built.results.steps_run;
    return again;
  }
  throw Error(ErrorKind::internal, "no plan was run");
}

/// The annotations of a recipe's index.
oci::Annotations index_annotations(const RecipeInput& input) {
  const workspace::Recipe& recipe = *input.recipe;
  if (input.bases.empty()) return recipe.annotations;
  const BasePlace& place = input.bases.begin()->second.place;
  const auto* image = std::get_if<oci::Reference>(&place);
  return image == nullptr ? recipe.annotations : annotate(recipe, place, image->digest.value());
}

FinishedImage finish_image(const workspace::Workspace& workspace, const RecipeInput& input,
                           const Built& built, const BuildRequest& request) {
  const workspace::Recipe& recipe = *input.recipe;
  FinishedImage image;
  image.name = recipe.name;
  image.repository = workspace::fill_name(workspace.settings.repository, recipe.name);
  for (const ImageId id : images_of(built.plan, recipe)) {
    image.images.push_back(built.results.images[id].value());
    for (const LayerId layer : built.plan.images[id].layers) {
      const std::optional<BaseLayer>& base = built.plan.layers[layer].base;
      if (base && base->is_remote()) image.bases.emplace(base->descriptor.digest, *base);
    }
  }
  if (request.platforms.size() == 1) {
    image.top = image.images.front().manifest;
  } else {
    const auto index =
        oci::Document<oci::Index>::of(make_index(image.images, index_annotations(input)));
    image.top = index.descriptor(oci::kMediaTypeIndex);
    image.index_text = index.text();
  }
  return image;
}

/// Compares with the lock; writes the result into the lock the first time.
void settle_result(const RecipeInput& input, const FinishedImage& image, const Built& built,
                   const BuildRequest& request, const BuildServices& services) {
  const std::vector<ImageId> ids = images_of(built.plan, *input.recipe);
  const std::vector<LayerId>& layers = built.plan.images[ids.front()].layers;
  const Encoding encoding = layers.empty() ? Encoding{} : built.plan.layers[layers.back()].encoding;
  compare_result(input, image.images, encoding, services.cache);
  const bool all_platforms =
      image.images.size() == input.recipe->platforms.size() && !image.index_text.empty();
  if (input.lock.result || !all_platforms || request.locks == LockPolicy::locked) return;
  workspace::Lock lock = input.lock;
  lock.result = to_locked(image.top, image.images);
  replace_file(input.recipe->lock_path(), workspace::serialize(std::move(lock)));
}

/// What files of newly made images need and nothing provides, a line each.
std::vector<std::string> describe_gaps(const workspace::Recipe& recipe, const Built& built,
                                       cache::Cache& cache) {
  constexpr std::size_t kShown = 10;
  SegmentStore store(cache);
  std::vector<std::string> lines;
  for (const ImageId id : images_of(built.plan, recipe)) {
    const ImagePlan& image = built.plan.images[id];
    std::vector<const StoredLayer*> layers;
    debian::MergedUsr merged;
    std::size_t foreign = 0;
    bool is_new = false;
    for (const LayerId layer : image.layers) {
      const LayerPlan& plan = built.plan.layers[layer];
      if (!built.results.layers[layer]) break;
      layers.push_back(&*built.results.layers[layer]);
      if (plan.base) ++foreign;
      if (!plan.links.folders().empty()) merged = plan.links.with_multilib();
      if (plan.packages && plan.packages->on_base) merged = plan.packages->merged;
      is_new = is_new || (plan.packages && !built.results.reused_layers[layer]);
    }
    // Looking through all lists takes longer than changing a file does, so it is done for new
    // packages.
    if (!is_new) continue;
    const std::vector<Gap> gaps = find_gaps(layers, merged, store, foreign);
    for (std::size_t i = 0; i < gaps.size() && i < kShown; ++i) {
      lines.push_back(fmt::format("{} ({}): {}", recipe.name, image.platform.str(), gaps[i].str()));
    }
    if (gaps.size() > kShown) {
      lines.push_back(fmt::format("{} ({}): and {} more of that kind", recipe.name,
                                  image.platform.str(), gaps.size() - kShown));
    }
  }
  return lines;
}

/// Writes an image to its outputs, and meanwhile looks for what its files need.
void write_outputs(const FinishedImage& image, const workspace::Recipe& recipe, const Built& built,
                   const Underway& underway) {
  cache::Cache& cache = underway.services.cache;
  std::vector<std::string> gaps;
  const auto look = [&] { gaps = describe_gaps(recipe, built, cache); };
  const std::vector<OutputSpec> outputs = outputs_for(underway.request, recipe.name);
  if (outputs.empty()) {
    look();  // a thread costs more than there is to do
  } else {
    Pool pool(1);
    pool.add(look);
    for (const OutputSpec& output : outputs) write_output(output, image, underway.early, cache);
    pool.wait();
  }
  for (const std::string& gap : gaps) underway.services.progress.warn(gap);
}

ReportedImage report(const FinishedImage& image, const Built& built,
                     const workspace::Recipe& recipe) {
  ReportedImage reported;
  reported.name = image.name;
  reported.digest = image.top.digest;
  for (const ImageId id : images_of(built.plan, recipe)) {
    const StoredImage& stored = built.results.images[id].value();
    ReportedPlatform platform;
    platform.platform = built.plan.images[id].platform;
    platform.digest = stored.manifest.digest;
    platform.size = stored.manifest.size + stored.config.size;
    platform.unconfigured = stored.unconfigured;
    platform.reasons = stored.reasons;
    const std::vector<LayerId>& layers = built.plan.images[id].layers;
    for (std::size_t i = 0; i < stored.layers.size(); ++i) {
      const ImageLayer& layer = stored.layers[i];
      // A layer that was not even looked for is that of an image that was in the cache whole.
      const bool looked_for = built.results.layers[layers[i]].has_value();
      const bool reused = !looked_for || built.results.reused_layers[layers[i]];
      platform.layers.push_back(
          {layer.descriptor.digest, layer.diff_id, layer.descriptor.size, reused});
      platform.size += layer.descriptor.size;
    }
    reported.platforms.push_back(std::move(platform));
  }
  return reported;
}

}  // namespace

BuildReport build(const workspace::Workspace& workspace, const BuildRequest& request,
                  const BuildServices& services) {
  // 1. The recipes asked for and those that they build on.
  const std::vector<const workspace::Recipe*> recipes = workspace.select(request.recipes);
  check_platforms(request, recipes);
  check_outputs(request, recipes);

  // 2. Their locks; one that does not match its recipe is resolved, or stops the build. What they
  // say of bases in registries is read.
  std::vector<RecipeInput> inputs = match_locks(workspace, recipes, request.locks, services.relock);
  RegistryBases bases(services.registries, services.cache, services.progress);
  read_registry_bases(inputs, request.platforms, bases);

  // 3. to 5. The plan; what the cache has of it; the steps that are missing, in parallel.
  EarlyLayers early;
  const FlushAtEnd flush_at_end(services.cache);
  const Underway underway = {request, services, bases, early};
  const Built built = run_steps(workspace, inputs, underway);
  services.cache.flush();

  // 6. Images over their layers, compared with what the locks record.
  // 7. What was asked for is written, and reported.
  BuildReport result;
  for (const RecipeInput& input : inputs) {
    const workspace::Recipe& recipe = *input.recipe;
    const FinishedImage image = finish_image(workspace, input, built, request);
    settle_result(input, image, built, request, services);
    if (!is_asked_for(recipe.name, request)) continue;
    write_outputs(image, recipe, built, underway);
    if (request.deliver) request.deliver(image);
    result.images.push_back(report(image, built, recipe));
  }
  result.steps_run = built.results.steps_run;
  result.steps_reused = built.results.steps_reused;
  return result;
}

}  // namespace stamp::build
