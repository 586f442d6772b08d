#pragma once
// A group of alternatives and its file. Format: the one that update-alternatives writes to
// /var/lib/dpkg/alternatives/NAME: mode, link, slaves (name and link) up to an empty line, choices
// (path, priority, a path for each slave) up to an empty line.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts {

/// What a choice has for a slave.
struct SlaveFile {
  std::string name;
  std::string path;  ///< "" where the choice has none
};

/// One of the programs that a group can stand for.
struct Choice {
  std::string path;
  int priority = 0;
  std::vector<SlaveFile> slaves;

  /// Its file for a slave; "" when it has none.
  std::string slave(std::string_view name) const;
  void set_slave(std::string_view name, std::string_view path);
};

/// A link that follows the group's own.
struct SlaveLink {
  std::string name;
  std::string link;
  bool is_updated = false;  ///< new, or with another link than before
};

/// A group.
struct AlternativeGroup {
  std::string name;
  std::string link;
  bool is_auto = true;
  std::vector<SlaveLink> slaves;
  std::vector<Choice> choices;

  SlaveLink* slave(std::string_view slave_name);
  Choice* choice(std::string_view path);
  const Choice* choice(std::string_view path) const;
  /// Adds a choice, or replaces the one of its path.
  void set_choice(Choice wanted);
  /// The choice of highest priority: the current one where several have it, else the first. Null
  /// when there is none.
  const Choice* best(std::string_view current) const;
  std::string_view mode() const { return is_auto ? "auto" : "manual"; }
};

/// A group's file, read.
struct AlternativeFile {
  std::optional<AlternativeGroup> group;  ///< none when the file is missing, empty or wrong
  std::string flaw;                       ///< why it is wrong: "invalid status"
  /// Choices that were left out since their file is gone.
  std::vector<std::string> gone;
};

/// Reads the file of a group; `folder` is "/var/lib/dpkg/alternatives".
AlternativeFile read_alternatives(const Tree& tree, std::string_view folder, std::string_view name);
/// Removes slaves that no choice has, sorts slaves and choices, and gives the file's text. Returns
/// the slaves that it removed beside it.
struct WrittenAlternatives {
  std::string text;
  std::vector<SlaveLink> dropped;
};
WrittenAlternatives write_alternatives(AlternativeGroup& group);

}  // namespace stamp::scripts
