#include "oci/json_field.h"

#include <limits>

#include <fmt/core.h>

namespace stamp::oci {

Error JsonFieldView::wrong(std::string_view cause) const {
  return {ErrorKind::invalid, fmt::format("cannot read the {}: {}{}{}", what_,
                                          printable(path_, 200), path_.empty() ? "" : ": ", cause)};
}

const Json& JsonFieldView::object() const {
  if (!value_.is_object()) throw wrong("it must be an object");
  return value_;
}

std::optional<JsonFieldView> JsonFieldView::optional(std::string_view name) const {
  const auto found = object().find(std::string(name));
  if (found == value_.end() || found->is_null()) return std::nullopt;
  std::string path = path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  return JsonFieldView(*found, what_, std::move(path));
}

JsonFieldView JsonFieldView::required(std::string_view name) const {
  std::optional<JsonFieldView> field = optional(name);
  if (!field) throw wrong(fmt::format("'{}' is missing", name));
  return *field;
}

const std::string& JsonFieldView::text() const {
  if (!value_.is_string()) throw wrong("it must be a text");
  return value_.get_ref<const std::string&>();
}

std::string JsonFieldView::text_or_empty(std::string_view name) const {
  const std::optional<JsonFieldView> field = optional(name);
  return field ? field->text() : std::string();
}

std::uint64_t JsonFieldView::size() const {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  const bool fits = value_.is_number_unsigned() && value_.get<std::uint64_t>() <= kMost;
  if (!fits) {
    throw wrong(
        fmt::format("{} is not a size in bytes",
                    printable(value_.dump(-1, ' ', false, Json::error_handler_t::replace), 80)));
  }
  return value_.get<std::uint64_t>();
}

bool JsonFieldView::boolean() const {
  if (!value_.is_boolean()) throw wrong("it must be true or false");
  return value_.get<bool>();
}

Digest JsonFieldView::digest() const {
  const std::string& digest = text();
  return during(fmt::format("reading '{}' of the {}", printable(path_, 200), what_),
                [&] { return Digest::parse(digest); });
}

std::vector<JsonFieldView> JsonFieldView::items() const {
  if (!value_.is_array()) throw wrong("it must be a list");
  std::vector<JsonFieldView> items;
  items.reserve(value_.size());
  for (std::size_t i = 0; i < value_.size(); ++i) {
    items.push_back(JsonFieldView(value_[i], what_, fmt::format("{}[{}]", path_, i)));
  }
  return items;
}

std::vector<std::string> JsonFieldView::texts() const {
  std::vector<std::string> texts;
  for (const JsonFieldView& item : items()) texts.push_back(item.text());
  return texts;
}

std::map<std::string, std::string> JsonFieldView::text_map() const {
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : object().items()) {
    texts.emplace(name, JsonFieldView(value, what_, path_ + "." + name).text());
  }
  return texts;
}

std::vector<std::string> JsonFieldView::names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : object().items()) names.push_back(name);
  return names;
}

}  // namespace stamp::oci
