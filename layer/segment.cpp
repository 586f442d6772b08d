#include "layer/segment.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "layer/content_scanner.h"
#include "layer/tar_writer.h"
#include "layer/whiteout.h"

namespace stamp::layer {
namespace {

/// Passes the uncompressed bytes to the encoder and to whoever else wants them.
class PlainSink final : public Sink {
 public:
  PlainSink(Sink& encoder, Sink* other) : encoder_(encoder), other_(other) {}
  void write(Bytes in) override {
    encoder_.write(in);
    if (other_ != nullptr) other_->write(in);
  }

 private:
  Sink& encoder_;
  Sink* other_;
};

std::unique_ptr<Sink> encoder_for(const SegmentOptions& options, Sink& out) {
  return options.context != nullptr ? make_encoder(options.compression, out, *options.context)
                                    : make_encoder(options.compression, out);
}

/// Compressor and tar writer of one segment, with what is counted on the way.
class Pipeline {
 public:
  Pipeline(Sink& out, const SegmentOptions& options)
      : compressed_(&out),
        encoder_(encoder_for(options, compressed_)),
        plain_(*encoder_, options.uncompressed),
        tar_(plain_) {}

  TarWriter& tar() { return tar_; }
  /// Finishes the stream.
  Segment finish(SegmentList list) {
    encoder_->finish();
    Segment segment;
    segment.digest = compressed_.digest();
    segment.size = compressed_.size();
    segment.uncompressed_size = tar_.size();
    segment.list = std::move(list);
    return segment;
  }

 private:
  HashSink compressed_;
  std::unique_ptr<Sink> encoder_;
  PlainSink plain_;
  TarWriter tar_;
};

}  // namespace

struct SegmentWriter::State {
  State(Sink& out, const SegmentOptions& given) : options(given), pipeline(out, given) {}

  [[noreturn]] void refuse(const EntryPath& path, std::string_view why) const {
    throw Error(ErrorKind::invalid,
                fmt::format("cannot add '{}' to {}: {}", printable(path.absolute(), 300),
                            options.what, why));
  }
  void need_parents(const EntryPath& path);
  void begin(const Entry& entry);
  void write(Bytes bytes);
  void end();
  void check_paths() const;
  SegmentList take_list();

  SegmentOptions options;
  Pipeline pipeline;
  std::vector<ListedEntry> entries;
  std::map<EntryPath, NeededDirectory> directories;
  EntryPath last_parent;  // whose parents are all noted; entries come folder by folder
  ContentScanner scanner;
  std::optional<Hasher> content;
};

void SegmentWriter::State::need_parents(const EntryPath& path) {
  EntryPath parent = path.parent();
  if (parent == last_parent) return;
  last_parent = parent;
  for (; !parent.is_root(); parent = parent.parent()) {
    const auto [place, added] = directories.try_emplace(parent);
    if (!added) return;
    Entry& entry = place->second.entry;
    entry.path = parent;
    entry.type = EntryType::directory;
    entry.mode = 0755;
  }
}

void SegmentWriter::State::begin(const Entry& entry) {
  if (entry.type == EntryType::directory) {
    refuse(entry.path, "directories belong to the layer's directories segment");
  }
  pipeline.tar().begin(entry);
  need_parents(entry.path);
  entries.push_back({.entry = entry, .content = {}, .elf = {}, .script = {}});
  scanner.begin();
  content.reset();
  if (options.content_digests == ContentDigests::yes && entry.type == EntryType::file) {
    content.emplace();
  }
}

void SegmentWriter::State::write(Bytes bytes) {
  pipeline.tar().write(bytes);
  scanner.feed(bytes);
  if (content) content->update(bytes);
}

void SegmentWriter::State::end() {
  pipeline.tar().end();
  ListedEntry& listed = entries.back();
  listed.elf = scanner.elf_facts();
  listed.script = scanner.script();
  if (content) listed.content = content->finish();
  content.reset();
}

/// Checks what needs all paths: in one pass over them in order, at the end.
void SegmentWriter::State::check_paths() const {
  std::vector<std::size_t> order(entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto path_of = [this](std::size_t i) -> const EntryPath& { return entries[i].entry.path; };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(path_of(a).str(), a) < std::pair(path_of(b).str(), b);
  });
  for (std::size_t i = 0; i < order.size(); ++i) {
    const EntryPath& path = path_of(order[i]);
    if (i > 0 && path == path_of(order[i - 1])) refuse(path, "it is there twice");
    if (directories.contains(path)) refuse(path, "it is a directory there too");
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& link = entries[i].entry;
    if (link.type != EntryType::hardlink) continue;
    const auto target = std::lower_bound(
        order.begin(), order.end(), link.link_target,
        [&](std::size_t at, const std::string& text) { return path_of(at).str() < text; });
    const bool found = target != order.end() && path_of(*target).str() == link.link_target &&
                       *target < i && entries[*target].entry.type == EntryType::file;
    if (!found) {
      refuse(link.path, fmt::format("it is a hard link to '/{}', which is no file before it",
                                    printable(link.link_target, 300)));
    }
  }
}

