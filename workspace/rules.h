#pragma once
// Rules that several of the files that users write share.

#include <string>
#include <string_view>
#include <vector>

#include "oci/platform.h"
#include "workspace/yaml_reader.h"

namespace stamp::workspace {

/// Whether `text` can be the name of a recipe: [a-z0-9]+([._-][a-z0-9]+)*.
bool is_recipe_name(std::string_view text);

/// Whether `text` can be the name of a user or group: [a-z_][a-z0-9_-]*, at most 32 bytes.
bool is_account_name(std::string_view text);

/// Checks an http, https or file URL without credentials and fragment and returns it.
/// Errors: invalid.
std::string check_url(std::string_view text);

/// Checks the name of a repository in a registry, without tag and digest, and returns it in full.
/// Errors: invalid.
std::string check_repository(std::string_view text);

/// Checks a path relative to the folder of the file that it is written in, which it does not leave;
/// returns it without "." and trailing slashes ("." for the folder itself). Errors: invalid.
std::string check_relative_path(std::string_view text);

/// Reads a list of platforms, each once; reports an empty one.
std::vector<oci::Platform> read_platforms(YamlReader& reader, const YamlNode& node);

/// Puts `value` where `text` has "{key}".
std::string substitute(std::string text, std::string_view key, std::string_view value);

/// The names between braces in `text`: "a-{x}" → x. Errors: invalid (a brace without its partner).
std::vector<std::string> placeholders(std::string_view text);

}  // namespace stamp::workspace
