#pragma once
// Copying as cp and install do it. Private to the tools that work on files.

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "maintainer-scripts/tools/files_common.h"

namespace stamp::scripts {

/// What happens to a file that is there already.
enum class Existing { replace, keep, replace_older };

/// How things are copied.
struct CopyOptions {
  enum class Links { keep, follow_operands, follow };
  Links links = Links::follow;
  Existing existing = Existing::replace;
  bool recursive = false;
  bool keep_mode = false;
  bool keep_owner = false;
  bool keep_time = false;
  bool keep_xattrs = false;
  bool keep_links = false;          ///< two names of one file stay that
  bool force = false;               ///< what is in the way of a link goes
  bool remove_destination = false;  ///< before it is opened
  bool make_symlinks = false;
  bool make_hard_links = false;
  bool verbose = false;
  std::string backup_suffix;  ///< "" for no backups
};

/// Copies one operand after the other; messages go to the process's standard error.
class Copier {
 public:
  Copier(Process& process, CopyOptions options);

  /// Copies `from` to the name `to`. Returns 1 after a message, else 0.
  int copy(const std::string& from, const std::string& to);

 private:
  enum class Level { operand, below };
  struct Source {
    std::string name;  // as messages show it
    Found found;
  };
  int copy_one(const Source& from, const std::string& to, Level level);
  int make_way(const Source& from, const std::string& to, Found& there);
  int refuse(const Source& from, const std::string& to, const Found& there);
  bool is_to_be_removed(const Inode& from, const Inode& there) const;
  int copy_folder(const Source& from, const std::string& to, const Found& there);
  int copy_below(const Source& from, const std::string& to);
  int copy_file(const Source& from, const std::string& to, const Found& there);
  int link(const Source& from, const std::string& to);
  int copy_null(const std::string& to);
  void keep_attributes(const Inode& from, const std::string& to);
  void announce(std::string_view from, std::string_view to);
  Found look(const std::string& path, LastLink last) const;

  Process& process_;
  Tree& tree_;
  CopyOptions options_;
  std::set<EntryPath> made_;                    // of operands before this one
  std::map<const Inode*, std::string> copies_;  // of files of more than one name
  std::string backup_;                          // of what is copied now
};

/// Moves what is at `path` aside, to the same name with `suffix`.
std::errc back_up(Process& process, const std::string& path, const std::string& suffix);
/// The suffix that -b, --backup and -S ask for; "" for no backups. Errors: Unknown for numbered
/// ones.
std::string backup_suffix(const Options& options);

}  // namespace stamp::scripts
