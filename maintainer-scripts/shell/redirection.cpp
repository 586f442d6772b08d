#include "maintainer-scripts/shell/redirection.h"

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "maintainer-scripts/shell/expansion.h"
#include "maintainer-scripts/shell/expansion_bash.h"
#include "maintainer-scripts/tree/open_file.h"

namespace stamp::scripts::shell {
namespace {

OpenMode mode_of(const Shell& shell, RedirectionKind kind) {
  switch (kind) {
    case RedirectionKind::write:
    case RedirectionKind::write_both:
    case RedirectionKind::duplicate_output:
      return shell.state().options.has('C') ? OpenMode::write_new : OpenMode::write;
    case RedirectionKind::write_over:
      return OpenMode::write;
    case RedirectionKind::append:
    case RedirectionKind::append_both:
      return OpenMode::append;
    case RedirectionKind::read_write:
      return OpenMode::read_write;
    default:
      return OpenMode::read;
  }
}

bool is_duplicate(RedirectionKind kind) {
  return kind == RedirectionKind::duplicate_input || kind == RedirectionKind::duplicate_output;
}

/// What dash says of a file that cannot be opened.
std::string reason(std::errc error, OpenMode mode) {
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) {
    return mode == OpenMode::read ? "No such file" : "Directory nonexistent";
  }
  return std::string(describe(error));
}

}  // namespace

namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 3 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Whether a here-document has $@ or $* in it.
bool has_all_parameters(const Word& document) {
  const auto* text =
      document.parts.empty() ? nullptr : std::get_if<DoubleQuoted>(&document.parts[0].node);
  return text != nullptr &&
         std::any_of(text->parts.begin(), text->parts.end(), [](const Part& part) {
           const auto* parameter = std::get_if<Parameter>(&part.node);
           return parameter != nullptr && (parameter->name == "@" || parameter->name == "*");
         });
}

/// The target of a redirection as bash expands it: to what must be one word.
std::string target_of_bash(Shell& shell, const Redirection& redirection) {
  if (redirection.kind == RedirectionKind::not_known) {
    throw Unknown("a descriptor that is kept in a variable");
  }
  if (redirection.kind == RedirectionKind::here_string) {
    return expand_text(shell, redirection.target) + "\n";
  }
  std::vector<std::string> fields;
  expand_fields(shell, redirection.target, fields);
  if (fields.size() != 1 || fields[0].empty()) {
    throw Unknown("a redirection to what is not one word");
  }
  if (is_duplicate(redirection.kind) && fields[0] != "-" && !is_number(fields[0]) &&
      (redirection.kind == RedirectionKind::duplicate_input || redirection.descriptor != 1)) {
    throw Unknown(fmt::format("a redirection to the descriptor '{}'", fields[0]));
  }
  return std::move(fields[0]);
}

}  // namespace

Redirected::Redirected(Shell& shell, const std::vector<Redirection>& redirections) : shell_(shell) {
  std::vector<std::string> targets;
  for (const Redirection& redirection : redirections) {
    if (redirection.kind == RedirectionKind::here_document) {
      targets.emplace_back();
      continue;
    }
    targets.push_back(shell.is_bash() ? target_of_bash(shell, redirection)
                                      : expand_text(shell, redirection.target));
    const std::string& target = targets.back();
    const bool digit = target.size() == 1 && target[0] >= '0' && target[0] <= '9';
    if (!shell.is_bash() && is_duplicate(redirection.kind) && !digit && target != "-") {
      shell.fail("Syntax error: Bad fd number");
    }
  }
  for (std::size_t i = 0; i < redirections.size() && status_ == 0; ++i) {
    apply(redirections[i], targets[i]);
  }
}

Redirected::~Redirected() {
  if (!before_.empty() && std::uncaught_exceptions() > 0) shell_.note_redirected_exit();
  Descriptors& files = shell_.state().files;
  for (auto before = before_.rbegin(); before != before_.rend(); ++before) {
    if (before->file) {
      files[before->descriptor] = before->file;
    } else {
      files.erase(before->descriptor);
    }
  }
}

void Redirected::set(int descriptor, std::shared_ptr<OpenFile> file) {
  Descriptors& files = shell_.state().files;
  const auto found = files.find(descriptor);
  before_.push_back(
      {.descriptor = descriptor, .file = found == files.end() ? nullptr : found->second});
  if (file) {
    files[descriptor] = std::move(file);
  } else {
    files.erase(descriptor);
  }
}

void Redirected::apply_duplicate(const Redirection& redirection, const std::string& target) {
  if (target == "-") return set(redirection.descriptor, nullptr);
  const int from = std::stoi(target);
  const Descriptors& files = shell_.state().files;
  const auto found = files.find(from);
  if (found == files.end()) {
    // dash does not look when both are the same
    if (from == redirection.descriptor && !shell_.is_bash()) return;
    shell_.warn(fmt::format("{}: Bad file descriptor", from));
    status_ = shell_.failed();
    return;
  }
  set(redirection.descriptor, found->second);
}

/// What cannot be expanded in it was reported; the command does not run, and the shell goes on.
void Redirected::apply_document(const Redirection& redirection) {
  if (shell_.is_bash() && has_all_parameters(redirection.target) && !has_plain_ifs(shell_)) {
    throw Unknown("'$*' in a here-document, with IFS");
  }
  try {
    std::string text = expand_text(shell_, redirection.target);
    set(redirection.descriptor, std::make_shared<Buffer>(std::move(text)));
  } catch (const Failure&) {
    status_ = shell_.failed();
  } catch (const Exit&) {
    // in bash a program does not run, and what is no program leaves the shell
    if (shell_.is_bash()) throw Unknown("an error in a here-document");
    throw;
  }
}

void Redirected::apply(const Redirection& redirection, const std::string& target) {
  const bool is_both = redirection.kind == RedirectionKind::write_both ||
                       redirection.kind == RedirectionKind::append_both ||
                       (is_duplicate(redirection.kind) && target != "-" && !is_number(target));
  if (is_duplicate(redirection.kind) && !is_both) return apply_duplicate(redirection, target);
  if (redirection.kind == RedirectionKind::here_string) {
    return set(redirection.descriptor, std::make_shared<Buffer>(target));
  }
  if (redirection.kind == RedirectionKind::here_document) {
    return apply_document(redirection);
  }
  const OpenMode mode = mode_of(shell_, redirection.kind);
  const ShellState& state = shell_.state();
  Process process{.machine = shell_.machine(),
                  .directory = state.directory,
                  .umask = state.umask,
                  .files = state.files};
  Opened opened = open_file(process, target, mode);
  if (opened.error != std::errc()) {
    shell_.warn(fmt::format("cannot {} {}: {}", mode == OpenMode::read ? "open" : "create", target,
                            reason(opened.error, mode)));
    status_ = shell_.failed();
    return;
  }
  if (is_both) set(2, opened.file);
  set(redirection.descriptor, std::move(opened.file));
}

}  // namespace stamp::scripts::shell
