#pragma once
// The expression of find. Private to it.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "maintainer-scripts/tools/files_common.h"

namespace stamp::scripts {

/// What an expression is asked about.
struct FindTarget {
  std::string path;   ///< as find prints it
  std::string start;  ///< the operand that it was found from
  std::size_t depth = 0;
  std::shared_ptr<Inode> inode;  ///< with -L, of what a link leads to
  std::shared_ptr<Inode> link;   ///< of the name itself
};

/// How the tree is walked, as options within an expression say.
struct FindOptions {
  enum class Links { keep, follow_operands, follow };
  Links links = Links::keep;
  std::size_t min_depth = 0;
  std::size_t max_depth = ~std::size_t{0};
  bool depth_first = false;
};

/// What expressions do to the walk.
struct FindState {
  bool prune = false;  ///< not into this folder
  bool quit = false;
  int status = 0;
};

/// -printf's text for a file. Errors: Unknown.
std::string find_format(Process& process, std::string_view format, const FindTarget& target);
/// An expression of Emacs, as find's are unless told otherwise, in POSIX's extended syntax: \( \|
/// \) and ( | ) change places. Errors: Unknown.
std::string regex_from_emacs(std::string_view text);

/// A parsed expression.
class FindExpression {
 public:
  /// Parses `words` from `next` on. Errors: Unknown: a test or an action that is not known.
  FindExpression(Process& process, FindOptions& options, std::vector<std::string> words);
  FindExpression(const FindExpression&) = delete;
  FindExpression& operator=(const FindExpression&) = delete;
  ~FindExpression();

  void evaluate(const FindTarget& target, FindState& state);
  /// Runs what `-exec … +` has gathered.
  void finish(FindState& state);
  /// What is wrong with the words, as find says it; "" when nothing is.
  const std::string& error() const { return error_; }

 private:
  class Parser;
  using Node = std::function<bool(const FindTarget&, FindState&)>;
  Node node_;
  std::vector<std::function<void(FindState&)>> at_end_;
  std::string error_;
};

}  // namespace stamp::scripts
