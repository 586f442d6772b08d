#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "maintainer-scripts/shell/ast.h"
#include "maintainer-scripts/shell/shell.h"

namespace stamp::scripts::shell {

/// The redirections of one command, undone at the end of its life.
class Redirected {
 public:
  /// Expands the targets and opens them in order. Leaves the shell where the expansion of a target
  /// fails; that of a here-document counts as one that could not be opened.
  Redirected(Shell& shell, const std::vector<Redirection>& redirections);
  ~Redirected();
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

  /// 0, or that of a file that could not be opened, which has been reported.
  int status() const { return status_; }
  /// Leaves the descriptors as they are now, for `exec`.
  void keep() { before_.clear(); }

 private:
  struct Before {
    int descriptor = 0;
    std::shared_ptr<OpenFile> file;  // shared with other descriptors; null: it was closed
  };
  void apply(const Redirection& redirection, const std::string& target);
  void apply_document(const Redirection& redirection);
  void apply_duplicate(const Redirection& redirection, const std::string& target);
  void set(int descriptor, std::shared_ptr<OpenFile> file);

  Shell& shell_;
  std::vector<Before> before_;
  int status_ = 0;
};

}  // namespace stamp::scripts::shell
