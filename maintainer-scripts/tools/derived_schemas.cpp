// glib-compile-schemas of GLib 2.74. Where the real one would leave a file or a setting out because
// something in it is wrong, the build stops.

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/records.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/derived_gvariant.h"
#include "maintainer-scripts/tools/derived_gvdb.h"
#include "maintainer-scripts/tools/derived_markup.h"
#include "maintainer-scripts/tools/derived_tools.h"
#include "maintainer-scripts/tools/options.h"

namespace stamp::scripts::derived {
namespace {

[[noreturn]] void wrong(std::string_view what, std::string_view where) {
  throw Unknown(fmt::format("{} '{}' in a schema", what, where));
}

const std::string& needed(const Element& element, std::string_view attribute) {
  const std::string* value = element.attribute(attribute);
  if (value == nullptr) wrong("a missing attribute of", element.name);
  return *value;
}

/// Names with numbers, as GSettings looks them up. Spec: gio/strinfo.c of GLib.
class StringInfo {
 public:
  bool empty() const { return bytes_.empty(); }
  bool has(const std::string& name) const { return items_.find(name) != items_.end(); }
  const std::string& bytes() const { return bytes_; }

  void add(const std::string& name, std::uint32_t number) { append(name, number, '\xff'); }

  void add_alias(const std::string& name, const std::string& target) {
    if (!has(target)) wrong("the target of alias", name);
    append(name, items_.at(target), '\xfe');
    items_.erase(name);
  }

 private:
  void append(const std::string& name, std::uint32_t number, char first) {
    if (!names_.insert(name).second || name.size() > 64) wrong("the value", name);
    items_[name] = static_cast<std::uint32_t>(bytes_.size() / 4);
    for (unsigned shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(number >> shift);
    const std::size_t size = 4 * std::max<std::size_t>(2, (name.size() + 6) / 4);
    std::string text = first + name;
    text.resize(size - 1, '\0');
    bytes_ += text + '\xff';
  }

  std::string bytes_;
  std::set<std::string> names_;
  std::map<std::string, std::uint32_t> items_;  // where the number of each is, in words
};

struct Enumeration {
  bool is_flags = false;
  StringInfo values;
};

struct Key {
  std::string child;  ///< of a <child> its schema; it has nothing else
  std::string type;
  StringInfo choices;
  std::optional<Variant> minimum;
  std::optional<Variant> maximum;
  std::string context;
  std::string untranslated;
  std::optional<Variant> value;
  GlibHashTable desktops;
  std::map<std::string, Variant> overrides;
  char choice = 'c';  ///< 'e' of an enumeration, 'f' of flags
  char l10n = 0;

  void set(const Variant& wanted) {
    check(wanted);
    value = wanted;
  }

  void check(const Variant& wanted) const {
    if (minimum && (*wanted.number < *minimum->number || *wanted.number > *maximum->number)) {
      throw Unknown("a setting that is out of its range");
    }
    if (choices.empty()) return;
    for (const std::string& text : wanted.strings) {
      if (!choices.has(text)) wrong("the choice", text);
    }
  }

  Variant serialised() const {
    if (!child.empty()) return string_variant(child);
    std::vector<Variant> parts = {*value};
    if (l10n != 0) {
      parts.push_back(tuple_variant(
          {byte_variant('l'), tuple_variant({byte_variant(l10n), string_variant(message())})}));
    }
    if (!choices.empty()) {
      parts.push_back(tuple_variant({byte_variant(choice), Variant{"au", choices.bytes(), {}}}));
    }
    if (minimum) {
      parts.push_back(tuple_variant({byte_variant('r'), tuple_variant({*minimum, *maximum})}));
    }
    if (!overrides.empty()) {
      std::vector<Variant> entries;
      for (const std::string& desktop : desktops.keys()) {
        entries.push_back(
            entry_variant(string_variant(desktop), boxed_variant(overrides.at(desktop))));
      }
      parts.push_back(tuple_variant({byte_variant('d'), array_variant("{sv}", entries)}));
    }
    return tuple_variant(parts);
  }

