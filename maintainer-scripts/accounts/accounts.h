#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/accounts/records.h"
#include "maintainer-scripts/machine.h"

namespace stamp::scripts::accounts {

/// A record of /etc/passwd.
struct User {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string gecos;
  std::string home;
  std::string shell;
};

/// A record of /etc/group.
struct Group {
  std::string name;
  std::uint32_t gid = 0;
  std::vector<std::string> members;
};

/// Numbers that may be given, and from which end.
struct IdRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  enum class From { lowest, highest } from = From::lowest;
};

/// Whether a password grows old: those of people do.
enum class Aging { no, yes };

/// The users and groups of the tree: /etc/passwd, group, shadow, gshadow, subuid, subgid. Changes
/// reach the tree with save(). The copies that the real tools leave (passwd-) and their locks
/// (.pwd.lock) are never made.
class Accounts final {
 public:
  /// `machine` must outlive this.
  explicit Accounts(Machine& machine);

  std::optional<User> user(std::string_view name) const;
  std::optional<User> user(std::uint32_t uid) const;
  std::optional<Group> group(std::string_view name) const;
  std::optional<Group> group(std::uint32_t gid) const;
  /// A group by name, else by number.
  std::optional<Group> group_by_key(std::string_view name_or_gid) const;

  /// The number that `name` gets: the lock's; else `preferred` when it is free and in the range;
  /// else the first of the range that nobody here or in the lock has. Nothing when none is left.
  /// Errors: invalid: the lock's number belongs to somebody else here; both are named.
  std::optional<std::uint32_t> free_uid(std::string_view name, const IdRange& range,
                                        std::optional<std::uint32_t> preferred = {}) const;
  std::optional<std::uint32_t> free_gid(std::string_view name, const IdRange& range,
                                        std::optional<std::uint32_t> preferred = {}) const;
  /// The first number that is free as both.
  std::optional<std::uint32_t> free_pair(std::string_view name, const IdRange& range) const;

  /// Adds them with a locked password, and records their numbers.
  void add_user(const User& user, Aging aging);
  void add_group(std::string_view name, std::uint32_t gid);
  void remove_user(std::string_view name);
  void remove_group(std::string_view name);
  /// Adds a member to a group, or takes one away; nothing happens when it is so already.
  void add_member(std::string_view group, std::string_view user);
  void remove_member(std::string_view group, std::string_view user);
  void set_members(std::string_view group, const std::vector<std::string>& members);
  /// Takes 65,536 subordinate numbers for a user, where the files for them exist.
  void add_subordinates(std::string_view user);
  /// Sets a user's or group's encrypted password, in the shadow file where there is one.
  void set_user_password(std::string_view name, std::string password);
  std::string user_password(std::string_view name) const;
  void set_group_password(std::string_view name, std::string password);
  void save();

  Records& passwd() { return passwd_; }
  Records& groups() { return group_; }
  Records& shadow() { return shadow_; }
  Records& gshadow() { return gshadow_; }
  Records& subuid() { return subuid_; }
  Records& subgid() { return subgid_; }
  /// Days since 1970, as /etc/shadow counts.
  std::int64_t today() const { return machine_.now / 86400; }
  /// A setting of /etc/login.defs, or the number that stands for its absence.
  std::int64_t setting(std::string_view name, std::int64_t missing) const;

 private:
  Machine& machine_;
  Records passwd_;
  Records group_;
  Records shadow_;
  Records gshadow_;
  Records subuid_;
  Records subgid_;
  std::map<std::string, std::string, std::less<>> settings_;
};

}  // namespace stamp::scripts::accounts
