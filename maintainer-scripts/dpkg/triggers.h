#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stamp::scripts {

/// dpkg's triggers: who is interested in what, and who is waiting to be told. A package is told
/// once it was configured: what happens before, its own configuring takes care of. Spec:
/// deb-triggers(5).
class Triggers {
 public:
  /// Reads a package's `triggers` file. `package` is its position in the database. Errors: invalid.
  void add(std::size_t package, std::string_view file);
  /// From now on the package is told: it is configured.
  void listen(std::size_t package);
  /// An explicit trigger ("ldconfig", or dpkg-trigger's argument) or a path that was changed by
  /// unpacking; every package that is interested in it, or in a folder above the path, becomes
  /// pending.
  void activate(std::string_view name);
  /// The triggers that `package`'s own file activates when it is unpacked and when it is
  /// configured.
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
  void note(std::size_t package, const std::string& name);

  std::map<std::size_t, std::vector<std::string>> interests_;  ///< of packages that do not listen
  std::multimap<std::string, std::size_t, std::less<>> listeners_;
  std::vector<std::string> paths_;  ///< of the listeners' interests, those that are paths
  std::map<std::size_t, std::vector<std::string>> activates_;
  std::vector<Pending> pending_;
};

}  // namespace stamp::scripts