 private:
  /// What translators see.
  std::string message() const {
    constexpr std::string_view kSpace = " \t\n\r\f\v";
    const std::size_t begin = untranslated.find_first_not_of(kSpace);
    if (begin == std::string::npos) return context;
    return context + untranslated.substr(begin, untranslated.find_last_not_of(kSpace) + 1 - begin);
  }
};

struct Schema {
  std::string path;
  std::string domain;
  std::string extends;
  std::string list_of;
  GlibHashTable order;
  std::map<std::string, Key> keys;
};

/// Words of small letters and digits, with hyphens between them.
bool is_key_name(std::string_view name) {
  const auto is_right = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.front() >= 'a' && name.size() <= 1024 && !name.ends_with('-') &&
         name.find("--") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), is_right);
}

std::string optional_attribute(const Element& element, std::string_view name) {
  const std::string* value = element.attribute(name);
  return value == nullptr ? std::string() : *value;
}

/// All schemas of a folder.
class Schemas {
 public:
  void add_file(const Element& list) {
    if (list.name != "schemalist") wrong("the element", list.name);
    for (const Element& element : list.children) {
      if (element.name == "schema") {
        add_schema(element, optional_attribute(list, "gettext-domain"));
      } else if (element.name == "enum" || element.name == "flags") {
        add_enumeration(element);
      } else {
        wrong("the element", element.name);
      }
    }
  }

  void override_with(const std::string& text);

  std::string file() const {
    GvdbTable all;
    for (const std::string& id : order_.keys()) all.add_listed_table(id, table_of(schemas_.at(id)));
    return all.file();
  }

 private:
  static GvdbTable table_of(const Schema& schema) {
    GvdbTable table;
    bool has_l10n = false;
    for (const std::string& name : schema.order.keys()) {
      const Key& key = schema.keys.at(name);
      table.add_listed_value(name, key.serialised());
      has_l10n = has_l10n || key.l10n != 0;
    }
    if (!schema.path.empty()) table.add_value(".path", string_variant(schema.path));
    if (!schema.extends.empty()) table.add_value(".extends", string_variant(schema.extends));
    if (!schema.list_of.empty()) table.add_value(".list-of", string_variant(schema.list_of));
    if (has_l10n) table.add_value(".gettext-domain", string_variant(schema.domain));
    return table;
  }

  void add_enumeration(const Element& element) {
    Enumeration result;
    result.is_flags = element.name == "flags";
    std::set<std::int64_t> numbers;
    for (const Element& value : element.children) {
      const std::string& text = needed(value, "value");
      const bool is_hex = text.starts_with("0x");
      std::int64_t number = 0;
      const char* const end = text.data() + text.size();
      const auto [stop, error] =
          std::from_chars(text.data() + (is_hex ? 2 : 0), end, number, is_hex ? 16 : 10);
      const bool is_octal = text.size() > 1 && text.starts_with('0') && !is_hex;
      if (error != std::errc() || stop != end || is_octal || value.name != "value") {
        wrong("the value", text);
      }
      const std::string& nick = needed(value, "nick");
      if (nick.size() < 2 || !numbers.insert(number).second) wrong("the value", nick);
      if (result.is_flags && number == 0) continue;
      result.values.add(nick, static_cast<std::uint32_t>(number));
    }
    if (!enumerations_.emplace(needed(element, "id"), std::move(result)).second) {
      wrong("a second", needed(element, "id"));
    }
  }

  void add_schema(const Element& element, const std::string& domain) {
    const std::string& id = needed(element, "id");
    Schema schema;
    schema.path = optional_attribute(element, "path");
    const std::string* own_domain = element.attribute("gettext-domain");
    schema.domain = own_domain == nullptr ? domain : *own_domain;
    schema.extends = optional_attribute(element, "extends");
    schema.list_of = optional_attribute(element, "list-of");
    if (!schema.extends.empty()) {
      const auto parent = schemas_.find(schema.extends);
      if (parent == schemas_.end() || !parent->second.path.empty())
        wrong("the extended schema", schema.extends);
      if (schema.list_of.empty()) schema.list_of = parent->second.list_of;
    }
    for (const Element& child : element.children) add_to(schema, child);
    order_.insert(id);
    if (!schemas_.emplace(id, std::move(schema)).second) wrong("a second schema", id);
  }

