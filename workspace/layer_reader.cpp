#include "workspace/layer_reader.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "workspace/rules.h"

namespace stamp::workspace {
namespace {

constexpr std::array<std::string_view, 7> kVerbs = {"packages", "files", "tree", "archive",
                                                    "copy",     "build", "run"};
constexpr std::array<std::string_view, 8> kPackagesKeys = {
    "install", "sources", "essential", "recommends",
    "scripts", "debconf", "exclude",   "accept-unconfigured"};
constexpr std::array<std::string_view, 2> kRequestKeys = {"name", "only"};
constexpr std::array<std::string_view, 3> kScripts = {"evaluate", "run", "skip"};
constexpr std::array<std::string_view, 7> kFileKeys = {"source", "text", "directory", "link",
                                                       "remove", "mode", "owner"};
constexpr std::array<std::string_view, 5> kFileKinds = {"source", "text", "directory", "link",
                                                        "remove"};
constexpr std::array<std::string_view, 5> kTreeKeys = {"source", "to", "include", "exclude",
                                                       "owner"};
constexpr std::array<std::string_view, 6> kArchiveKeys = {"url",     "to",      "strip",
                                                          "include", "exclude", "owner"};
constexpr std::array<std::string_view, 2> kCopyKeys = {"from", "paths"};
constexpr std::array<std::string_view, 3> kFromKeys = {"recipe", "layout", "image"};

constexpr std::uint64_t kMaxStrip = 64;

/// A package name, with an architecture after a colon where one is given. Errors: invalid.
/// Spec: Debian Policy 5.6.7.
std::string check_package_name(std::string_view text) {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::string_view kRest = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const bool name_is_right = name.size() >= 2 && kFirst.find(name.front()) != kFirst.npos &&
                             name.find_first_not_of(kRest) == name.npos;
  const bool architecture_is_right =
      colon == text.npos ||
      (colon + 1 < text.size() && text.substr(colon + 1).find_first_not_of(kRest) == text.npos);
  if (!name_is_right || !architecture_is_right) {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}' is not the name of a package", printable(text, 80)));
  }
  return std::string(text);
}

/// Errors: invalid.
std::string check_architecture(std::string_view text) {
  const oci::Platform platform = oci::Platform::parse(text);
  if (platform.os != "linux" || text.find('/') != text.npos) {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}' is not an architecture such as amd64", printable(text, 80)));
  }
  return platform.architecture;
}

/// Permission bits as "0755". Errors: invalid.
std::uint32_t parse_mode(std::string_view text) {
  const bool octal = text.find_first_not_of("01234567") == text.npos;
  if (!octal || text.size() < 3 || text.size() > 5 || (text.size() == 5 && text.front() != '0')) {
    throw Error(ErrorKind::invalid, fmt::format("'{}' is not a mode; write it in octal: \"0755\"",
                                                printable(text, 40)));
  }
  return static_cast<std::uint32_t>(std::stoul(std::string(text), nullptr, 8));
}

/// Reads one item of `layers:`.
class LayerReader {
 public:
  LayerReader(YamlReader& reader, const std::filesystem::path& folder)
      : reader_(reader), folder_(folder) {}

  std::optional<Layer> read(const YamlNode& item) {
    if (!reader_.is_mapping(item, "each of 'layers'")) return std::nullopt;
    const YamlNode::Member* chosen = nullptr;
    for (const YamlNode::Member& member : item.members) {
      if (std::find(kVerbs.begin(), kVerbs.end(), member.key) == kVerbs.end()) {
        reader_.report_unknown(member.position, fmt::format("verb '{}' in 'layers'", member.key),
                               member.key, kVerbs);
      } else if (chosen != nullptr) {
        reader_.report(member.position,
                       fmt::format("'{}' beside '{}': an item of 'layers' has one verb; begin "
                                   "another item with '- {}:'",
                                   member.key, chosen->key, member.key));
      } else {
        chosen = &member;
      }
    }
    if (item.members.empty()) {
      reader_.report(item.position, "an item of 'layers' has one verb, and this has none");
    }
    if (chosen == nullptr) return std::nullopt;
    return read_verb(*chosen);
  }

