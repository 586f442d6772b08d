#include "builder/image/standing_folders.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include <fmt/core.h>

#include "base/error.h"
#include "layer/whiteout.h"

namespace stamp::build {
namespace {

constexpr std::uint64_t kMaxFolders = 256U << 20U;
constexpr std::string_view kOpaque = ".wh..wh..opq";

/// Erases what lies below `folder`, which is sorted together: "a/b", "a/b/c" (and "a/b-c" between).
void erase_below(std::map<EntryPath, layer::Entry>& entries, const EntryPath& folder) {
  auto at = entries.upper_bound(folder);
  while (at != entries.end() && at->first.str().starts_with(folder.str())) {
    at = at->first.is_within(folder) ? entries.erase(at) : std::next(at);
  }
}

/// Where a link leads by its text alone; nothing when it leaves the root.
std::optional<EntryPath> lexical_target(const layer::Entry& link) {
  std::string_view rest = link.link_target;
  EntryPath at = rest.starts_with('/') ? EntryPath() : link.path.parent();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (at.is_root()) return std::nullopt;
      at = at.parent();
    } else {
      at = at / part;
    }
  }
  return at;
}

/// Something of the list that lies below `folder`, else the folder itself.
EntryPath example_below(const layer::SegmentList& list, const EntryPath& folder) {
  for (const layer::ListedEntry& listed : list.entries) {
    const EntryPath& path = listed.entry.path;
    if (path.is_within(folder)) return layer::removed_path(path).value_or(path);
  }
  return folder;
}

}  // namespace

StandingFolders::StandingFolders(const StoredLayer& layer, SegmentStore& store) {
  layer::SegmentList list =
      layer::SegmentList::parse(store.cache().read(layer.folders, kMaxFolders));
  for (layer::NeededDirectory& folder : list.directories) {
    const EntryPath path = folder.entry.path;
    folders_.emplace_hint(folders_.end(), path, std::move(folder.entry));
  }
  for (layer::ListedEntry& link : list.entries) {
    const EntryPath path = link.entry.path;
    links_.emplace_hint(links_.end(), path, std::move(link.entry));
  }
}

void StandingFolders::remove_below(const EntryPath& folder) {
  erase_below(folders_, folder);
  erase_below(links_, folder);
}

void StandingFolders::remove(const EntryPath& path) {
  if (folders_.erase(path) != 0) remove_below(path);
  links_.erase(path);
}

void StandingFolders::take_away(const layer::SegmentList& list) {
  for (const layer::ListedEntry& listed : list.entries) {
    const EntryPath& path = listed.entry.path;
    if (path.name() == kOpaque) {
      remove_below(path.parent());
    } else if (const std::optional<EntryPath> gone = layer::removed_path(path)) {
      remove(*gone);
    } else {
      remove(path);
    }
  }
}

void StandingFolders::add(const layer::Entry& entry) {
  if (entry.type == layer::EntryType::directory) {
    links_.erase(entry.path);
    folders_.insert_or_assign(entry.path, entry);
  } else {
    remove(entry.path);
    links_.insert_or_assign(entry.path, entry);
  }
}

void StandingFolders::add_links(const layer::SegmentList& list) {
  for (const layer::ListedEntry& listed : list.entries) {
    if (listed.entry.type != layer::EntryType::symlink) continue;
    const std::optional<EntryPath> target = lexical_target(listed.entry);
    if (target && folders_.count(*target) != 0) {
      links_.insert_or_assign(listed.entry.path, listed.entry);
    }
  }
}

void StandingFolders::refuse_folders_over_links(const layer::SegmentList& list) const {
  if (links_.empty()) return;
  for (const layer::NeededDirectory& folder : list.directories) {
    const auto link = links_.find(folder.entry.path);
    if (link == links_.end()) continue;
    const EntryPath example = example_below(list, folder.entry.path);
    throw Error(ErrorKind::invalid,
                fmt::format("cannot write '{}': '{}' is a link to '{}' in a layer below",
                            example.absolute(), folder.entry.path.absolute(),
                            printable(link->second.link_target, 300)),
                {.hint = "name the path that the link leads to"});
  }
}

cache::Blob StandingFolders::store(SegmentStore& store) const {
  layer::SegmentList list;
  for (const auto& [path, folder] : folders_) {
    list.directories.push_back({folder, layer::DirectoryOrigin::declared});
  }
  for (const auto& [path, link] : links_) list.entries.push_back({.entry = link});
  return store.cache().put(list.serialize());
}

}  // namespace stamp::build
