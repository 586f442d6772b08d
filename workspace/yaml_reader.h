#pragma once
// Turns nodes of a YAML document into values, and what is wrong with them into diagnostics. Every
// function reports at the node's place and gives an empty value for what is wrong, so that reading
// goes on and all problems are found in one run.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "base/error.h"
#include "base/yaml.h"

namespace stamp::workspace {

/// Reads the nodes of one document.
class YamlReader final {
 public:
  /// Both must outlive this.
  YamlReader(const YamlDocument& document, std::vector<Diagnostic>& problems)
      : document_(document), problems_(problems) {}

  /// Appends a problem at `position`.
  void report(TextPosition position, std::string message);
  /// Appends "<what> must be <expected>, not <what it is>".
  void report_type(const YamlNode& node, std::string_view what, std::string_view expected);
  /// Appends "unknown <kind> '<word>' <where>", with the nearest of `candidates`, or all of them
  /// when they are few and none is near.
  void report_unknown(TextPosition position, std::string_view subject, std::string_view word,
                      std::span<const std::string_view> candidates);

  /// Whether `node` is a mapping; reports otherwise.
  bool is_mapping(const YamlNode& node, std::string_view what);
  /// Whether it is a mapping; also reports each key that is none of `keys`.
  bool is_mapping(const YamlNode& node, std::string_view what,
                  std::span<const std::string_view> keys);
  /// The value of `key` in the mapping `node`; null, and reported, when it is missing.
  const YamlNode* require(const YamlNode& node, std::string_view what, std::string_view key);

  /// A text that is not empty. A plain scalar that YAML reads as something else (a number, true,
  /// nothing) is refused: it has to be quoted.
  std::string text(const YamlNode& node, std::string_view what);
  /// A text that may be empty.
  std::string any_text(const YamlNode& node, std::string_view what);
  /// true or false.
  bool flag(const YamlNode& node, std::string_view what, bool otherwise);
  /// A decimal number of at most `limit`.
  std::uint64_t number(const YamlNode& node, std::string_view what, std::uint64_t limit);
  /// The items of a list; none when it is not one.
  std::span<const YamlNode> list(const YamlNode& node, std::string_view what);
  /// A list of texts that are not empty.
  std::vector<std::string> texts(const YamlNode& node, std::string_view what);

  /// What `parse` makes of a text; its `invalid` error is reported at the node.
  template <typename Parse>
  auto parsed(const YamlNode& node, std::string_view what, Parse&& parse)
      -> std::optional<decltype(parse(std::string_view()))> {
    const std::size_t before = problems_.size();
    const std::string words = text(node, what);
    if (problems_.size() != before) return std::nullopt;
    try {
      return parse(std::string_view(words));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
      report(node.position, error.headline());
      return std::nullopt;
    }
  }

  const YamlDocument& document() const { return document_; }

 private:
  const YamlDocument& document_;
  std::vector<Diagnostic>& problems_;
};

/// "'key'" for use as `what`.
std::string in_quotes(std::string_view key);

}  // namespace stamp::workspace
