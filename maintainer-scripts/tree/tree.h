#pragma once
// The image's tree in memory, as maintainer scripts see and change it. Nothing is ever written to
// disk; the content of a packaged file is read from its segment when something asks for it.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/entry_path.h"
#include "layer/entry.h"

namespace stamp::scripts {

/// An entry of a segment: where something of the tree came from.
struct Origin {
  std::size_t segment = 0;  ///< position in the segments that the tree was filled from
  EntryPath path;           ///< of the entry there

  friend auto operator<=>(const Origin&, const Origin&) = default;
};

/// Gives the contents of files of segments.
class ContentReader {
 public:
  ContentReader() = default;
  ContentReader(const ContentReader&) = delete;
  ContentReader& operator=(const ContentReader&) = delete;
  virtual ~ContentReader() = default;
  /// The whole content of a regular file. Errors: corrupt; io.
  virtual std::string read(const Origin& file) = 0;
};

/// What a name of the tree stands for. Two names of one inode are hard links.
struct Inode {
  layer::EntryType type = layer::EntryType::file;  ///< never a hard link
  std::uint32_t mode = 0644;                       ///< permission bits and the three special ones
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::int64_t mtime = 0;   ///< seconds since 1970
  std::string link_target;  ///< of a symlink
  std::map<std::string, std::string> xattrs;
  std::uint64_t size = 0;  ///< of a file's content
  /// The content, when a script wrote it or it was read already.
  std::shared_ptr<const std::string> text;
  /// The entry that it came from; none for what a script made. Of a file without `text`, where the
  /// content is; kept when only mode, owner or place change, dropped when the content is replaced.
  std::optional<Origin> origin;
  /// Of a folder.
  std::map<std::string, std::shared_ptr<Inode>, std::less<>> children;

  bool is_directory() const { return type == layer::EntryType::directory; }
  bool is_file() const { return type == layer::EntryType::file; }
  bool is_symlink() const { return type == layer::EntryType::symlink; }
};

/// Whether a symbolic link that is the last component is followed.
enum class LastLink { follow, keep };

/// What a path leads to.
struct Found {
  std::errc error = {};  ///< as a system call would say: none when it is there
  EntryPath path;        ///< canonical: without links; of what is missing, where it would be
  std::shared_ptr<Inode> inode;  ///< null when missing

  explicit operator bool() const { return inode != nullptr; }
};

/// A change of the tree, told while it happens.
struct TreeEvent {
  enum class Kind { made, wrote, removed, moved, mode, owner, time };
  Kind kind = Kind::made;
  EntryPath path;
  std::string detail;  ///< for people: "0755 → 02755", "→ /etc/alternatives/awk"
};

/// Bounds of a tree. Passing one is an error that ends the evaluation.
struct TreeLimits {
  std::size_t inodes = 2'000'000;
  std::uint64_t written = std::uint64_t{256} << 20U;  ///< bytes that scripts wrote, in all
};

/// The tree. Paths are absolute texts; `.`, `..` and links are resolved inside the tree only, `..`
/// of the root is the root, and at most 40 links are followed (ELOOP). Operations answer as the
/// system calls of the same purpose do for root: errc{} or the error. What exceeds the limits
/// throws: invalid.
class Tree {
 public:
  /// `reader` must outlive this; `mtime` is the time of everything that scripts make.
  Tree(ContentReader& reader, std::int64_t mtime, const TreeLimits& limits = {});

  /// Filling: puts an entry at its own path, parents made where they are missing (0755 root:root),
  /// no links followed. A folder that is there stays with its mode; anything else is replaced. A
  /// hard link becomes a second name of its target, which must be there. Errors: corrupt.
  void put(const layer::Entry& entry, std::optional<Origin> origin);

  Found find(std::string_view path, LastLink last = LastLink::follow) const;
  /// Whether something is there, links followed.
  bool exists(std::string_view path) const { return static_cast<bool>(find(path)); }
  /// The content of a regular file. Errors: those of the reader.
  const std::string& read(Inode& file) const;

  std::errc make_directory(std::string_view path, std::uint32_t mode);
  /// Makes or replaces the content of a file, links followed, an existing file's mode and owner
  /// kept. `mode` is that of a new one.
  std::errc write(std::string_view path, std::string content, std::uint32_t mode = 0644);
  std::errc append(std::string_view path, std::string_view content, std::uint32_t mode = 0644);
  std::errc make_symlink(std::string_view target, std::string_view path);
  std::errc make_hard_link(std::string_view from, std::string_view path);
  std::errc unlink(std::string_view path);
  std::errc remove_directory(std::string_view path);
  /// Removes it and all below it; of a link the link.
  std::errc remove_all(std::string_view path);
  /// rename(2): replaces a file; an empty folder by a folder.
  std::errc rename(std::string_view from, std::string_view to);
  std::errc set_mode(std::string_view path, std::uint32_t mode);
  std::errc set_owner(std::string_view path, std::optional<std::uint64_t> uid,
                      std::optional<std::uint64_t> gid, LastLink last = LastLink::follow);
  std::errc set_time(std::string_view path, std::int64_t mtime, LastLink last = LastLink::follow);
  std::errc set_xattr(std::string_view path, const std::string& name, std::string value);

  /// The root's inode.
  const std::shared_ptr<Inode>& root() const { return root_; }
  std::int64_t mtime() const { return mtime_; }
  /// From now on `watcher` hears of every change by the operations above, not of put().
  void watch(std::function<void(const TreeEvent&)> watcher) { watcher_ = std::move(watcher); }

 private:
  struct Place;  // a folder's inode and the name below it
  Place place_of(std::string_view path, LastLink last) const;
  void tell(TreeEvent::Kind kind, const EntryPath& path, std::string detail = {}) const;

  ContentReader& reader_;
  std::int64_t mtime_;
  TreeLimits limits_;
  std::size_t inodes_ = 1;
  std::uint64_t written_ = 0;
  std::shared_ptr<Inode> root_;
  std::function<void(const TreeEvent&)> watcher_;
};

}  // namespace stamp::scripts
