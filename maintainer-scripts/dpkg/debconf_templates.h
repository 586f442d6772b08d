#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::scripts {

/// A template of a question.
struct DebconfTemplate {
  std::string name;
  /// By name in small letters: "type", "default", "choices-c", "description", and what follows the
  /// description's first line as "extended_description".
  std::map<std::string, std::string, std::less<>> fields;

  /// A field in English or as it is; "" when there is none.
  std::string field(std::string_view wanted) const;
};

/// Reads a package's `templates`. Spec: debconf-devel(7), "The templates file". Errors: invalid.
std::vector<DebconfTemplate> parse_debconf_templates(std::string_view text);

/// The items of a list of choices or values, at commas; a backslash keeps a comma or space.
std::vector<std::string> split_debconf_list(std::string_view list);

}  // namespace stamp::scripts
