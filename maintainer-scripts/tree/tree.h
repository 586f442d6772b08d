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
  std::size_t segment = 0;              ///< position in the segments that the tree was filled from
  const layer::Entry* entry = nullptr;  ///< in that segment's list, which outlives the tree

  const EntryPath& path() const { return entry->path; }
  friend bool operator==(const Origin&, const Origin&) = default;
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

/// What a name of the tree stands for. Two names of one inode are hard links. Read it; change it by
/// the tree's operations only, which remember what was changed.
struct Inode {
  layer::EntryType type = layer::EntryType::file;  ///< never a hard link
  std::uint32_t mode = 0644;                       ///< permission bits and the three special ones
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::int64_t mtime = 0;   ///< seconds since 1970
  std::string link_target;  ///< of a symlink
  std::map<std::string, std::string> xattrs;
  std::uint64_t size = 0;   ///< of a file's content
  std::uint32_t names = 0;  ///< how many names stand for it
  /// The content, when a script wrote it or it was read already.
  std::shared_ptr<const std::string> text;
  /// The entry that it came from. Of a file: the one that has its content, so that a copy of a
  /// packaged file has it too, and none has it whose content was replaced.
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
  std::string detail;  ///< for people: "0755 → 2755", "→ /etc/alternatives/awk"
};

/// Bounds of a tree. Passing one is an error that ends the evaluation.
struct TreeLimits {
  std::size_t inodes = 2'000'000;
  /// Bytes that scripts wrote, in all; names that they made count too.
  std::uint64_t written = std::uint64_t{256} << 20U;
  /// Bytes of packaged files that were read.
  std::uint64_t read = std::uint64_t{256} << 20U;
  /// Components of paths that were resolved, and names below folders that were moved or removed.
  std::uint64_t visited = 200'000'000;
};

/// What open() does with a file that is there, or is not.
enum class Opening {
  existing,   ///< it must be there; its content stays
  create,     ///< made when it is not there; its content stays
  truncate,   ///< made, or emptied
  exclusive,  ///< made; EEXIST when anything is there, a dangling link too
};

/// What of a folder may change while it stays.
struct FolderState {
  std::uint32_t mode = 0755;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::int64_t mtime = 0;
  std::map<std::string, std::string> xattrs;

  friend bool operator==(const FolderState&, const FolderState&) = default;
};

/// The tree. Paths are absolute texts; `.`, `..` and links are resolved inside the tree only, `..`
/// of the root is the root, and at most 40 links are followed (ELOOP). Operations answer as the
/// system calls of the same purpose do for root on Linux: errc{} or the error. What exceeds the
/// limits throws: invalid.
class Tree {
 public:
  /// `reader` must outlive this; `mtime` is the time of everything that scripts make.
  Tree(ContentReader& reader, std::int64_t mtime, const TreeLimits& limits = {});

  /// Filling: puts an entry of a segment's list, which must outlive this, at its own path or, when
  /// it is diverted, at another. Parents are made where they are missing (0755 root:root); as dpkg
  /// does, a link to a folder serves as the folder, and what is put below it is diverted. A folder
  /// that is there stays as it is; anything else is replaced, and what scripts did to it before is
  /// forgotten. A hard link becomes a second name of its target, which must be
  /// there. Fastest in the order of paths. Errors: corrupt.
  void put(const layer::Entry& entry, std::size_t segment);
  void put(const layer::Entry& entry, std::size_t segment, const EntryPath& at);

  Found find(std::string_view path, LastLink last = LastLink::follow) const;
  /// Whether something is there, links followed.
  bool exists(std::string_view path) const { return static_cast<bool>(find(path)); }
  /// What has exactly this path, no link followed anywhere; null when nothing has.
  std::shared_ptr<Inode> at(const EntryPath& path) const;
  /// The content of a regular file, valid until it is written to. Errors: those of the reader.
  const std::string& read(Inode& file) const;

  std::errc make_directory(std::string_view path, std::uint32_t mode);
  /// Makes or replaces the content of a file, links followed, an existing file's mode and owner
  /// kept. `mode` is that of a new one.
  std::errc write(std::string_view path, std::string content, std::uint32_t mode = 0644);
  std::errc append(std::string_view path, std::string_view content, std::uint32_t mode = 0644);
  /// As write(), with the content of `source`, which is not read for that.
  std::errc write_copy(std::string_view path, const Inode& source, std::uint32_t mode = 0644);
  std::errc make_symlink(std::string_view target, std::string_view path);
  /// link(2): a symlink that is the last component of `from` is not followed.
  std::errc make_hard_link(std::string_view from, std::string_view path);
  std::errc make_fifo(std::string_view path, std::uint32_t mode);
  std::errc unlink(std::string_view path);
  std::errc remove_directory(std::string_view path);
  /// Removes it and all below it; of a link the link. ENOENT when nothing is there.
  std::errc remove_all(std::string_view path);
  /// rename(2): replaces a file; an empty folder by a folder.
  std::errc rename(std::string_view from, std::string_view to);
  /// Of what a link leads to.
  std::errc set_mode(std::string_view path, std::uint32_t mode);
  /// As chown(2), which takes set-id bits and capabilities away from a file.
  std::errc set_owner(std::string_view path, std::optional<std::uint64_t> uid,
                      std::optional<std::uint64_t> gid, LastLink last = LastLink::follow);
  std::errc set_time(std::string_view path, std::int64_t mtime, LastLink last = LastLink::follow);
  /// An empty value takes the attribute away. Links are followed.
  std::errc set_xattr(std::string_view path, const std::string& name, std::string value);