 private:
  std::optional<Layer> read_verb(const YamlNode::Member& member) {
    if (member.key == "packages") return read_packages(member);
    if (member.key == "files") return read_files(member);
    if (member.key == "tree") return read_tree(member);
    if (member.key == "archive") return read_archive(member);
    if (member.key == "copy") return read_copy(member);
    reader_.report(member.position,
                   fmt::format("'{}' is not supported by this version, which knows packages, "
                               "files, tree, archive and copy",
                               member.key));
    return std::nullopt;
  }

  std::optional<Layer> read_packages(const YamlNode::Member& member) {
    const YamlNode& node = member.value;
    Packages packages{.position = member.position};
    if (node.kind == YamlNode::Kind::sequence) {
      read_install(node, packages);
      return packages;
    }
    if (node.kind != YamlNode::Kind::mapping) {
      reader_.report_type(node, "'packages'", "a list or a mapping");
      return std::nullopt;
    }
    reader_.is_mapping(node, "'packages'", kPackagesKeys);
    if (const YamlNode* install = reader_.require(node, "'packages'", "install")) {
      read_install(*install, packages);
    }
    if (const YamlNode* sources = node.find("sources")) {
      packages.sources = reader_.texts(*sources, "'sources'");
      packages.sources_position = sources->position;
    }
    if (const YamlNode* flag = node.find("essential")) {
      packages.essential = reader_.flag(*flag, "'essential'", true);
    }
    if (const YamlNode* flag = node.find("recommends")) {
      packages.recommends = reader_.flag(*flag, "'recommends'", false);
    }
    if (const YamlNode* scripts = node.find("scripts")) read_scripts(*scripts, packages);
    if (const YamlNode* names = node.find("accept-unconfigured")) read_accepted(*names, packages);
    if (const YamlNode* answers = node.find("debconf")) read_debconf(*answers, packages);
    if (const YamlNode* globs = node.find("exclude")) {
      packages.exclude = read_globs(*globs, "'exclude'");
    }
    return packages;
  }

  void read_install(const YamlNode& node, Packages& packages) {
    std::set<std::string> names;
    for (const YamlNode& item : reader_.list(node, "'install'")) {
      PackageRequest request = read_request(item);
      if (request.name.empty()) continue;
      if (!names.insert(request.name).second) {
        reader_.report(request.position, fmt::format("package '{}' is named twice", request.name));
      }
      packages.install.push_back(std::move(request));
    }
  }

  PackageRequest read_request(const YamlNode& item) {
    PackageRequest request{.position = item.position};
    const YamlNode* name = &item;
    if (item.kind == YamlNode::Kind::mapping) {
      reader_.is_mapping(item, "an item of 'install'", kRequestKeys);
      name = reader_.require(item, "an item of 'install'", "name");
      if (const YamlNode* only = item.find("only")) {
        for (const YamlNode& architecture : reader_.list(*only, "'only'")) {
          const auto word = reader_.parsed(architecture, "each of 'only'", check_architecture);
          if (word) request.only.push_back(*word);
        }
        if (only->kind == YamlNode::Kind::sequence && only->items.empty()) {
          reader_.report(only->position, "'only' is empty; leave the package out instead");
        }
      }
    }
    if (name != nullptr) {
      request.position = name->position;
      request.name =
          reader_.parsed(*name, "each of 'install'", check_package_name).value_or(std::string());
    }
    return request;
  }

