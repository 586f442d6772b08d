#include "workspace/stamp_yaml.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/glob.h"
#include "workspace/pin_path.h"
#include "workspace/rules.h"
#include "workspace/yaml_reader.h"

namespace stamp::workspace {
namespace {

using Keys = std::span<const std::string_view>;

constexpr std::array<std::string_view, 6> kSettingsKeys = {"stamp",   "defaults", "publish",
                                                           "sources", "cache",    "pin"};
constexpr std::array<std::string_view, 2> kDefaultsKeys = {"platforms", "compression"};
constexpr std::array<std::string_view, 1> kPublishKeys = {"repository"};
constexpr std::array<std::string_view, 1> kCacheKeys = {"repository"};
constexpr std::array<std::string_view, 2> kPinKeys = {"manifests", "paths"};
constexpr std::array<std::string_view, 3> kPinPathKeys = {"file", "kind", "path"};
constexpr std::array<std::string_view, 4> kSourceKeys = {"archive", "suites", "components",
                                                         "keyring"};
constexpr std::array<std::string_view, 3> kCompressions = {"zstd", "gzip", "none"};

/// Whether `text` can be a suite or component: path components, no dots that leave.
bool is_archive_word(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '/' || c == '+' || c == '~';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), plain) &&
         text.find("..") == std::string_view::npos && text.find("//") == std::string_view::npos &&
         text.front() != '/' && text.back() != '/';
}

/// Reads the parts of stamp.yaml.
class SettingsReader {
 public:
  SettingsReader(YamlReader& reader, const std::filesystem::path& folder, Settings& settings)
      : reader_(reader), folder_(folder), settings_(settings) {}

  void read(const YamlNode& root) {
    if (!reader_.is_mapping(root, "stamp.yaml") || !version_is_known(root)) return;
    reader_.is_mapping(root, "stamp.yaml", kSettingsKeys);
    if (const YamlNode* node = root.find("defaults")) read_defaults(*node);
    if (const YamlNode* node = root.find("publish")) read_publish(*node);
    if (const YamlNode* node = root.find("sources")) read_sources(*node);
    if (const YamlNode* node = root.find("cache")) read_cache(*node);
    if (const YamlNode* node = root.find("pin")) read_pin(*node);
  }

 private:
  bool version_is_known(const YamlNode& root) {
    const YamlNode* version = root.find("stamp");
    if (version == nullptr) {
      reader_.report(root.position,
                     fmt::format("stamp.yaml has no 'stamp'; its first line is \"stamp: {}\"",
                                 kWorkspaceFormat));
      return false;
    }
    if (version->kind == YamlNode::Kind::scalar &&
        version->text == std::to_string(kWorkspaceFormat)) {
      return true;
    }
    if (version->kind != YamlNode::Kind::scalar) {
      reader_.report_type(*version, "'stamp'", "a number");
    } else {
      reader_.report(version->position,
                     fmt::format("format {} of stamp.yaml; this program reads {}",
                                 printable(version->text, 20), kWorkspaceFormat));
    }
    return false;
  }

  void read_defaults(const YamlNode& node) {
    if (!reader_.is_mapping(node, "'defaults'", kDefaultsKeys)) return;
    if (const YamlNode* platforms = node.find("platforms")) {
      settings_.platforms = read_platforms(reader_, *platforms);
    }
    if (const YamlNode* compression = node.find("compression")) {
      const std::string name = reader_.text(*compression, "'compression'");
      if (std::find(kCompressions.begin(), kCompressions.end(), name) != kCompressions.end()) {
        settings_.compression = layer::parse_compression(name);
      } else if (!name.empty()) {
        reader_.report_unknown(compression->position, fmt::format("compression '{}'", name), name,
                               kCompressions);
      }
    }
  }

  void read_publish(const YamlNode& node) {
    if (!reader_.is_mapping(node, "'publish'", kPublishKeys)) return;
    const YamlNode* repository = node.find("repository");
    if (repository == nullptr) return;
    const auto names = reader_.parsed(*repository, "'repository'", placeholders);
    if (!names) return;
    for (const std::string& name : *names) {
      if (name == "name") continue;
      reader_.report(repository->position,
                     fmt::format("unknown placeholder '{{{}}}' in 'repository'; only {{name}} is "
                                 "filled in",
                                 name));
    }
    settings_.repository = repository->text;
  }

  void read_sources(const YamlNode& node) {
    if (!reader_.is_mapping(node, "'sources'")) return;
    for (const YamlNode::Member& member : node.members) read_source(member);
  }

