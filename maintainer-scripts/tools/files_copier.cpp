#include "maintainer-scripts/tools/files_copier.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace stamp::scripts {

using layer::EntryType;

Copier::Copier(Process& process, CopyOptions options)
    : process_(process), tree_(process.machine.tree), options_(std::move(options)) {}

Found Copier::look(const std::string& path, LastLink last) const {
  return find(process_, path, last);
}

void Copier::announce(std::string_view from, std::string_view to) {
  if (!options_.verbose) return;
  process_.out(fmt::format("{} -> {}", quoted(from), quoted(to)));
  if (!backup_.empty()) process_.out(fmt::format(" (backup: {})", quoted(backup_)));
  process_.out("\n");
}

int Copier::copy(const std::string& from, const std::string& to) {
  const LastLink last =
      options_.links == CopyOptions::Links::keep ? LastLink::keep : LastLink::follow;
  Source source{from, look(from, last)};
  if (source.found.path.str() == "dev/null" && !source.found) return copy_null(to);
  if (!source.found) {
    return complain(process_, fmt::format("cannot stat {}", quoted(from)), source.found.error);
  }
  const int status = copy_one(source, to, Level::operand);
  if (status == 0) made_.insert(look(to, LastLink::keep).path);
  return status;
}

/// The one device that every script may read.
int Copier::copy_null(const std::string& to) {
  if (options_.recursive || options_.make_symlinks || options_.make_hard_links) {
    throw Unknown("a copy of the device '/dev/null' is not known");
  }
  Source source{"/dev/null", {}};
  source.found.inode = std::make_shared<Inode>();
  source.found.inode->mode = 0666;
  source.found.inode->mtime = tree_.mtime();
  source.found.inode->text = std::make_shared<std::string>();
  return copy_one(source, to, Level::operand);
}

int Copier::copy_one(const Source& from, const std::string& to, Level level) {
  process_.machine.budget.take_steps();
  backup_.clear();
  const Inode& inode = *from.found.inode;
  if (inode.is_directory() && !options_.recursive) {
    return complain(process_,
                    fmt::format("-r not specified; omitting directory {}", quoted(from.name)));
  }
  const bool looks_at_link = !inode.is_file() || options_.make_symlinks ||
                             options_.make_hard_links || options_.remove_destination ||
                             !options_.backup_suffix.empty();
  Found there = look(to, looks_at_link ? LastLink::keep : LastLink::follow);
  if (!there) {
    if (there.error != std::errc::no_such_file_or_directory) {
      return complain(process_, fmt::format("cannot stat {}", quoted(to)), there.error);
    }
    if (!looks_at_link && look(to, LastLink::keep)) {
      return complain(process_, fmt::format("not writing through dangling symlink {}", quoted(to)));
    }
  } else {
    if (refuse(from, to, there) != 0) return 1;
    const bool is_newer =
        options_.existing == Existing::replace_older && there.inode->mtime >= inode.mtime;
    if (!inode.is_directory() && (options_.existing == Existing::keep || is_newer)) return 0;
    if (level == Level::operand && made_.count(look(to, LastLink::keep).path) != 0 &&
        !inode.is_directory()) {
      return complain(process_, fmt::format("will not overwrite just-created {} with {}",
                                            quoted(to), quoted(from.name)));
    }
    if (make_way(from, to, there) != 0) return 1;
  }
  if (inode.is_directory()) return copy_folder(from, to, there);
  announce(from.name, to);
  if (options_.make_symlinks || options_.make_hard_links) return link(from, to);
  return copy_file(from, to, there);
}

int Copier::refuse(const Source& from, const std::string& to, const Found& there) {
  const bool is_folder = from.found.inode->is_directory();
  if (there.inode == from.found.inode) {
    const bool other_name = there.path != from.found.path && options_.remove_destination;
    if (!other_name && !options_.make_hard_links) {
      return complain(process_,
                      fmt::format("{} and {} are the same file", quoted(from.name), quoted(to)));
    }
  }
  if (is_folder && !there.inode->is_directory()) {
    return complain(process_, fmt::format("cannot overwrite non-directory {} with directory {}",
                                          quoted(to), quoted(from.name)));
  }
  if (!is_folder && there.inode->is_directory()) {
    return complain(process_,
                    fmt::format("cannot overwrite directory {} with non-directory", quoted(to)));
  }
  return 0;
}

bool Copier::is_to_be_removed(const Inode& from, const Inode& there) const {
  return options_.remove_destination || options_.make_symlinks || options_.make_hard_links ||
         (options_.keep_links && there.names > 1) || !from.is_file();
}

/// Takes away what cannot be written over; `there` says then that it is gone.
int Copier::make_way(const Source& from, const std::string& to, Found& there) {
  if (there.inode->is_directory()) return 0;
  std::errc error = {};
  if (!options_.backup_suffix.empty()) {
    error = back_up(process_, to, options_.backup_suffix);
    backup_ = to + options_.backup_suffix;
  } else {
    const bool stays = (options_.make_symlinks || options_.make_hard_links) &&
                       !options_.remove_destination && !options_.force;  // and making it fails
    if (stays || !is_to_be_removed(*from.found.inode, *there.inode)) return 0;
    error = tree_.unlink(process_.absolute(to));
  }
  there.inode.reset();
  if (error == std::errc()) return 0;
  return complain(process_, fmt::format("cannot remove {}", quoted(to)), error);
}

