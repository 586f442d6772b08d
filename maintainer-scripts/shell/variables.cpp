#include "maintainer-scripts/shell/variables.h"

#include <algorithm>
#include <utility>

namespace stamp::scripts::shell {
namespace {

std::size_t size_of(const Variable& variable) {
  return variable.value ? variable.value->size() : 0;
}

}  // namespace

const std::string* Variables::find(std::string_view name) const {
  const auto found = table_.find(name);
  return found != table_.end() && found->second.value ? &*found->second.value : nullptr;
}

std::string_view Variables::value(std::string_view name) const {
  const std::string* value = find(name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

bool Variables::is_readonly(std::string_view name) const {
  const auto found = table_.find(name);
  return found != table_.end() && found->second.readonly;
}

Variable& Variables::at(std::string_view name) {
  const auto found = table_.find(name);
  return found != table_.end() ? found->second : table_[std::string(name)];
}

void Variables::set(std::string_view name, std::string value) {
  Variable& variable = at(name);
  bytes_ += value.size() - size_of(variable);
  variable.value = std::move(value);
  if (variable.exported) environment_.reset();
}

void Variables::unset(std::string_view name) {
  const auto found = table_.find(name);
  if (found == table_.end()) return;
  if (found->second.exported) environment_.reset();
  bytes_ -= size_of(found->second);
  table_.erase(found);
}

void Variables::set_exported(std::string_view name) {
  Variable& variable = at(name);
  if (!variable.exported) environment_.reset();
  variable.exported = true;
}

void Variables::set_readonly(std::string_view name) {
  at(name).readonly = true;
}

const Environment& Variables::environment() const {
  if (!environment_) {
    environment_.emplace();
    for (const auto& [name, variable] : table_) {
      if (variable.exported && variable.value) environment_->emplace(name, *variable.value);
    }
  }
  return *environment_;
}

void Variables::keep(std::string_view name) {
  const auto found = table_.find(name);
  Kept kept{.name = std::string(name)};
  if (found != table_.end()) {
    kept.before = found->second;
    bytes_ += size_of(found->second);
  }
  kept_.push_back(std::move(kept));
}

void Variables::make_local(std::string_view name) {
  if (is_kept(name)) return;
  keep(name);
  const auto found = table_.find(name);
  if (found == table_.end()) return;
  bytes_ -= size_of(found->second);
  found->second.value.reset();
  found->second.readonly = false;
  environment_.reset();
}

bool Variables::is_kept(std::string_view name) const {
  const std::size_t begin = scopes_.empty() ? kept_.size() : scopes_.back();
  return std::any_of(kept_.begin() + static_cast<std::ptrdiff_t>(begin), kept_.end(),
                     [&](const Kept& kept) { return kept.name == name; });
}

bool Variables::is_kept_outside(std::string_view name) const {
  const std::size_t end = scopes_.empty() ? 0 : scopes_.back();
  for (std::size_t i = 0; i < end; ++i) {
    if (kept_[i].name == name) return true;
  }
  return false;
}

void Variables::clear_exported(std::string_view name) {
  const auto found = table_.find(name);
  if (found == table_.end() || !found->second.exported) return;
  found->second.exported = false;
  environment_.reset();
}

void Variables::close_scope() {
  const std::size_t begin = scopes_.back();
  scopes_.pop_back();
  while (kept_.size() > begin) {
    Kept kept = std::move(kept_.back());
    kept_.pop_back();
    unset(kept.name);
    environment_.reset();
    // its bytes were counted while it was put aside
    if (kept.before) table_[kept.name] = std::move(*kept.before);
  }
}

}  // namespace stamp::scripts::shell
