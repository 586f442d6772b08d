#pragma once
// What pam-auth-update of Debian's pam 1.5.2 makes of the profiles below /usr/share/pam-configs.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::scripts::pam {

/// The kinds of stacks, in the order in which they are written: "auth", …
inline constexpr std::string_view kTypes[] = {"auth", "account", "password", "session",
                                              "session-noninteractive"};

/// A file of /usr/share/pam-configs.
struct Profile {
  std::string id;  ///< its file name
  std::map<std::string, std::string, std::less<>> fields;
  std::set<std::string, std::less<>> conflicts;

  /// A field; "" when there is none.
  std::string_view field(std::string_view name) const;
  int priority() const;
};

/// Reads a profile; nothing when it uses a module that is gone (pam_tally).
std::optional<Profile> parse_profile(std::string id, std::string_view text);

/// Higher priorities first, then names backwards: the order of stacks.
bool comes_before(const Profile& a, const Profile& b);

/// Options that the administrator gave to modules, or took away, by the module's line without jump
/// numbers.
struct LineChanges {
  std::map<std::string, std::set<std::string>> added;
  std::map<std::string, std::set<std::string>> removed;
};

/// How the files of /etc/pam.d differ from what was written last.
struct Difference {
  std::vector<std::string> modules;  ///< profiles that are still there
  std::map<std::string, LineChanges, std::less<>> by_type;
};

/// Compares a stack (`current`) with what was saved of it, and adds to `difference`. Returns false
/// where the two cannot be brought together.
bool compare_stack(std::string_view type, std::string_view saved, std::string_view current,
                   Difference& difference);

/// A stack's file: `stock` with the profiles' lines in its two blocks; nothing when it lacks the
/// marks of those.
std::optional<std::string> fill_stack(std::string_view stock,
                                      const std::vector<const Profile*>& enabled,
                                      std::string_view type, LineChanges* changes);

/// What is kept below /var/lib/pam, to compare with the next time.
std::string saved_stack(const std::vector<const Profile*>& enabled, std::string_view type);

/// The MD5 of what is around the blocks of a stack's file.
std::string frame_md5(std::string_view stack);
/// Whether it is one that Debian shipped once: then the file is made from the newest one.
bool is_stock_frame(std::string_view type, std::string_view md5);

}  // namespace stamp::scripts::pam
