// Resolving paths, filling and reading. What scripts change is in tree_operations.cpp.
#include "maintainer-scripts/tree/tree.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "maintainer-scripts/tree/tree_walk.h"

namespace stamp::scripts {
namespace {

constexpr std::size_t kMaxPath = 4095;  // PATH_MAX without its NUL
constexpr std::size_t kMaxName = 255;
constexpr std::uint32_t kMaxLinks = 40;

std::string_view without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

Tree::Tree(ContentReader& reader, std::int64_t mtime, const TreeLimits& limits)
    : reader_(reader), mtime_(mtime), limits_(limits), root_(std::make_shared<Inode>()) {
  root_->type = layer::EntryType::directory;
  root_->mode = 0755;
  root_->mtime = mtime;
  root_->names = 1;
}

void Tree::visit(std::uint64_t count) const {
  visited_ += count;
  if (visited_ > limits_.visited) {
    throw Error(ErrorKind::invalid,
                "names looked up in the tree are past the limit of an evaluation");
  }
}

std::errc Tree::follow(Walk& at, const Inode& symlink) const {
  if (++at.links > kMaxLinks) return std::errc::too_many_symbolic_link_levels;
  return walk(at, symlink.link_target, LastLink::follow);
}

std::errc Tree::walk(Walk& at, std::string_view path, LastLink last) const {
  if (path.empty()) return std::errc::no_such_file_or_directory;
  if (path.size() > kMaxPath) return std::errc::filename_too_long;
  if (path.front() == '/') at.restart(root_);
  std::size_t start = 0;
  while (true) {
    start = std::min(path.find_first_not_of('/', start), path.size());
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view name = path.substr(start, end - start);
    // A slash at the end asks for a folder, as "/." does.
    if (name.empty()) return at.top().is_directory() ? std::errc() : std::errc::not_a_directory;
    if (!at.top().is_directory()) return std::errc::not_a_directory;
    start = end;
    visit(1);
    if (name == ".") {
      // stays
    } else if (name == "..") {
      at.leave();
    } else {
      if (name.size() > kMaxName || at.path.size() + 1 + name.size() > kMaxPath) {
        return std::errc::filename_too_long;
      }
      const auto child = at.top().children.find(name);
      if (child == at.top().children.end()) {
        at.missing(name, path.substr(end));
        return std::errc::no_such_file_or_directory;
      }
      const bool is_last = end == path.size();
      if (child->second->is_symlink() && (!is_last || last == LastLink::follow)) {
        const std::errc error = follow(at, *child->second);
        if (error != std::errc()) return error;
      } else {
        at.enter(name, child->second);
      }
    }
    if (end == path.size()) return {};
  }
}

Found Tree::find(std::string_view path, LastLink last) const {
  Walk at(root_);
  Found found;
  found.error = walk(at, path, last);
  if (found.error == std::errc()) found.inode = *at.inodes.back();
  if (!at.missing_name.empty()) at.path += at.missing_name;
  if (at.path.size() <= kMaxPath) found.path = EntryPath::parse_member("/" + at.path);
  return found;
}

std::shared_ptr<Inode> Tree::at(const EntryPath& path) const {
  const std::shared_ptr<Inode>* inode = &root_;
  const std::string_view text = path.str();
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    const auto child = (*inode)->children.find(text.substr(start, end - start));
    if (child == (*inode)->children.end()) return nullptr;
    inode = &child->second;
    start = end + 1;
  }
  return *inode;
}

Tree::Place Tree::place_of(std::string_view path, LastLink last) const {
  Place place;
  place.wants_folder = path.size() > 1 && path.ends_with('/');
  // Calls that make or remove a name do not follow a link for the sake of a slash behind it.
  const std::string_view bare = last == LastLink::keep ? without_trailing_slashes(path) : path;
  const std::string_view trimmed = without_trailing_slashes(path);
  const std::string_view component = trimmed.substr(trimmed.rfind('/') + 1);
  if (component == "." || component == "..") place.dots = component;
  Walk at(root_);
  place.error = walk(at, bare, last);
  if (place.error == std::errc()) {
    place.inode = *at.inodes.back();
    if (at.inodes.size() > 1) place.folder = *at.inodes[at.inodes.size() - 2];
    place.path = std::move(at.path);
    place.name = place.path.substr(place.path.rfind('/') + 1);
  } else if (at.is_last_missing) {
    place.folder = *at.inodes.back();
    place.name = at.missing_name.substr(at.missing_name.find_first_not_of('/'));
    place.path = at.path + at.missing_name;
  }
  return place;
}

const std::string& Tree::read(Inode& file) const {
  if (!file.text) {
    std::string content = file.origin ? reader_.read(*file.origin) : std::string();
    read_ += content.size();
    if (read_ > limits_.read) {
      throw Error(ErrorKind::invalid, "contents read are past the limit of an evaluation");
    }
    file.text = std::make_shared<std::string>(std::move(content));
  }
  return *file.text;
}

const std::map<std::string, Origin>* Tree::filled_names(const Inode& file) const {
  const auto names = filled_names_.find(&file);
  return names == filled_names_.end() ? nullptr : &names->second;
}

void Tree::put(const layer::Entry& entry, std::size_t segment) {
  put(entry, segment, entry.path);
}

void Tree::put(const layer::Entry& entry, std::size_t segment, const EntryPath& at) {
  if (at.is_root()) {
    root_->mode = entry.mode;
    root_->uid = entry.uid;
    root_->gid = entry.gid;
    root_->mtime = entry.mtime;
    return;
  }
  Inode* parent = folder_for(at);
  if (parent == nullptr) {
    const Found folder = find(at.parent().absolute());
    const bool leads_on = folder ? folder.inode->is_directory()
                                 : folder.error == std::errc::no_such_file_or_directory;
    if (!leads_on || folder.path == at.parent()) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("cannot put '{}' into the tree: '{}' is no folder",
                              printable(entry.path.absolute()), printable(at.parent().absolute())));
    }
    put(entry, segment, folder.path / at.name());
    return;
  }
  Inode& folder = *parent;
  if (entry.type == layer::EntryType::directory) {
    put_folder(folder, entry, segment, at);
    return;
  }
  if (!touched_.empty()) clear_for(at, segment);
  std::shared_ptr<Inode> inode = filled(entry, segment, at);
  const std::string_view name = at.name();
  // Entries come in order of their paths, mostly: what is put is mostly the last.
  const auto there = folder.children.empty() || folder.children.rbegin()->first < name
                         ? folder.children.end()
                         : folder.children.lower_bound(name);
  if (there != folder.children.end() && there->first == name) {
    if (there->second->is_directory()) last_folders_.clear();
    release(*there->second);
    there->second = std::move(inode);
  } else {
    folder.children.emplace_hint(there, name, std::move(inode));
  }
}

