#include "builder/steps/executor.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "builder/bases/base_listing.h"
#include "builder/image/assemble.h"
#include "builder/image/image_files.h"
#include "builder/plan/package_record.h"
#include "builder/plan/plan_needs.h"
#include "builder/steps/accounts_segment.h"
#include "builder/steps/archive_segment.h"
#include "builder/steps/copy_segment.h"
#include "builder/steps/entries_segment.h"
#include "builder/steps/package_segment.h"
#include "builder/steps/package_set.h"

namespace stamp::build {
namespace {

/// Tells the progress how many bytes of a package were read.
class CountedSource final : public Source {
 public:
  CountedSource(Source& inner, Progress& progress) : inner_(inner), progress_(progress) {}
  ~CountedSource() override { progress_.moved(pending_); }
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t count = inner_.read(out);
    pending_ += count;
    if (pending_ >= kStep) progress_.moved(std::exchange(pending_, 0));
    return count;
  }

 private:
  static constexpr std::uint64_t kStep = 256 * 1024;
  Source& inner_;
  Progress& progress_;
  std::uint64_t pending_ = 0;
};

layer::SegmentOptions options_for(const SegmentPlan& segment) {
  layer::SegmentOptions options;
  options.compression = segment.encoding.compression;
  options.content_digests = layer::ContentDigests::no;
  options.what = segment.name;
  return options;
}

}  // namespace

Executor::Executor(const Plan& plan, const Services& services)
    : plan_(plan),
      services_(services),
      segments_(services.cache),
      layers_(services.cache),
      asked_segments_(plan.segments.size()),
      asked_layers_(plan.layers.size()) {
  results_.segments.resize(plan.segments.size());
  results_.layers.resize(plan.layers.size());
  results_.images.resize(plan.images.size());
  results_.reused_layers.resize(plan.layers.size());
}

Missing Executor::ask_cache(const WantsLayers& wants_layers) {
  Missing missing;
  std::vector<Digest> keys;
  for (const ImagePlan& image : plan_.images) keys.push_back(image.key);
  results_.images = find_images(keys, services_.cache);
  for (ImageId id = 0; id < plan_.images.size(); ++id) {
    const ImagePlan& image = plan_.images[id];
    const std::optional<StoredImage>& known = results_.images[id];
    const LayersWanted wanted = wants_layers(id, known ? &*known : nullptr);
    if (known) {
      ++results_.steps_reused;
      if (wanted == LayersWanted::none) continue;
    } else {
      missing.images.push_back(id);
    }
    for (const LayerId layer : image.layers) {
      if (wanted == LayersWanted::all || !is_remote(plan_.layers[layer])) {
        need_layer(layer, missing);
      }
    }
  }
  return missing;
}

void Executor::need_layer(LayerId id, Missing& missing) {
  if (asked_layers_[id]) return;
  asked_layers_[id] = true;
  const LayerPlan& layer = plan_.layers[id];
  results_.layers[id] = layers_.find(layer.key);
  if (results_.layers[id]) {
    results_.reused_layers[id] = true;
    ++results_.steps_reused;
    return;
  }
  if (layer.below) need_layer(*layer.below, missing);
  for (const LayerId other : further_layers(plan_, id)) need_layer(other, missing);
  need_segments(layer.segments, missing);
  if (layer.packages) need_segments(layer.packages->installed, missing);
  missing.layers.push_back(id);
}

void Executor::need_packages(LayerId id, Missing& missing) {
  for (const LayerId other : layers_below(plan_, id)) need_layer(other, missing);
  need_segments(plan_.layers[id].segments, missing);
  need_segments(plan_.layers[id].packages->installed, missing);
}

void Executor::need_segments(const std::vector<SegmentId>& ids, Missing& missing) {
  std::vector<SegmentId> asked;
  std::vector<Digest> keys;
  for (const SegmentId id : ids) {
    if (asked_segments_[id]) continue;
    asked_segments_[id] = true;
    asked.push_back(id);
    keys.push_back(plan_.segments[id].key);
  }
  if (keys.empty()) return;
  std::vector<std::optional<StoredSegment>> found = segments_.find(keys);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const SegmentId id = asked[i];
    if (found[i]) {
      results_.segments[id] = std::move(found[i]);
      ++results_.steps_reused;
      continue;
    }
    if (const std::vector<LayerId>* layers = layers_for(plan_.segments[id])) {
      for (const LayerId layer : *layers) need_layer(layer, missing);
    }
    missing.segments.push_back(id);
  }
}