  void add_to(Schema& schema, const Element& element) const {
    std::string name = needed(element, "name");
    Key key;
    if (!is_key_name(name)) wrong("the name", name);
    if (element.name == "child") {
      name += '/';
      key.child = needed(element, "schema");
    } else if (element.name == "key") {
      if (inherited(schema, name) != nullptr) wrong("a second key", name);
      fill_key(key, element, schema.domain);
    } else if (element.name == "override") {
      key = overridden(schema, name);
      set_default(key, element, schema.domain);
    } else {
      wrong("the element", element.name);
    }
    schema.order.insert(name);
    if (!schema.keys.emplace(name, std::move(key)).second) wrong("a second key", name);
  }

  /// The key of the schemas that are extended; null when they have none.
  const Key* inherited(const Schema& schema, const std::string& name) const {
    for (std::string parent = schema.extends; !parent.empty();) {
      const Schema& extended = schemas_.at(parent);
      const auto found = extended.keys.find(name);
      if (found != extended.keys.end()) return &found->second;
      parent = extended.extends;
    }
    return nullptr;
  }

  /// What an override begins with: the inherited key without its value.
  Key overridden(const Schema& schema, const std::string& name) const {
    const Key* original = inherited(schema, name);
    if (original == nullptr) wrong("the overridden key", name);
    Key key;
    key.type = original->type;
    key.choice = original->choice;
    key.choices = original->choices;
    key.minimum = original->minimum;
    key.maximum = original->maximum;
    return key;
  }

  static void set_default(Key& key, const Element& element, const std::string& domain) {
    if (const std::string* l10n = element.attribute("l10n")) {
      if ((*l10n != "messages" && *l10n != "time") || domain.empty()) wrong("l10n", *l10n);
      key.l10n = l10n->front();
      if (const std::string* context = element.attribute("context")) {
        key.context = *context + '\4';
      }
    }
    key.untranslated = element.text;
    key.set(parse_variant(key.type, element.text));
  }

  void fill_key(Key& key, const Element& element, const std::string& domain) const {
    key.type = optional_attribute(element, "type");
    for (const std::string_view kind : {"enum", "flags"}) {
      const std::string* id = element.attribute(kind);
      if (id == nullptr) continue;
      const auto found = enumerations_.find(*id);
      if (found == enumerations_.end() || found->second.is_flags != (kind == "flags")) {
        wrong("the enumeration", *id);
      }
      key.type = kind == "enum" ? "s" : "as";
      key.choice = kind.front();
      key.choices = found->second.values;
    }
    if (key.type.empty()) wrong("the type of", needed(element, "name"));
    for (const Element& part : element.children) fill_part(key, part, domain);
    if (!key.value) wrong("the missing default of", needed(element, "name"));
    key.check(*key.value);
  }

  static void fill_part(Key& key, const Element& part, const std::string& domain) {
    if (part.name == "default") {
      set_default(key, part, domain);
    } else if (part.name == "range") {
      set_range(key, part);
    } else if (part.name == "choices") {
      for (const Element& choice : part.children) key.choices.add(needed(choice, "value"), 0);
    } else if (part.name == "aliases") {
      for (const Element& alias : part.children) {
        key.choices.add_alias(needed(alias, "value"), needed(alias, "target"));
      }
    } else if (part.name != "summary" && part.name != "description") {
      wrong("the element", part.name);
    }
  }

