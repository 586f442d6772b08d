#include "pin/yaml_member.h"

#include <string>

#include <fmt/core.h>

namespace stamp::pin {
namespace {

/// The key of a value, or null.
const YamlTreeNode* key_of(const YamlTreeNode& mapping, const YamlTreeNode& value) {
  for (std::size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
    if (&mapping.items[i + 1] == &value) return &mapping.items[i];
  }
  return nullptr;
}

/// Whether a mapping is in braces, which are then before its first key.
bool is_flow(std::string_view text, const YamlTreeNode& mapping) {
  const std::size_t begin = mapping.span.begin;
  return text.substr(begin).starts_with('{') && mapping.items.front().span.begin > begin;
}

Field member_in_braces(const FileText& file, const YamlTreeNode& value, std::string_view key) {
  const bool is_json = format_of(file.name) == Format::json;
  const std::size_t end = value.span.end;
  return {.span = {end, end},
          .notation = is_json ? Notation::json : Notation::yaml_double_quoted,
          .lead = is_json ? fmt::format(", \"{}\": ", key) : fmt::format(", {}: ", key)};
}

std::optional<Field> member_on_a_line(std::string_view text, const YamlTreeNode& before,
                                      const YamlTreeNode& value, std::string_view key) {
  const std::size_t line = text.rfind('\n', before.span.begin) + 1;
  const std::string_view indent = text.substr(line, before.span.begin - line);
  const ByteSpan member{before.span.begin, value.span.end};
  if (line == 0 || indent.find_first_not_of(' ') != std::string_view::npos ||
      member.of(text).find('\n') != std::string_view::npos) {
    return std::nullopt;
  }
  // The last line may have no end; then it has none afterwards either.
  const std::size_t line_feed = text.find('\n', member.end);
  const bool has_end = line_feed != std::string_view::npos;
  const std::size_t feed_before = has_end ? line_feed : line - 1;
  const bool has_return = feed_before > 0 && text[feed_before - 1] == '\r';
  const std::size_t end = !has_end ? text.size() : line_feed - (has_return ? 1 : 0);
  return Field{.span = {end, end},
               .notation = Notation::yaml_plain,
               .lead = fmt::format("{}{}{}: ", has_return ? "\r\n" : "\n", indent, key)};
}

}  // namespace

std::optional<Field> new_member(const FileText& file, const YamlTreeNode& mapping,
                                const YamlTreeNode& value, std::string_view key) {
  if (!mapping.is_mapping() || !mapping.anchor.empty() || !mapping.tag.empty()) return std::nullopt;
  const YamlTreeNode* before = key_of(mapping, value);
  if (before == nullptr || !before->is_scalar() || !value.is_scalar()) return std::nullopt;
  if (is_flow(file.text, mapping)) return member_in_braces(file, value, key);
  return member_on_a_line(file.text, *before, value, key);
}

}  // namespace stamp::pin