std::vector<Task> Executor::tasks_for(const Missing& missing) {
  std::vector<Task> tasks;
  tasks.reserve(missing.segments.size() + missing.layers.size());
  std::map<SegmentId, std::size_t> segment_tasks;
  std::map<LayerId, std::size_t> layer_tasks;
  const auto need = [](const auto& known, std::size_t id, Task& task) {
    const auto found = known.find(id);
    if (found != known.end()) task.needs.push_back(found->second);
  };
  // need_layer() lists every step after those that it needs; segments and layers are two lists,
  // though, so that numbers are given first.
  for (const SegmentId id : missing.segments) segment_tasks.emplace(id, segment_tasks.size());
  for (const LayerId id : missing.layers) {
    layer_tasks.emplace(id, missing.segments.size() + layer_tasks.size());
  }
  for (const SegmentId id : missing.segments) {
    const SegmentPlan& segment = plan_.segments[id];
    Task task;
    task.name = segment.name;
    task.weight = segment.weight;
    task.run = [this, id] { run_segment(id); };
    if (const std::vector<LayerId>* layers = layers_for(segment)) {
      for (const LayerId layer : *layers) need(layer_tasks, layer, task);
    }
    tasks.push_back(std::move(task));
  }
  // Layers of a base are listed one after the other, but pulled at the same time.
  std::map<Digest, std::size_t> pulls;
  const std::size_t first_pull = tasks.size() + missing.layers.size();
  for (const LayerId id : missing.layers) {
    const LayerPlan& layer = plan_.layers[id];
    Task task;
    task.name = layer.name;
    task.run = [this, id] { run_layer(id); };
    if (is_remote(layer)) {
      const Digest& digest = layer.base->descriptor.digest;
      task.needs.push_back(pulls.emplace(digest, first_pull + pulls.size()).first->second);
    }
    for (const SegmentId segment : layer.segments) need(segment_tasks, segment, task);
    if (layer.packages) {
      for (const SegmentId segment : layer.packages->installed) need(segment_tasks, segment, task);
    }
    if (layer.below) need(layer_tasks, *layer.below, task);
    for (const LayerId other : further_layers(plan_, id)) need(layer_tasks, other, task);
    tasks.push_back(std::move(task));
  }
  add_pulls(missing, pulls, tasks);
  return tasks;
}

void Executor::add_pulls(const Missing& missing, const std::map<Digest, std::size_t>& pulls,
                         std::vector<Task>& tasks) {
  const std::size_t first = tasks.size();
  tasks.resize(first + pulls.size());
  for (const LayerId id : missing.layers) {
    const LayerPlan& layer = plan_.layers[id];
    if (!is_remote(layer)) continue;
    const oci::Descriptor& blob = layer.base->descriptor;
    Task& task = tasks[pulls.at(blob.digest)];
    task.name = "pulling " + blob.digest.brief();
    task.weight = blob.size;
    task.run = [this, &layer] {
      static_cast<void>(services_.bases.pull_layer(layer.base.value()));
    };
  }
}

void Executor::run(const Missing& missing) {
  const std::vector<Task> tasks = tasks_for(missing);
  std::uint64_t bytes = 0;
  for (const SegmentId id : missing.segments) {
    const SegmentPlan& segment = plan_.segments[id];
    if (std::holds_alternative<PackageSegment>(segment.what)) bytes += segment.weight;
  }
  for (const LayerId id : missing.layers) {
    const LayerPlan& layer = plan_.layers[id];
    if (is_remote(layer)) bytes += layer.base->descriptor.size;
  }
  {
    const Phase phase(services_.progress, "building", tasks.size(), bytes);
    run_tasks(tasks, services_.threads, services_.progress);
  }
  for (const ImageId id : missing.images) {
    const ImagePlan& image = plan_.images[id];
    results_.images[id] = store_image(image, layers_of_image(image), services_.cache);
  }
  results_.steps_run += missing.segments.size() + missing.layers.size() + missing.images.size();
}

