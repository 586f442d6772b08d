// update-catalog of sgml-base 1.31 and update-xmlcatalog of xml-core 0.18: lists of the lists in
// which SGML and XML parsers look names up. In Debian both are Perl.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/records.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/derived_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts::derived {
namespace {

using accounts::lines_of;
using accounts::read_text;

constexpr std::string_view kSpace = " \t\r\n\f\v";

bool is_file(const Tree& tree, std::string_view path) {
  const Found found = tree.find(path);
  return found && found.inode->is_file();
}

/// Moves a file aside, over an older copy.
void keep_old(Tree& tree, const std::string& path) {
  tree.unlink(path + ".old");
  tree.rename(path, path + ".old");
}

/// Whether `entry`, which Perl takes for a pattern, is in `line`.
bool holds(std::string_view line, std::string_view entry) {
  if (entry.find_first_of("\\^$|()[]{}*+?") != std::string_view::npos) {
    throw Unknown(fmt::format("entry '{}' is a pattern", entry));
  }
  const auto is_same = [](char in_line, char wanted) { return wanted == '.' || in_line == wanted; };
  return std::search(line.begin(), line.end(), entry.begin(), entry.end(), is_same) != line.end();
}

/// Takes a token off an SGML catalog: white space and comments, a literal, or a word.
std::string_view take_token(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size()) {
    const std::size_t space = std::min(text.find_first_not_of(kSpace, end), text.size());
    const bool is_comment = text.substr(space).starts_with("--");
    const std::size_t close = is_comment ? text.find("--", space + 2) : std::string_view::npos;
    const std::size_t next = close == std::string_view::npos ? space : close + 2;
    if (next == end) break;
    end = next;
  }
  if (end == 0 && (text[0] == '\'' || text[0] == '"')) {
    const std::size_t close = text.find(text[0], 1);
    if (close != std::string_view::npos) end = close + 1;
  }
  if (end == 0) end = std::min(text.find_first_of(kSpace), text.size());
  const std::string_view token = text.substr(0, end);
  text.remove_prefix(end);
  return token;
}

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return small;
}

/// Whether all catalogs that a catalog names are there.
bool is_complete(const Tree& tree, const std::string& path) {
  std::string base = path.substr(0, path.rfind('/'));
  const std::string content = read_text(tree, path).value_or("");
  std::string_view text = content;
  std::string keyword;
  while (!text.empty()) {
    std::string_view token = take_token(text);
    if (keyword.empty()) {
      const std::string word = lower(token);
      if (word == "catalog" || word == "base") keyword = word;
      continue;
    }
    if (kSpace.find(token[0]) != std::string_view::npos || token.starts_with("--")) continue;
    if (token.size() > 1 && (token[0] == '"' || token[0] == '\'') && token.back() == token[0]) {
      token = token.substr(1, token.size() - 2);
    }
    if (keyword == "base") {
      base = token;
    } else if (!is_file(tree, token.starts_with('/') ? std::string(token)
                                                     : fmt::format("{}/{}", base, token))) {
      return false;
    }
    keyword.clear();
  }
  return true;
}

/// Writes the list of all catalogs below /etc/sgml.
int update_super_catalog(Process& process, const Options& options) {
  constexpr std::string_view kCatalog = "/var/lib/sgml-base/supercatalog";
  const bool is_quiet = options.has("quiet");
  if (!is_quiet) process.out("Updating the super catalog...\n");
  Tree& tree = process.machine.tree;
  std::string text =
      "--\n## This file is created by update-catalog with update-super.\n"
      "## Please see update-catalog(8) for how to modify this file.\n--\n";
  const Found folder = tree.find("/etc/sgml");
  if (!folder || !folder.inode->is_directory()) return 2;
  for (const auto& [name, child] : folder.inode->children) {
    const std::string path = fmt::format("/etc/sgml/{}", name);
    if (name.starts_with('.') || !name.ends_with(".cat") || name.size() < 5) continue;
    if (!is_file(tree, path)) {
      if (!is_quiet) {
        process.out(fmt::format("Warning: Ignoring unreadable catalog file `{}'.\n", path));
      }
    } else if (is_complete(tree, path)) {
      text += fmt::format("CATALOG {}\n", path);
    } else if (!is_quiet) {
      process.out(fmt::format(
          "Warning ignoring catalog `{}' which references non-existent catalogs. See man "
          "update-catalog for details.\n",
          path));
    }
  }
  if (tree.exists(kCatalog)) keep_old(tree, std::string(kCatalog));
  tree.write(kCatalog, std::move(text), 0644);
  return 0;
}

