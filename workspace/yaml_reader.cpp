#include "workspace/yaml_reader.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "base/nearest.h"

namespace stamp::workspace {
namespace {

constexpr std::string_view kDigits = "0123456789";

/// A list of this many words is shown whole.
constexpr std::size_t kFew = 8;

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

/// Spec: YAML 1.2.2 section 10.3.2 "Tag Resolution" (core schema).
bool is_number(std::string_view text) {
  if (text.starts_with("0o")) return consists_of(text.substr(2), "01234567");
  if (text.starts_with("0x")) return consists_of(text.substr(2), "0123456789abcdefABCDEF");
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF") return true;
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    std::string_view digits = text.substr(exponent + 1);
    if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
    if (!consists_of(digits, kDigits)) return false;
    text = text.substr(0, exponent);
  }
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return consists_of(text, kDigits);
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = text.substr(point + 1);
  return (whole.empty() || consists_of(whole, kDigits)) &&
         (fraction.empty() ? !whole.empty() : consists_of(fraction, kDigits));
}

bool is_truth(std::string_view text) {
  return text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" ||
         text == "FALSE";
}

/// What a node is, in the words of messages.
std::string_view type_of(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::sequence) return "a list";
  if (node.kind == YamlNode::Kind::mapping) return "a mapping";
  if (node.is_null()) return "nothing";
  if (!node.plain) return "a text";
  if (is_number(node.text)) return "a number";
  return is_truth(node.text) ? "true or false" : "a text";
}

}  // namespace

std::string in_quotes(std::string_view key) {
  return fmt::format("'{}'", key);
}

void YamlReader::report(TextPosition position, std::string message) {
  problems_.push_back(document_.problem(position, std::move(message)));
}

void YamlReader::report_type(const YamlNode& node, std::string_view what,
                             std::string_view expected) {
  std::string message = fmt::format("{} must be {}, not {}", what, expected, type_of(node));
  const bool wants_quotes = expected == "a text" && node.kind == YamlNode::Kind::scalar;
  if (wants_quotes && !node.text.empty()) {
    message += fmt::format("; quote it: \"{}\"", printable(node.text, 80));
  }
  report(node.position, std::move(message));
}

void YamlReader::report_unknown(TextPosition position, std::string_view subject,
                                std::string_view word,
                                std::span<const std::string_view> candidates) {
  std::string message = fmt::format("unknown {}", subject);
  if (const auto meant = nearest(word, candidates)) {
    message += fmt::format("; did you mean '{}'?", *meant);
  } else if (!candidates.empty() && candidates.size() <= kFew) {
    message += "; known:";
    for (const std::string_view candidate : candidates) {
      message += fmt::format("{} {}", candidate == candidates.front() ? "" : ",", candidate);
    }
  }
  report(position, std::move(message));
}

bool YamlReader::is_mapping(const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::mapping) return true;
  report_type(node, what, "a mapping");
  return false;
}

bool YamlReader::is_mapping(const YamlNode& node, std::string_view what,
                            std::span<const std::string_view> keys) {
  if (!is_mapping(node, what)) return false;
  for (const YamlNode::Member& member : node.members) {
    if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
    report_unknown(member.position, fmt::format("key '{}' in {}", member.key, what), member.key,
                   keys);
  }
  return true;
}

const YamlNode* YamlReader::require(const YamlNode& node, std::string_view what,
                                    std::string_view key) {
  const YamlNode* value = node.find(key);
  if (value == nullptr) report(node.position, fmt::format("{} has no '{}'", what, key));
  return value;
}

std::string YamlReader::any_text(const YamlNode& node, std::string_view what) {
  if (type_of(node) == "a text") return node.text;
  report_type(node, what, "a text");
  return {};
}

std::string YamlReader::text(const YamlNode& node, std::string_view what) {
  const bool is_text = type_of(node) == "a text";
  if (is_text && node.text.empty()) report(node.position, fmt::format("{} is empty", what));
  return any_text(node, what);
}

bool YamlReader::flag(const YamlNode& node, std::string_view what, bool otherwise) {
  if (node.kind == YamlNode::Kind::scalar && node.plain && is_truth(node.text)) {
    return node.text.front() == 't' || node.text.front() == 'T';
  }
  report_type(node, what, "true or false");
  return otherwise;
}

std::uint64_t YamlReader::number(const YamlNode& node, std::string_view what, std::uint64_t limit) {
  const bool plain = node.kind == YamlNode::Kind::scalar && node.plain;
  const bool decimal = plain && consists_of(node.text, kDigits) &&
                       (node.text.size() == 1 || !node.text.starts_with('0'));
  if (!decimal) {
    if (plain && is_number(node.text)) {
      report(node.position, fmt::format("{} must be a whole decimal number", what));
    } else {
      report_type(node, what, "a number");
    }
    return 0;
  }
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(node.text.data(), node.text.data() + node.text.size(), value);
  if (error != std::errc() || value > limit) {
    report(node.position, fmt::format("{} must be at most {}", what, limit));
    return 0;
  }
  return value;
}

std::span<const YamlNode> YamlReader::list(const YamlNode& node, std::string_view what) {
  if (node.kind != YamlNode::Kind::sequence) report_type(node, what, "a list");
  return node.items;
}

std::vector<std::string> YamlReader::texts(const YamlNode& node, std::string_view what) {
  std::vector<std::string> out;
  const std::string each = fmt::format("each of {}", what);
  for (const YamlNode& item : list(node, what)) out.push_back(text(item, each));
  return out;
}

}  // namespace stamp::workspace