std::vector<LayerOfImage> Executor::layers_of_image(const ImagePlan& image) const {
  std::vector<LayerOfImage> layers;
  layers.reserve(image.layers.size());
  for (const LayerId id : image.layers) {
    const LayerPlan& plan = plan_.layers[id];
    if (plan.base) {
      layers.emplace_back(&*plan.base);
    } else {
      layers.emplace_back(&results_.layers[id].value());
    }
  }
  return layers;
}

std::vector<const StoredLayer*> Executor::layers_of(const std::vector<LayerId>& ids) const {
  std::vector<const StoredLayer*> layers;
  layers.reserve(ids.size());
  for (const LayerId id : ids) layers.push_back(&results_.layers[id].value());
  return layers;
}

void Executor::run_segment(SegmentId id) {
  const SegmentPlan& segment = plan_.segments[id];
  if (std::holds_alternative<PackageSegment>(segment.what)) {
    results_.segments[id] = run_package(segment, {});
    return;
  }
  const std::unique_ptr<cache::BlobWriter> blob = segments_.new_blob();
  const layer::SegmentOptions options = options_for(segment);
  const layer::Segment written = during("making " + segment.name, [&] {
    if (const auto* entries = std::get_if<EntriesSegment>(&segment.what)) {
      return write_entries(*entries, options, *blob);
    }
    if (const auto* archive = std::get_if<ArchiveSegment>(&segment.what)) {
      const std::unique_ptr<Source> bytes = services_.fetcher.open(*archive, Checked::before);
      return write_archive(*bytes, *archive, services_.scratch, options, *blob);
    }
    if (const auto* copied = std::get_if<CopySegment>(&segment.what)) {
      return write_copy(ImageFiles(layers_of(copied->layers), segments_), *copied, options, *blob);
    }
    const auto& accounts = std::get<AccountsSegment>(segment.what);
    return write_accounts(ImageFiles(layers_of(accounts.layers), segments_), accounts, options,
                          *blob);
  });
  results_.segments[id] = segments_.record(segment.key, *blob, written);
}

StoredSegment Executor::run_package(const SegmentPlan& segment, const PackageVariant& variant) {
  const auto& package = std::get<PackageSegment>(segment.what);
  // A file of this machine is checked in the pass that unpacks it. Should its bytes be wrong, the
  // other places are tried, and what is checked before it is used takes its place.
  for (const Checked checked : {Checked::while_read, Checked::before}) {
    try {
      const std::unique_ptr<Source> deb = services_.fetcher.open(package, checked);
      CountedSource counted(*deb, services_.progress);
      const std::unique_ptr<cache::BlobWriter> blob = segments_.new_blob();
      CodecContextPool::Loan contexts = contexts_.borrow();
      UnpackOptions options = {.segment = options_for(segment), .decoder = &contexts->decoder};
      options.segment.context = &contexts->encoder;
      const UnpackedSegment unpacked = unpack_package(counted, package, variant, options, *blob);
      return segments_.record(package_key(package, segment.encoding, variant), *blob,
                              unpacked.segment, serialize_package_record(unpacked.package));
    } catch (const Error& error) {
      const bool again = checked == Checked::while_read && error.kind() == ErrorKind::corrupt;
      if (!again) throw error.within("unpacking " + segment.name);
    }
  }
  throw Error(ErrorKind::internal, "a package was neither unpacked nor refused");
}

StoredSegment Executor::remake_package(const SegmentPlan& segment, const PackageVariant& variant) {
  const auto& package = std::get<PackageSegment>(segment.what);
  std::optional<StoredSegment> there =
      segments_.find(package_key(package, segment.encoding, variant));
  return there ? *there : run_package(segment, variant);
}