/// The lines of a catalog that do not name `entry`; those of the stock one when there is none yet.
std::vector<std::string> other_lines(const Tree& tree, const std::string& catalog,
                                     const std::string& entry) {
  constexpr std::string_view kMark = "CATALOG";
  std::vector<std::string> lines;
  if (is_file(tree, catalog)) {
    lines = lines_of(*read_text(tree, catalog));
    std::erase_if(lines, [&](const std::string& line) { return holds(line, entry); });
    return lines;
  }
  const auto stock = read_text(tree, "/usr/share/sgml-base/catalog.centralized");
  if (!stock) throw Unknown("the stock catalog of sgml-base is not there");
  lines = lines_of(*stock);
  for (std::string& line : lines) {
    const std::size_t mark = line.find(kMark);
    if (mark != std::string::npos) line.replace(mark, kMark.size(), catalog);
  }
  return lines;
}

void write_lines(Tree& tree, const std::string& path, const std::vector<std::string>& lines) {
  tree.write(path, lines.empty() ? std::string() : accounts::join(lines, '\n') + "\n", 0644);
}

/// A catalog of XML: what is kept below /var/lib/xml-core, and the file made from it.
struct XmlCatalog {
  std::string data;
  std::string file;
  std::string key;
  std::string entry;
};

/// The attribute by which a name is looked up: "systemIdStartString".
std::string start_attribute(const std::string& type) {
  return type == "uri" ? "uriStartString" : type + "IdStartString";
}

std::string delegate_element(const std::string& type) {
  if (type == "uri") return "delegateURI";
  return type == "public" ? "delegatePublic" : "delegateSystem";
}

std::string text_of(const Options& options, std::string_view name) {
  const std::string* value = options.value(name);
  return value == nullptr ? std::string() : *value;
}

XmlCatalog catalog_of(const Options& options) {
  const std::string type = text_of(options, "type");
  const std::string id = text_of(options, "id");
  const std::string package = text_of(options, "package");
  const std::string local = text_of(options, "local");
  const std::string key =
      fmt::format("{} {}=\"{}\"", delegate_element(type), start_attribute(type), id);
  if (options.has("root")) {
    return {"/var/lib/xml-core/catalog", "/etc/xml/catalog", key,
            fmt::format("catalog=\"file:///etc/xml/{}.xml\"", package)};
  }
  if (options.has("package")) {
    return {fmt::format("/var/lib/xml-core/{}", package), fmt::format("/etc/xml/{}.xml", package),
            key, fmt::format("catalog=\"file://{}\"", local)};
  }
  std::string data = local;
  std::replace(data.begin(), data.end(), '/', '_');
  const std::string name = type == "uri" ? "name" : type + "Id";
  return {fmt::format("/var/lib/xml-core/{}", data), local,
          fmt::format("{} {}=\"{}\"", type, name, id),
          fmt::format("uri=\"{}\"", text_of(options, "file"))};
}

/// The message that refuses the options; nothing when they are right.
std::optional<std::string> fault_of(const Tree& tree, const Options& options) {
  const std::string type = text_of(options, "type");
  if (options.has("add") == options.has("del")) {
    return options.has("add") ? "only one of 'add' and 'del' can be given"
                              : "either 'add' or 'del' must be given";
  }
  const std::string package = fmt::format("/etc/xml/{}.xml", text_of(options, "package"));
  const std::string local = text_of(options, "local");
  if (options.has("add") && options.has("root")) {
    if (!options.has("package")) return "package catalog not given";
    if (!is_file(tree, package)) return fmt::format("package catalog {} not found", package);
  } else if (options.has("add")) {
    if (!options.has("local")) {
      return options.has("package") ? "local catalog not given" : "catalog not given";
    }
    if (options.has("package") && !is_file(tree, local)) {
      return fmt::format("local catalog {} not found", local);
    }
    if (!options.has("package") && !options.has("file")) return "file not given";
  } else if (!is_file(tree, catalog_of(options).file)) {
    return fmt::format("catalog {} not found", catalog_of(options).file);
  }
  if (type != "public" && type != "system" && type != "uri") {
    return options.has("type") ? "wrong type" : "type not given";
  }
  if (!options.has("id")) return "id not given";
  return std::nullopt;
}

using XmlEntries = std::map<std::string, std::string>;

