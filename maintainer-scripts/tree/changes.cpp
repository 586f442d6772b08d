#include "maintainer-scripts/tree/changes.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"

namespace stamp::scripts {
namespace {

using layer::Entry;
using layer::EntryType;

EntryPath path_of(const std::string& text) {
  return text.empty() ? EntryPath() : EntryPath::parse_member(text);
}

/// A name that an entry of a segment had.
struct FilledName {
  std::string path;
  Origin origin;
  std::shared_ptr<Inode> inode;
};

Entry entry_of(const Inode& inode, EntryPath path) {
  Entry entry;
  entry.path = std::move(path);
  entry.type = inode.type;
  entry.mode = inode.mode;
  entry.uid = inode.uid;
  entry.gid = inode.gid;
  entry.mtime = inode.mtime;
  entry.size = inode.is_file() ? inode.size : 0;
  entry.link_target = inode.link_target;
  entry.xattrs = inode.xattrs;
  return entry;
}

class Comparison {
 public:
  explicit Comparison(const Tree& tree) : tree_(tree) {}

  Changes compare() {
    for (const auto& [path, before] : tree_.touched()) look_at(path, before);
    for (const Tree::Displaced& name : tree_.displaced()) {
      filled_[name.before.inode.get()].push_back(
          {name.path, *name.before.origin, name.before.inode});
      displaced_.insert({name.before.inode.get(), name.path});
    }
    add_other_names();
    keep_what_is_equal();
    for (auto& [inode, names] : filled_) settle(names);
    for (auto& [inode, names] : now_) make(names);
    return sorted();
  }

 private:
  struct Name {
    std::string path;
    std::shared_ptr<Inode> inode;
  };
  using Names = std::vector<Name>;

  void look_at(const std::string& path, const Tree::Before& before) {
    const EntryPath entry_path = path_of(path);
    const std::shared_ptr<Inode> now = tree_.at(entry_path);
    if (before.folder) {
      if (now && now->is_directory()) {
        compare_folder(*before.folder, *now, entry_path);
        return;
      }
      removed_folders_.insert(path);
    } else if (before.origin) {
      filled_[before.inode.get()].push_back({path, *before.origin, before.inode});
    }
    if (!now) return;
    if (now->is_directory()) {
      changes_.made.push_back({entry_of(*now, entry_path), nullptr, std::nullopt});
    } else {
      now_[now.get()].push_back({path, now});
    }
  }

  void compare_folder(const FolderState& before, const Inode& now, const EntryPath& path) {
    FolderState state{now.mode, now.uid, now.gid, now.mtime, now.xattrs};
    // That something was made in it is no change of the folder.
    if (state.mtime == tree_.mtime()) state.mtime = before.mtime;
    if (state == before) return;
    Entry entry = entry_of(now, path);
    entry.mtime = state.mtime;
    changes_.folders.push_back(std::move(entry));
  }

  /// A file of several names that was touched through one of them: what the others are now.
  void add_other_names() {
    for (auto& [inode, names] : filled_) {
      const std::map<std::string, Origin>* all = tree_.filled_names(*inode);
      if (all == nullptr) continue;
      const std::shared_ptr<Inode> file = names.front().inode;
      for (const auto& [path, origin] : *all) {
        const bool is_known =
            std::any_of(names.begin(), names.end(),
                        [&origin = origin](const FilledName& n) { return n.origin == origin; });
        if (is_known) continue;
        // Another segment's entry may have it, which nobody touched.
        if (tree_.at(path_of(path)) != file) continue;
        names.push_back({path, origin, file});
        now_[inode].push_back({path, file});
      }
    }
  }

  /// Something else has the name of a packaged file, and is just the same.
  void keep_what_is_equal() {
    for (auto& [inode, names] : filled_) {
      if (names.size() != 1) continue;
      const FilledName& was = names.front();
      if (displaced_.count({was.inode.get(), was.path}) != 0) continue;
      const std::shared_ptr<Inode> now = tree_.at(path_of(was.path));
      if (!now || now == was.inode || now->names != 1 || filled_.count(now.get()) != 0) continue;
      if (!has_content_of(*now, *was.origin.entry, was.origin)) continue;
      override_with(*now, was, was.path);
      now_.erase(now.get());
      names.clear();
    }
  }

  bool has_content_of(Inode& now, const Entry& was, const Origin& origin) const {
    if (now.type != was.type) return false;
    if (now.is_symlink()) return now.link_target == was.link_target;
    if (!now.is_file()) return now.origin == origin;
    if (now.origin == origin) return true;
    if (now.size != was.size) return false;
    return tree_.read(now) == tree_.reader().read(origin);
  }

  /// Says where the entries of a file went, or that they are gone; their names that are new are
  /// left to make().
  void settle(std::vector<FilledName>& filled) {
    if (filled.empty()) return;
    // By segment and place there: the first is the file itself, the others its hard links.
    const auto rank = [](const FilledName& n) {
      return std::make_tuple(n.origin.segment, n.origin.entry->type == EntryType::hardlink,
                             std::string_view(n.origin.path().str()));
    };
    std::sort(filled.begin(), filled.end(),
              [&rank](const FilledName& a, const FilledName& b) { return rank(a) < rank(b); });
    const std::shared_ptr<Inode> inode = filled.front().inode;
    const auto now = now_.find(inode.get());
    if (now == now_.end() || !can_stay(filled, now->second)) {
      for (const FilledName& name : filled) remove(name);
      return;
    }
    std::set<std::string> free;
    for (const Name& name : now->second) free.insert(name.path);
    now_.erase(now);
    assign(filled, *inode, std::move(free));
  }