  /// What open() gives: the file, or why not.
  struct Opened {
    std::errc error = {};
    std::shared_ptr<Inode> inode;
  };
  /// Opens a file for writing, links followed; of a folder EISDIR. It may be unlinked then, and
  /// written to all the same.
  Opened open(std::string_view path, Opening opening, std::uint32_t mode);
  /// Writes at a position of a file that open() gave; beyond its end, zeros come between.
  void write_at(Inode& file, std::uint64_t position, std::string_view bytes);
  /// Cuts such a file, or fills it with zeros.
  void resize(Inode& file, std::uint64_t size);

  /// The root's inode.
  const std::shared_ptr<Inode>& root() const { return root_; }
  std::int64_t mtime() const { return mtime_; }
  /// From now on `watcher` hears of every change by the operations above, not of put().
  void watch(std::function<void(const TreeEvent&)> watcher) { watcher_ = std::move(watcher); }

  /// What had a path before scripts changed anything there.
  struct Before {
    std::shared_ptr<Inode> inode;  ///< null: nothing
    std::optional<Origin> origin;  ///< of what is no folder
    std::optional<FolderState> folder;
  };
  /// A name that a segment's entry had, which something else has since another segment was put.
  struct Displaced {
    std::string path;
    Before before;
  };
  /// Every path where scripts did something, with what had it before.
  const std::map<std::string, Before, std::less<>>& touched() const { return touched_; }
  const std::vector<Displaced>& displaced() const { return displaced_; }
  /// The names that a file of more than one had when the tree was filled, with their entries; null
  /// for others.
  const std::map<std::string, Origin>* filled_names(const Inode& file) const;
  ContentReader& reader() const { return reader_; }

 private:
  struct Walk;  // where the resolving of a path stands
  struct Place {
    std::errc error = {};
    std::shared_ptr<Inode> folder;  // null for the root and where no folder is
    std::string name;               // in it
    std::string path;               // canonical, without leading slash
    std::shared_ptr<Inode> inode;
    bool wants_folder = false;  // a slash was at the end
    std::string_view dots;      // "." or ".." when that was the last component

    bool can_be_made() const { return error == std::errc::no_such_file_or_directory && folder; }
  };
  std::errc walk(Walk& at, std::string_view path, LastLink last) const;
  std::errc follow(Walk& at, const Inode& symlink) const;
  Place place_of(std::string_view path, LastLink last) const;
  Place place_to_make(std::string_view path) const;

  // Filling.
  Inode* folder_for(const EntryPath& at);
  std::shared_ptr<Inode> filled(const layer::Entry& entry, std::size_t segment,
                                const EntryPath& at);
  std::shared_ptr<Inode> link_target_of(const layer::Entry& entry, std::size_t segment);
  void put_folder(Inode& parent, const layer::Entry& entry, std::size_t segment,
                  const EntryPath& at);
  void clear_for(const EntryPath& at, std::size_t segment);

  // Changing.
  std::shared_ptr<Inode> new_inode(layer::EntryType type, std::uint32_t mode, const Inode& folder);
  void link(const Place& place, const std::shared_ptr<Inode>& inode);
  void unlink(const Place& place);
  std::errc can_rename(const Place& from, const Place& to) const;
  void touch(std::string_view path, const std::shared_ptr<Inode>& inode);
  void touch_below(const std::string& path, const Inode& folder);
  void touch_new_below(const std::string& path, const Inode& folder);
  std::size_t longest_below(const Inode& folder) const;
  void release(Inode& inode);
  void visit(std::uint64_t count) const;
  void count_written(std::uint64_t bytes);
  std::string& writable(Inode& file);
  void forget_content(Inode& file);
  void tell(TreeEvent::Kind kind, std::string_view path, std::string detail = {}) const;

  ContentReader& reader_;
  std::int64_t mtime_;
  TreeLimits limits_;
  std::size_t inodes_ = 1;
  std::uint64_t written_ = 0;
  mutable std::uint64_t read_ = 0;
  mutable std::uint64_t visited_ = 0;
  std::shared_ptr<Inode> root_;
  std::function<void(const TreeEvent&)> watcher_;
  std::map<std::string, Before, std::less<>> touched_;
  std::vector<Displaced> displaced_;
  // By the inode, which stays: its names or touched_ keep it. Few files have two names.
  std::map<const Inode*, std::map<std::string, Origin>> filled_names_;
  // Where diverted entries went.
  std::map<std::pair<std::size_t, std::string>, EntryPath> diverted_;
  // Folders on the way to where the last entry was put, with the length of their paths.
  std::string last_folder_;
  std::vector<std::pair<std::size_t, Inode*>> last_folders_;
};

}  // namespace stamp::scripts
