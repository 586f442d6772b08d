#include "workspace/user_settings.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/fd.h"
#include "oci/reference.h"
#include "workspace/rules.h"
#include "workspace/yaml_reader.h"

namespace stamp::workspace {
namespace {

constexpr std::array<std::string_view, 3> kUserKeys = {"mirrors", "registries", "cache"};
constexpr std::array<std::string_view, 4> kRegistryKeys = {"plain-http", "ca-file", "concurrency",
                                                           "token-servers"};
constexpr std::array<std::string_view, 5> kCacheKeys = {"folder", "size", "repository",
                                                        "signing-key", "trusted-keys"};
constexpr std::uint64_t kMaxConcurrency = 64;

/// Whether `text` is `prefix` or lies below it.
bool lies_below(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) && (text.size() == prefix.size() || text[prefix.size()] == '/');
}

/// Parses "20G", "512MiB", "1000": bytes, in powers of 1,024. Errors: invalid.
std::uint64_t parse_size(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string_view unit = text.substr(end);
  const std::size_t letter = unit.empty() ? 0 : std::string_view("KMGT").find(unit.front());
  const std::size_t power = unit.empty() ? 0 : letter + 1;
  if (!unit.empty()) unit.remove_prefix(1);
  const bool known = letter < 4 && (unit.empty() || unit == "B" || unit == "iB");
  if (end == 0 || end > 12 || !known) {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}' is not a size; write it as 20G or 512M", printable(text, 40)));
  }
  std::uint64_t value = std::stoull(std::string(text.substr(0, end)));
  for (std::size_t i = 0; i < power; ++i) {
    if (value > (UINT64_MAX >> 10U)) {
      throw Error(ErrorKind::invalid, fmt::format("the size '{}' is too large", text));
    }
    value <<= 10U;
  }
  return value;
}

std::string check_place(std::string_view text) {
  if (text == kHostApt) return std::string(text);
  std::string url = check_url(text);
  while (url.ends_with('/')) url.pop_back();
  return url;
}

/// A server without a path below it: "https://auth.example:8443".
std::string check_server(std::string_view text) {
  std::string url = check_url(text);
  while (url.ends_with('/')) url.pop_back();
  const bool http = url.starts_with("https://") || url.starts_with("http://");
  if (http && url.find('/', url.find("://") + 3) == std::string::npos) return url;
  throw Error(ErrorKind::invalid,
              fmt::format("'{}' is not a server; write it as https://server.example", text));
}

/// The host of a registry, as references name it. Errors: invalid.
std::string check_registry(std::string_view text) {
  constexpr std::string_view kBelow = "a/b";
  const oci::Reference image = oci::Reference::parse_repository(fmt::format("{}/{}", text, kBelow));
  if (image.repository == kBelow) return image.host;
  throw Error(ErrorKind::invalid,
              fmt::format("'{}' is neither the URL of an archive nor the host of a registry",
                          printable(text, 80)));
}

/// Reads the parts of config.yaml.
class UserSettingsReader {
 public:
  UserSettingsReader(YamlReader& reader, UserSettings& settings)
      : reader_(reader), settings_(settings) {}

  void read(const YamlNode& root) {
    if (root.is_null() || !reader_.is_mapping(root, "config.yaml", kUserKeys)) return;
    if (const YamlNode* node = root.find("mirrors")) read_mirrors(*node);
    if (const YamlNode* node = root.find("registries")) read_registries(*node);
    if (const YamlNode* node = root.find("cache")) read_cache(*node);
  }

 private:
  void read_mirrors(const YamlNode& node) {
    if (!reader_.is_mapping(node, "'mirrors'")) return;
    for (const YamlNode::Member& member : node.members) {
      if (member.key.find("://") == std::string::npos) {
        read_registry_mirrors(member);
        continue;
      }
      Mirror mirror{.prefix = member.key};
      while (mirror.prefix.ends_with('/')) mirror.prefix.pop_back();
      const std::string what = fmt::format("the mirrors of '{}'", member.key);
      for (const YamlNode& item : reader_.list(member.value, what)) {
        const auto place = reader_.parsed(item, fmt::format("each of {}", what), check_place);
        if (place) mirror.places.push_back(*place);
      }
      settings_.mirrors.push_back(std::move(mirror));
    }
  }

