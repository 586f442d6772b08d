#pragma once
// stamp.yaml: what holds for all recipes of a workspace. Format: docs/formats.md section 1.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/yaml.h"
#include "layer/codec.h"
#include "oci/platform.h"
#include "workspace/pin_settings.h"

namespace stamp::workspace {

/// The format of stamp.yaml that this program reads.
inline constexpr int kWorkspaceFormat = 1;

/// Where packages come from, by name: one archive with the suites that are used of it.
struct PackageSource {
  std::string name;                     ///< as recipes name it
  std::string archive;                  ///< URL without a slash at its end; http, https or file
  std::vector<std::string> suites;      ///< as written: "bookworm", "bookworm-updates"
  std::vector<std::string> components;  ///< as written; "main" when not given
  std::filesystem::path keyring;        ///< absolute, or below the workspace's folder
  TextPosition position;                ///< of its name
  TextPosition keyring_position;
};

/// The content of stamp.yaml.
struct Settings {
  std::string file;  ///< as the user would name it
  std::string text;
  std::vector<oci::Platform> platforms;  ///< for recipes that name none; never empty
  layer::Compression compression = layer::Compression::zstd;
  std::string repository;              ///< `publish.repository` with "{name}" in it; or empty
  std::string cache_repository;        ///< `cache.repository`, where results are shared; or empty
  std::vector<PackageSource> sources;  ///< in the order of the file
  PinSettings pin;

  /// The source of that name, or null.
  const PackageSource* find_source(std::string_view name) const;
  /// A diagnostic at `position` of stamp.yaml.
  Diagnostic problem(TextPosition position, std::string message) const;
};

/// Reads the text of a stamp.yaml that lies in `folder`. Problems are appended to `problems`; the
/// result holds what could be read. A format version that this program does not read is one problem
/// and nothing else is looked at.
Settings parse_settings(std::string file, std::string text, const std::filesystem::path& folder,
                        std::vector<Diagnostic>& problems);

}  // namespace stamp::workspace
