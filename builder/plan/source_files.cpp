#include "builder/plan/source_files.h"

#include <algorithm>
#include <system_error>

#include <errno.h>
#include <sys/stat.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/stream.h"

namespace stamp::build {
namespace {

/// Reads one recipe's files; knows where to put a caret.
class Reader {
 public:
  explicit Reader(const workspace::Recipe& recipe) : recipe_(recipe) {}

  SourceItem file(const workspace::SourcePath& source) const {
    SourceItem item;
    item.host = source.path;
    // The path itself may be a link that stays in the folder; the workspace saw to that.
    struct stat status = {};
    if (::stat(source.path.c_str(), &status) != 0) {
      throw system_error("examine", source.path.string(), errno);
    }
    if (!S_ISREG(status.st_mode)) throw problem(source, "'{}' is not a file", source.text);
    describe_file(item, status.st_mode);
    return item;
  }

  std::vector<SourceItem> tree(const workspace::Tree& tree) const {
    std::vector<SourceItem> items;
    walk(tree, items);
    std::sort(items.begin(), items.end(),
              [](const SourceItem& a, const SourceItem& b) { return a.path < b.path; });
    return items;
  }

  /// The files that a `files` layer takes from beside the recipe.
  void add_files(const workspace::Files& files, RecipeSources& sources) const {
    for (const workspace::FileItem& item : files.items) {
      if (item.kind != workspace::FileItem::Kind::source) continue;
      sources.files.try_emplace(item.source.text, file(item.source));
    }
  }

 private:
  static constexpr int kMaxDepth = 256;

  template <typename... Args>
  Error problem(const workspace::SourcePath& source, fmt::format_string<Args...> format,
                Args&&... args) const {
    return {
        ErrorKind::invalid,
        render(recipe_.problem(source.position, fmt::format(format, std::forward<Args>(args)...)))};
  }

  static void describe_file(SourceItem& item, mode_t mode) {
    item.kind = SourceItem::Kind::file;
    item.executable = (mode & S_IXUSR) != 0;
    FileSource source(item.host);
    HashSink hash;
    copy(source, hash);
    item.size = hash.size();
    item.digest = hash.digest();
  }

  /// What the tree takes, into `items`. Not recursive: a deep tree must not exhaust the stack.
  void walk(const workspace::Tree& tree, std::vector<SourceItem>& items) const {
    const workspace::SourcePath& source = tree.source;
    const std::filesystem::path& top = source.path;
    std::vector<std::string> pending = {""};
    while (!pending.empty()) {
      const std::string folder = pending.back();
      pending.pop_back();
      if (std::count(folder.begin(), folder.end(), '/') > kMaxDepth) {
        throw problem(source, "'{}' is nested deeper than {} folders", source.text, kMaxDepth);
      }
      std::error_code code;
      std::filesystem::directory_iterator entries(top / folder, code);
      if (code) throw system_error("read the folder", (top / folder).string(), code.value());
      for (const auto& entry : entries) {
        const std::string name = entry.path().filename().string();
        std::string path = folder;
        if (!path.empty()) path += '/';
        path += name;
        SourceItem item = describe(source, entry.path(), std::move(path));
        if (item.kind == SourceItem::Kind::directory) pending.push_back(item.path);
        if (tree.selection.takes(item.path)) items.push_back(std::move(item));
      }
    }
  }

  SourceItem describe(const workspace::SourcePath& source, const std::filesystem::path& host,
                      std::string path) const {
    SourceItem item;
    item.host = host;
    item.path = std::move(path);
    struct stat status = {};
    if (::lstat(host.c_str(), &status) != 0) throw system_error("examine", host.string(), errno);
    if (S_ISREG(status.st_mode)) {
      describe_file(item, status.st_mode);
    } else if (S_ISDIR(status.st_mode)) {
      item.kind = SourceItem::Kind::directory;
    } else if (S_ISLNK(status.st_mode)) {
      std::error_code code;
      item.kind = SourceItem::Kind::link;
      item.link_target = std::filesystem::read_symlink(host, code).string();
      if (code) throw system_error("read the link", host.string(), code.value());
    } else {
      throw problem(source, "'{}' is neither a file, a folder nor a link", item.path);
    }
    return item;
  }

  const workspace::Recipe& recipe_;
};

}  // namespace

RecipeSources read_sources(const workspace::Recipe& recipe) {
  const Reader reader(recipe);
  RecipeSources sources;
  for (std::size_t i = 0; i < recipe.layers.size(); ++i) {
    const workspace::Layer& layer = recipe.layers[i];
    if (const auto* files = std::get_if<workspace::Files>(&layer)) {
      reader.add_files(*files, sources);
    } else if (const auto* tree = std::get_if<workspace::Tree>(&layer)) {
      sources.trees.emplace(i, reader.tree(*tree));
    }
  }
  return sources;
}

Digest recipe_checksum(const workspace::Recipe& recipe, const RecipeSources& sources) {
  const auto describe = [](const SourceItem& item) -> Json {
    switch (item.kind) {
      case SourceItem::Kind::directory:
        return {item.path, "directory"};
      case SourceItem::Kind::link:
        return {item.path, "link", item.link_target};
      default:
        return {item.path, "file", item.digest.hex(), item.executable};
    }
  };
  Json files = Json::object();
  for (const auto& [name, item] : sources.files) files[name] = describe(item);
  Json trees = Json::array();
  for (const auto& [layer, items] : sources.trees) {
    Json list = Json::array();
    for (const SourceItem& item : items) list.push_back(describe(item));
    trees.push_back({layer, std::move(list)});
  }
  const Json document = {{"recipe", Digest::of(recipe.text).hex()},
                         {"files", std::move(files)},
                         {"trees", std::move(trees)}};
  // Names of files need not be UTF-8; one that is not cannot be told from its replacement here, and
  // the image's own reader refuses it.
  return Digest::of(document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace stamp::build
