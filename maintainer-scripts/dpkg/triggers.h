#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::scripts {

/// dpkg's triggers: who is interested in what, and who is waiting to be told. Spec:
/// deb-triggers(5).
class Triggers {
 public:
  /// Reads a package's `triggers` file. `package` is its position in the database. Errors: invalid.
  void add_interests(std::size_t package, std::string_view file);
  /// An explicit trigger ("ldconfig", or dpkg-trigger's argument) or a path that was changed by
  /// unpacking; every package that is interested in it, or in a folder above the path, becomes
  /// pending.
  void activate(std::string_view name);
  /// The triggers that `package`'s own file activates when it is configured.
  const std::vector<std::string>& activated_by(std::size_t package) const;
  /// Pending packages with the names that they are told, in the order in which the first one came;
  /// empties the queue.
  struct Pending {
    std::size_t package = 0;
    std::vector<std::string> names;
  };
  std::vector<Pending> take_pending();
  bool has_pending() const { return !pending_.empty(); }

 private:
  std::multimap<std::string, std::size_t, std::less<>> interests_;
  std::map<std::size_t, std::vector<std::string>> activates_;
  std::vector<Pending> pending_;
};

}  // namespace stamp::scripts
