// pam-auth-update of Debian's pam 1.5.2: /etc/pam.d/common-* from the profiles of packages.

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/accounts/records.h"
#include "maintainer-scripts/derived/pam_profiles.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/tools/derived_tools.h"

namespace stamp::scripts::derived {
namespace {

using pam::Difference;
using pam::LineChanges;
using pam::Profile;

constexpr std::string_view kProfiles = "/usr/share/pam-configs";
constexpr std::string_view kStacks = "/etc/pam.d/common-";
constexpr std::string_view kStock = "/usr/share/pam/common-";
constexpr std::string_view kSaved = "/var/lib/pam/";

using Names = std::set<std::string, std::less<>>;

/// The command line.
struct Request {
  bool force = false;
  Names removed;
  Names disabled;
  Names enabled;
};

Request parse(const Process& process) {
  Request request;
  Names* list = nullptr;
  for (std::size_t i = 1; i < process.args.size(); ++i) {
    const std::string& word = process.args[i];
    if (word == "--root") {
      if (++i < process.args.size() && !process.args[i].empty() && process.args[i] != "/") {
        throw Unknown("option '--root' is not known");
      }
    } else if (word == "--force" || word == "--package") {
      request.force = request.force || word == "--force";
      list = nullptr;
    } else if (word == "--remove") {
      list = &request.removed;
    } else if (word == "--disable") {
      list = &request.disabled;
    } else if (word == "--enable") {
      list = &request.enabled;
    } else if (!word.starts_with("--")) {
      // as the real one, which overlooks words that follow no list
      if (list != nullptr) list->insert(word);
    } else {
      throw Unknown(fmt::format("option '{}' is not known", word));
    }
  }
  return request;
}

/// All profiles, in the order of stacks.
std::vector<Profile> read_profiles(const Tree& tree) {
  std::vector<Profile> profiles;
  const Found folder = tree.find(kProfiles);
  if (!folder || !folder.inode->is_directory()) return profiles;
  for (const auto& [name, child] : folder.inode->children) {
    const bool is_draft = name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'));
    const auto text = accounts::read_text(tree, fmt::format("{}/{}", kProfiles, name));
    if (is_draft || !text) continue;
    std::optional<Profile> profile = pam::parse_profile(name, *text);
    if (profile) profiles.push_back(std::move(*profile));
  }
  std::sort(profiles.begin(), profiles.end(), pam::comes_before);
  return profiles;
}

/// What was changed in the stacks by hand; nothing when that cannot be said.
std::optional<Difference> read_difference(const Tree& tree) {
  Difference difference;
  for (const std::string_view type : pam::kTypes) {
    const auto saved = accounts::read_text(tree, fmt::format("{}{}", kSaved, type));
    const auto current = accounts::read_text(tree, fmt::format("{}{}", kStacks, type));
    if (!saved || !current || !pam::compare_stack(type, *saved, *current, difference)) return {};
  }
  return difference;
}

/// The profiles that are on: those that were, those that are asked for, and new ones that want it.
std::vector<const Profile*> choose(const std::vector<Profile>& profiles, const Request& request,
                                   const Difference* difference, Names seen) {
  Names on;
  if (difference != nullptr) on.insert(difference->modules.begin(), difference->modules.end());
  Names kept;
  for (const Profile& profile : profiles) {
    const bool was_on = on.count(profile.id) != 0 && request.removed.count(profile.id) == 0;
    const bool is_asked_for =
        request.enabled.count(profile.id) != 0 && request.removed.count(profile.id) == 0;
    if ((was_on || is_asked_for) && request.disabled.count(profile.id) == 0) {
      kept.insert(profile.id);
    }
  }
  seen.insert(request.disabled.begin(), request.disabled.end());
  if (kept.empty()) seen.clear();
  std::vector<const Profile*> enabled;
  for (const Profile& profile : profiles) {
    const bool is_new = profile.field("Default") == "yes" && seen.count(profile.id) == 0 &&
                        request.removed.count(profile.id) == 0;
    if (is_new || kept.count(profile.id) != 0) enabled.push_back(&profile);
  }
  return enabled;
}

/// Takes out of each pair that excludes the other the one of lower priority.
void remove_conflicts(std::vector<const Profile*>& enabled) {
  for (std::size_t i = 0; i < enabled.size(); ++i) {
    const Profile* profile = enabled[i];
    std::erase_if(enabled, [&](const Profile* other) {
      return profile->conflicts.find(other->id) != profile->conflicts.end();
    });
  }
}

void replace(Tree& tree, const std::string& path, std::string text) {
  tree.unlink(path);
  tree.write(path, std::move(text), 0644);
}

/// The new text of a stack; nothing when neither the one in use nor the stock one can be filled.
std::optional<std::string> new_stack(const Tree& tree, std::string_view type, bool force,
                                     const std::vector<const Profile*>& enabled,
                                     LineChanges* changes) {
  const std::string stock = fmt::format("{}{}", kStock, type);
  const auto current = accounts::read_text(tree, fmt::format("{}{}", kStacks, type));
  if (current) {
    const bool is_stock = pam::is_stock_frame(type, pam::frame_md5(*current));
    const auto frame = is_stock ? accounts::read_text(tree, stock) : current;
    if (frame) {
      std::optional<std::string> filled = pam::fill_stack(*frame, enabled, type, changes);
      if (filled) return filled;
    }
  }
  const auto frame = force ? accounts::read_text(tree, stock) : std::nullopt;
  if (!frame) return std::nullopt;
  return pam::fill_stack(*frame, enabled, type, changes);
}

}  // namespace

int pam_auth_update(Process& process) {
  const Request request = parse(process);
  Tree& tree = process.machine.tree;
  const std::vector<Profile> profiles = read_profiles(tree);
  std::optional<Difference> difference = read_difference(tree);
  Names seen;
  const std::string seen_path = fmt::format("{}seen", kSaved);
  const std::string seen_text = accounts::read_text(tree, seen_path).value_or("");
  for (std::string& name : accounts::lines_of(seen_text)) seen.insert(std::move(name));
  std::vector<const Profile*> enabled =
      choose(profiles, request, difference ? &*difference : nullptr, std::move(seen));
  if (!difference && !request.force) {
    process.err(
        "\npam-auth-update: Local modifications to /etc/pam.d/common-*, not updating.\n"
        "pam-auth-update: Run pam-auth-update --force to override.\n\n");
    return 0;
  }
  remove_conflicts(enabled);
  if (enabled.empty()) throw Unknown("no profile is left, and nobody can be asked for one");
  tree.make_directory("/var/lib/pam", 0755);
  std::string all;
  for (const Profile& profile : profiles) {
    if (request.removed.count(profile.id) == 0) all += profile.id + "\n";
  }
  tree.write(seen_path, all, 0644);
  for (const std::string_view type : pam::kTypes) {
    LineChanges* changes = difference ? &difference->by_type[std::string(type)] : nullptr;
    std::optional<std::string> text = new_stack(tree, type, request.force, enabled, changes);
    if (!text) return 0;
    const std::string path = fmt::format("{}{}", kStacks, type);
    const Found old = tree.find(path);
    if (old && request.force) {
      const std::string copy = path + ".pam-old";
      tree.unlink(copy);
      tree.write_copy(copy, *old.inode, old.inode->mode);
    }
    replace(tree, path, std::move(*text));
    replace(tree, fmt::format("{}{}", kSaved, type), pam::saved_stack(enabled, type));
  }
  return 0;
}

}  // namespace stamp::scripts::derived