std::vector<PackagePiece> Executor::package_pieces(const std::vector<SegmentId>& ids) const {
  std::vector<PackagePiece> pieces;
  pieces.reserve(ids.size());
  for (const SegmentId id : ids) {
    pieces.push_back({&plan_.segments[id], results_.segments[id].value()});
  }
  return pieces;
}

PackageLayerInput Executor::package_input(LayerId id) const {
  const LayerPlan& plan = plan_.layers[id];
  PackageLayerInput input;
  input.layer = &plan;
  input.threads = services_.threads;
  input.packages = package_pieces(plan.segments);
  input.installed = package_pieces(plan.packages->installed);
  if (reads_below(plan)) input.below = layers_of(layers_below(plan_, id));
  std::set<SegmentId> configured;
  for (const LayerId layer : plan.packages->layers) {
    const LayerPlan& other = plan_.layers[layer];
    if (!is_configured(other)) continue;
    const std::vector<std::string>& left = results_.layers[layer].value().unconfigured;
    for (const SegmentId segment : other.segments) {
      const auto& package = std::get<PackageSegment>(plan_.segments[segment].what).package;
      if (std::find(left.begin(), left.end(), package.name) == left.end()) {
        configured.insert(segment);
      }
    }
  }
  for (std::size_t i = 0; i < input.installed.size(); ++i) {
    if (configured.count(plan.packages->installed[i]) == 0) continue;
    input.installed[i].status = debian::PackageStatus::installed;
  }
  return input;
}

ConfiguredPackages Executor::explain(LayerId id, std::size_t position, const Journal& journal) {
  return explain_packages(package_input(id), position, segments_, journal);
}

void Executor::record_also(ImageId id, const Plan& other) {
  const ImagePlan& image = other.images[id];
  if (!results_.images[id]) return;
  record_image(image.key, *results_.images[id], services_.cache);
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    const LayerId here = plan_.images[id].layers[i];
    const LayerPlan& layer = other.layers[image.layers[i]];
    if (results_.layers[here]) layers_.record(layer.key, *results_.layers[here]);
    for (std::size_t j = 0; j < layer.segments.size(); ++j) {
      const SegmentId mine = plan_.layers[here].segments[j];
      const Digest& key = other.segments[layer.segments[j]].key;
      if (results_.segments[mine] && key != plan_.segments[mine].key) {
        segments_.record_also(key, *results_.segments[mine]);
      }
    }
  }
}

void Executor::run_layer(LayerId id) {
  const LayerPlan& plan = plan_.layers[id];
  const StoredLayer* below = plan.below ? &results_.layers[*plan.below].value() : nullptr;
  StoredLayer layer = during("putting together " + plan.name, [&] {
    if (plan.base) return take_base_layer(*plan.base, below, services_.bases, services_.cache);
    AssembleInput input;
    PackageLayerPieces settled;
    input.layer = &plan;
    input.below = below;
    if (plan.packages) {
      contexts_.clear();  // what follows needs memory of its own
      settled = settle_packages(package_input(id), segments_,
                                [this](const SegmentPlan& segment, const PackageVariant& variant) {
                                  return remake_package(segment, variant);
                                });
      for (const std::string& question : settled.unused_answers) {
        services_.progress.warn(
            fmt::format("{}: no package asks '{}', which 'debconf' answers", plan.name, question));
      }
      input.pieces = std::move(settled.pieces);
      input.unconfigured = std::move(settled.unconfigured);
      input.folders = std::move(settled.folders);
      input.removed_folders = std::move(settled.removed_folders);
    } else {
      for (const SegmentId segment : plan.segments) {
        input.pieces.push_back({plan_.segments[segment].name, results_.segments[segment].value()});
      }
    }
    if (services_.copies != nullptr) {
      input.copy = [&](std::uint64_t size) { return services_.copies->begin(id, size); };
    }
    StoredLayer assembled = assemble_layer(input, segments_);
    if (services_.copies != nullptr) services_.copies->end(id, assembled.digest);
    assembled.reasons = std::move(settled.reasons);
    assembled.new_ids = std::move(settled.new_ids);
    return assembled;
  });
  layers_.record(plan.key, layer);
  results_.layers[id] = std::move(layer);
}

}  // namespace stamp::build
