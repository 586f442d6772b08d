#include "workspace/recipe.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/core.h>

#include "base/time.h"
#include "workspace/layer_reader.h"
#include "workspace/rules.h"
#include "workspace/yaml_reader.h"

namespace stamp::workspace {
namespace {

constexpr std::array<std::string_view, 11> kRecipeKeys = {
    "name",   "description", "from",   "platforms",   "epoch", "mtime",
    "layers", "accounts",    "config", "annotations", "test"};
constexpr std::array<std::string_view, 2> kAccountsKeys = {"users", "groups"};
constexpr std::array<std::string_view, 5> kUserKeys = {"name", "uid", "group", "home", "shell"};
constexpr std::array<std::string_view, 2> kGroupKeys = {"name", "gid"};
constexpr std::array<std::string_view, 9> kConfigKeys = {
    "entrypoint", "cmd", "env", "user", "workdir", "labels", "ports", "volumes", "stop-signal"};

/// The largest id; the one above it stands for "no change" in system calls.
constexpr std::uint64_t kMaxId = 0xFFFF'FFFE;

/// Errors: invalid.
std::string check_absolute_path(std::string_view text) {
  return EntryPath::parse(text).absolute();
}

/// "8080", "8080/tcp" → "8080/tcp". Errors: invalid. Spec: OCI image-spec 1.1 config.md
/// "ExposedPorts".
std::string check_port(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view number = text.substr(0, slash);
  const std::string_view protocol = slash == text.size() ? "tcp" : text.substr(slash + 1);
  const bool decimal = !number.empty() && number.size() <= 5 && number.front() != '0' &&
                       number.find_first_not_of("0123456789") == number.npos;
  if (!decimal || std::stoul(std::string(number)) > 65535 ||
      (protocol != "tcp" && protocol != "udp")) {
    throw Error(
        ErrorKind::invalid,
        fmt::format("'{}' is not a port; write it as 8080/tcp or 53/udp", printable(text, 40)));
  }
  return fmt::format("{}/{}", number, protocol);
}

/// Errors: invalid.
std::string check_signal(std::string_view text) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-";
  if (!text.starts_with("SIG") || text.find_first_not_of(kAllowed) != text.npos) {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}' is not a signal such as SIGTERM", printable(text, 40)));
  }
  return std::string(text);
}

/// Errors: invalid.
std::int64_t parse_time(std::string_view text) {
  const std::int64_t seconds = parse_rfc3339(text);
  if (seconds < 0) {
    throw Error(ErrorKind::invalid, fmt::format("'{}' is before 1970", printable(text, 40)));
  }
  return seconds;
}

/// Reads a recipe's own members; those of `layers:` are in layer_reader.cpp.
class RecipeReader {
 public:
  RecipeReader(YamlReader& reader, Recipe& recipe) : reader_(reader), recipe_(recipe) {}

  void read(const YamlNode& root) {
    if (!reader_.is_mapping(root, "recipe.yaml", kRecipeKeys)) return;
    read_name(root);
    if (const YamlNode* node = root.find("description")) {
      recipe_.description = reader_.any_text(*node, "'description'");
    }
    if (const YamlNode* node = root.find("from")) read_base(*node);
    if (const YamlNode* node = root.find("platforms")) {
      recipe_.platforms = read_platforms(reader_, *node);
    }
    if (const YamlNode* node = root.find("epoch")) {
      recipe_.epoch = reader_.parsed(*node, "'epoch'", parse_time);
    }
    if (const YamlNode* node = root.find("mtime")) {
      recipe_.mtime = reader_.parsed(*node, "'mtime'", parse_time);
    }
    if (const YamlNode* node = root.find("layers")) read_layers(*node);
    if (const YamlNode* node = root.find("accounts")) read_accounts(*node);
    if (const YamlNode* node = root.find("config")) read_config(*node);
    if (const YamlNode* node = root.find("annotations")) {
      recipe_.annotations = read_map(*node, "'annotations'");
    }
    refuse_test(root);
  }

 private:
  void read_name(const YamlNode& root) {
    const YamlNode* node = reader_.require(root, "recipe.yaml", "name");
    if (node == nullptr) return;
    recipe_.name_position = node->position;
    recipe_.name = reader_.text(*node, "'name'");
    if (recipe_.name.empty() || is_recipe_name(recipe_.name)) return;
    reader_.report(node->position,
                   fmt::format("'{}' cannot be the name of a recipe: letters a to z and digits, "
                               "with single '.', '_' or '-' between",
                               printable(recipe_.name, 80)));
  }

  void read_base(const YamlNode& node) {
    recipe_.from.position = node.position;
    if (node.kind != YamlNode::Kind::scalar) {
      recipe_.from = read_from(reader_, recipe_.folder, node, "'from'");
      return;
    }
    const std::string word = reader_.text(node, "'from'");
    if (word.empty() || word == "scratch") return;
    reader_.report(node.position,
                   fmt::format("'from: {}' means nothing; write scratch, {{image: NAME:TAG}}, "
                               "{{recipe: NAME}} or {{layout: PATH}}",
                               printable(word, 80)));
  }