int Copier::link(const Source& from, const std::string& to) {
  const std::string path = process_.absolute(to);
  if (options_.make_hard_links) {
    if (find(process_, to, LastLink::keep).inode == from.found.inode) return 0;
    const std::errc error = tree_.make_hard_link(from.found.path.absolute(), path);
    if (error == std::errc()) return 0;
    return complain(process_,
                    fmt::format("cannot create hard link {} to {}", quoted(to), quoted(from.name)),
                    error);
  }
  if (!from.name.starts_with('/') && to.find('/') != std::string::npos) {
    return complain(process_, fmt::format("{}: can make relative symbolic links only in current "
                                          "directory",
                                          quoted_if_needed(to)));
  }
  const std::errc error = tree_.make_symlink(from.name, path);
  if (error == std::errc()) return 0;
  return complain(
      process_, fmt::format("cannot create symbolic link {} to {}", quoted(to), quoted(from.name)),
      error);
}

int Copier::copy_folder(const Source& from, const std::string& to, const Found& there) {
  const Found target = look(to, LastLink::follow);
  if (target.path != from.found.path && target.path.is_within(from.found.path)) {
    return complain(process_, fmt::format("cannot copy a directory, {}, into itself, {}",
                                          quoted(from.name), quoted(to)));
  }
  const Inode& inode = *from.found.inode;
  if (!there) {
    const std::uint32_t mode = inode.mode & 01777U & ~process_.umask;
    const std::errc error = tree_.make_directory(process_.absolute(to), mode);
    if (error != std::errc()) {
      return complain(process_, fmt::format("cannot create directory {}", quoted(to)), error);
    }
    announce(from.name, to);
  }
  const int status = copy_below(from, to);
  keep_attributes(inode, to);
  return status;
}

int Copier::copy_below(const Source& from, const std::string& to) {
  // Copied: the target may be a folder that is copied too.
  const auto children = from.found.inode->children;
  int status = 0;
  for (const auto& [name, child] : children) {
    Source source{joined(from.name, name), {}};
    source.found.inode = child;
    source.found.path = from.found.path / name;
    if (child->is_symlink() && options_.links == CopyOptions::Links::follow) {
      source.found = look(source.name, LastLink::follow);
      if (!source.found) {
        status = complain(process_, fmt::format("cannot stat {}", quoted(source.name)),
                          source.found.error);
        continue;
      }
    }
    status |= copy_one(source, joined(to, name), Level::below);
  }
  return status;
}

int Copier::copy_file(const Source& from, const std::string& to, const Found& there) {
  const Inode& inode = *from.found.inode;
  const std::string path = process_.absolute(to);
  if (options_.keep_links && inode.names > 1) {
    const auto [copy, is_first] = copies_.emplace(&inode, path);
    if (!is_first) {
      if (there) (void)tree_.unlink(path);
      const std::errc error = tree_.make_hard_link(copy->second, path);
      if (error == std::errc()) return 0;
      return complain(
          process_,
          fmt::format("cannot create hard link {} to {}", quoted(to), quoted(copy->second)), error);
    }
  }
  std::errc error = {};
  std::string_view what = "regular file";
  if (inode.is_file()) {
    error = tree_.write_copy(path, inode, inode.mode & 0777U & ~process_.umask);
  } else if (inode.is_symlink()) {
    what = "symbolic link";
    error = tree_.make_symlink(inode.link_target, path);
  } else if (inode.type == EntryType::fifo && options_.recursive) {
    what = "fifo";
    error = tree_.make_fifo(path, inode.mode & ~process_.umask);
  } else {
    throw Unknown(fmt::format("'{}' is a {}", from.name, layer::describe(inode.type)));
  }
  if (error == std::errc::is_a_directory) error = std::errc::not_a_directory;  // a slash behind it
  if (error != std::errc()) {
    return complain(process_, fmt::format("cannot create {} {}", what, quoted(to)), error);
  }
  keep_attributes(inode, to);
  return 0;
}

void Copier::keep_attributes(const Inode& from, const std::string& to) {
  const std::string path = process_.absolute(to);
  const LastLink last = from.is_symlink() ? LastLink::keep : LastLink::follow;
  if (options_.keep_time) (void)tree_.set_time(path, from.mtime, last);
  if (options_.keep_owner) (void)tree_.set_owner(path, from.uid, from.gid, last);
  if (from.is_symlink()) return;
  if (options_.keep_xattrs) {
    for (const auto& [name, value] : from.xattrs) (void)tree_.set_xattr(path, name, value);
  }
  if (!options_.keep_mode) return;
  // By an access list, as cp does it, that leaves set-id bits alone; the mode follows where the
  // source has some.
  const std::uint32_t special = find(process_, to).inode->mode & 07000U;
  (void)tree_.set_mode(path, (from.mode & 07000U) != 0 ? from.mode : from.mode | special);
}

std::errc back_up(Process& process, const std::string& path, const std::string& suffix) {
  const std::string old = process.absolute(path);
  return process.machine.tree.rename(old, old + suffix);
}

std::string backup_suffix(const Options& options) {
  if (!options.has("b") && !options.has("backup") && !options.has("S")) return {};
  if (const std::string* kind = options.value("backup")) {
    if (*kind == "none" || *kind == "off") return {};
    if (*kind != "simple" && *kind != "never") {
      throw Unknown(fmt::format("option '--backup={}' is not known", *kind));
    }
  }
  const std::string* suffix = options.value("S");
  return suffix ? *suffix : "~";
}

}  // namespace stamp::scripts
