#include "builder/plan/plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/time.h"
#include "builder/plan/package_keys.h"
#include "builder/plan/plan_config.h"
#include "builder/plan/plan_entries.h"
#include "builder/plan/step_key.h"

namespace stamp::build {
namespace {

/// An image as far as recipes that build on it need to know.
struct PlannedImage {
  std::vector<LayerId> layers;
  oci::ImageConfig config;
  std::vector<SegmentId> installed;         ///< packages in it
  debian::MergedUsr merged;                 ///< of the whole image
  std::vector<std::string> multilib_links;  ///< further links that a layer may bring
  bool on_base_image = false;               ///< its lowest layers are those of a base image
  std::vector<LayerId> package_layers;
  SystemIdTable ids;  ///< of the recipe and what it is built on
};

/// The keys of all packages that an image's lock names, in their order.
struct ImageKeys {
  const RecipeInput* input = nullptr;
  const oci::Platform* platform = nullptr;
  std::vector<Digest> packages;
};

/// Plans recipe by recipe; each is planned after those that it needs.
class Planner {
 public:
  Planner(const workspace::Workspace& workspace, EncoderChoice choice)
      : workspace_(workspace), choice_(choice) {}

  void add_all(std::span<const RecipeInput> recipes, std::span<const oci::Platform> platforms) {
    std::vector<ImageKeys> images;
    for (const RecipeInput& input : recipes) {
      for (const oci::Platform& platform : input.recipe->platforms) {
        const bool wanted = platforms.empty() || std::find(platforms.begin(), platforms.end(),
                                                           platform) != platforms.end();
        if (wanted) images.push_back({&input, &platform, {}});
      }
    }
    // There are thousands of packages, and nothing else takes as long.
    std::vector<std::vector<Digest>> keys =
        make_all<std::vector<Digest>>(images.size(), [&](std::size_t i) {
          return package_keys(*images[i].input, *images[i].platform, encoding_of(*images[i].input));
        });
    for (std::size_t i = 0; i < images.size(); ++i) {
      images[i].packages = std::move(keys[i]);
      add_image(images[i]);
    }
  }

  Plan take() { return std::move(plan_); }

 private:
  /// What holds for all layers of the image that is being planned.
  struct Current {
    const RecipeInput& input;
    const oci::Platform& platform;
    const workspace::LockedPlatform& locked;
    Encoding encoding;
    std::string architecture;
    std::int64_t mtime;
    PlannedImage image;
    std::size_t number = 0;         ///< of the recipe's own layers planned so far
    std::size_t count = 0;          ///< of the recipe's own layers
    std::uint32_t package_set = 0;  ///< of `packages:` layers planned so far
    /// Names of the layers, for the image's history.
    std::vector<std::string> history;
    const std::vector<Digest>& package_keys;
  };

  void add_image(const ImageKeys& keys) {
    const RecipeInput& input = *keys.input;
    const oci::Platform& platform = *keys.platform;
    const workspace::Recipe& recipe = *input.recipe;
    const auto locked = input.lock.platforms.find(platform.str());
    if (locked == input.lock.platforms.end()) {
      throw Error(ErrorKind::stale,
                  fmt::format("the lock of '{}' has no platform {}", recipe.name, platform.str()),
                  {.hint = fmt::format("stamp lock {}", recipe.name)});
    }
    Current current{.input = input,
                    .platform = platform,
                    .locked = locked->second,
                    .encoding = encoding_of(input),
                    .architecture = debian_architecture(platform),
                    .mtime = recipe.mtime.value_or(kDefaultMtime),
                    .image = start_from(input, platform),
                    .package_keys = keys.packages};
    if (is_evaluated(recipe)) {
      current.image.ids = given_ids(current.image.ids, recipe, input.lock);
    }
    current.count = recipe.layers.size() + (has_accounts(recipe) ? 1 : 0);
    for (std::size_t i = 0; i < recipe.layers.size(); ++i) add_recipe_layer(current, i);
    if (has_accounts(recipe)) add_accounts(current);
    finish_image(current);
  }

  static bool is_evaluated(const workspace::Recipe& recipe) {
    return std::any_of(recipe.layers.begin(), recipe.layers.end(), [](const auto& layer) {
      const auto* packages = std::get_if<workspace::Packages>(&layer);
      return packages != nullptr && packages->scripts == workspace::Scripts::evaluate;
    });
  }

  static bool has_accounts(const workspace::Recipe& recipe) {
    return !recipe.accounts.users.empty() || !recipe.accounts.groups.empty();
  }

  Encoding encoding_of(const RecipeInput& input) const {
    const layer::Compression compression = workspace_.settings.compression;
    if (choice_ == EncoderChoice::current)
      return {compression, layer::current_encoder(compression)};
    return {compression, input.lock.encoder};
  }

