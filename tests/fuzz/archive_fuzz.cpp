// Entries of an archive that is accepted lie inside it, each once, and their contents have the
// announced sizes.

#include <cstdint>
#include <cstdlib>
#include <set>

#include "base/error.h"
#include "base/temp_file.h"
#include "layer/archive_reader.h"
#include "layer/whiteout.h"

namespace {

using namespace stamp;

void read(Bytes bytes) {
  const TempDir scratch;
  BytesSourceView in(bytes);
  LimitSource limited(in, 1U << 20U, "archive");
  layer::ArchiveReader reader(limited, {.what = "archive", .scratch = scratch.path()});
  std::set<std::string> paths;
  std::uint64_t total = 0;
  while (const std::optional<layer::Entry> entry = reader.next()) {
    if (!paths.insert(entry->path.str()).second) std::abort();
    if (layer::has_whiteout_name(entry->path)) std::abort();
    if (entry->type == layer::EntryType::character_device) std::abort();
    total += entry->size;
    if (total > (64U << 20U)) return;
    HashSink content;
    if (copy(reader.content(), content) != entry->size) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  try {
    read(std::as_bytes(std::span(bytes, size)));
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
