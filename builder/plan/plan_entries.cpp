#include "builder/plan/plan_entries.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"

namespace stamp::build {
namespace {

layer::Entry new_entry(const EntryDefaults& defaults, const EntryPath& path,
                       const workspace::Owner& owner) {
  layer::Entry entry;
  entry.path = defaults.merged.map(path);
  entry.uid = owner.uid;
  entry.gid = owner.gid;
  entry.mtime = defaults.mtime;
  return entry;
}

PlannedEntry plan_file(const workspace::FileItem& item, const RecipeSources& sources,
                       const EntryDefaults& defaults) {
  using Kind = workspace::FileItem::Kind;
  PlannedEntry planned;
  planned.entry = new_entry(defaults, item.path, item.owner);
  switch (item.kind) {
    case Kind::source:
      planned.kind = PlannedEntry::Kind::source;
      planned.source = sources.files.at(item.source.text);
      planned.entry.size = planned.source.size;
      planned.entry.mode = item.mode.value_or(planned.source.executable ? 0755 : 0644);
      break;
    case Kind::text:
      planned.kind = PlannedEntry::Kind::text;
      planned.text = item.content;
      planned.entry.size = item.content.size();
      planned.entry.mode = item.mode.value_or(0644);
      break;
    case Kind::directory:
      planned.entry.type = layer::EntryType::directory;
      planned.entry.mode = item.mode.value_or(0755);
      break;
    case Kind::link:
      planned.entry.type = layer::EntryType::symlink;
      planned.entry.mode = 0777;
      planned.entry.link_target = item.content;
      break;
    case Kind::remove:
      planned.kind = PlannedEntry::Kind::whiteout;
      break;
  }
  return planned;
}

}  // namespace

EntriesSegment plan_files(const workspace::Files& files, const RecipeSources& sources,
                          const EntryDefaults& defaults) {
  EntriesSegment segment;
  std::map<EntryPath, std::string> seen;
  std::vector<Diagnostic> problems;
  for (const workspace::FileItem& item : files.items) {
    PlannedEntry planned = plan_file(item, sources, defaults);
    const auto [other, is_new] = seen.emplace(planned.entry.path, item.path.absolute());
    if (!is_new) {
      problems.push_back(defaults.recipe.problem(
          item.position, fmt::format("'{}' and '{}' are the same path where /usr is merged",
                                     item.path.absolute(), other->second)));
    }
    segment.entries.push_back(std::move(planned));
  }
  throw_if_any(std::move(problems));
  return segment;
}

EntriesSegment plan_tree(const workspace::Tree& tree, const std::vector<SourceItem>& items,
                         const EntryDefaults& defaults) {
  EntriesSegment segment;
  for (const SourceItem& item : items) {
    PlannedEntry planned;
    planned.entry = new_entry(defaults, tree.to / item.path, tree.owner);
    switch (item.kind) {
      case SourceItem::Kind::file:
        planned.kind = PlannedEntry::Kind::source;
        planned.source = item;
        planned.entry.size = item.size;
        planned.entry.mode = item.executable ? 0755 : 0644;
        break;
      case SourceItem::Kind::directory:
        // A folder of the tree that is one of the links of a merged /usr is what the link points
        // to.
        planned.entry.type = layer::EntryType::directory;
        planned.entry.mode = 0755;
        break;
      case SourceItem::Kind::link:
        planned.entry.type = layer::EntryType::symlink;
        planned.entry.mode = 0777;
        planned.entry.link_target = item.link_target;
        break;
    }
    segment.entries.push_back(std::move(planned));
  }
  // A tree may hold both bin/ and usr/bin/, which are one folder where /usr is merged.
  std::stable_sort(
      segment.entries.begin(), segment.entries.end(),
      [](const PlannedEntry& a, const PlannedEntry& b) { return a.entry.path < b.entry.path; });
  const auto same_folder = [](const PlannedEntry& a, const PlannedEntry& b) {
    return a.entry.path == b.entry.path && a.entry.type == layer::EntryType::directory &&
           b.entry.type == layer::EntryType::directory;
  };
  segment.entries.erase(std::unique(segment.entries.begin(), segment.entries.end(), same_folder),
                        segment.entries.end());
  return segment;
}

std::uint64_t weight_of(const EntriesSegment& segment) {
  std::uint64_t bytes = 0;
  for (const PlannedEntry& planned : segment.entries) bytes += planned.entry.size;
  return bytes;
}

}  // namespace stamp::build
