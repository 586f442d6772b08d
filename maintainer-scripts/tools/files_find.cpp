#include "maintainer-scripts/tools/files_find.h"

#include <algorithm>

#include <fmt/core.h>

#include "maintainer-scripts/tools/files.h"

namespace stamp::scripts {
namespace {

class Finder {
 public:
  Finder(Process& process, const FindOptions& options, FindExpression& expression)
      : process_(process), options_(options), expression_(expression) {}

  int run(const std::vector<std::string>& starts) {
    for (const std::string& start : starts) {
      if (state_.quit) break;
      const bool follows = options_.links != FindOptions::Links::keep;
      const Found link = find(process_, start, LastLink::keep);
      if (!link) {
        complain(process_, quoted(start), link.error);
        state_.status = 1;
        continue;
      }
      FindTarget target{start, start, 0, link.inode, link.inode};
      const Found led_to = find(process_, start);
      if (follows && led_to) target.inode = led_to.inode;
      visit(target);
    }
    expression_.finish(state_);
    return state_.status;
  }

 private:
  void visit(const FindTarget& target) {
    process_.machine.budget.take_steps();
    if (is_loop(target)) return;
    const bool is_tested = target.depth >= options_.min_depth;
    state_.prune = false;
    if (is_tested && !options_.depth_first) expression_.evaluate(target, state_);
    if (state_.quit) return;
    // -depth has no use for -prune: the folder's files come before it.
    const bool enters =
        target.inode->is_directory() && target.depth < options_.max_depth && !state_.prune;
    if (enters) visit_below(target);
    if (state_.quit) return;
    if (is_tested && options_.depth_first) expression_.evaluate(target, state_);
  }

  void visit_below(const FindTarget& target) {
    above_.push_back(target.inode.get());
    // Copied: actions may change the folder.
    const auto children = target.inode->children;
    for (const auto& [name, child] : children) {
      if (state_.quit) break;
      FindTarget below{joined(target.path, name), target.start, target.depth + 1, child, child};
      if (options_.links == FindOptions::Links::follow && child->is_symlink()) {
        const Found led_to = find(process_, below.path);
        if (led_to.error == std::errc::too_many_symbolic_link_levels) {
          complain(process_, quoted(below.path), led_to.error);
          state_.status = 1;
          continue;
        }
        if (led_to) below.inode = led_to.inode;
      }
      visit(below);
    }
    above_.pop_back();
  }

  bool is_loop(const FindTarget& target) {
    if (std::find(above_.begin(), above_.end(), target.inode.get()) == above_.end()) return false;
    complain(process_, fmt::format("File system loop detected; {} is part of the same file system "
                                   "loop",
                                   quoted(target.path)));
    state_.status = 1;
    return true;
  }

  Process& process_;
  const FindOptions& options_;
  FindExpression& expression_;
  FindState state_;
  std::vector<const Inode*> above_;
};

}  // namespace

int find_tool_files(Process& process) {
  FindOptions options;
  std::vector<std::string> words(process.args.begin() + 1, process.args.end());
  auto next = words.begin();
  for (; next != words.end(); ++next) {
    if (*next == "-H") {
      options.links = FindOptions::Links::follow_operands;
    } else if (*next == "-L") {
      options.links = FindOptions::Links::follow;
    } else if (*next == "-P") {
      options.links = FindOptions::Links::keep;
    } else {
      break;
    }
  }
  std::vector<std::string> starts;
  for (; next != words.end(); ++next) {
    const bool is_expression = (next->size() > 1 && next->front() == '-') || *next == "(" ||
                               *next == "!" || *next == ")" || *next == ",";
    if (is_expression) break;
    starts.push_back(*next);
  }
  if (starts.empty()) starts.emplace_back(".");
  FindExpression expression(process, options, {next, words.end()});
  if (!expression.error().empty()) return complain(process, expression.error());
  return Finder(process, options, expression).run(starts);
}

}  // namespace stamp::scripts
