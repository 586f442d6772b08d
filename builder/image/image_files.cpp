#include "builder/image/image_files.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "base/stream.h"
#include "builder/store/segment_contents.h"
#include "layer/tar_reader.h"
#include "layer/whiteout.h"

namespace stamp::build {
namespace {

constexpr std::size_t kMaxLinks = 40;  // as Linux has it
constexpr std::string_view kOpaque = ".wh..wh..opq";

std::vector<std::string> components(const std::string& path) {
  std::vector<std::string> out;
  for (std::size_t start = 0; start < path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    if (end > start) out.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  return out;
}

}  // namespace

ImageFiles::ImageFiles(const std::vector<const StoredLayer*>& layers, SegmentStore& store)
    : store_(store) {
  for (const StoredLayer* layer : layers) add_layer(*layer);
}

void ImageFiles::add_layer(const StoredLayer& layer) {
  const layer::Compression compression = compression_of(layer.media_type);
  std::vector<std::pair<const StoredSegment*, layer::SegmentList>> lists;
  for (const LayerPiece& piece : layer.pieces) {
    if (piece.has_list()) lists.emplace_back(&piece.segment, store_.list(piece.segment));
  }
  // Whiteouts take away from the layers below, wherever in the layer they stand.
  for (const auto& [segment, list] : lists) {
    for (const layer::ListedEntry& listed : list.entries) {
      const EntryPath& path = listed.entry.path;
      if (path.name() == kOpaque) {
        remove_below(path.parent());
      } else if (const std::optional<EntryPath> gone = layer::removed_path(path)) {
        remove(*gone);
      }
    }
  }
  // A layer of ours says in its first segment what its folders are. Of a base's layer they are in
  // the list, and count whatever stands there in the layers below.
  std::set<EntryPath> folders;
  for (const auto& [segment, list] : lists) {
    for (const layer::NeededDirectory& folder : list.directories) {
      if (folder.origin == layer::DirectoryOrigin::declared &&
          folders.insert(folder.entry.path).second) {
        add_entry(folder.entry, {segment, compression, folder.entry.path});
      }
    }
    for (const layer::ListedEntry& listed : list.entries) {
      if (layer::has_whiteout_name(listed.entry.path)) continue;
      if (listed.entry.type == layer::EntryType::directory) folders.insert(listed.entry.path);
      Place place{segment, compression, listed.entry.path};
      if (listed.elf) place.elf = std::make_shared<const layer::ElfFacts>(*listed.elf);
      add_entry(listed.entry, place);
    }
  }
}

void ImageFiles::add_entry(const layer::Entry& entry, const Place& place) {
  const auto found = entries_.find(entry.path);
  const bool both_folders = found != entries_.end() &&
                            found->second.type == layer::EntryType::directory &&
                            entry.type == layer::EntryType::directory;
  if (found != entries_.end() && !both_folders) remove(entry.path);
  if (entry.type == layer::EntryType::hardlink) {
    add_hard_link(entry);
    return;
  }
  entries_.insert_or_assign(entry.path, entry);
  places_.insert_or_assign(entry.path, place);
}

void ImageFiles::add_hard_link(const layer::Entry& link) {
  const EntryPath target = EntryPath::parse_member(link.link_target);
  const auto found = entries_.find(target);
  if (found == entries_.end()) {
    throw Error(ErrorKind::corrupt,
                fmt::format("'{}' of the image is a hard link to '{}', which is not there",
                            link.path.absolute(), target.absolute()));
  }
  layer::Entry file = found->second;
  file.path = link.path;
  const Place place = places_.at(target);
  entries_.insert_or_assign(link.path, std::move(file));
  places_.insert_or_assign(link.path, place);
}

void ImageFiles::remove(const EntryPath& path) {
  remove_below(path);
  entries_.erase(path);
  places_.erase(path);
}

void ImageFiles::remove_below(const EntryPath& folder) {
  std::vector<EntryPath> gone;
  for (const layer::Entry* entry : tree(folder)) {
    if (entry->path != folder) gone.push_back(entry->path);
  }
  for (const EntryPath& path : gone) {
    entries_.erase(path);
    places_.erase(path);
  }
}

std::optional<EntryPath> ImageFiles::walk(const EntryPath& path, LastLink last) const {
  const std::vector<std::string> first = components(path.str());
  std::deque<std::string> rest(first.begin(), first.end());
  EntryPath here;
  std::size_t links = 0;
  while (!rest.empty()) {
    const std::string name = rest.front();
    rest.pop_front();
    if (name == ".") continue;
    if (name == "..") {
      here = here.parent();
      continue;
    }
    const EntryPath next = here / name;
    const auto found = entries_.find(next);
    const bool is_link = found != entries_.end() && found->second.type == layer::EntryType::symlink;
    if (!is_link || (rest.empty() && last == LastLink::keep)) {
      here = next;
      continue;
    }
    if (++links > kMaxLinks) return std::nullopt;
    const std::string& target = found->second.link_target;
    const std::vector<std::string> steps = components(target);
    rest.insert(rest.begin(), steps.begin(), steps.end());
    if (target.starts_with('/')) here = EntryPath();
  }
  return here;
}

const layer::Entry* ImageFiles::find(const EntryPath& path) const {
  const std::optional<EntryPath> place = walk(path, LastLink::keep);
  const auto found = place ? entries_.find(*place) : entries_.end();
  return found == entries_.end() ? nullptr : &found->second;
}

const layer::Entry* ImageFiles::resolve(const EntryPath& path) const {
  const std::optional<EntryPath> place = walk(path, LastLink::follow);
  const auto found = place ? entries_.find(*place) : entries_.end();
  return found == entries_.end() ? nullptr : &found->second;
}

EntryPath ImageFiles::place_of(const EntryPath& path) const {
  const std::optional<EntryPath> place = walk(path, LastLink::keep);
  if (!place) {
    throw Error(ErrorKind::invalid,
                fmt::format("cannot add '{}' to the image: links in its path go round in a circle",
                            path.absolute()));
  }
  return *place;
}

std::vector<const layer::Entry*> ImageFiles::tree(const EntryPath& folder) const {
  std::vector<const layer::Entry*> found;
  const auto self = entries_.find(folder);
  if (self != entries_.end()) found.push_back(&self->second);
  // What lies below starts with the folder's path and a slash, and stands together in byte order.
  const std::string start = folder.is_root() ? std::string() : folder.str() + "/";
  for (auto at = folder.is_root() ? entries_.begin() : entries_.lower_bound(folder);
       at != entries_.end(); ++at) {
    if (at->first == folder) continue;
    if (at->first.str().starts_with(start)) {
      found.push_back(&at->second);
    } else if (at->first.str() > start) {
      break;
    }
  }
  return found;
}

namespace {

/// Gives one file's content to each of its names.
template <typename Names>
void visit_names(const Names& names, const layer::Entry& entry, Source& bytes,
                 const ImageFiles::Visit& visit) {
  if (std::next(names.first) == names.second) return visit(*names.first->second, bytes);
  // Several names of one file: its content is needed more than once.
  const std::string text = read_all(bytes, entry.size, entry.path.str());
  for (auto at = names.first; at != names.second; ++at) {
    BytesSourceView content(as_bytes(text));
    visit(*at->second, content);
  }
}

}  // namespace

void ImageFiles::visit(const std::vector<EntryPath>& files, const Visit& visit) const {
  // By segment, in the segments' order of use; the files of each by their path there.
  std::vector<const StoredSegment*> order;
  std::map<const StoredSegment*, std::multimap<EntryPath, const layer::Entry*>> wanted;
  std::map<const StoredSegment*, layer::Compression> compressions;
  for (const EntryPath& path : files) {
    const layer::Entry& entry = entries_.at(path);
    const Place& place = places_.at(path);
    if (wanted.find(place.segment) == wanted.end()) order.push_back(place.segment);
    wanted[place.segment].emplace(place.path, &entry);
    compressions[place.segment] = place.compression;
  }
  for (const StoredSegment* segment : order) {
    auto& names = wanted[segment];
    Encoding encoding;
    encoding.compression = compressions[segment];
    const std::unique_ptr<Source> bytes = store_.open_tar(*segment, encoding);
    WithEnd with_end(*bytes);
    layer::TarReader tar(with_end, "a segment");
    while (std::optional<layer::Entry> entry = tar.next()) {
      const auto found = names.equal_range(entry->path);
      if (found.first != found.second) visit_names(found, *entry, tar.content(), visit);
    }
  }
}

std::string ImageFiles::read(const EntryPath& path, std::uint64_t limit) const {
  const layer::Entry* entry = resolve(path);
  if (entry == nullptr || entry->type != layer::EntryType::file) {
    throw Error(ErrorKind::invalid,
                fmt::format("cannot read '{}' of the image: no such file", path.absolute()));
  }
  std::string text;
  visit({entry->path}, [&](const layer::Entry&, Source& content) {
    text = read_all(content, limit, fmt::format("'{}'", path.absolute()));
  });
  return text;
}

}  // namespace stamp::build