  void read_layers(const YamlNode& node) {
    for (const YamlNode& item : reader_.list(node, "'layers'")) {
      if (auto layer = read_layer(reader_, recipe_.folder, item)) {
        recipe_.layers.push_back(std::move(*layer));
      }
    }
  }

  void refuse_test(const YamlNode& root) {
    for (const YamlNode::Member& member : root.members) {
      if (member.key == "test") {
        reader_.report(member.position, "'test' is not supported by this version");
      }
    }
  }

  void read_accounts(const YamlNode& node) {
    if (!reader_.is_mapping(node, "'accounts'", kAccountsKeys)) return;
    if (const YamlNode* groups = node.find("groups")) {
      for (const YamlNode& item : reader_.list(*groups, "'groups'")) read_group(item);
    }
    if (const YamlNode* users = node.find("users")) {
      for (const YamlNode& item : reader_.list(*users, "'users'")) read_user(item);
    }
  }

  void read_group(const YamlNode& item) {
    if (!reader_.is_mapping(item, "a group", kGroupKeys)) return;
    Group group{.name = read_account_name(item, "a group"), .position = item.position};
    group.gid = read_id(item, "a group", "gid");
    add_group(std::move(group));
  }

  void add_group(Group group) {
    for (const Group& other : recipe_.accounts.groups) {
      if (other.name == group.name && !group.name.empty()) {
        reader_.report(group.position, fmt::format("group '{}' is named twice", group.name));
      } else if (other.gid == group.gid) {
        reader_.report(group.position, fmt::format("groups '{}' and '{}' have the same gid {}",
                                                   other.name, group.name, group.gid));
      }
    }
    recipe_.accounts.groups.push_back(std::move(group));
  }

  void read_user(const YamlNode& item) {
    if (!reader_.is_mapping(item, "a user", kUserKeys)) return;
    User user{.name = read_account_name(item, "a user"),
              .home = "/nonexistent",
              .shell = "/usr/sbin/nologin",
              .position = item.position};
    user.uid = read_id(item, "a user", "uid");
    if (const YamlNode* home = item.find("home")) {
      user.home = reader_.parsed(*home, "'home'", check_absolute_path).value_or("/");
    }
    if (const YamlNode* shell = item.find("shell")) {
      user.shell = reader_.parsed(*shell, "'shell'", check_absolute_path).value_or("/");
    }
    for (const std::string* field : {&user.home, &user.shell}) {
      if (field->find_first_of(":\n") != std::string::npos) {
        reader_.report(item.position,
                       fmt::format("'{}' cannot stand in /etc/passwd", printable(*field, 200)));
      }
    }
    read_users_group(item, user);
    for (const User& other : recipe_.accounts.users) {
      if (other.name == user.name && !user.name.empty()) {
        reader_.report(user.position, fmt::format("user '{}' is named twice", user.name));
      } else if (other.uid == user.uid) {
        reader_.report(user.position, fmt::format("users '{}' and '{}' have the same uid {}",
                                                  other.name, user.name, user.uid));
      }
    }
    recipe_.accounts.users.push_back(std::move(user));
  }

  void read_users_group(const YamlNode& item, User& user) {
    if (const YamlNode* group = item.find("group")) {
      user.group = reader_.text(*group, "'group'");
      user.group_position = group->position;
      return;
    }
    user.group = user.name;
    user.group_position = item.position;
    const auto& groups = recipe_.accounts.groups;
    const bool known = std::any_of(groups.begin(), groups.end(),
                                   [&](const Group& group) { return group.name == user.name; });
    if (!known) add_group({user.name, user.uid, item.position});
  }

  std::string read_account_name(const YamlNode& item, std::string_view what) {
    const YamlNode* node = reader_.require(item, what, "name");
    if (node == nullptr) return {};
    std::string name = reader_.text(*node, "'name'");
    if (!name.empty() && !is_account_name(name)) {
      reader_.report(node->position,
                     fmt::format("'{}' cannot be the name of {}: letters a to z, digits, '_' and "
                                 "'-', no digit or '-' first, at most 32",
                                 printable(name, 80), what));
    }
    return name;
  }

  std::uint32_t read_id(const YamlNode& item, std::string_view what, std::string_view key) {
    const YamlNode* node = reader_.require(item, what, key);
    if (node == nullptr) return 0;
    return static_cast<std::uint32_t>(reader_.number(*node, in_quotes(key), kMaxId));
  }

