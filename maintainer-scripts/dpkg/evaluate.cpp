#include "maintainer-scripts/dpkg/evaluate.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/accounts/system_ids.h"
#include "maintainer-scripts/dpkg/debconf.h"
#include "maintainer-scripts/dpkg/order.h"
#include "maintainer-scripts/dpkg/triggers.h"
#include "maintainer-scripts/machine.h"
#include "maintainer-scripts/shell/command_runner.h"

namespace stamp::scripts {
namespace {

/// Scripts that cannot be run, with the reason.
using Skipped = std::map<StoppedScript, std::string>;

IdTable added(const IdTable& before, const IdTable& after) {
  IdTable fresh;
  for (const auto& [name, id] : after) {
    if (before.find(name) == before.end()) fresh.emplace(name, id);
  }
  return fresh;
}

/// An image on which packages are installed: everything that scripts can change, made anew for
/// each attempt.
class Attempt {
 public:
  Attempt(const EvaluationInput& input, std::vector<Package> packages, ContentReader& contents)
      : input_(input),
        tree_(contents, input.mtime),
        packages_(input.architecture, input.compare_versions),
        ids_(input.users, input.groups),
        debconf_(input.answers),
        machine_{.tree = tree_,
                 .budget = budget_,
                 .packages = packages_,
                 .ids = ids_,
                 .debconf = debconf_,
                 .triggers = triggers_,
                 .runner = runner_,
                 .now = input.now,
                 .architecture = input.architecture,
                 .elf_facts = input.elf_facts} {
    for (Package& package : packages) packages_.add(std::move(package));
    for (const layer::Entry* entry : input.below) tree_.put(*entry, 0);
  }

  /// Takes all steps; the script that stopped it, if one did that may.
  std::optional<std::pair<StoppedScript, std::string>> run(
      const Skipped& skipped, const std::function<void(const JournalEntry&)>& journal) {
    Protocol protocol(machine_, input_.entries);
    for (const auto& [script, reason] : skipped) protocol.skip(script, reason);
    if (journal) {
      tree_.watch([&](const TreeEvent& event) {
        journal(
            {protocol.running().package, machine_.position.script, machine_.position.line, event});
      });
    }
    const InstallOrder order(packages_);
    try {
      protocol.run(order);
    } catch (const Error& error) {
      const Package& package = packages_.all()[protocol.running().package];
      if (error.kind() != ErrorKind::invalid) throw;
      if (input_.accept_unconfigured.count(package.name) == 0 ||
          skipped.count(protocol.running()) != 0) {
        throw with_ways_out(error, package);
      }
      return std::pair(protocol.running(), error.headline());
    }
    return std::nullopt;
  }

  Evaluation finish() {
    Evaluation result;
    result.changes = changes_of(tree_);
    result.left_out = take_left_out(result.changes);
    result.new_users = added(input_.users, ids_.users());
    result.new_groups = added(input_.groups, ids_.groups());
    for (std::size_t i = 0; i < packages_.all().size(); ++i) {
      const Package& package = packages_.all()[i];
      result.states.push_back(package.state);
      if (!package.unconfigured_reason.empty()) {
        result.unconfigured.emplace(i, package.unconfigured_reason);
      }
    }
    result.unused_answers = debconf_.unused_answers();
    return result;
  }

 private:
  static Error with_ways_out(const Error& error, const Package& package) {
    ErrorDetails details = error.details();
    if (details.hint.empty()) {
      details.hint = fmt::format(
          "leave it unpacked only, by 'accept-unconfigured: [{}]' in the recipe", package.name);
    }
    return Error(error.kind(), error.headline(), std::move(details));
  }

  const EvaluationInput& input_;
  Tree tree_;
  Budget budget_;
  PackageDatabase packages_;
  SystemIds ids_;
  Debconf debconf_;
  Triggers triggers_;
  CommandRunner runner_;
  Machine machine_;
};

}  // namespace

Evaluation evaluate(EvaluationInput input, ContentReader& contents,
                    const std::function<void(const JournalEntry&)>& journal) {
  Skipped skipped;
  // What a script did before it stopped must not stay: all is done again without it. That takes a
  // fraction of a second, and happens only where a recipe accepts it.
  while (true) {
    // Only where scripts may stop can another attempt follow, which needs the packages once more.
    std::vector<Package> packages =
        input.accept_unconfigured.empty() ? std::move(input.packages) : input.packages;
    Attempt attempt(input, std::move(packages), contents);
    std::vector<JournalEntry> entries;
    const auto stopped =
        attempt.run(skipped, journal ? [&](const JournalEntry& entry) { entries.push_back(entry); }
                                     : std::function<void(const JournalEntry&)>());
    if (stopped) {
      skipped.insert(*stopped);
      continue;
    }
    for (const JournalEntry& entry : entries) journal(entry);
    return attempt.finish();
  }
}

}  // namespace stamp::scripts