  void read_registry_mirrors(const YamlNode::Member& member) {
    const YamlNode key = {.position = member.position, .text = member.key, .plain = false};
    const auto host = reader_.parsed(key, "the name of a registry", check_registry);
    const std::string what = fmt::format("the mirrors of '{}'", member.key);
    std::vector<std::string> servers;
    for (const YamlNode& item : reader_.list(member.value, what)) {
      const auto server = reader_.parsed(item, fmt::format("each of {}", what), check_server);
      if (server) servers.push_back(*server);
    }
    if (host) settings_.registry_mirrors.emplace(*host, std::move(servers));
  }

  void read_registries(const YamlNode& node) {
    if (!reader_.is_mapping(node, "'registries'")) return;
    for (const YamlNode::Member& member : node.members) {
      const std::string what = fmt::format("registry '{}'", member.key);
      if (!reader_.is_mapping(member.value, what, kRegistryKeys)) continue;
      RegistrySettings registry;
      if (const YamlNode* plain = member.value.find("plain-http")) {
        registry.plain_http = reader_.flag(*plain, "'plain-http'", false);
      }
      if (const YamlNode* file = member.value.find("ca-file")) {
        registry.ca_file = absolute_path(*file, "'ca-file'");
      }
      if (const YamlNode* number = member.value.find("concurrency")) {
        registry.concurrency =
            static_cast<std::uint32_t>(reader_.number(*number, "'concurrency'", kMaxConcurrency));
      }
      if (const YamlNode* servers = member.value.find("token-servers")) {
        for (const YamlNode& item : reader_.list(*servers, "'token-servers'")) {
          const auto server = reader_.parsed(item, "each of 'token-servers'", check_server);
          if (server) registry.token_servers.push_back(*server);
        }
      }
      settings_.registries.emplace(member.key, std::move(registry));
    }
  }

  void read_cache(const YamlNode& node) {
    if (!reader_.is_mapping(node, "'cache'", kCacheKeys)) return;
    if (const YamlNode* folder = node.find("folder")) {
      settings_.cache_folder = absolute_path(*folder, "'folder'");
    }
    if (const YamlNode* size = node.find("size")) {
      const bool number = size->kind == YamlNode::Kind::scalar && size->plain &&
                          size->text.find_first_not_of("0123456789") == std::string::npos;
      settings_.cache_size = number ? reader_.number(*size, "'size'", UINT64_MAX)
                                    : reader_.parsed(*size, "'size'", parse_size);
    }
    read_shared_cache(node, settings_.shared_cache);
  }

  void read_shared_cache(const YamlNode& node, SharedCacheSettings& shared) {
    if (const YamlNode* repository = node.find("repository")) {
      shared.repository =
          reader_.parsed(*repository, "'repository'", check_repository).value_or("");
    }
    if (const YamlNode* key = node.find("signing-key")) {
      shared.signing_key = absolute_path(*key, "'signing-key'");
    }
    if (const YamlNode* keys = node.find("trusted-keys")) {
      for (const YamlNode& key : reader_.list(*keys, "'trusted-keys'")) {
        shared.trusted_keys.push_back(absolute_path(key, "each of 'trusted-keys'"));
      }
    }
  }

  std::filesystem::path absolute_path(const YamlNode& node, std::string_view what) {
    const std::string text = reader_.text(node, what);
    if (!text.empty() && !text.starts_with('/')) {
      reader_.report(node.position, fmt::format("{} must be an absolute path", what));
    }
    return text;
  }

  YamlReader& reader_;
  UserSettings& settings_;
};

}  // namespace

std::vector<std::string> UserSettings::places_for(std::string_view archive) const {
  const Mirror* best = nullptr;
  for (const Mirror& mirror : mirrors) {
    const bool longer = best == nullptr || mirror.prefix.size() > best->prefix.size();
    if (longer && lies_below(archive, mirror.prefix)) best = &mirror;
  }
  if (best == nullptr) return {std::string(kHostApt)};
  std::vector<std::string> places;
  for (const std::string& place : best->places) {
    places.push_back(place == kHostApt ? place
                                       : place + std::string(archive.substr(best->prefix.size())));
  }
  return places;
}

UserSettings parse_user_settings(std::string file, std::string text,
                                 std::vector<Diagnostic>& problems) {
  UserSettings settings;
  const YamlDocument document = YamlDocument::parse(std::move(file), std::move(text), problems);
  if (document.complete()) {
    YamlReader reader(document, problems);
    UserSettingsReader(reader, settings).read(document.root());
  }
  return settings;
}

UserSettings load_user_settings(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  std::vector<Diagnostic> problems;
  UserSettings settings = parse_user_settings(path.string(), read_file(path), problems);
  throw_if_any(std::move(problems));
  return settings;
}

}  // namespace stamp::workspace