  /// Whether the entries can go on standing for the file: same content, no more names than entries,
  /// one segment.
  bool can_stay(const std::vector<FilledName>& filled, const Names& now) const {
    const FilledName& first = filled.front();
    return now.size() <= filled.size() && first.origin.segment == filled.back().origin.segment &&
           first.origin.entry->type != EntryType::hardlink &&
           has_content_of(*first.inode, *first.origin.entry, first.origin);
  }

  void assign(const std::vector<FilledName>& filled, const Inode& inode,
              std::set<std::string> free) {
    std::vector<std::string> places(filled.size());
    for (std::size_t i = 0; i < filled.size(); ++i) {
      if (!is_displaced(filled[i]) && free.erase(filled[i].path) != 0) places[i] = filled[i].path;
    }
    // The file comes first in its segment, so it must have a name: a new one, or a link's.
    for (std::size_t i = 0; i < filled.size(); ++i) {
      if (!places[i].empty() || free.empty()) continue;
      places[i] = *free.begin();
      free.erase(free.begin());
    }
    for (std::size_t i = 1; places.front().empty(); ++i) std::swap(places.front(), places[i]);
    for (std::size_t i = 0; i < filled.size(); ++i) {
      if (places[i].empty()) {
        remove(filled[i]);
      } else if (i == 0) {
        override_with(inode, filled[i], places[i]);
      } else {
        override_link(inode, filled[i], places[i], *filled[0].origin.entry, places[0]);
      }
    }
  }

  bool is_displaced(const FilledName& name) const {
    return displaced_.count({name.inode.get(), name.path}) != 0;
  }

  void remove(const FilledName& name) {
    changes_.overrides.push_back({name.origin.segment, name.origin.path(), true, {}});
  }

  /// Notes the entry as it is now, unless it is as it was.
  void override_with(const Inode& now, const FilledName& was, const std::string& path) {
    Entry entry = *was.origin.entry;
    entry.path = path_of(path);
    if (!now.is_symlink()) entry.mode = now.mode;
    entry.uid = now.uid;
    entry.gid = now.gid;
    entry.xattrs = now.xattrs;
    if (now.mtime != tree_.mtime()) entry.mtime = now.mtime;
    note(was, std::move(entry));
  }

  /// The same of a hard link, whose own numbers may differ from its file's and do not matter: they
  /// change where the file's did.
  void override_link(const Inode& now, const FilledName& was, const std::string& path,
                     const Entry& file, const std::string& target) {
    Entry entry = *was.origin.entry;
    entry.path = path_of(path);
    entry.link_target = target;
    if (now.mode != file.mode) entry.mode = now.mode;
    if (now.uid != file.uid) entry.uid = now.uid;
    if (now.gid != file.gid) entry.gid = now.gid;
    if (now.mtime != file.mtime && now.mtime != tree_.mtime()) entry.mtime = now.mtime;
    note(was, std::move(entry));
  }

  void note(const FilledName& was, Entry now) {
    if (now == *was.origin.entry) return;
    changes_.overrides.push_back({was.origin.segment, was.origin.path(), false, std::move(now)});
  }

  void make(Names& names) {
    std::sort(names.begin(), names.end(),
              [](const Name& a, const Name& b) { return a.path < b.path; });
    const Inode& inode = *names.front().inode;
    for (const Name& name : names) {
      MadeEntry made{entry_of(inode, path_of(name.path)), nullptr, std::nullopt};
      if (&name != &names.front()) {
        made.entry.type = EntryType::hardlink;
        made.entry.size = 0;
        made.entry.link_target = names.front().path;
      } else if (inode.is_file()) {
        made.origin = inode.origin;
        if (!inode.origin) made.text = inode.text;
      }
      changes_.made.push_back(std::move(made));
    }
  }

  Changes sorted() {
    for (const std::string& path : removed_folders_) {
      EntryPath folder = path_of(path);
      EntryPath above = folder.parent();
      while (!above.is_root() && removed_folders_.count(above.str()) == 0) above = above.parent();
      if (above.is_root()) changes_.removed_folders.push_back(std::move(folder));
    }
    std::sort(changes_.overrides.begin(), changes_.overrides.end(),
              [](const Override& a, const Override& b) {
                return std::tie(a.segment, a.path) < std::tie(b.segment, b.path);
              });
    std::sort(changes_.made.begin(), changes_.made.end(),
              [](const MadeEntry& a, const MadeEntry& b) { return a.entry.path < b.entry.path; });
    return std::move(changes_);
  }

  const Tree& tree_;
  Changes changes_;
  // Looked up by inode; what is made of them is sorted in the end.
  std::map<const Inode*, std::vector<FilledName>> filled_;
  std::map<const Inode*, Names> now_;
  std::set<std::pair<const Inode*, std::string>> displaced_;
  std::set<std::string> removed_folders_;
};

}  // namespace

Changes changes_of(const Tree& tree) {
  return Comparison(tree).compare();
}

}  // namespace stamp::scripts
