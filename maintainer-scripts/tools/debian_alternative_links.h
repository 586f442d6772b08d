#pragma once
// The links of groups of alternatives: what update-alternatives does to the tree.

#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/process.h"
#include "maintainer-scripts/tools/debian_alternatives.h"
#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts {

/// How much update-alternatives says, and whether it replaces files by links.
struct AlternativeOptions {
  std::string link_folder = "/etc/alternatives";
  std::string admin_folder = "/var/lib/dpkg/alternatives";
  int verbosity = 0;  ///< -1 quiet, 0, 1 verbose
  bool force = false;
};

/// Messages and changes of one run. The first failure ends it: what comes after has no effect.
class AlternativeLinks {
 public:
  AlternativeLinks(Process& process, AlternativeOptions options);

  const AlternativeOptions& options() const { return options_; }
  bool has_failed() const { return failed_; }
  /// "update-alternatives: error: …"; the run has failed.
  void fail(const std::string& message);
  void warn(const std::string& message);
  void say(const std::string& message);
  void say_verbose(const std::string& message);

  /// What a link leads to; "" when there is no link of that name.
  std::string target(const std::string& link) const;
  /// Whether nothing is at the end of a path.
  bool is_missing(const std::string& path) const;
  enum class Kind { missing, link, other };
  Kind kind(const std::string& path) const;
  /// The link of the folder of alternatives: "/etc/alternatives/NAME".
  std::string folder_link(std::string_view name) const;

  /// Makes a group's links those of a choice, once commit() is called.
  void prepare(AlternativeGroup& group, const Choice& choice);
  void commit();
  /// Removes all links of a group, and its file.
  void remove(const AlternativeGroup& group);
  void move(const std::string& from, const std::string& to);
  void unlink(const std::string& path);
  void write_file(const std::string& path, const std::string& text);

  /// Whether a group's links are as they should be.
  enum class State { right, slaves_changed, broken };
  State state(AlternativeGroup& group, std::string_view current) const;

 private:
  struct Step {
    enum class What { remove, move, time };
    What what = What::remove;
    std::string path;
    std::string other;
  };

  void make_link(const std::string& target, const std::string& path);
  void prepare_link(std::string_view name, const std::string& link, const std::string& file);
  bool needs_update(const std::string& link, const std::string& wanted);
  bool can_remove(const std::string& link) const;
  bool can_install(const Choice& choice, std::string_view slave) const;
  bool is_slave_broken(const SlaveLink& slave, const Choice& choice) const;
  void copy_time(const std::string& link, const std::string& from);

  Process& process_;
  Tree& tree_;
  AlternativeOptions options_;
  std::vector<Step> steps_;
  bool failed_ = false;
};

}  // namespace stamp::scripts