  PlannedImage start_from(const RecipeInput& input, const oci::Platform& platform) {
    const workspace::Recipe& recipe = *input.recipe;
    switch (recipe.from.kind) {
      case workspace::From::Kind::recipe:
        return image_of(recipe, recipe.from.recipe, platform, recipe.from.position);
      case workspace::From::Kind::layout:
      case workspace::From::Kind::image:
        return start_from_base_image(input, platform);
      case workspace::From::Kind::scratch:
        break;
    }
    PlannedImage image;
    image.config.platform = platform;
    return image;
  }

  /// The planned image of another recipe. Errors: invalid, with caret, when it has none for the
  /// platform.
  const PlannedImage& image_of(const workspace::Recipe& recipe, const std::string& other,
                               const oci::Platform& platform, TextPosition position) const {
    const auto found = images_.find({other, platform.str()});
    if (found == images_.end()) {
      throw_if_any({recipe.problem(
          position, fmt::format("recipe '{}' is not built for {}", other, platform.str()))});
      throw Error(ErrorKind::internal, "a recipe was planned before one that it needs");
    }
    return found->second;
  }

  PlannedImage start_from_base_image(const RecipeInput& input, const oci::Platform& platform) {
    const auto found = input.bases.find(platform.str());
    if (found == input.bases.end()) {
      throw Error(ErrorKind::internal, "a base image was not read before planning");
    }
    const BaseImage& base = found->second;
    PlannedImage image;
    image.on_base_image = true;
    image.config = base.config;
    image.config.diff_ids.clear();
    for (const BaseLayer& layer : base.layers) {
      LayerPlan plan;
      plan.name = fmt::format("{} ({}) base layer {}", input.recipe->name, platform.str(),
                              layer.descriptor.digest.brief());
      if (!image.layers.empty()) plan.below = image.layers.back();
      plan.base = layer;
      image.layers.push_back(add_layer(std::move(plan)));
    }
    return image;
  }

  void add_recipe_layer(Current& current, std::size_t position) {
    const workspace::Layer& layer = current.input.recipe->layers[position];
    LayerPlan plan = begin_layer(current, workspace::verb(layer));
    if (const auto* packages = std::get_if<workspace::Packages>(&layer)) {
      plan_packages(current, *packages, plan);
    } else if (const auto* files = std::get_if<workspace::Files>(&layer)) {
      EntriesSegment segment = plan_files(*files, current.input.sources, entry_defaults(current));
      const std::uint64_t weight = weight_of(segment);
      add_segment(plan, "files", weight, std::move(segment));
    } else if (const auto* tree = std::get_if<workspace::Tree>(&layer)) {
      EntriesSegment segment =
          plan_tree(*tree, current.input.sources.trees.at(position), entry_defaults(current));
      const std::uint64_t weight = weight_of(segment);
      add_segment(plan, "tree", weight, std::move(segment));
    } else if (const auto* archive = std::get_if<workspace::Archive>(&layer)) {
      plan_archive(current, *archive, plan);
    } else if (const auto* copy = std::get_if<workspace::Copy>(&layer)) {
      plan_copy(current, *copy, plan);
    }
    end_layer(current, std::move(plan));
  }

  EntryDefaults entry_defaults(const Current& current) const {
    return {current.mtime, current.image.merged, *current.input.recipe};
  }

  LayerPlan begin_layer(Current& current, std::string_view verb) {
    LayerPlan plan;
    plan.name = fmt::format("{} ({}) layer {} of {} ({})", current.input.recipe->name,
                            current.platform.str(), ++current.number, current.count, verb);
    plan.history = verb;
    if (!current.image.layers.empty()) plan.below = current.image.layers.back();
    plan.encoding = current.encoding;
    plan.epoch = current.input.lock.epoch;
    plan.mtime = current.mtime;
    plan.multilib_links = current.image.multilib_links;
    return plan;
  }

  void end_layer(Current& current, LayerPlan plan) {
    current.history.push_back(plan.history);
    const bool of_packages = plan.packages.has_value();
    current.image.layers.push_back(add_layer(std::move(plan)));
    if (of_packages) current.image.package_layers.push_back(current.image.layers.back());
  }

