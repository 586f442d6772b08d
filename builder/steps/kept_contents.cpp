#include "builder/steps/kept_contents.h"

#include <optional>
#include <utility>

#include "base/json.h"
#include "layer/tar_reader.h"
#include "layer/tar_writer.h"

namespace stamp::build {
namespace {

constexpr int kVersion = 1;
constexpr std::uint64_t kMaxPack = 256U << 20U;
// Libraries and programs are rarely read; what is larger is cheaper to decode than to keep.
constexpr std::size_t kMaxText = 64U << 10U;

// docs/formats/step-keys.md has the document and the blob.
Digest key_of(const Digest& segment) {
  return Digest::of(canonical_json(
      {{"kind", "read-contents"}, {"segment", segment.hex()}, {"version", kVersion}}));
}

std::string serialize(const std::map<EntryPath, std::string>& texts) {
  StringSink sink;
  layer::TarWriter tar(sink);
  for (const auto& [path, text] : texts) {
    layer::Entry entry;
    entry.path = path;
    entry.mode = 0644;
    entry.size = text.size();
    BytesSourceView content(as_bytes(text));
    tar.add(entry, content);
  }
  tar.write_end();
  return sink.take();
}

std::map<EntryPath, std::string> parse(std::string_view bytes) {
  constexpr const char* kWhat = "what was read of a segment";
  BytesSourceView source(as_bytes(bytes));
  layer::TarReader tar(source, kWhat);
  std::map<EntryPath, std::string> texts;
  while (std::optional<layer::Entry> entry = tar.next()) {
    std::string text = read_sized(tar.content(), entry->size, kWhat);
    texts.insert_or_assign(std::move(entry->path), std::move(text));
  }
  return texts;
}

}  // namespace

KeptContents::Pack& KeptContents::pack(const Digest& segment) {
  const auto [found, is_first] = packs_.try_emplace(segment);
  if (is_first) {
    const std::optional<cache::Result> result = store_.cache().find(key_of(segment));
    if (result && result->outputs.size() == 1) {
      found->second.texts = parse(store_.cache().read(result->outputs.front().blob, kMaxPack));
    }
  }
  return found->second;
}

std::string KeptContents::read(const StoredSegment& segment, const Encoding& encoding,
                               const EntryPath& path) {
  Pack& kept = pack(segment.blob.digest);
  const auto found = kept.texts.find(path);
  if (found != kept.texts.end()) return found->second;
  std::string text = segments_.read(segment, encoding, path);
  if (text.size() <= kMaxText) {
    kept.texts.emplace(path, text);
    kept.is_new = true;
  }
  return text;
}

void KeptContents::keep() {
  for (auto& [segment, kept] : packs_) {
    if (!kept.is_new) continue;
    cache::Result result;
    result.outputs.push_back({"texts", store_.cache().put(serialize(kept.texts))});
    store_.cache().record(key_of(segment), std::move(result));
    kept.is_new = false;
  }
}

}  // namespace stamp::build
