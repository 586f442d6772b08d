#pragma once
// What the tools that work on files share. Private to them.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/options.h"
#include "maintainer-scripts/tree/open_file.h"

namespace stamp::scripts {

/// A name as GNU's messages show it: 'it', "it's".
std::string quoted(std::string_view name);
/// The same where GNU has quotes only for what a shell would not take as it is.
std::string quoted_if_needed(std::string_view name);
/// Writes "TOOL: MESSAGE" to standard error and returns 1.
int complain(Process& process, std::string_view message);
/// The same with the reason of a system call behind it: "TOOL: MESSAGE: No such file or directory".
int complain(Process& process, std::string_view message, std::errc error);
/// "TOOL: MESSAGE" and the line that points to --help; returns `status`.
int usage_error(Process& process, std::string_view message, int status = 1);

/// The last component, without slashes behind it: "b" of "a/b//", "/" of "//".
std::string_view last_component(std::string_view path);
std::string_view without_trailing_slashes(std::string_view path);
/// "folder/name".
std::string joined(std::string_view folder, std::string_view name);

/// What a process's path leads to.
Found find(const Process& process, std::string_view path, LastLink last = LastLink::follow);

/// Calls `visit` with `path`, spelt as given with what is below behind it, and, in sorted order,
/// with all below it; links are not followed. Folders come before what is in them. Each counts as a
/// step.
void walk(Process& process, const std::string& path, const std::shared_ptr<Inode>& inode,
          const std::function<void(const std::string& path, const std::shared_ptr<Inode>&)>& visit);

/// Which components of a path must be there for it to be canonical.
enum class MustExist { all, all_but_last, none };
/// The canonical form of a path, as readlink -e, -f and -m print it; or why there is none.
struct Canonical {
  std::errc error = {};
  std::string path;
};
Canonical canonical(const Process& process, std::string_view path, MustExist must_exist);
/// `path`, canonical, as seen from the canonical folder `from`.
std::string relative_to(std::string_view path, std::string_view from);

/// Makes a folder and its missing parents. `parent_mode` is that of the parents. An error names
/// what could not be made.
struct MadeFolders {
  std::errc error = {};
  std::string path;
};
MadeFolders make_directories(Process& process, std::string_view path, std::uint32_t mode,
                             std::uint32_t parent_mode,
                             const std::function<void(std::string_view made)>& told = {});

/// Where operands go: cp, mv, ln and install agree on it.
struct Destination {
  std::vector<std::string> sources;
  std::string target;
  bool is_folder = false;  ///< sources go into it, else the only one becomes it
};
/// Takes `operands` apart; `folder` is -t's argument, null without. Nothing when a message was
/// written. With `no_folder` (-T) the target is never taken for the folder to put things in.
enum class TargetFolder { if_there, never };
std::optional<Destination> destination_of(Process& process, const Options& options,
                                          TargetFolder folder, LastLink last = LastLink::follow);

/// The number of a user or group by name, from the tree's /etc/passwd and /etc/group, or as digits.
std::optional<std::uint64_t> user_id(Process& process, std::string_view name);
std::optional<std::uint64_t> group_id(Process& process, std::string_view name);
/// The login group of a user that /etc/passwd names.
std::optional<std::uint64_t> login_group(Process& process, std::string_view user);
/// Their names; nothing where there is none.
std::optional<std::string> user_name(Process& process, std::uint64_t id);
std::optional<std::string> group_name(Process& process, std::uint64_t id);

/// A change of mode bits, as chmod takes it: "0755", "u+x,g-w", "a=rX".
class ModeChange {
 public:
  /// Nothing when it is none.
  static std::optional<ModeChange> parse(std::string_view text);
  enum class Of { file, folder };
  /// The mode after it. A number of fewer than five digits leaves a folder's set-id bits alone.
  std::uint32_t apply(std::uint32_t mode, Of kind, std::uint32_t umask) const;

 private:
  struct Step {
    char operation = '=';
    enum class Kind { plain, copy, x_if_any } kind = Kind::plain;
    std::uint32_t affected = 0;
    std::uint32_t value = 0;
    std::uint32_t mentioned = 0;
  };
  static bool parse_clause(std::string_view& text, std::vector<Step>& steps);
  static bool parse_step(std::string_view& text, std::uint32_t affected, std::vector<Step>& steps);
  std::vector<Step> steps_;
};
/// "rwsr-xr-x" of permission bits.
std::string mode_letters(std::uint32_t mode);

}  // namespace stamp::scripts