  static void set_range(Key& key, const Element& part) {
    struct Limits {
      std::string_view least;
      std::string_view most;
    };
    static const std::map<std::string, Limits, std::less<>> kLimits = {
        {"y", {"0", "255"}},
        {"n", {"-32768", "32767"}},
        {"q", {"0", "65535"}},
        {"i", {"-2147483648", "2147483647"}},
        {"u", {"0", "4294967295"}},
        {"x", {"-9223372036854775808", "9223372036854775807"}},
        {"t", {"0", "18446744073709551615"}},
        {"d", {"-inf", "inf"}}};
    const auto limits = kLimits.find(key.type);
    if (limits == kLimits.end()) wrong("a range of type", key.type);
    const std::string* least = part.attribute("min");
    const std::string* most = part.attribute("max");
    key.minimum = parse_variant(key.type, least == nullptr ? limits->second.least : *least);
    key.maximum = parse_variant(key.type, most == nullptr ? limits->second.most : *most);
  }

  void override_key(const std::string& group, const std::string& name, std::string_view text);

  GlibHashTable order_;
  std::map<std::string, Schema> schemas_;
  std::map<std::string, Enumeration> enumerations_;
};

void Schemas::override_with(const std::string& text) {
  std::string group;
  for (const std::string& line : accounts::lines_of(text)) {
    const std::size_t begin = line.find_first_not_of(" \t\r\f\v");
    if (begin == std::string::npos || line[begin] == '#') continue;
    if (line[begin] == '[') {
      group = line.substr(begin + 1, line.find(']', begin) - begin - 1);
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || group.empty()) wrong("the override", line);
    const std::string name =
        line.substr(begin, line.find_last_not_of(" \t", equals - 1) + 1 - begin);
    override_key(group, name, std::string_view(line).substr(equals + 1));
  }
}

void Schemas::override_key(const std::string& group, const std::string& name,
                           std::string_view text) {
  const std::size_t colon = group.find(':');
  const auto schema = schemas_.find(group.substr(0, colon));
  if (schema == schemas_.end()) return;
  const auto key = schema->second.keys.find(name);
  if (key == schema->second.keys.end() || !key->second.child.empty())
    wrong("the override of", name);
  const Variant value = parse_variant(key->second.type, text);
  if (colon == std::string::npos) return key->second.set(value);
  if (key->second.l10n != 0) wrong("the override of", name);
  key->second.check(value);
  const std::string desktop = group.substr(colon + 1);
  key->second.desktops.insert(desktop);
  key->second.overrides[desktop] = value;
}

}  // namespace

int glib_compile_schemas(Process& process) {
  const Options options = parse_options(process, "");
  if (options.operands.size() != 1) throw Unknown("the folder of schemas is not known");
  const std::string folder = process.absolute(options.operands[0]);
  Tree& tree = process.machine.tree;
  const Found found = tree.find(folder);
  if (!found || !found.inode->is_directory()) {
    process.err(fmt::format("Error opening directory “{}”: No such file or directory\n",
                            options.operands[0]));
    return 1;
  }
  std::vector<std::string> enumerations;
  std::vector<std::string> files;
  std::vector<std::string> overrides;
  for (const auto& [name, child] : found.inode->children) {
    if (name.ends_with(".enums.xml")) enumerations.push_back(name);
    if (name.ends_with(".gschema.xml")) files.push_back(name);
    if (name.ends_with(".gschema.override")) overrides.push_back(name);
  }
  files.insert(files.begin(), enumerations.begin(), enumerations.end());
  const std::string output = folder + "/gschemas.compiled";
  if (files.empty()) {
    const bool had_output = tree.unlink(output) == std::errc();
    process.err(had_output ? "No schema files found: removed existing output file.\n"
                           : "No schema files found: doing nothing.\n");
    return 0;
  }
  const auto text_of = [&](const std::string& name) {
    const auto text = accounts::read_text(tree, fmt::format("{}/{}", folder, name));
    if (!text) wrong("the file", name);
    return *text;
  };
  Schemas schemas;
  for (const std::string& name : files) schemas.add_file(parse_markup(text_of(name)));
  for (const std::string& name : overrides) schemas.override_with(text_of(name));
  // written anew, as by g_file_set_contents
  static_cast<void>(tree.unlink(output));
  if (tree.write(output, schemas.file(), 0666 & ~process.umask) != std::errc()) {
    wrong("the output", output);
  }
  return 0;
}

}  // namespace stamp::scripts::derived
