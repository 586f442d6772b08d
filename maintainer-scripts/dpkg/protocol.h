#pragma once
// dpkg's protocol: which scripts of a package run when, with which words and environment, and what
// becomes of the package. Spec: Debian Policy chapter 6, dpkg(1), deb-triggers(5).

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "layer/entry.h"
#include "maintainer-scripts/dpkg/order.h"
#include "maintainer-scripts/dpkg/package_database.h"
#include "maintainer-scripts/dpkg/triggers.h"
#include "maintainer-scripts/machine.h"

namespace stamp::scripts {

/// The entries that a package brings, in the order of its segment: a hard link after what it links
/// to.
using PackageEntries = std::vector<const layer::Entry*>;

/// A script of a package that stopped the evaluation.
struct StoppedScript {
  std::size_t package = 0;
  std::string script;  ///< "postinst"

  friend auto operator<=>(const StoppedScript&, const StoppedScript&) = default;
};

/// Installs the new packages of a machine.
class Protocol final {
 public:
  /// The references must outlive this. `entries`: by position in the database.
  Protocol(Machine& machine, const std::vector<PackageEntries>& entries);

  /// Scripts that are not run, each with the reason: their packages stay unpacked.
  void skip(const StoppedScript& script, std::string reason) {
    skipped_.emplace(script, std::move(reason));
  }
  /// Takes all steps. Errors: those of the scripts, within "configuring 'NAME' VERSION"; invalid: a
  /// script that ends with another status than 0, triggers that never end.
  void run(const InstallOrder& order);
  /// The script that runs; of an error, the one that stopped.
  const StoppedScript& running() const { return running_; }

 private:
  void extract(std::size_t i);
  void unpack(std::size_t i);
  void configure(std::size_t i, const InstallOrder& order);
  void run_triggers();
  bool run_script_of(std::size_t i, std::string_view member, const std::vector<std::string>& args);
  Environment environment_for(const Package& package, std::string_view member) const;
  void read_diversions();
  void put_entries(std::size_t i);
  std::optional<EntryPath> linked_folder(const EntryPath& place) const;
  void apply_statoverrides(std::size_t i);
  void activate_own(std::size_t i);
  Package& package(std::size_t i) { return machine_.packages.all()[i]; }

  /// Where another package wants a path to be (dpkg-divert).
  struct Diversion {
    EntryPath to;
    std::string package;  ///< whose own path stays
  };

  Machine& machine_;
  const std::vector<PackageEntries>& entries_;
  std::map<StoppedScript, std::string> skipped_;
  StoppedScript running_;
  std::map<EntryPath, Diversion> diversions_;
  std::string diversions_text_;
};

}  // namespace stamp::scripts