  void plan_packages(Current& current, const workspace::Packages& packages, LayerPlan& plan) {
    PackageSet set;
    set.architecture = current.architecture;
    set.on_base = current.image.on_base_image;
    if (set.on_base) {
      current.image.merged = locked_merged(current);
      current.image.multilib_links = current.image.merged.folders();
    } else {
      const auto architecture = debian::MergedUsr::for_architecture(current.architecture);
      if (current.image.merged.folders().empty()) plan.links = architecture;
      current.image.multilib_links = architecture.multilib();
      current.image.merged = architecture.with_multilib();
      set.installed = current.image.installed;
    }
    plan.multilib_links = current.image.multilib_links;
    set.merged = current.image.merged;
    set.layers = current.image.package_layers;
    if (packages.scripts == workspace::Scripts::evaluate) {
      check_configured_below(current, packages);
      set.configure = configure_plan(current, packages);
    }
    for (std::size_t i = 0; i < current.locked.packages.size(); ++i) {
      const workspace::LockedPackage& package = current.locked.packages[i];
      if (package.layer != current.package_set) continue;
      const Digest& key = current.package_keys[i];
      auto known = segment_ids_.find(key);
      if (known == segment_ids_.end()) {
        known = segment_ids_.emplace(key, plan_.segments.size()).first;
        plan_.segments.push_back(package_segment(current, packages, package));
        plan_.segments.back().key = key;
      }
      plan.segments.push_back(known->second);
    }
    // base-files first, as dpkg would have it: it decides what the common folders are like.
    std::stable_partition(plan.segments.begin(), plan.segments.end(), [&](SegmentId id) {
      return std::get<PackageSegment>(plan_.segments[id].what).package.name == "base-files";
    });
    current.image.installed.insert(current.image.installed.end(), plan.segments.begin(),
                                   plan.segments.end());
    for (const workspace::PackageRequest& request : packages.install) {
      if (request.applies_to(current.platform)) plan.history += " " + request.name;
    }
    ++current.package_set;
    plan.packages = std::move(set);
  }

  /// How the base of the image has its /usr. Errors: stale: the lock does not say it.
  static debian::MergedUsr locked_merged(const Current& current) {
    if (const auto merged = merged_of_base(current.locked)) return *merged;
    const std::string& recipe = current.input.recipe->name;
    throw Error(ErrorKind::stale,
                fmt::format("the lock of '{}' does not say what is installed in its base for {}",
                            recipe, current.platform.str()),
                {.hint = fmt::format("stamp lock {}", recipe)});
  }

  /// The step of a package, without its key. Errors: invalid.
  static SegmentPlan package_segment(const Current& current, const workspace::Packages& packages,
                                     const workspace::LockedPackage& package) {
    const workspace::LockedRelease* release =
        current.input.lock.find_release(package.source, package.suite);
    if (release == nullptr) {
      throw Error(ErrorKind::invalid,
                  fmt::format("the lock of '{}' has no release for package '{}' of source '{}'",
                              current.input.recipe->name, package.name, package.source),
                  {.hint = fmt::format("stamp lock {}", current.input.recipe->name)});
    }
    SegmentPlan segment;
    segment.name = fmt::format("{} {} ({})", package.name, package.version, package.architecture);
    segment.weight = std::max<std::uint64_t>(1, package.size);
    segment.encoding = current.encoding;
    segment.what = PackageSegment{package, *release, packages.exclude, current.image.merged};
    return segment;
  }

  /// dpkg configures nothing whose dependencies are not configured.
  void check_configured_below(const Current& current, const workspace::Packages& packages) const {
    for (const LayerId id : current.image.package_layers) {
      if (plan_.layers[id].packages->configure) continue;
      throw_if_any({current.input.recipe->problem(
          packages.position, fmt::format("these packages are configured, and those of {} are not; "
                                         "say 'scripts: skip' of both or of neither",
                                         plan_.layers[id].name))});
    }
  }

  static ConfigurePlan configure_plan(const Current& current, const workspace::Packages& packages) {
    ConfigurePlan plan;
    for (const workspace::DebconfAnswer& answer : packages.debconf) {
      plan.answers.emplace(answer.question, answer.answer);
    }
    plan.accept_unconfigured.insert(packages.accept_unconfigured.begin(),
                                    packages.accept_unconfigured.end());
    plan.ids = current.image.ids;
    return plan;
  }

  void plan_archive(const Current& current, const workspace::Archive& archive, LayerPlan& plan) {
    const std::string url = workspace::url_for(archive, *current.input.recipe, current.platform);
    const auto& archives = current.locked.archives;
    const auto found = std::find_if(archives.begin(), archives.end(),
                                    [&](const auto& locked) { return locked.url == url; });
    if (found == archives.end()) {
      throw Error(
          ErrorKind::stale,
          fmt::format("the lock of '{}' has no archive '{}'", current.input.recipe->name, url),
          {.hint = fmt::format("stamp lock {}", current.input.recipe->name)});
    }
    ArchiveSegment segment{*found,
                           archive.to,
                           archive.strip,
                           archive.selection,
                           archive.owner.uid,
                           archive.owner.gid,
                           current.mtime,
                           current.image.merged};
    plan.history += " " + url;
    add_segment(plan, "archive " + url, found->size, std::move(segment));
  }