  void read_config(const YamlNode& node) {
    if (!reader_.is_mapping(node, "'config'", kConfigKeys)) return;
    Config& config = recipe_.config;
    if (const YamlNode* value = node.find("entrypoint")) {
      config.entrypoint = words(*value, "'entrypoint'");
    }
    if (const YamlNode* value = node.find("cmd")) config.cmd = words(*value, "'cmd'");
    if (const YamlNode* value = node.find("env")) read_env(*value);
    if (const YamlNode* value = node.find("user")) config.user = read_user_name(*value);
    if (const YamlNode* value = node.find("workdir")) {
      config.workdir = reader_.parsed(*value, "'workdir'", check_absolute_path);
    }
    if (const YamlNode* value = node.find("labels")) config.labels = read_map(*value, "'labels'");
    if (const YamlNode* value = node.find("ports")) read_ports(*value);
    if (const YamlNode* value = node.find("volumes")) {
      for (const YamlNode& item : reader_.list(*value, "'volumes'")) {
        const auto path = reader_.parsed(item, "each of 'volumes'", check_absolute_path);
        if (path) config.volumes.push_back(*path);
      }
    }
    if (const YamlNode* value = node.find("stop-signal")) {
      config.stop_signal = reader_.parsed(*value, "'stop-signal'", check_signal);
    }
  }

  std::vector<std::string> words(const YamlNode& node, std::string_view what) {
    std::vector<std::string> out;
    for (const YamlNode& item : reader_.list(node, what)) {
      out.push_back(reader_.any_text(item, fmt::format("each of {}", what)));
    }
    return out;
  }

  void read_env(const YamlNode& node) {
    if (!reader_.is_mapping(node, "'env'")) return;
    for (const YamlNode::Member& member : node.members) {
      if (member.key.empty() ||
          member.key.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
        reader_.report(member.position, fmt::format("'{}' cannot be the name of a variable",
                                                    printable(member.key, 80)));
      }
      recipe_.config.env.emplace_back(member.key,
                                      reader_.any_text(member.value, in_quotes(member.key)));
    }
  }

  /// A user as config has it: a name, or "1000", "1000:1000".
  std::string read_user_name(const YamlNode& node) {
    const bool number = node.kind == YamlNode::Kind::scalar && !node.text.empty() &&
                        node.text.find_first_not_of("0123456789") == std::string::npos;
    return number ? node.text : reader_.text(node, "'user'");
  }

  void read_ports(const YamlNode& node) {
    for (const YamlNode& item : reader_.list(node, "'ports'")) {
      YamlNode text = item;
      if (text.kind == YamlNode::Kind::scalar && !text.is_null()) text.plain = false;
      const auto port = reader_.parsed(text, "each of 'ports'", check_port);
      if (port) recipe_.config.ports.push_back(*port);
    }
  }

  std::map<std::string, std::string> read_map(const YamlNode& node, std::string_view what) {
    std::map<std::string, std::string> out;
    if (!reader_.is_mapping(node, what)) return out;
    for (const YamlNode::Member& member : node.members) {
      if (member.key.empty())
        reader_.report(member.position, fmt::format("{} has an empty key", what));
      out.emplace(member.key, reader_.any_text(member.value, in_quotes(member.key)));
    }
    return out;
  }

  YamlReader& reader_;
  Recipe& recipe_;
};

}  // namespace

bool PackageRequest::applies_to(const oci::Platform& platform) const {
  return only.empty() || std::find(only.begin(), only.end(), platform.architecture) != only.end();
}

bool Selection::takes(std::string_view path) const {
  const auto matches = [&](const Glob& glob) { return glob.matches(path); };
  const bool included = include.empty() || std::any_of(include.begin(), include.end(), matches);
  return included && std::none_of(exclude.begin(), exclude.end(), matches);
}

std::string_view verb(const Layer& layer) {
  constexpr std::array<std::string_view, 5> kNames = {"packages", "files", "tree", "archive",
                                                      "copy"};
  static_assert(kNames.size() == std::variant_size_v<Layer>);
  return kNames.at(layer.index());
}

Diagnostic Recipe::problem(TextPosition position, std::string message) const {
  return problem_at(file, text, position, std::move(message));
}

std::vector<std::string> Recipe::needs() const {
  std::vector<std::string> names;
  const auto add = [&](const std::string& needed) {
    if (!needed.empty() && std::find(names.begin(), names.end(), needed) == names.end()) {
      names.push_back(needed);
    }
  };
  if (from.kind == From::Kind::recipe) add(from.recipe);
  for (const Layer& layer : layers) {
    if (const auto* copy = std::get_if<Copy>(&layer)) add(copy->recipe);
  }
  return names;
}

Recipe parse_recipe(std::string file, std::string text, const std::filesystem::path& folder,
                    std::vector<Diagnostic>& problems) {
  Recipe recipe{.file = file, .folder = folder, .text = text};
  const YamlDocument document = YamlDocument::parse(std::move(file), std::move(text), problems);
  if (document.complete()) {
    YamlReader reader(document, problems);
    RecipeReader(reader, recipe).read(document.root());
  }
  return recipe;
}

std::string url_for(const Archive& archive, const Recipe& recipe, const oci::Platform& platform) {
  return substitute(substitute(archive.url, "arch", platform.architecture), "name", recipe.name);
}

}  // namespace stamp::workspace