SegmentList SegmentWriter::State::take_list() {
  SegmentList list;
  list.entries = std::move(entries);
  list.directories.reserve(directories.size());
  for (auto& [path, directory] : directories) list.directories.push_back(std::move(directory));
  return list;
}

SegmentWriter::SegmentWriter(Sink& out, const SegmentOptions& options)
    : state_(std::make_unique<State>(out, options)) {}
SegmentWriter::~SegmentWriter() = default;

void SegmentWriter::add_directory(const Entry& directory) {
  if (directory.type != EntryType::directory) state_->refuse(directory.path, "it is no directory");
  validate(directory);
  refuse_whiteout_name(directory.path);
  state_->need_parents(directory.path);
  NeededDirectory& needed = state_->directories[directory.path];
  if (needed.origin == DirectoryOrigin::declared) {
    state_->refuse(directory.path, "it is there twice");
  }
  needed.entry = directory;
  needed.origin = DirectoryOrigin::declared;
}

void SegmentWriter::begin(const Entry& entry) {
  refuse_whiteout_name(entry.path);
  state_->begin(entry);
}

void SegmentWriter::write(Bytes content) {
  state_->write(content);
}

void SegmentWriter::end() {
  state_->end();
}

void SegmentWriter::add(const Entry& entry) {
  begin(entry);
  end();
}

void SegmentWriter::add(const Entry& entry, Source& content) {
  begin(entry);
  std::vector<std::byte> buffer(
      static_cast<std::size_t>(std::min<std::uint64_t>(kBufferSize, entry.size + 1)));
  while (const std::size_t count = content.read(buffer)) {
    throw_if_interrupted();
    write(Bytes(buffer).first(count));
  }
  end();
}

void SegmentWriter::add(const Entry& entry, TarReader& reader) {
  begin(entry);
  for (Bytes chunk = reader.next_chunk(); !chunk.empty(); chunk = reader.next_chunk()) {
    write(chunk);
  }
  end();
}

void SegmentWriter::add_whiteout(const EntryPath& path, std::int64_t mtime) {
  state_->begin(whiteout_entry(path, mtime));
  state_->end();
}

Segment SegmentWriter::finish() {
  state_->check_paths();
  return state_->pipeline.finish(state_->take_list());
}

Segment write_directories(std::span<const Entry> entries, const SegmentOptions& options,
                          Sink& out) {
  Pipeline pipeline(out, options);
  SegmentList list;
  list.entries.reserve(entries.size());
  for (const Entry& entry : entries) {
    if (entry.type != EntryType::directory && entry.type != EntryType::symlink) {
      throw Error(ErrorKind::invalid,
                  fmt::format("cannot add '{}' to the directories of a layer: it is a {}",
                              printable(entry.path.absolute(), 300), describe(entry.type)));
    }
    pipeline.tar().add(entry);
    list.entries.push_back({.entry = entry, .content = {}, .elf = {}, .script = {}});
  }
  return pipeline.finish(std::move(list));
}

}  // namespace stamp::layer