  void read_scripts(const YamlNode& scripts, Packages& packages) {
    const std::string word = reader_.text(scripts, "'scripts'");
    if (word == "skip") packages.scripts = Scripts::skip;
    if (word.empty() || word == "skip" || word == "evaluate") return;
    if (word == "run") {
      reader_.report(
          scripts.position,
          "'scripts: run' is not supported by this version; write 'scripts: evaluate' or "
          "'scripts: skip'");
    } else {
      reader_.report_unknown(scripts.position, fmt::format("word '{}' in 'scripts'", word), word,
                             kScripts);
    }
  }

  void read_accepted(const YamlNode& node, Packages& packages) {
    for (const YamlNode& item : reader_.list(node, "'accept-unconfigured'")) {
      const auto name = reader_.parsed(item, "each of 'accept-unconfigured'", check_package_name);
      if (name) packages.accept_unconfigured.push_back(*name);
    }
    if (packages.scripts == Scripts::skip) {
      reader_.report(node.position,
                     "'accept-unconfigured' means nothing beside 'scripts: skip', which configures "
                     "no package");
    }
  }

  void read_debconf(const YamlNode& node, Packages& packages) {
    if (!reader_.is_mapping(node, "'debconf'")) return;
    for (const YamlNode::Member& member : node.members) {
      packages.debconf.push_back(
          {member.key, reader_.any_text(member.value, in_quotes(member.key))});
    }
  }

  std::optional<Layer> read_files(const YamlNode::Member& member) {
    if (!reader_.is_mapping(member.value, "'files'")) return std::nullopt;
    Files files{.position = member.position};
    std::set<EntryPath> paths;
    for (const YamlNode::Member& file : member.value.members) {
      std::optional<FileItem> item = read_file_item(file);
      if (!item) continue;
      if (!paths.insert(item->path).second) {
        reader_.report(file.position, fmt::format("'{}' is named twice", item->path.absolute()));
      }
      files.items.push_back(std::move(*item));
    }
    return files;
  }

  std::optional<FileItem> read_file_item(const YamlNode::Member& file) {
    FileItem item{.position = file.position};
    const auto path = read_entry_path(key_node(file), "each path of 'files'");
    if (path && path->is_root()) {
      reader_.report(file.position, "'/' is every image's root; name a path below it");
    }
    const std::string what = fmt::format("'{}'", printable(file.key, 200));
    if (!reader_.is_mapping(file.value, what, kFileKeys)) return std::nullopt;
    const YamlNode::Member* kind = nullptr;
    for (const YamlNode::Member& member : file.value.members) {
      if (std::find(kFileKinds.begin(), kFileKinds.end(), member.key) == kFileKinds.end()) continue;
      if (kind != nullptr) {
        reader_.report(member.position,
                       fmt::format("'{}' beside '{}': a path has one of source, text, directory, "
                                   "link and remove",
                                   member.key, kind->key));
        return std::nullopt;
      }
      kind = &member;
    }
    if (kind == nullptr) {
      reader_.report(file.position,
                     fmt::format("{} has none of source, text, directory, link and remove", what));
      return std::nullopt;
    }
    read_kind(*kind, item);
    read_attributes(file.value, *kind, item);
    if (!path) return std::nullopt;
    item.path = *path;
    return item;
  }

  void read_kind(const YamlNode::Member& member, FileItem& item) {
    const YamlNode& value = member.value;
    if (member.key == "source") {
      item.kind = FileItem::Kind::source;
      item.source = read_source_path(reader_, folder_, value, "'source'");
    } else if (member.key == "text") {
      item.kind = FileItem::Kind::text;
      item.content = reader_.any_text(value, "'text'");
    } else if (member.key == "link") {
      item.kind = FileItem::Kind::link;
      item.content = reader_.text(value, "'link'");
      if (item.content.find('\0') != std::string::npos || item.content.size() > 4095) {
        reader_.report(value.position, "'link' is not the target of a link");
      }
    } else {
      item.kind = member.key == "remove" ? FileItem::Kind::remove : FileItem::Kind::directory;
      if (!reader_.flag(value, in_quotes(member.key), true)) {
        reader_.report(value.position, fmt::format("'{}' can only be true", member.key));
      }
    }
  }

