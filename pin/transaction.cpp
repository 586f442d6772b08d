#include "pin/transaction.h"

#include <cerrno>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <set>
#include <system_error>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/temp_file.h"
#include "pin/manifests.h"

namespace stamp::pin {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kModeBits = 07777;
constexpr mode_t kWriteBits = 0222;

struct stat status_of(const Fd& fd, const FileChange& change) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("read", change.name, errno);
  return status;
}

[[noreturn]] void refuse(const FileChange& change, std::string_view why, std::string hint) {
  throw Error(ErrorKind::io,
              fmt::format("cannot change '{}': {}", printable(change.name, 500), why),
              {.hint = std::move(hint)});
}

/// A file as it was, and its new text beside it.
class Replacement {
 public:
  /// Writes the new text. Errors: io.
  explicit Replacement(const FileChange& change)
      : change_(change), file_(change.path.parent_path()) {
    if (!change.before) {
      write_all(file_.fd().get(), as_bytes(change.text), change.name);
      file_.apply_umask();
      file_.seal();
      return;
    }
    const Fd old = open_regular_nofollow(change.path);
    const struct stat status = status_of(old, change);
    refuse_protected(status);
    write_all(file_.fd().get(), as_bytes(change.text), change.name);
    take_over(status);
    file_.seal();
  }

  /// Errors: differs.
  void check_unchanged() {
    if (!change_.before) {
      std::error_code none;
      if (!fs::exists(fs::symlink_status(change_.path, none))) return;
    } else {
      old_ = read_file(change_.path, kMaxManifest);
      if (Digest::of(old_) == *change_.before) return;
    }
    throw Error(ErrorKind::differs,
                fmt::format("cannot change '{}': somebody else changed it meanwhile",
                            printable(change_.name, 500)),
                {.hint = "nothing was written; run this again"});
  }

  void publish() { file_.publish(change_.path); }

  /// Writes the old text again, or deletes what was not there.
  void undo() const {
    if (change_.before) return replace_file(change_.path, old_);
    std::error_code none;
    fs::remove(change_.path, none);
  }

 private:
  /// Errors: io.
  void refuse_protected(const struct stat& status) const {
    if ((status.st_mode & kWriteBits) == 0 || ::access(change_.path.c_str(), W_OK) != 0) {
      refuse(change_, "it is read-only", fmt::format("chmod u+w {}", printable(change_.name, 500)));
    }
    if (status.st_nlink != 1) {
      refuse(change_, "the file has other names too (hard links)",
             "make it a file of its own: only this name would change");
    }
  }

  /// Gives the new file the owner and the mode of the old one. Errors: io.
  void take_over(const struct stat& status) const {
    const bool is_owned = ::fchown(file_.fd().get(), status.st_uid, status.st_gid) == 0;
    if (!is_owned && status.st_uid != ::geteuid()) {
      refuse(change_, "it belongs to another user, whose it would not stay",
             "run this as its owner");
    }
    if (::fchmod(file_.fd().get(), status.st_mode & kModeBits) != 0) {
      throw system_error("write", change_.name, errno);
    }
  }

  const FileChange& change_;
  TempFile file_;
  std::string old_;
};

/// Renames all, or undoes what was renamed when one fails.
class Renames {
 public:
  explicit Renames(std::deque<Replacement>& replacements) : replacements_(replacements) {}
  Renames(const Renames&) = delete;
  Renames& operator=(const Renames&) = delete;

  ~Renames() {
    if (done_ == replacements_.size()) return;
    for (std::size_t i = 0; i < done_; ++i) undo(replacements_[i]);
  }

  void run() {
    for (Replacement& replacement : replacements_) {
      replacement.publish();
      ++done_;
    }
  }

 private:
  /// The error that stopped the renames is the one that is told; what cannot be undone after it
  /// either is whole, with the new text.
  static void undo(const Replacement& replacement) {
    try {
      replacement.undo();
    } catch (const Error&) {
      return;
    }
  }

  std::deque<Replacement>& replacements_;
  std::size_t done_ = 0;
};

}  // namespace

void change_files(std::span<const FileChange> changes) {
  std::deque<Replacement> replacements;
  for (const FileChange& change : changes) replacements.emplace_back(change);
  for (Replacement& replacement : replacements) replacement.check_unchanged();
  {
    Renames renames(replacements);
    renames.run();
  }
  std::set<fs::path> folders;
  for (const FileChange& change : changes) folders.insert(change.path.parent_path());
  for (const fs::path& folder : folders) sync_folder(folder);
}

}  // namespace stamp::pin
