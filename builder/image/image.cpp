#include "builder/image/image.h"

#include "base/json.h"
#include "builder/plan/ids_json.h"
#include "oci/document.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kMaxDocument = 4U << 20U;

Json describe(const ImageLayer& layer) {
  return {{"digest", layer.descriptor.digest.hex()},
          {"diff_id", layer.diff_id.hex()},
          {"size", layer.descriptor.size},
          {"media_type", layer.descriptor.media_type}};
}

ImageLayer parse_layer(const Json& note) {
  ImageLayer layer;
  layer.descriptor.digest = Digest::parse_hex(note.at("digest").get<std::string>());
  layer.diff_id = Digest::parse_hex(note.at("diff_id").get<std::string>());
  layer.descriptor.size = note.at("size").get<std::uint64_t>();
  layer.descriptor.media_type = note.at("media_type").get<std::string>();
  return layer;
}

ImageLayer image_layer(const LayerOfImage& layer) {
  if (const auto* base = std::get_if<const BaseLayer*>(&layer)) {
    return {(*base)->descriptor, (*base)->diff_id};
  }
  const StoredLayer& stored = *std::get<const StoredLayer*>(layer);
  ImageLayer out;
  out.descriptor.media_type = stored.media_type;
  out.descriptor.digest = stored.digest;
  out.descriptor.size = stored.size;
  out.diff_id = stored.diff_id;
  return out;
}

}  // namespace

StoredImage store_image(const ImagePlan& plan, const std::vector<LayerOfImage>& layers,
                        cache::Cache& cache) {
  StoredImage image;
  oci::ImageConfig config = plan.config;
  oci::Manifest manifest;
  for (const LayerOfImage& each : layers) {
    ImageLayer layer = image_layer(each);
    config.diff_ids.push_back(layer.diff_id);
    manifest.layers.push_back(layer.descriptor);
    image.layers.push_back(std::move(layer));
    if (std::holds_alternative<const BaseLayer*>(each)) continue;
    const auto* stored = std::get<const StoredLayer*>(each);
    image.unconfigured.insert(image.unconfigured.end(), stored->unconfigured.begin(),
                              stored->unconfigured.end());
    image.reasons.insert(stored->reasons.begin(), stored->reasons.end());
    image.new_ids.users.insert(stored->new_ids.users.begin(), stored->new_ids.users.end());
    image.new_ids.groups.insert(stored->new_ids.groups.begin(), stored->new_ids.groups.end());
  }
  const auto config_document = oci::Document<oci::ImageConfig>::of(std::move(config));
  manifest.config = config_document.descriptor(oci::kMediaTypeConfig);
  manifest.annotations = plan.annotations;
  const auto manifest_document = oci::Document<oci::Manifest>::of(std::move(manifest));
  image.manifest = manifest_document.descriptor(oci::kMediaTypeManifest);
  image.manifest.platform = plan.platform;
  image.config = manifest_document.value().config;
  image.manifest_text = manifest_document.text();
  image.config_text = config_document.text();
  record_image(plan.key, image, cache);
  return image;
}

void record_image(const Digest& key, const StoredImage& image, cache::Cache& cache) {
  Json notes = Json::array();
  for (const ImageLayer& layer : image.layers) notes.push_back(describe(layer));
  cache::Result result;
  result.outputs = {{"manifest", cache.put(image.manifest_text)},
                    {"config", cache.put(image.config_text)}};
  Json note = {{"platform", image.manifest.platform->str()},
               {"layers", std::move(notes)},
               {"unconfigured", image.unconfigured}};
  if (!image.reasons.empty()) note["reasons"] = image.reasons;
  if (!image.new_ids.empty()) note["new_ids"] = to_json(image.new_ids);
  result.note = canonical_json(note);
  cache.record(key, std::move(result));
}

StoredImage read_image_result(const cache::Result& result) {
  const Json note = parse_json(result.note);
  StoredImage image;
  image.manifest.media_type = oci::kMediaTypeManifest;
  image.manifest.digest = result.outputs[0].blob.digest;
  image.manifest.size = result.outputs[0].blob.size;
  image.manifest.platform = oci::Platform::parse(note.at("platform").get<std::string>());
  image.config.media_type = oci::kMediaTypeConfig;
  image.config.digest = result.outputs[1].blob.digest;
  image.config.size = result.outputs[1].blob.size;
  for (const Json& layer : note.at("layers")) image.layers.push_back(parse_layer(layer));
  image.unconfigured = note.at("unconfigured").get<std::vector<std::string>>();
  if (note.contains("reasons")) note.at("reasons").get_to(image.reasons);
  if (note.contains("new_ids")) image.new_ids = ids_from_json(note.at("new_ids"));
  return image;
}

std::vector<std::optional<StoredImage>> find_images(std::span<const Digest> keys,
                                                    cache::Cache& cache) {
  std::vector<std::optional<StoredImage>> images;
  images.reserve(keys.size());
  for (const std::optional<cache::Result>& result : cache.find(keys)) {
    std::optional<StoredImage>& image = images.emplace_back();
    if (!result || result->outputs.size() != 2) continue;
    image = read_image_result(*result);
    image->manifest_text = cache.read(result->outputs[0].blob, kMaxDocument);
    image->config_text = cache.read(result->outputs[1].blob, kMaxDocument);
  }
  return images;
}

oci::Index make_index(const std::vector<StoredImage>& images,
                      const std::map<std::string, std::string>& annotations) {
  oci::Index index;
  for (const StoredImage& image : images) index.manifests.push_back(image.manifest);
  index.annotations = annotations;
  return index;
}

}  // namespace stamp::build