  void read_attributes(const YamlNode& node, const YamlNode::Member& kind, FileItem& item) {
    const bool no_owner = item.kind == FileItem::Kind::remove;
    const bool no_mode = no_owner || item.kind == FileItem::Kind::link;
    for (const YamlNode::Member& member : node.members) {
      const bool meaningless =
          (member.key == "mode" && no_mode) || (member.key == "owner" && no_owner);
      if (!meaningless) continue;
      reader_.report(member.position,
                     fmt::format("'{}' means nothing beside '{}'", member.key, kind.key));
    }
    if (const YamlNode* mode = node.find("mode"); mode != nullptr && !no_mode) {
      item.mode = reader_.parsed(*mode, "'mode'", parse_mode);
    }
    if (const YamlNode* owner = node.find("owner")) item.owner = read_owner(*owner);
  }

  Owner read_owner(const YamlNode& node) {
    Owner owner{.position = node.position};
    owner.unresolved = reader_.text(node, "'owner'");
    return owner;
  }

  std::optional<Layer> read_tree(const YamlNode::Member& member) {
    const YamlNode& node = member.value;
    if (!reader_.is_mapping(node, "'tree'", kTreeKeys)) return std::nullopt;
    Tree tree{.position = member.position};
    if (const YamlNode* source = reader_.require(node, "'tree'", "source")) {
      tree.source = read_source_path(reader_, folder_, *source, "'source'");
    }
    tree.to = read_to(node);
    tree.selection = read_selection(node);
    if (const YamlNode* owner = node.find("owner")) tree.owner = read_owner(*owner);
    return tree;
  }

  std::optional<Layer> read_archive(const YamlNode::Member& member) {
    const YamlNode& node = member.value;
    if (!reader_.is_mapping(node, "'archive'", kArchiveKeys)) return std::nullopt;
    Archive archive{.position = member.position};
    if (const YamlNode* url = reader_.require(node, "'archive'", "url")) {
      archive.url_position = url->position;
      archive.url = reader_.parsed(*url, "'url'", check_url).value_or(std::string());
      check_placeholders(*url, archive.url);
    }
    archive.to = read_to(node);
    if (const YamlNode* strip = node.find("strip")) {
      archive.strip = static_cast<std::uint32_t>(reader_.number(*strip, "'strip'", kMaxStrip));
    }
    archive.selection = read_selection(node);
    if (const YamlNode* owner = node.find("owner")) archive.owner = read_owner(*owner);
    return archive;
  }

  void check_placeholders(const YamlNode& node, const std::string& url) {
    if (url.empty()) return;
    const auto names = reader_.parsed(node, "'url'", placeholders);
    if (!names) return;
    for (const std::string& name : *names) {
      if (name == "arch" || name == "name") continue;
      reader_.report(node.position,
                     fmt::format("unknown placeholder '{{{}}}' in 'url'; {{arch}} and {{name}} are "
                                 "filled in",
                                 name));
    }
  }

  std::optional<Layer> read_copy(const YamlNode::Member& member) {
    const YamlNode& node = member.value;
    if (!reader_.is_mapping(node, "'copy'", kCopyKeys)) return std::nullopt;
    Copy copy{.position = member.position};
    if (const YamlNode* from = reader_.require(node, "'copy'", "from")) {
      const From image = read_from(reader_, folder_, *from, "'from'");
      if (image.kind == From::Kind::layout || image.kind == From::Kind::image) {
        reader_.report(
            image.position,
            fmt::format("'copy' from {} is not supported; name a recipe: {{recipe: NAME}}",
                        image.kind == From::Kind::layout ? "a layout" : "an image"));
      }
      copy.recipe = image.recipe;
      copy.recipe_position = image.position;
    }
    if (const YamlNode* paths = reader_.require(node, "'copy'", "paths")) {
      read_copied_paths(*paths, copy);
    }
    return copy;
  }

