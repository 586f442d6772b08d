#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace stamp::scripts {

/// Numbers of the users and groups that packages ask for. A name that has one keeps it, whatever
/// comes and goes beside it: the lock holds them; new ones are recorded there.
class SystemIds {
 public:
  SystemIds() = default;
  /// What the lock and the recipe's `accounts:` say.
  SystemIds(std::map<std::string, std::uint32_t, std::less<>> users,
            std::map<std::string, std::uint32_t, std::less<>> groups);

  /// The number that this name has already, here or in the lock.
  std::optional<std::uint32_t> user(std::string_view name) const;
  std::optional<std::uint32_t> group(std::string_view name) const;
  /// Records what a script asked for or was given. Errors: invalid, when the name has another
  /// number, or the number another name; both are named.
  void set_user(std::string_view name, std::uint32_t id);
  void set_group(std::string_view name, std::uint32_t id);
  /// Whether a name other than `name` has this number, here or in the lock.
  bool is_user_taken(std::uint32_t id, std::string_view name) const;
  bool is_group_taken(std::uint32_t id, std::string_view name) const;

  const std::map<std::string, std::uint32_t, std::less<>>& users() const { return users_; }
  const std::map<std::string, std::uint32_t, std::less<>>& groups() const { return groups_; }

 private:
  std::map<std::string, std::uint32_t, std::less<>> users_;
  std::map<std::string, std::uint32_t, std::less<>> groups_;
};

}  // namespace stamp::scripts
