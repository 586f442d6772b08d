#include "layer/directories.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::layer {
namespace {

/// A directory of the layer and the list that decided it.
struct Decided {
  const NeededDirectory* directory;
  const std::string* list;
};

/// Something else than a directory that a list holds.
struct Held {
  const Entry* entry;
  const std::string* list;
};

/// Keyed by views of paths in the lists, which outlive it.
using DirectoriesView = std::map<std::string_view, Decided>;

DirectoriesView decide(std::span<const NamedListView> lists) {
  DirectoriesView directories;
  for (const NamedListView& named : lists) {
    for (const NeededDirectory& each : named.list.directories) {
      const Decided mine{&each, &named.name};
      const auto [place, added] = directories.try_emplace(each.entry.path.str(), mine);
      Decided& decided = place->second;
      if (!added && decided.directory->origin == DirectoryOrigin::implied &&
          each.origin == DirectoryOrigin::declared) {
        decided = mine;
      }
    }
  }
  return directories;
}

std::vector<Held> collect(std::span<const NamedListView> lists) {
  std::vector<Held> held;
  for (const NamedListView& named : lists) {
    for (const ListedEntry& each : named.list.entries) held.push_back({&each.entry, &named.name});
  }
  std::stable_sort(held.begin(), held.end(),
                   [](const Held& a, const Held& b) { return a.entry->path < b.entry->path; });
  return held;
}

[[noreturn]] void refuse(const EntryPath& path, std::string_view why) {
  throw Error(ErrorKind::invalid, fmt::format("cannot put '{}' into a layer: {}",
                                              printable(path.absolute(), 300), why));
}

void check(const DirectoriesView& directories, const std::vector<Held>& held) {
  const Held* last = nullptr;
  for (const Held& each : held) {
    if (last != nullptr && last->entry->path == each.entry->path) {
      refuse(each.entry->path, fmt::format("{} and {} have it", *last->list, *each.list));
    }
    last = &each;
    const auto found = directories.find(each.entry->path.str());
    if (found == directories.end()) continue;
    refuse(each.entry->path,
           fmt::format("it is a directory in {} and a {} in {}", *found->second.list,
                       describe(each.entry->type), *each.list));
  }
}

/// Whether a list holds the link of an alias itself. Errors: invalid, when it holds something else.
bool holds_alias(const Entry& alias, const std::vector<Held>& held) {
  const auto found =
      std::lower_bound(held.begin(), held.end(), alias.path,
                       [](const Held& a, const EntryPath& path) { return a.entry->path < path; });
  if (found == held.end() || found->entry->path != alias.path) return false;
  const Entry& entry = *found->entry;
  if (entry.type == EntryType::symlink && entry.link_target == alias.link_target) return true;
  refuse(alias.path, fmt::format("it must be a link to '{}' there, and {} has it as something else",
                                 printable(alias.link_target, 300), *found->list));
}

/// Refuses what lies below an alias.
void check_below(const Entry& alias, const std::vector<Held>& held,
                 const DirectoriesView& directories) {
  const std::string folder = alias.path.str() + "/";
  const auto fail = [&](const EntryPath& path, const std::string& list) {
    refuse(path, fmt::format("'{}' is a link there, and {} has something below it",
                             printable(alias.path.absolute(), 300), list));
  };
  const auto directory = directories.lower_bound(folder);
  if (directory != directories.end() && directory->first.starts_with(folder)) {
    fail(directory->second.directory->entry.path, *directory->second.list);
  }
  const auto entry = std::lower_bound(
      held.begin(), held.end(), folder,
      [](const Held& a, const std::string& text) { return a.entry->path.str() < text; });
  if (entry != held.end() && entry->entry->path.str().starts_with(folder)) {
    fail(entry->entry->path, *entry->list);
  }
}

/// Takes the aliases' paths out of the directories and gives the links that stand there instead.
std::vector<Entry> place_aliases(const MergeOptions& options, const std::vector<Held>& held,
                                 DirectoriesView& directories) {
  std::vector<Entry> links;
  for (const Entry& alias : options.aliases) {
    directories.erase(alias.path.str());
    check_below(alias, held, directories);
    if (!holds_alias(alias, held)) links.push_back(alias);
  }
  return links;
}

}  // namespace

std::vector<Entry> merge_directories(std::span<const NamedListView> lists,
                                     const MergeOptions& options) {
  DirectoriesView directories = decide(lists);
  const std::vector<Held> held = collect(lists);
  std::vector<Entry> merged = place_aliases(options, held, directories);
  check(directories, held);
  for (const auto& [path, decided] : directories) {
    merged.push_back(decided.directory->entry);
    merged.back().mtime = options.mtime;
  }
  std::sort(merged.begin(), merged.end(),
            [](const Entry& a, const Entry& b) { return a.path < b.path; });
  return merged;
}

}  // namespace stamp::layer