  void read_copied_paths(const YamlNode& node, Copy& copy) {
    if (!reader_.is_mapping(node, "'paths'")) return;
    if (node.members.empty()) reader_.report(node.position, "'paths' is empty");
    for (const YamlNode::Member& member : node.members) {
      const auto from = read_entry_path(key_node(member), "each path of 'paths'");
      const auto to = read_entry_path(member.value, "each path of 'paths'");
      if (from && to) copy.paths.push_back({*from, *to, member.position});
    }
  }

  /// A member's key as a node: for what reads nodes.
  static YamlNode key_node(const YamlNode::Member& member) {
    return {.position = member.position, .text = member.key, .plain = false};
  }

  std::optional<EntryPath> read_entry_path(const YamlNode& node, std::string_view what) {
    return reader_.parsed(node, what, EntryPath::parse);
  }

  EntryPath read_to(const YamlNode& node) {
    const YamlNode* to = node.find("to");
    if (to == nullptr) return {};
    return read_entry_path(*to, "'to'").value_or(EntryPath());
  }

  Selection read_selection(const YamlNode& node) {
    Selection selection;
    if (const YamlNode* globs = node.find("include")) {
      selection.include = read_globs(*globs, "'include'");
      if (globs->kind == YamlNode::Kind::sequence && globs->items.empty()) {
        reader_.report(globs->position, "'include' is empty: nothing would be taken");
      }
    }
    if (const YamlNode* globs = node.find("exclude")) {
      selection.exclude = read_globs(*globs, "'exclude'");
    }
    return selection;
  }

  std::vector<Glob> read_globs(const YamlNode& node, std::string_view what) {
    std::vector<Glob> globs;
    for (const YamlNode& item : reader_.list(node, what)) {
      auto glob = reader_.parsed(item, fmt::format("each of {}", what), Glob::parse);
      if (glob) globs.push_back(std::move(*glob));
    }
    return globs;
  }

  YamlReader& reader_;
  const std::filesystem::path& folder_;
};

/// Errors: invalid.
oci::Reference parse_image(std::string_view text) {
  oci::Reference image = oci::Reference::parse(text);
  if (image.tag.empty() && !image.digest) {
    throw Error(ErrorKind::invalid,
                fmt::format("'{}' names neither a tag nor a digest; write {}:TAG",
                            printable(text, 300), printable(text, 300)));
  }
  return image;
}

}  // namespace

std::optional<Layer> read_layer(YamlReader& reader, const std::filesystem::path& folder,
                                const YamlNode& item) {
  return LayerReader(reader, folder).read(item);
}

SourcePath read_source_path(YamlReader& reader, const std::filesystem::path& folder,
                            const YamlNode& node, std::string_view what) {
  SourcePath source{.position = node.position};
  source.text = reader.parsed(node, what, check_relative_path).value_or(std::string());
  if (!source.text.empty()) source.path = folder / source.text;
  return source;
}

From read_from(YamlReader& reader, const std::filesystem::path& folder, const YamlNode& node,
               std::string_view what) {
  From from{.position = node.position};
  if (!reader.is_mapping(node, what, kFromKeys)) return from;
  if (node.members.size() != 1) {
    reader.report(node.position, fmt::format("{} names one thing: recipe, layout or image", what));
    return from;
  }
  const YamlNode::Member& member = node.members.front();
  from.position = member.value.position;
  if (member.key == "image") {
    from.kind = From::Kind::image;
    const auto image = reader.parsed(member.value, "'image'", parse_image);
    if (image) from.image = *image;
  } else if (member.key == "recipe") {
    from.kind = From::Kind::recipe;
    from.recipe = reader.text(member.value, "'recipe'");
  } else if (member.key == "layout") {
    from.kind = From::Kind::layout;
    from.layout = read_source_path(reader, folder, member.value, "'layout'");
  }
  return from;
}

}  // namespace stamp::workspace
