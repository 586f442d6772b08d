#pragma once
// Ids in the notes of results.

#include "base/json.h"
#include "builder/plan/plan.h"

namespace stamp::build {

inline Json to_json(const SystemIdTable& ids) {
  return {{"users", ids.users}, {"groups", ids.groups}};
}

inline SystemIdTable ids_from_json(const Json& json) {
  SystemIdTable ids;
  for (const auto& [name, id] : json.at("users").items()) ids.users[name] = id;
  for (const auto& [name, id] : json.at("groups").items()) ids.groups[name] = id;
  return ids;
}

}  // namespace stamp::build