  void plan_copy(const Current& current, const workspace::Copy& copy, LayerPlan& plan) {
    const PlannedImage& other =
        image_of(*current.input.recipe, copy.recipe, current.platform, copy.recipe_position);
    CopySegment segment{other.layers, copy.recipe, copy.paths, current.mtime, current.image.merged};
    plan.history += " from " + copy.recipe;
    add_segment(plan, "copy from " + copy.recipe, 1U << 20U, std::move(segment));
  }

  void add_accounts(Current& current) {
    LayerPlan plan = begin_layer(current, "accounts");
    AccountsSegment segment{current.image.layers, current.input.recipe->accounts, current.mtime};
    add_segment(plan, "accounts", 1, std::move(segment));
    end_layer(current, std::move(plan));
  }

  std::vector<Digest> keys_of(const std::vector<LayerId>& layers) const {
    std::vector<Digest> keys;
    keys.reserve(layers.size());
    for (const LayerId id : layers) keys.push_back(plan_.layers[id].key);
    return keys;
  }

  template <typename What>
  void add_segment(LayerPlan& layer, std::string name, std::uint64_t weight, What what) {
    SegmentPlan segment;
    segment.name = std::move(name);
    segment.weight = std::max<std::uint64_t>(1, weight);
    segment.encoding = layer.encoding;
    if constexpr (std::is_same_v<What, EntriesSegment>) {
      segment.key = entries_key(what, segment.encoding);
    } else if constexpr (std::is_same_v<What, ArchiveSegment>) {
      segment.key = archive_key(what, segment.encoding);
    } else if constexpr (std::is_same_v<What, CopySegment>) {
      segment.key = copy_key(what, keys_of(what.layers), segment.encoding);
    } else {
      segment.key = accounts_key(what, keys_of(what.layers), segment.encoding);
    }
    segment.what = std::move(what);
    const auto [found, is_new] = segment_ids_.try_emplace(segment.key, plan_.segments.size());
    if (is_new) plan_.segments.push_back(std::move(segment));
    layer.segments.push_back(found->second);
  }

  LayerId add_layer(LayerPlan layer) {
    layer.key = layer_key(layer, plan_);
    const auto [found, is_new] = layer_ids_.try_emplace(layer.key, plan_.layers.size());
    if (is_new) plan_.layers.push_back(std::move(layer));
    return found->second;
  }

  void finish_image(Current& current) {
    const workspace::Recipe& recipe = *current.input.recipe;
    oci::ImageConfig& config = current.image.config;
    config = configure(std::move(config), recipe, current.platform,
                       {format_rfc3339(current.input.lock.epoch), current.history});
    ImagePlan image;
    image.recipe = &recipe;
    image.platform = current.platform;
    image.layers = current.image.layers;
    image.config = config;
    const auto base = current.input.bases.find(current.platform.str());
    image.annotations = base == current.input.bases.end()
                            ? recipe.annotations
                            : annotate(recipe, base->second.place, base->second.manifest);
    image.key = image_key(image, plan_);
    plan_.images.push_back(std::move(image));
    images_.insert_or_assign({recipe.name, current.platform.str()}, std::move(current.image));
  }

  const workspace::Workspace& workspace_;
  EncoderChoice choice_;
  Plan plan_;
  std::map<Digest, SegmentId> segment_ids_;
  std::map<Digest, LayerId> layer_ids_;
  std::map<std::pair<std::string, std::string>, PlannedImage> images_;
};

}  // namespace

std::string debian_architecture(const oci::Platform& platform) {
  struct Name {
    std::string_view platform;
    std::string_view debian;
  };
  constexpr std::array<Name, 9> kNames = {{{"linux/amd64", "amd64"},
                                           {"linux/arm64", "arm64"},
                                           {"linux/arm/v7", "armhf"},
                                           {"linux/arm/v6", "armel"},
                                           {"linux/arm/v5", "armel"},
                                           {"linux/386", "i386"},
                                           {"linux/ppc64le", "ppc64el"},
                                           {"linux/s390x", "s390x"},
                                           {"linux/riscv64", "riscv64"}}};
  const std::string text = platform.str();
  for (const Name& name : kNames) {
    if (name.platform == text) return std::string(name.debian);
  }
  throw Error(ErrorKind::invalid,
              fmt::format("Debian has no architecture for platform '{}'", text));
}

Plan make_plan(const workspace::Workspace& workspace, std::span<const RecipeInput> recipes,
               std::span<const oci::Platform> platforms, EncoderChoice choice) {
  Planner planner(workspace, choice);
  planner.add_all(recipes, platforms);
  return planner.take();
}

}  // namespace stamp::build
