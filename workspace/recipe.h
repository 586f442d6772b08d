#pragma once
// recipe.yaml: one image. Format: docs/formats.md section 2. What a recipe says is checked here as
// far as the file alone (and the files beside it) allow; what needs other recipes, in workspace.h.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/diagnostic.h"
#include "base/entry_path.h"
#include "base/glob.h"
#include "base/yaml.h"
#include "oci/platform.h"
#include "oci/reference.h"

namespace stamp::workspace {

/// Who owns a path: ids, from numbers or from names of `accounts:` (its own or its bases').
struct Owner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string unresolved;  ///< as written ("steam:steam"), until resolve_owners() made ids of it
  TextPosition position;
};

/// A file or folder beside the recipe.
struct SourcePath {
  std::string text;            ///< as written, relative to the recipe's folder
  std::filesystem::path path;  ///< where it is
  TextPosition position;
};

/// A package that a recipe names.
struct PackageRequest {
  std::string name;               ///< "restic", or "libc6:i386"
  std::vector<std::string> only;  ///< architectures ("amd64"); empty: all
  TextPosition position;

  /// Whether it is asked for on `platform`.
  bool applies_to(const oci::Platform& platform) const;
};

/// A question of a package with its answer, as `debconf:` has it.
struct DebconfAnswer {
  std::string question;
  std::string answer;
};

/// What is done about the maintainer scripts of packages.
enum class Scripts {
  evaluate,  ///< what they would do is worked out, without executing anything
  skip,      ///< nothing: packages are unpacked only
};

/// `packages:` – Debian packages with what they need.
struct Packages {
  std::vector<PackageRequest> install;  ///< in the order of the file
  std::vector<std::string> sources;     ///< names; empty: all of the workspace
  bool essential = true;
  bool recommends = false;
  std::vector<Glob> exclude;
  Scripts scripts = Scripts::evaluate;
  std::vector<DebconfAnswer> debconf;
  /// Packages that may stay unpacked where their scripts cannot be evaluated, by name.
  std::vector<std::string> accept_unconfigured;
  TextPosition position;
  TextPosition sources_position;
};

/// One path of `files:`.
struct FileItem {
  enum class Kind {
    source,     ///< a copy of `source`
    text,       ///< a file that holds `content`
    directory,  ///< an empty folder
    link,       ///< a symbolic link to `content`
    remove,     ///< a whiteout of the path from below
  };
  EntryPath path;
  Kind kind = Kind::text;
  SourcePath source;
  std::string content;
  /// Permission bits as written. Without: 0755 for folders and executable sources, else 0644.
  std::optional<std::uint32_t> mode;
  Owner owner;
  TextPosition position;
};

/// `files:` – single paths, in the order of the file.
struct Files {
  std::vector<FileItem> items;
  TextPosition position;
};

/// Which paths of a tree or archive are taken: those that an `include` pattern matches (all when
/// there is none) and no `exclude` pattern does.
struct Selection {
  std::vector<Glob> include;
  std::vector<Glob> exclude;

  bool takes(std::string_view path) const;
};

/// `tree:` – a folder beside the recipe, with all below it.
struct Tree {
  SourcePath source;
  EntryPath to;
  Selection selection;
  Owner owner;
  TextPosition position;
};

/// `archive:` – a tar or zip file from somewhere.
struct Archive {
  std::string url;  ///< as written; see url_for()
  EntryPath to;
  std::uint32_t strip = 0;  ///< leading components taken off member names
  Selection selection;
  Owner owner;
  TextPosition position;
  TextPosition url_position;
};

/// A path of another image, and where it goes.
struct CopiedPath {
  EntryPath from;
  EntryPath to;
  TextPosition position;
};

/// `copy:` – paths of another recipe's image.
struct Copy {
  std::string recipe;
  std::vector<CopiedPath> paths;
  TextPosition position;
  TextPosition recipe_position;
};

/// One item of `layers:`.
using Layer = std::variant<Packages, Files, Tree, Archive, Copy>;

/// The verb of a layer as recipes write it: "packages", "files", ….
std::string_view verb(const Layer& layer);

/// What an image is built on.
struct From {
  enum class Kind { scratch, recipe, layout, image };
  Kind kind = Kind::scratch;
  std::string recipe;    ///< the other recipe's name
  SourcePath layout;     ///< an OCI image layout beside the recipe
  oci::Reference image;  ///< an image in a registry, with tag, digest or both
  TextPosition position;
};

/// A user of `accounts:`.
struct User {
  std::string name;
  std::uint32_t uid = 0;
  /// Its primary group: named in `groups`, here or in a base. When the recipe names none, it is a
  /// group of the user's own name and number, which is in `groups` then.
  std::string group;
  std::uint32_t gid = 0;
  std::string home;
  std::string shell;
  TextPosition position;
  TextPosition group_position;
};

/// A group of `accounts:`.
struct Group {
  std::string name;
  std::uint32_t gid = 0;
  TextPosition position;
};

/// `accounts:` – in the order of the file.
struct Accounts {
  std::vector<User> users;
  std::vector<Group> groups;
};

/// `config:` – how the image is run. What is not set comes from the base.
struct Config {
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> cmd;
  std::vector<std::pair<std::string, std::string>> env;  ///< in the order of the file
  std::optional<std::string> user;
  std::optional<std::string> workdir;
  std::map<std::string, std::string> labels;
  std::vector<std::string> ports;    ///< "8080/tcp"
  std::vector<std::string> volumes;  ///< absolute paths
  std::optional<std::string> stop_signal;
};

/// The content of a recipe.yaml.
struct Recipe {
  std::string file;              ///< as the user would name it: "backup/recipe.yaml"
  std::filesystem::path folder;  ///< where it lies
  std::string text;

  std::string name;
  TextPosition name_position;
  std::string description;
  From from;
  std::vector<oci::Platform> platforms;  ///< its own, else the workspace's; never empty
  std::optional<std::int64_t> epoch;     ///< seconds since 1970
  std::optional<std::int64_t> mtime;     ///< seconds since 1970
  std::vector<Layer> layers;             ///< bottom to top
  Accounts accounts;
  Config config;
  std::map<std::string, std::string> annotations;

  /// Where its lock lies: stamp.lock beside the recipe.
  std::filesystem::path lock_path() const { return folder / "stamp.lock"; }
  /// A diagnostic at `position` of its text.
  Diagnostic problem(TextPosition position, std::string message) const;
  /// The recipes that it needs: its base and those it copies from, each once, in order of naming.
  std::vector<std::string> needs() const;
};

/// Reads the text of a recipe.yaml that lies in `folder`. Problems are appended to `problems`; the
/// result holds what could be read. Source paths are checked in their form only: see
/// check_sources().
Recipe parse_recipe(std::string file, std::string text, const std::filesystem::path& folder,
                    std::vector<Diagnostic>& problems);

/// Appends a problem for each source file or folder of `recipe` that is missing, of the wrong type,
/// or reached through a link that leaves the recipe's folder.
void check_sources(const Recipe& recipe, std::vector<Diagnostic>& problems);

/// Makes ids of the names of owners and of users' groups, by the accounts of `recipe` and of the
/// recipes that it is built on (`bases`, nearest first); "root" is 0. Appends a problem for each
/// name that is not known.
void resolve_owners(Recipe& recipe, std::span<const Recipe* const> bases,
                    std::vector<Diagnostic>& problems);

/// The URL of an archive on a platform: "{arch}" and "{name}" filled in.
std::string url_for(const Archive& archive, const Recipe& recipe, const oci::Platform& platform);

}  // namespace stamp::workspace