/// The folder that `at` is in, made with its parents where it is missing; null when there is
/// something else on the way. Goes up from the last one only as far as it must.
Inode* Tree::folder_for(const EntryPath& at) {
  const std::string_view text = at.str();
  const std::size_t slash = text.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? "" : text.substr(0, slash);
  if (last_folders_.empty()) {
    last_folder_.clear();
    last_folders_.emplace_back(0, root_.get());
  }
  const auto is_above = [&](std::size_t length) {
    return length == 0 || (folder.size() >= length &&
                           folder.starts_with(std::string_view(last_folder_).substr(0, length)) &&
                           (folder.size() == length || folder[length] == '/'));
  };
  while (!is_above(last_folders_.back().first)) last_folders_.pop_back();
  std::size_t start = last_folders_.back().first;
  while (start < folder.size()) {
    if (folder[start] == '/') ++start;
    const std::size_t end = std::min(folder.find('/', start), folder.size());
    const std::string_view name = folder.substr(start, end - start);
    Inode& parent = *last_folders_.back().second;
    auto child = parent.children.lower_bound(name);
    if (child == parent.children.end() || child->first != name) {
      std::shared_ptr<Inode> made = new_inode(layer::EntryType::directory, 0755, parent);
      made->gid = 0;
      made->mode = 0755;
      made->names = 1;
      child = parent.children.emplace_hint(child, name, std::move(made));
    } else if (!child->second->is_directory()) {
      return nullptr;
    }
    last_folders_.emplace_back(end, child->second.get());
    start = end;
  }
  last_folder_ = folder;
  return last_folders_.back().second;
}

