#pragma once
// The items of a recipe's `layers:`.

#include <filesystem>
#include <optional>

#include "workspace/recipe.h"
#include "workspace/yaml_reader.h"

namespace stamp::workspace {

/// Reads one item of `layers:` of a recipe that lies in `folder`; nothing, with its problems
/// reported, when it is none that this version knows.
std::optional<Layer> read_layer(YamlReader& reader, const std::filesystem::path& folder,
                                const YamlNode& item);

/// Reads a path beside the recipe.
SourcePath read_source_path(YamlReader& reader, const std::filesystem::path& folder,
                            const YamlNode& node, std::string_view what);

/// Reads {recipe: …}, {layout: …} or {image: …}. What the place where it stands cannot have, or
/// this version does not know, is reported.
From read_from(YamlReader& reader, const std::filesystem::path& folder, const YamlNode& node,
               std::string_view what);

}  // namespace stamp::workspace
