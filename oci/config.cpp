#include "oci/config.h"

#include <algorithm>
#include <array>

#include "oci/descriptor_json.h"
#include "oci/json_field.h"

namespace stamp::oci {
namespace {

/// Members of `config` that RunConfig has fields for.
constexpr std::array<std::string_view, 9> kRunConfigMembers = {
    "User",    "ExposedPorts", "Env",    "Entrypoint", "Cmd",
    "Volumes", "WorkingDir",   "Labels", "StopSignal"};

std::set<std::string> read_set(const JsonFieldView& object, std::string_view name) {
  const auto field = object.optional(name);
  if (!field) return {};
  const std::vector<std::string> names = field->names();
  return {names.begin(), names.end()};
}

std::optional<std::vector<std::string>> read_texts(const JsonFieldView& object,
                                                   std::string_view name) {
  const auto field = object.optional(name);
  if (!field) return std::nullopt;
  return field->texts();
}

bool holds_float(const Json& value) {
  return value.is_number_float() ||
         (value.is_structured() && std::ranges::any_of(value, holds_float));
}

std::string canonical_member(const JsonFieldView& field) {
  if (holds_float(field.json())) throw field.wrong("it holds a floating-point number");
  return canonical_json(field.json());
}

RunConfig read_run_config(const JsonFieldView& field) {
  RunConfig config;
  config.user = field.text_or_empty("User");
  config.exposed_ports = read_set(field, "ExposedPorts");
  config.env = read_texts(field, "Env").value_or(std::vector<std::string>());
  config.entrypoint = read_texts(field, "Entrypoint");
  config.cmd = read_texts(field, "Cmd");
  config.volumes = read_set(field, "Volumes");
  config.working_dir = field.text_or_empty("WorkingDir");
  if (const auto labels = field.optional("Labels")) config.labels = labels->text_map();
  config.stop_signal = field.text_or_empty("StopSignal");
  for (const std::string& name : field.names()) {
    if (std::ranges::find(kRunConfigMembers, name) != kRunConfigMembers.end()) continue;
    if (const auto member = field.optional(name)) {
      config.other.emplace(name, canonical_member(*member));
    }
  }
  return config;
}

HistoryEntry read_history_entry(const JsonFieldView& field) {
  HistoryEntry entry;
  entry.created = field.text_or_empty("created");
  entry.author = field.text_or_empty("author");
  entry.created_by = field.text_or_empty("created_by");
  entry.comment = field.text_or_empty("comment");
  if (const auto empty = field.optional("empty_layer")) entry.empty_layer = empty->boolean();
  return entry;
}

ImageConfig read_config(const JsonFieldView& document) {
  ImageConfig config;
  config.created = document.text_or_empty("created");
  config.author = document.text_or_empty("author");
  const std::string& os = document.required("os").text();
  const std::string& architecture = document.required("architecture").text();
  config.platform = during("reading the config", [&] {
    return Platform::of(os, architecture, document.text_or_empty("variant"));
  });
  if (const auto run = document.optional("config")) config.config = read_run_config(*run);
  const JsonFieldView rootfs = document.required("rootfs");
  const JsonFieldView type = rootfs.required("type");
  if (type.text() != "layers") throw type.wrong("it must be 'layers'");
  for (const JsonFieldView& diff_id : rootfs.required("diff_ids").items()) {
    config.diff_ids.push_back(diff_id.digest());
  }
  if (const auto history = document.optional("history")) {
    for (const JsonFieldView& entry : history->items()) {
      config.history.push_back(read_history_entry(entry));
    }
  }
  return config;
}

void set_unless_empty(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

void set_unless_empty(Json& object, const char* name, const std::set<std::string>& names) {
  for (const std::string& member : names) object[name][member] = Json::object();
}

Json to_json(const RunConfig& config) {
  Json json = Json::object();
  set_unless_empty(json, "User", config.user);
  set_unless_empty(json, "ExposedPorts", config.exposed_ports);
  if (!config.env.empty()) json["Env"] = config.env;
  if (config.entrypoint) json["Entrypoint"] = *config.entrypoint;
  if (config.cmd) json["Cmd"] = *config.cmd;
  set_unless_empty(json, "Volumes", config.volumes);
  set_unless_empty(json, "WorkingDir", config.working_dir);
  if (!config.labels.empty()) json["Labels"] = config.labels;
  set_unless_empty(json, "StopSignal", config.stop_signal);
  for (const auto& [name, text] : config.other) json[name] = parse_json(text);
  return json;
}

Json to_json(const HistoryEntry& entry) {
  Json json = Json::object();
  set_unless_empty(json, "created", entry.created);
  set_unless_empty(json, "author", entry.author);
  set_unless_empty(json, "created_by", entry.created_by);
  set_unless_empty(json, "comment", entry.comment);
  if (entry.empty_layer) json["empty_layer"] = true;
  return json;
}

}  // namespace

ImageConfig ImageConfig::parse(std::string_view text) {
  return read_document(text, "config", read_config);
}

std::string ImageConfig::serialize() const {
  Json json = {{"architecture", platform.architecture},
               {"os", platform.os},
               {"config", to_json(config)},
               {"rootfs", {{"type", "layers"}, {"diff_ids", Json::array()}}}};
  set_unless_empty(json, "created", created);
  set_unless_empty(json, "author", author);
  set_unless_empty(json, "variant", platform.variant);
  for (const Digest& diff_id : diff_ids) json["rootfs"]["diff_ids"].push_back(diff_id.str());
  for (const HistoryEntry& entry : history) json["history"].push_back(to_json(entry));
  return canonical_json(json);
}

}  // namespace stamp::oci