  void read_source(const YamlNode::Member& member) {
    const std::string what = fmt::format("source '{}'", member.key);
    if (!is_recipe_name(member.key)) {
      reader_.report(member.position, fmt::format("'{}' cannot be the name of a source: letters a "
                                                  "to z and digits, with single '.', '_' or '-' "
                                                  "between",
                                                  member.key));
    }
    if (!reader_.is_mapping(member.value, what, kSourceKeys)) return;
    PackageSource source{.name = member.key, .components = {"main"}, .position = member.position};
    if (const YamlNode* archive = reader_.require(member.value, what, "archive")) {
      source.archive = reader_.parsed(*archive, "'archive'", check_url).value_or("");
      while (source.archive.ends_with('/')) source.archive.pop_back();
    }
    if (const YamlNode* suites = reader_.require(member.value, what, "suites")) {
      source.suites = words(*suites, "'suites'");
    }
    if (const YamlNode* components = member.value.find("components")) {
      source.components = words(*components, "'components'");
    }
    if (const YamlNode* keyring = reader_.require(member.value, what, "keyring")) {
      source.keyring = folder_ / reader_.text(*keyring, "'keyring'");
      source.keyring_position = keyring->position;
    }
    settings_.sources.push_back(std::move(source));
  }

  /// A list of suites or components, at least one.
  std::vector<std::string> words(const YamlNode& node, std::string_view what) {
    std::vector<std::string> out;
    if (node.kind == YamlNode::Kind::sequence && node.items.empty()) {
      reader_.report(node.position, fmt::format("{} is empty", what));
    }
    for (const YamlNode& item : reader_.list(node, what)) {
      std::string word = reader_.text(item, fmt::format("each of {}", what));
      if (word.empty()) continue;
      if (!is_archive_word(word)) {
        reader_.report(item.position,
                       fmt::format("'{}' cannot be one of {}", printable(word, 80), what));
      } else if (std::find(out.begin(), out.end(), word) != out.end()) {
        reader_.report(item.position, fmt::format("'{}' is named twice in {}", word, what));
      } else {
        out.push_back(std::move(word));
      }
    }
    return out;
  }

  void read_cache(const YamlNode& node) {
    if (!reader_.is_mapping(node, "'cache'", kCacheKeys)) return;
    if (const YamlNode* repository = node.find("repository")) {
      settings_.cache_repository =
          reader_.parsed(*repository, "'repository'", check_repository).value_or("");
    }
  }

  void read_pin(const YamlNode& node) {
    if (!reader_.is_mapping(node, "'pin'", kPinKeys)) return;
    if (const YamlNode* manifests = node.find("manifests")) {
      settings_.pin.manifests = reader_.texts(*manifests, "'manifests'");
    }
    if (const YamlNode* paths = node.find("paths")) {
      for (const YamlNode& item : reader_.list(*paths, "'paths'")) read_pin_path(item);
    }
  }

  void read_pin_path(const YamlNode& node) {
    constexpr std::string_view kWhat = "an item of 'paths'";
    if (!reader_.is_mapping(node, kWhat, kPinPathKeys)) return;
    PinPath path;
    if (const YamlNode* file = node.find("file")) {
      const auto glob = reader_.parsed(*file, "'file'", Glob::parse);
      if (glob) path.file = glob->str();
    }
    if (const YamlNode* kind = node.find("kind")) path.kind = reader_.text(*kind, "'kind'");
    if (const YamlNode* to = reader_.require(node, kWhat, "path")) {
      path.path = reader_.parsed(*to, "'path'", check_pin_path).value_or("");
    }
    settings_.pin.paths.push_back(std::move(path));
  }

  YamlReader& reader_;
  const std::filesystem::path& folder_;
  Settings& settings_;
};

}  // namespace

const PackageSource* Settings::find_source(std::string_view name) const {
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const PackageSource& source) { return source.name == name; });
  return found == sources.end() ? nullptr : &*found;
}

Diagnostic Settings::problem(TextPosition position, std::string message) const {
  return problem_at(file, text, position, std::move(message));
}

Settings parse_settings(std::string file, std::string text, const std::filesystem::path& folder,
                        std::vector<Diagnostic>& problems) {
  Settings settings{.file = file, .text = text};
  const YamlDocument document = YamlDocument::parse(std::move(file), std::move(text), problems);
  if (document.complete()) {
    YamlReader reader(document, problems);
    SettingsReader(reader, folder, settings).read(document.root());
  }
  if (settings.platforms.empty()) settings.platforms = {oci::Platform{"linux", "amd64", ""}};
  return settings;
}

}  // namespace stamp::workspace
