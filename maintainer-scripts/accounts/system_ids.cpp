#include "maintainer-scripts/accounts/system_ids.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::scripts {
namespace {

using Numbers = std::map<std::string, std::uint32_t, std::less<>>;

std::optional<std::uint32_t> number_of(const Numbers& numbers, std::string_view name) {
  const auto found = numbers.find(name);
  if (found == numbers.end()) return std::nullopt;
  return found->second;
}

/// Another name that has the number; null when none has.
const std::string* other_with(const Numbers& numbers, std::uint32_t id, std::string_view name) {
  const auto found = std::find_if(numbers.begin(), numbers.end(), [&](const auto& entry) {
    return entry.second == id && entry.first != name;
  });
  return found == numbers.end() ? nullptr : &found->first;
}

void record(Numbers& numbers, std::string_view kind, std::string_view name, std::uint32_t id) {
  const auto fail = [&](std::string_view cause) {
    throw Error(ErrorKind::invalid,
                fmt::format("cannot give {} '{}' the number {}: {}", kind, name, id, cause),
                {.hint = "fix both numbers in the recipe's accounts:"});
  };
  const std::optional<std::uint32_t> known = number_of(numbers, name);
  if (known && *known != id) fail(fmt::format("it has {} already", *known));
  if (const std::string* other = other_with(numbers, id, name)) {
    fail(fmt::format("{} '{}' has it", kind, *other));
  }
  numbers.emplace(name, id);
}

}  // namespace

SystemIds::SystemIds(Numbers users, Numbers groups)
    : users_(std::move(users)), groups_(std::move(groups)) {}

std::optional<std::uint32_t> SystemIds::user(std::string_view name) const {
  return number_of(users_, name);
}

std::optional<std::uint32_t> SystemIds::group(std::string_view name) const {
  return number_of(groups_, name);
}

void SystemIds::set_user(std::string_view name, std::uint32_t id) {
  record(users_, "user", name, id);
}

void SystemIds::set_group(std::string_view name, std::uint32_t id) {
  record(groups_, "group", name, id);
}

bool SystemIds::is_user_taken(std::uint32_t id, std::string_view name) const {
  return other_with(users_, id, name) != nullptr;
}

bool SystemIds::is_group_taken(std::uint32_t id, std::string_view name) const {
  return other_with(groups_, id, name) != nullptr;
}

}  // namespace stamp::scripts