XmlEntries read_entries(const Tree& tree, const std::string& path) {
  XmlEntries entries;
  const std::string text = read_text(tree, path).value_or("");
  for (const std::string& line : lines_of(text)) {
    const std::vector<std::string> parts = accounts::split(line, '>');
    if (parts.size() < 2) continue;
    const auto body = [](const std::string& part) {
      return part.starts_with('<') ? part.substr(1) : part;
    };
    entries[body(parts[0])] = body(parts[1]);
  }
  return entries;
}

/// Writes what is kept and the catalog; both go when nothing is left.
void write_entries(Tree& tree, const XmlCatalog& catalog, const XmlEntries& entries) {
  std::string data;
  std::string text = read_text(tree, "/usr/share/xml-core/catalog.header").value_or("");
  for (const auto& [key, entry] : entries) {
    data += fmt::format("<{}><{}>\n", key, entry);
    text += fmt::format("<{} {}/>\n", key, entry);
  }
  text += read_text(tree, "/usr/share/xml-core/catalog.footer").value_or("");
  if (entries.empty()) {
    tree.unlink(catalog.data);
    return;
  }
  tree.write(catalog.data, std::move(data), 0644);
  tree.write(catalog.file, std::move(text), 0644);
}

}  // namespace

int update_catalog(Process& process) {
  constexpr LongOption kOptions[] = {{"add"}, {"remove"}, {"quiet"}, {"super"}, {"update-super"}};
  const Options options = parse_options(process, "+", kOptions);
  Tree& tree = process.machine.tree;
  if (int{options.has("add")} + int{options.has("remove")} + int{options.has("update-super")} !=
      1) {
    process.out("Huh? You have to use precisely one out of --add --remove or --update-super.\n");
    return 1;
  }
  if (options.has("update-super")) return update_super_catalog(process, options);
  if (options.has("super")) {
    process.out("update-catalog: Suppressing action on super catalog. Invoking trigger instead.\n");
    Process trigger = process;
    trigger.args = {"dpkg-trigger", "/etc/sgml"};
    if (process.machine.runner.run(trigger) != 0) update_super_catalog(process, options);
    return 0;
  }
  if (options.operands.size() != 2) throw Unknown("a catalog and its entry are needed");
  const std::string& catalog = options.operands[0];
  const std::string& entry = options.operands[1];
  if (!options.has("quiet")) {
    process.out(fmt::format("{} entry {} {} catalog {}...\n",
                            options.has("add") ? "Adding" : "Removing", entry,
                            options.has("add") ? "to" : "from", catalog));
  }
  std::vector<std::string> lines = other_lines(tree, catalog, entry);
  if (options.has("add")) lines.push_back(fmt::format("CATALOG {}", entry));
  if (is_file(tree, catalog)) keep_old(tree, catalog);
  write_lines(tree, catalog, lines);
  return 0;
}

int update_xmlcatalog(Process& process) {
  constexpr LongOption kOptions[] = {
      {"add"},
      {"del"},
      {"root"},
      {"sort"},
      {"file", Argument::required},
      {"id", Argument::required},
      {"local", Argument::required},
      {"package", Argument::required},
      {"type", Argument::required},
  };
  const Options options = parse_options(process, "", kOptions);
  Tree& tree = process.machine.tree;
  const auto refuse = [&](std::string_view text) {
    process.err(fmt::format("update-xmlcatalog: error: {}\n", text));
    return 1;
  };
  if (const std::optional<std::string> fault = fault_of(tree, options)) return refuse(*fault);
  const XmlCatalog catalog = catalog_of(options);
  XmlEntries entries = read_entries(tree, catalog.data);
  const auto known = entries.find(catalog.key);
  if (options.has("add")) {
    if (known != entries.end() && known->second != catalog.entry) {
      process.err(
          fmt::format("update-xmlcatalog: error: entity already registered with a different value\n"
                      " Entity   : [{}]\n Old value: [{}]\n New value: [{}]\n",
                      catalog.key, known->second, catalog.entry));
      return 1;
    }
    entries[catalog.key] = catalog.entry;
  } else {
    if (known == entries.end()) return refuse("entity not registered");
    entries.erase(known);
  }
  if (is_file(tree, catalog.file)) keep_old(tree, catalog.file);
  // Without --sort the real one writes in the order of Perl's hashes, which is another each time.
  write_entries(tree, catalog, entries);
  return 0;
}

}  // namespace stamp::scripts::derived
