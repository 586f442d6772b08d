// What scripts change.
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/tree/tree.h"

namespace stamp::scripts {
namespace {

constexpr std::size_t kMaxPath = 4095;
constexpr std::size_t kMaxTarget = 4095;
constexpr std::uint32_t kSetUser = 04000;
constexpr std::uint32_t kSetGroup = 02000;
constexpr std::uint32_t kGroupMayRun = 010;
constexpr const char* kCapability = "security.capability";

bool is_below(std::string_view path, std::string_view folder) {
  return folder.empty() ||
         (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/');
}

/// A slash behind a link leads on, for calls that take what they find as it is.
LastLink of(std::string_view path, LastLink last) {
  return path.ends_with('/') ? LastLink::follow : last;
}

/// POSIX leaves both open; Linux takes them away from whoever changes an owner.
std::uint32_t without_set_ids(const Inode& inode) {
  if (!inode.is_file()) return inode.mode;
  std::uint32_t mode = inode.mode & ~kSetUser;
  if ((mode & kGroupMayRun) != 0) mode &= ~kSetGroup;
  return mode;
}

}  // namespace

Tree::Place Tree::place_to_make(std::string_view path) const {
  Place place = place_of(path, LastLink::keep);
  if (place.inode) {
    place.error = std::errc::file_exists;
  } else if (place.can_be_made()) {
    // A name with a slash behind it can become a folder only.
    place.error = place.wants_folder ? std::errc::no_such_file_or_directory : std::errc();
  }
  return place;
}

std::shared_ptr<Inode> Tree::new_inode(layer::EntryType type, std::uint32_t mode,
                                       const Inode& folder) {
  if (++inodes_ > limits_.inodes) {
    throw Error(ErrorKind::invalid, "files in the tree are past the limit of an evaluation");
  }
  auto inode = std::make_shared<Inode>();
  inode->type = type;
  inode->mode = mode & 07777U;
  inode->mtime = mtime_;
  if ((folder.mode & kSetGroup) != 0) {
    inode->gid = folder.gid;
    if (type == layer::EntryType::directory) inode->mode |= kSetGroup;
  }
  return inode;
}

void Tree::link(const Place& place, const std::shared_ptr<Inode>& inode) {
  touch(place.path, nullptr);
  place.folder->children.insert_or_assign(place.name, inode);
  ++inode->names;
}

void Tree::unlink(const Place& place) {
  touch(place.path, place.inode);
  if (place.inode->is_directory()) touch_below(place.path, *place.inode);
  release(*place.inode);
  place.folder->children.erase(place.name);
}

/// Counts a name of an inode that goes, and all names below a folder's.
void Tree::release(Inode& inode) {
  for (const auto& [name, child] : inode.children) release(*child);
  if (--inode.names == 0) --inodes_;
}

void Tree::touch(std::string_view path, const std::shared_ptr<Inode>& inode) {
  last_folders_.clear();
  const auto there = touched_.lower_bound(path);
  if (there != touched_.end() && there->first == path) return;
  count_written(path.size());
  Before before;
  if (inode && inode->is_directory()) {
    before.folder = FolderState{inode->mode, inode->uid, inode->gid, inode->mtime, inode->xattrs};
  } else if (inode) {
    before.origin = inode->origin;
    const auto names = filled_names_.find(inode.get());
    if (names != filled_names_.end()) {
      const auto name = names->second.find(std::string(path));
      if (name != names->second.end()) before.origin = name->second;
    }
  }
  before.inode = inode;
  touched_.emplace_hint(there, path, std::move(before));
}

void Tree::touch_below(const std::string& path, const Inode& folder) {
  visit(folder.children.size());
  for (const auto& [name, child] : folder.children) {
    const std::string below = fmt::format("{}/{}", path, name);
    touch(below, child);
    if (child->is_directory()) touch_below(below, *child);
  }
}

std::size_t Tree::longest_below(const Inode& folder) const {
  visit(folder.children.size());
  std::size_t longest = 0;
  for (const auto& [name, child] : folder.children) {
    longest = std::max(longest, 1 + name.size() + longest_below(*child));
  }
  return longest;
}

void Tree::count_written(std::uint64_t bytes) {
  // Compared before it is added: a position of nearly 2^64 must not come out small.
  if (bytes > limits_.written || written_ + bytes > limits_.written) {
    throw Error(ErrorKind::invalid, "bytes written to files are past the limit of an evaluation");
  }
  written_ += bytes;
}

void Tree::tell(TreeEvent::Kind kind, std::string_view path, std::string detail) const {
  if (watcher_)
    watcher_({kind, EntryPath::parse_member(fmt::format("/{}", path)), std::move(detail)});
}

std::errc Tree::make_directory(std::string_view path, std::uint32_t mode) {
  const Place place = place_of(path, LastLink::keep);
  if (place.inode) return std::errc::file_exists;
  if (!place.can_be_made()) return place.error;
  link(place, new_inode(layer::EntryType::directory, mode, *place.folder));
  tell(TreeEvent::Kind::made, place.path, fmt::format("folder {:04o}", mode & 07777U));
  return {};
}

std::errc Tree::make_symlink(std::string_view target, std::string_view path) {
  if (target.empty()) return std::errc::no_such_file_or_directory;
  if (target.size() > kMaxTarget) return std::errc::filename_too_long;
  const Place place = place_to_make(path);
  if (place.error != std::errc()) return place.error;
  count_written(target.size());
  const std::shared_ptr<Inode> inode = new_inode(layer::EntryType::symlink, 0777, *place.folder);
  inode->link_target = target;
  link(place, inode);
  tell(TreeEvent::Kind::made, place.path, fmt::format("→ {}", target));
  return {};
}

std::errc Tree::make_fifo(std::string_view path, std::uint32_t mode) {
  const Place place = place_to_make(path);
  if (place.error != std::errc()) return place.error;
  link(place, new_inode(layer::EntryType::fifo, mode, *place.folder));
  tell(TreeEvent::Kind::made, place.path, fmt::format("fifo {:04o}", mode & 07777U));
  return {};
}

std::errc Tree::make_hard_link(std::string_view from, std::string_view path) {
  const Found source = find(from, LastLink::keep);
  if (!source) return source.error;
  const Place place = place_to_make(path);
  if (place.error != std::errc()) return place.error;
  if (source.inode->is_directory()) return std::errc::operation_not_permitted;
  // What is done to the new name is done to the old one too.
  touch(source.path.str(), source.inode);
  link(place, source.inode);
  tell(TreeEvent::Kind::made, place.path, fmt::format("= {}", source.path.absolute()));
  return {};
}

std::errc Tree::unlink(std::string_view path) {
  const Place place = place_of(path, LastLink::keep);
  if (!place.inode) return place.error;
  if (place.inode->is_directory()) return std::errc::is_a_directory;
  if (place.wants_folder) return std::errc::not_a_directory;
  unlink(place);
  tell(TreeEvent::Kind::removed, place.path);
  return {};
}

std::errc Tree::remove_directory(std::string_view path) {
  const Place place = place_of(path, LastLink::keep);
  if (!place.inode) return place.error;
  if (place.dots == ".") return std::errc::invalid_argument;
  if (place.dots == "..") return std::errc::directory_not_empty;
  if (!place.inode->is_directory()) return std::errc::not_a_directory;
  if (!place.folder) return std::errc::device_or_resource_busy;
  if (!place.inode->children.empty()) return std::errc::directory_not_empty;
  unlink(place);
  tell(TreeEvent::Kind::removed, place.path);
  return {};
}

std::errc Tree::remove_all(std::string_view path) {
  const Place place = place_of(path, LastLink::keep);
  if (!place.inode) return place.error;
  if (!place.folder) return std::errc::device_or_resource_busy;
  if (place.dots == ".") return std::errc::invalid_argument;
  if (place.wants_folder && !place.inode->is_directory()) return std::errc::not_a_directory;
  unlink(place);
  tell(TreeEvent::Kind::removed, place.path);
  return {};
}

std::errc Tree::can_rename(const Place& from, const Place& to) const {
  const auto is_fixed = [](const Place& place) {
    return !place.dots.empty() || (place.inode && !place.folder);
  };
  if (!from.inode) return from.error;
  if (!to.inode && !to.can_be_made()) return to.error;
  if (is_fixed(from) || is_fixed(to)) return std::errc::device_or_resource_busy;
  const bool is_folder = from.inode->is_directory();
  if (!is_folder && (from.wants_folder || to.wants_folder)) return std::errc::not_a_directory;
  if (is_folder && is_below(to.path, from.path)) return std::errc::invalid_argument;
  if (is_below(from.path, to.path)) return std::errc::directory_not_empty;
  if (to.inode && to.inode != from.inode) {
    if (is_folder && !to.inode->is_directory()) return std::errc::not_a_directory;
    if (!is_folder && to.inode->is_directory()) return std::errc::is_a_directory;
    if (!to.inode->children.empty()) return std::errc::directory_not_empty;
  }
  // Linux has no such bound, but nobody could name what lies there.
  if (is_folder && to.path.size() + longest_below(*from.inode) > kMaxPath) {
    return std::errc::filename_too_long;
  }
  return {};
}

std::errc Tree::rename(std::string_view from, std::string_view to) {
  const Place source = place_of(from, LastLink::keep);
  const Place target = place_of(to, LastLink::keep);
  const std::errc error = can_rename(source, target);
  if (error != std::errc()) return error;
  if (target.inode == source.inode) return {};  // two names of one file, or one
  touch(source.path, source.inode);
  if (source.inode->is_directory()) touch_below(source.path, *source.inode);
  if (target.inode) unlink(target);
  touch(target.path, nullptr);
  source.folder->children.erase(source.name);
  target.folder->children.insert_or_assign(target.name, source.inode);
  // What is below has come with it, to names that had nothing unless they are known already.
  if (source.inode->is_directory()) touch_new_below(target.path, *source.inode);
  tell(TreeEvent::Kind::moved, source.path, fmt::format("→ /{}", target.path));
  return {};
}

void Tree::touch_new_below(const std::string& path, const Inode& folder) {
  visit(folder.children.size());
  for (const auto& [name, child] : folder.children) {
    const std::string below = fmt::format("{}/{}", path, name);
    touch(below, nullptr);
    if (child->is_directory()) touch_new_below(below, *child);
  }
}

std::errc Tree::set_mode(std::string_view path, std::uint32_t mode) {
  const Place place = place_of(path, LastLink::follow);
  if (!place.inode) return place.error;
  touch(place.path, place.inode);
  std::string detail = fmt::format("{:04o} → {:04o}", place.inode->mode, mode & 07777U);
  place.inode->mode = mode & 07777U;
  tell(TreeEvent::Kind::mode, place.path, std::move(detail));
  return {};
}

std::errc Tree::set_owner(std::string_view path, std::optional<std::uint64_t> uid,
                          std::optional<std::uint64_t> gid, LastLink last) {
  const Place place = place_of(path, of(path, last));
  if (!place.inode) return place.error;
  touch(place.path, place.inode);
  Inode& inode = *place.inode;
  std::string detail = fmt::format("{}:{} → {}:{}", inode.uid, inode.gid, uid.value_or(inode.uid),
                                   gid.value_or(inode.gid));
  inode.uid = uid.value_or(inode.uid);
  inode.gid = gid.value_or(inode.gid);
  inode.mode = without_set_ids(inode);
  if (!inode.is_directory()) inode.xattrs.erase(kCapability);
  tell(TreeEvent::Kind::owner, place.path, std::move(detail));
  return {};
}

std::errc Tree::set_time(std::string_view path, std::int64_t mtime, LastLink last) {
  const Place place = place_of(path, of(path, last));
  if (!place.inode) return place.error;
  touch(place.path, place.inode);
  place.inode->mtime = mtime;
  tell(TreeEvent::Kind::time, place.path);
  return {};
}

std::errc Tree::set_xattr(std::string_view path, const std::string& name, std::string value) {
  const Place place = place_of(path, LastLink::follow);
  if (!place.inode) return place.error;
  touch(place.path, place.inode);
  count_written(name.size() + value.size());
  if (value.empty()) {
    place.inode->xattrs.erase(name);
  } else {
    place.inode->xattrs.insert_or_assign(name, std::move(value));
  }
  tell(TreeEvent::Kind::mode, place.path, name);
  return {};
}

Tree::Opened Tree::open(std::string_view path, Opening opening, std::uint32_t mode) {
  const bool may_make = opening != Opening::existing;
  const LastLink last = opening == Opening::exclusive ? LastLink::keep : LastLink::follow;
  const Place place = place_of(path, last);
  if (may_make && place.wants_folder && (place.inode || place.can_be_made())) {
    return {std::errc::is_a_directory, nullptr};
  }
  if (place.inode) {
    if (opening == Opening::exclusive) return {std::errc::file_exists, nullptr};
    if (place.inode->is_directory()) return {std::errc::is_a_directory, nullptr};
    if (!place.inode->is_file()) return {std::errc::no_such_device_or_address, nullptr};
    touch(place.path, place.inode);
    if (opening == Opening::truncate) forget_content(*place.inode);
    tell(TreeEvent::Kind::wrote, place.path);
    return {{}, place.inode};
  }
  if (!may_make || !place.can_be_made()) return {place.error, nullptr};
  std::shared_ptr<Inode> made = new_inode(layer::EntryType::file, mode, *place.folder);
  made->text = std::make_shared<std::string>();
  link(place, made);
  tell(TreeEvent::Kind::made, place.path, fmt::format("{:04o}", mode & 07777U));
  return {{}, std::move(made)};
}

void Tree::forget_content(Inode& file) {
  file.text = std::make_shared<std::string>();
  file.size = 0;
  file.origin.reset();
  file.mtime = mtime_;
  file.xattrs.erase(kCapability);
}

/// The content of a file, to be changed: nobody else's, and no package's any more.
std::string& Tree::writable(Inode& file) {
  read(file);
  if (file.text.use_count() > 1) file.text = std::make_shared<std::string>(*file.text);
  file.origin.reset();
  file.mtime = mtime_;
  file.xattrs.erase(kCapability);
  // Made here, by make_shared<std::string>: never a constant object.
  return const_cast<std::string&>(*file.text);
}

void Tree::write_at(Inode& file, std::uint64_t position, std::string_view bytes) {
  if (bytes.empty()) return;
  if (position > file.size) {
    count_written(position - file.size);
  }
  count_written(bytes.size());
  std::string& text = writable(file);
  if (position > text.size()) text.resize(position);
  text.replace(position, bytes.size(), bytes);
  file.size = text.size();
}

void Tree::resize(Inode& file, std::uint64_t size) {
  if (size == file.size) return;
  if (size > file.size) count_written(size - file.size);
  std::string& text = writable(file);
  text.resize(size);
  file.size = size;
}

std::errc Tree::write(std::string_view path, std::string content, std::uint32_t mode) {
  const Opened opened = open(path, Opening::truncate, mode);
  if (opened.error != std::errc()) return opened.error;
  count_written(content.size());
  opened.inode->size = content.size();
  opened.inode->text = std::make_shared<std::string>(std::move(content));
  return {};
}

std::errc Tree::append(std::string_view path, std::string_view content, std::uint32_t mode) {
  const Opened opened = open(path, Opening::create, mode);
  if (opened.error != std::errc()) return opened.error;
  write_at(*opened.inode, opened.inode->size, content);
  return {};
}

std::errc Tree::write_copy(std::string_view path, const Inode& source, std::uint32_t mode) {
  // Kept apart: the file may be the one that is written to.
  const std::shared_ptr<const std::string> text = source.text;
  const std::optional<Origin> origin = source.origin;
  const std::uint64_t size = source.size;
  const Opened opened = open(path, Opening::truncate, mode);
  if (opened.error != std::errc()) return opened.error;
  if (!origin) count_written(size);
  opened.inode->text = text;
  opened.inode->origin = origin;
  opened.inode->size = size;
  return {};
}

}  // namespace stamp::scripts
