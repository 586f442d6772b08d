#include "builder/plan/plan_config.h"

#include <algorithm>

namespace stamp::build {
namespace {

void set_variable(std::vector<std::string>& env, const std::string& name,
                  const std::string& value) {
  const std::string start = name + "=";
  const auto found = std::find_if(env.begin(), env.end(), [&](const std::string& variable) {
    return variable.starts_with(start);
  });
  if (found == env.end()) {
    env.push_back(start + value);
  } else {
    *found = start + value;
  }
}

void apply(const workspace::Config& config, oci::RunConfig& run) {
  if (config.entrypoint) {
    run.entrypoint = config.entrypoint;
    run.cmd.reset();
  }
  if (config.cmd) run.cmd = config.cmd;
  for (const auto& [name, value] : config.env) set_variable(run.env, name, value);
  if (config.user) run.user = *config.user;
  if (config.workdir) run.working_dir = *config.workdir;
  for (const auto& [name, value] : config.labels) run.labels.insert_or_assign(name, value);
  run.exposed_ports.insert(config.ports.begin(), config.ports.end());
  run.volumes.insert(config.volumes.begin(), config.volumes.end());
  if (config.stop_signal) run.stop_signal = *config.stop_signal;
}

}  // namespace

oci::ImageConfig configure(oci::ImageConfig base, const workspace::Recipe& recipe,
                           const oci::Platform& platform, const LayerHistory& history) {
  oci::ImageConfig config = std::move(base);
  config.platform = platform;
  config.created = history.created;
  apply(recipe.config, config.config);
  for (const std::string& layer : history.layers) {
    oci::HistoryEntry entry;
    entry.created = history.created;
    entry.created_by = "stamp: " + layer;
    config.history.push_back(std::move(entry));
  }
  return config;
}

oci::Annotations annotate(const workspace::Recipe& recipe, const BasePlace& base,
                          const Digest& digest) {
  oci::Annotations annotations = recipe.annotations;
  const auto* image = std::get_if<oci::Reference>(&base);
  if (image == nullptr) return annotations;
  annotations.emplace("org.opencontainers.image.base.name", name_of(*image));
  annotations.emplace("org.opencontainers.image.base.digest", digest.str());
  return annotations;
}

}  // namespace stamp::build