void Tree::put_folder(Inode& parent, const layer::Entry& entry, std::size_t segment,
                      const EntryPath& at) {
  const auto there = parent.children.find(at.name());
  if (there != parent.children.end() && there->second->is_symlink()) {
    const Found folder = find(at.absolute());
    if (folder && folder.inode->is_directory()) return;
  }
  if (there != parent.children.end() && there->second->is_directory()) {
    const auto before = touched_.find(at.str());
    // Of a script until now, the package's from now on; as it is.
    if (before != touched_.end() && !before->second.folder) {
      before->second =
          Before{there->second,
                 {},
                 FolderState{entry.mode, entry.uid, entry.gid, entry.mtime, entry.xattrs}};
    }
    return;
  }
  if (!touched_.empty()) clear_for(at, segment);
  std::shared_ptr<Inode> folder = new_inode(layer::EntryType::directory, entry.mode, parent);
  folder->mode = entry.mode;
  folder->uid = entry.uid;
  folder->gid = entry.gid;
  folder->mtime = entry.mtime;
  folder->xattrs = entry.xattrs;
  folder->names = 1;
  if (there != parent.children.end()) {
    release(*there->second);
    there->second = std::move(folder);
  } else {
    parent.children.emplace(at.name(), std::move(folder));
  }
}

/// Forgets what scripts did at a path that a segment's entry gets. An entry of another segment that
/// was there has not gone for that: it was moved or removed.
void Tree::clear_for(const EntryPath& at, std::size_t segment) {
  const auto before = touched_.find(at.str());
  if (before == touched_.end()) return;
  if (before->second.origin && before->second.origin->segment != segment) {
    displaced_.push_back({at.str(), std::move(before->second)});
  }
  touched_.erase(before);
}

std::shared_ptr<Inode> Tree::filled(const layer::Entry& entry, std::size_t segment,
                                    const EntryPath& at) {
  std::shared_ptr<Inode> inode;
  const Origin origin{segment, &entry};
  if (entry.type == layer::EntryType::hardlink) {
    inode = link_target_of(entry, segment);
    filled_names_[inode.get()].emplace(at.str(), origin);
  } else {
    if (++inodes_ > limits_.inodes) {
      throw Error(ErrorKind::invalid, "files in the tree are past the limit of an evaluation");
    }
    inode = std::make_shared<Inode>();
    inode->type = entry.type;
    inode->mode = entry.type == layer::EntryType::symlink ? 0777 : entry.mode;
    inode->uid = entry.uid;
    inode->gid = entry.gid;
    inode->mtime = entry.mtime;
    inode->link_target = entry.link_target;
    inode->xattrs = entry.xattrs;
    inode->size = entry.size;
    inode->origin = origin;
  }
  ++inode->names;
  if (at != entry.path) {
    diverted_.insert_or_assign({segment, entry.path.str()}, at);
    touched_.insert_or_assign(at.str(), Before{inode, origin, {}});
  }
  return inode;
}

std::shared_ptr<Inode> Tree::link_target_of(const layer::Entry& entry, std::size_t segment) {
  EntryPath target = EntryPath::parse_member(entry.link_target);
  const auto diverted = diverted_.find({segment, target.str()});
  if (diverted != diverted_.end()) target = diverted->second;
  std::shared_ptr<Inode> inode = at(target);
  if (!inode || inode->is_directory() || !inode->origin) {
    throw Error(ErrorKind::corrupt,
                fmt::format("cannot put '{}' into the tree: its target '{}' is no packaged file",
                            printable(entry.path.absolute()), printable(target.absolute())));
  }
  auto& names = filled_names_[inode.get()];
  if (names.empty()) names.emplace(target.str(), *inode->origin);
  return inode;
}

}  // namespace stamp::scripts
