#pragma once
// The database files of GLib: what glib-compile-schemas and dconf write.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tools/derived_gvariant.h"

namespace stamp::scripts::derived {

/// A GHashTable of strings of GLib 2.74, as far as it decides about an order: files are written in
/// the order in which it is walked.
class GlibHashTable {
 public:
  GlibHashTable();
  void insert(const std::string& key);
  std::size_t size() const { return count_; }
  /// In the order of walking.
  std::vector<std::string> keys() const;

 private:
  struct Slot {
    std::uint32_t hash = 0;  ///< 0: free
    std::string key;
  };
  std::size_t home_of(std::uint32_t hash) const;
  void resize();

  std::vector<Slot> slots_;
  std::size_t shift_ = 3;
  std::size_t count_ = 0;
};

/// A table of a database: a tree of names, which have values or tables.
class GvdbTable {
 public:
  GvdbTable() { order_.insert(""); }
  /// Adds a name with a value.
  void add_value(const std::string& name, const Variant& value);
  /// The same for what the root, "", lists.
  void add_listed_value(const std::string& name, const Variant& value);
  void add_listed_table(const std::string& name, GvdbTable table);
  /// The file.
  std::string file() const;

 private:
  struct Item {
    bool is_listed = false;
    Variant value;
    std::vector<GvdbTable> table;  ///< one, or none
  };
  struct Writer;

  GlibHashTable order_;
  std::map<std::string, Item> items_;
};

}  // namespace stamp::scripts::derived
