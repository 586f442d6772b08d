#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/process.h"

namespace stamp::scripts::shell {

/// A variable of the shell.
struct Variable {
  std::optional<std::string> value;  ///< none: it has flags, and is unset
  bool exported = false;
  bool readonly = false;
};

/// The variables of a shell with what `local` and assignments before commands put aside.
class Variables {
 public:
  using Table = std::map<std::string, Variable, std::less<>>;

  /// The value; null when it is unset. Valid until the next change.
  const std::string* find(std::string_view name) const;
  /// The value; "" when it is unset.
  std::string_view value(std::string_view name) const;
  bool is_readonly(std::string_view name) const;
  /// Sets the value and keeps the flags. The variable must not be readonly.
  void set(std::string_view name, std::string value);
  /// Takes the value and, unless it is kept by a scope, the flags.
  void unset(std::string_view name);
  void set_exported(std::string_view name);
  void set_readonly(std::string_view name);
  /// Bytes of all values, what is put aside included.
  std::size_t bytes() const { return bytes_; }
  const Table& all() const { return table_; }
  /// What a command that is run gets.
  const Environment& environment() const;

  /// Opens a scope: what keep() puts aside comes back when it is closed.
  void open_scope() { scopes_.push_back(kept_.size()); }
  void close_scope();
  bool has_scope() const { return !scopes_.empty(); }
  /// bash's `local`: puts the variable aside unless the innermost scope has it already, and takes
  /// its value.
  void make_local(std::string_view name);
  /// Whether a scope other than the innermost has put the variable aside.
  bool is_kept_outside(std::string_view name) const;
  /// Whether the innermost scope has.
  bool is_kept(std::string_view name) const;
  /// Whether anything is put aside.
  bool has_kept() const { return !kept_.empty(); }
  void clear_exported(std::string_view name);
  /// Puts the variable aside for the innermost scope; its value stays until it is set.
  void keep(std::string_view name);

 private:
  struct Kept {
    std::string name;
    std::optional<Variable> before;
  };
  Variable& at(std::string_view name);

  Table table_;
  std::size_t bytes_ = 0;
  std::vector<Kept> kept_;
  std::vector<std::size_t> scopes_;  ///< where each scope begins in kept_
  mutable std::optional<Environment> environment_;
};

}  // namespace stamp::scripts::shell
